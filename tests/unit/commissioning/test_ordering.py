"""Evidence and registrations in order: by Device, then as the rule takes them, and evidence that is there twice set apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tidegate.columnar.evidence import EVIDENCE, REGISTRATION
from tidegate.commissioning.columns import DevicesInOrder
from tidegate.commissioning.ordering import in_order, registrations_in_order

RULES_ORDER = (
    "at", "kind", "srv", "credential_type", "outcome", "role", "party", "certificate", "sender",
)  # fmt: skip


def evidence_of(seed: int, rows: int, devices: int, values: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    evidence = np.zeros(rows, EVIDENCE)
    for name in RULES_ORDER:
        evidence[name] = random.integers(0, values, rows)
    evidence["device_id"] = random.integers(0, devices, rows).astype(np.uint64) << np.uint64(40)
    return evidence


def sorted_by_numpy(evidence: np.ndarray) -> np.ndarray:
    return evidence[np.lexsort([evidence[name] for name in reversed(("device_id", *RULES_ORDER))])]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    rows=st.sampled_from([0, 1, 2, 31, 32, 33, 200]),
    devices=st.sampled_from([1, 2, 40]),
    values=st.sampled_from([1, 2, 3]),
)
def test_rows_are_in_order_and_doubles_behind_them(seed, rows, devices, values):
    evidence = evidence_of(seed, rows, devices, values)

    found = in_order(evidence)

    assert np.unique(evidence["device_id"]).tolist() == found.device_id.tolist()
    for place, device_id in enumerate(found.device_id):
        mine = evidence[evidence["device_id"] == device_id]
        kept = found.rows[found.starts[place] : found.ends[place]]
        doubles = found.rows[found.ends[place] : found.starts[place + 1]]
        assert sorted_by_numpy(np.unique(mine)).tolist() == kept.tolist()
        assert sorted_by_numpy(mine).tolist() == sorted_by_numpy(np.concatenate((kept, doubles))).tolist()


@pytest.mark.parametrize("devices", [4095, 4096, 4097, 20_000])
def test_devices_are_more_than_there_was_room_for_at_first(devices):
    evidence = np.zeros(2 * devices, EVIDENCE)
    evidence["device_id"] = np.random.default_rng(1).permutation(np.tile(np.arange(devices), 2))
    evidence["at"] = np.arange(len(evidence))

    found = in_order(evidence)

    assert list(range(devices)) == found.device_id.tolist()
    assert sorted_by_numpy(evidence).tolist() == found.rows.tolist()
    assert found.starts[1:].tolist() == found.ends.tolist()


@given(seed=st.integers(0, 2**32), rows=st.sampled_from([0, 1, 2, 40]))
def test_registrations_are_in_order(seed, rows):
    random = np.random.default_rng(seed)
    registrations = np.zeros(rows, REGISTRATION)
    for name, values in (("device_id", 4), ("role", 3), ("since", 3)):
        registrations[name] = random.integers(0, values, rows)

    found = registrations_in_order(registrations)

    columns = ("device_id", "role", "since")
    assert sorted(registrations[list(columns)].tolist()) == found[list(columns)].tolist()
    devices = DevicesInOrder(np.empty(0, EVIDENCE), registrations)
    assert np.unique(registrations["device_id"]).tolist() == devices.registered.tolist()
