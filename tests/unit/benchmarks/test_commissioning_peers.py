"""The peers of the benchmark of Post Commissioning find of every Device what Tidegate finds."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.commissioning.found import Found, found_of
from benchmarks.commissioning.make_evidence import make_evidence, places
from benchmarks.commissioning.run import EVERYONE, TIDEGATE

DEVICES = 2_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    made = places(tmp_path_factory.mktemp("evidence"), DEVICES)
    assert make_evidence(made, DEVICES) > 8 * DEVICES
    return made


@pytest.mark.parametrize("who", [name for name in EVERYONE if name != TIDEGATE])
def test_a_peer_finds_the_same(made, who):
    if who == "duckdb":
        pytest.importorskip("duckdb", reason="duckdb is in the dev environment only")

    found = EVERYONE[who](made)

    assert EVERYONE[TIDEGATE](made) == found
    assert DEVICES == found.devices
    assert {"FAILED", "SECURE_BY_COMMANDS"} == set(found.of)


def test_what_was_found_of_parts_is_found_of_all():
    ids, verdict = np.arange(1, 200, dtype=np.uint64) << np.uint64(58), np.arange(199, dtype=np.uint8) % 4

    assert found_of(ids, verdict) == found_of(ids[:50], verdict[:50]) + found_of(ids[50:], verdict[50:])


def test_two_devices_that_change_places_are_another_answer():
    ids = np.array([1, 2, 3], np.uint64)

    assert found_of(ids, np.array([0, 3, 0], np.uint8)) != found_of(ids, np.array([3, 0, 0], np.uint8))
    assert Found({}) != found_of(ids, np.array([0, 0, 0], np.uint8))
