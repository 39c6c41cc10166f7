"""Devices assessed in shards, as columns, against the readable rule one Device at a time; and cohorts joined as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from random import Random
from typing import Any

import numpy as np
from hypothesis import given, settings
from tests.equivalence.test_commissioning import records_of, registration_records_of
from tests.evidence_drawn import LATEST, criteria_of, evidence_of, registrations_of, seeds

from tidegate.columnar.batches import Names
from tidegate.columnar.evidence import ReadRows
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute, Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.commissioning.assessment import assess
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.deciding import Duty, deciding
from tidegate.commissioning.evidence import Kind
from tidegate.commissioning.kernel import NEVER
from tidegate.commissioning.next_action import next_action
from tidegate.commissioning.obligations import Communicates
from tidegate.operations.assess_devices import AssessOptions, assess_devices
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_rates import rates
from tidegate.reports.commissioning_status import COHORT_FIELDS, DIMENSIONS, Change, CommissioningStatus
from tidegate.reports.commissioning_steps import step_between

DEVICES = 40
TYPES = ("", "ESME", "CHF")
CRITERIA_OF_ONE = [Criteria("smallest", 0, (Communicates("communicates"),))]


class Table:
    """Records that were read."""

    def __init__(self, records: np.ndarray) -> None:
        self.records = records

    def rows(self) -> Iterator[ReadRows]:
        yield ReadRows(self.records, "table", [], np.arange(1, len(self.records) + 1), 1.0)


class Kept(list[DevicesAssessed]):
    """Devices as they were told."""

    def write(self, devices: DevicesAssessed) -> None:
        self.append(devices)


def dealt(shards: int):
    def deal(evidence, registrations, _on_rejected, on_progress) -> Generator[Any]:
        (rows,) = (part.records for part in evidence.rows())
        (registered,) = (part.records for part in registrations.rows())
        on_progress(1.0)
        for shard in range(shards):
            yield (
                rows[rows["device_id"] % shards == shard],
                registered[registered["device_id"] % shards == shard],
            )

    return deal


def inventory_of(types: dict[int, str]) -> Inventory:
    devices = np.array(sorted(types), np.uint64)
    texts = ("", "ESME", "CHF", "N")
    nothing = Attribute(np.zeros(len(devices), np.int32), ("",))
    attributes = dict.fromkeys(INVENTORY_COLUMNS, nothing)
    kinds = np.array([texts.index(types[device]) for device in devices.tolist()], np.int32)
    attributes["device_type"] = Attribute(kinds, texts)
    attributes["network_operator"] = Attribute(np.full(len(devices), 3, np.int32), texts)
    return Inventory("inventory", devices, np.full(len(devices), BEFORE_ALL, np.int64), attributes)


@settings(max_examples=30)
@given(seeds)
def test_what_is_told_of_each_device_is_what_the_rule_finds_of_it(seed):
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    criteria = [criteria_of(random) for _ in range(random.choice([1, 2, 3]))]
    as_at = random.choice([None, LATEST, random.randint(0, LATEST)])
    evidence = {device: evidence_of(random, device) for device in range(1, DEVICES)}
    registrations = {device: registrations_of(random, device) for device in range(DEVICES + 2)}
    types = {device: random.choice(TYPES) for device in range(1, DEVICES + 5) if random.random() < 0.8}
    rows = [row for of_device in evidence.values() for row in of_device]
    random.shuffle(rows)
    names, kept = Names(), Kept()
    registered = [each for of_device in registrations.values() for each in of_device]
    tables = Table(records_of(rows, names)), Table(registration_records_of(registered, names))

    status = assess_devices(
        *tables,
        dealt(random.choice([1, 3])),
        names,
        AssessOptions(criteria, as_at, threads=random.choice([1, 2])),
        inventory=inventory_of(types),
        sinks=[kept],
    )

    as_at = max(row.at for row in rows) if as_at is None else as_at
    assert as_at == status.as_at
    assessed = {}
    for device, of_device in evidence.items():
        found = [assess(of_device, registrations[device], c, as_at, types.get(device, "")) for c in criteria]
        if found[-1].begins is not None:
            assessed[device] = found
    told = [(devices, row) for devices in kept for row in range(len(devices))]
    assert sorted(assessed) == sorted(int(devices.device_id[row]) for devices, row in told)
    for devices, row in told:
        device = int(devices.device_id[row])
        found = assessed[device]
        last, alike = found[-1], devices.told[devices.of[row]]
        decided = deciding(last, criteria[-1])
        operator = last.network_operator or ("N" if device in types else "")
        whose = {
            Duty.NOBODY: "", Duty.SUPPLIER: last.supplier, Duty.NETWORK_OPERATOR: operator, Duty.DCC: "DCC",
        }  # fmt: skip
        is_hubs = types.get(device) == "CHF" and not last.supplier and decided is not None
        responsible = whose[decided.duty if decided else Duty.NOBODY]
        if is_hubs and decided is not None and decided.duty is Duty.SUPPLIER:
            responsible = "DCC"
        assert (
            tuple(each.verdict for each in found),
            step_between(found, criteria),
            next_action(last, criteria[-1]).text,
            responsible,
            last.supplier,
            operator,
            types.get(device, ""),
            "" if last.commissioned is None else "1970-01",
            last.pending_until if last.verdict.name == "PENDING" else NEVER,
            len(last.before),
            "; ".join(each.name for each in last.unmet),
        ) == (
            alike.verdicts,
            alike.step,
            alike.action,
            devices.responsible[row],
            devices.dimensions[0][row],
            devices.dimensions[1][row],
            devices.dimensions[3][row],
            devices.dimensions[5][row],
            devices.pending_until[row],
            devices.before[row],
            alike.unmet,
        )
    known = [row for row in rows if row.at <= as_at]
    read = status.evidence
    assert (len(rows), len(rows) - len(known), len(known) - len(set(known))) == (
        read.read,
        read.future,
        read.doubled,
    )
    assert len(assessed) == status.devices
    assert sum(device not in types for device in assessed) == read.not_in_inventory
    there = {*types, *(each.device_id for each in registered), *(row.device_id for row in rows)}
    assert len(there - set(assessed)) == read.without_evidence
    assert_joined_is_as_counted(status)


def assert_joined_is_as_counted(status: CommissioningStatus) -> None:
    plain = CommissioningStatus(status.as_at, status.criteria, status.evidence, dict(status.cohorts))
    assert len(status.cohorts) == len(plain.cohorts)
    assert plain.steps() == status.steps()
    assert plain.by_criteria == status.by_criteria
    for dimension in DIMENSIONS:
        assert rates(plain, dimension) == rates(status, dimension)
        assert list(plain.values_of(dimension)) == list(status.values_of(dimension))
    whole = plain.sum_by(lambda each: (each.responsible, each.months_open, each.action))
    assert whole == status.sum_by(
        lambda each: (each.responsible, each.months_open, each.action), "responsible", "months_open", "action"
    )
    for dimension in DIMENSIONS:
        parts = {value: dict(part.cohorts) for value, part in status.parts(dimension)}
        assert {value: dict(part.cohorts) for value, part in plain.parts(dimension)} == parts
        assert {} == parts or dict(plain.cohorts) == {
            cohort: devices for part in parts.values() for cohort, devices in part.items()
        }
    assert Counter(dict(status.by(*COHORT_FIELDS))) == Counter(plain.cohorts)
    shown = {step: len(listed) for step, listed in status.shown.items()}
    assert {step: min(20, devices) for step, devices in status.steps().items()} == shown
    assert all(step.change is not Change.NONE for step in shown)


def test_a_device_of_which_all_evidence_is_of_the_future_is_not_assessed():
    """As at a date before it was commissioned nothing is known of it: it is not failed."""
    names = Names()
    rows = [row for row in evidence_of(Random(1), 7) if row.kind is not Kind.COMMISSIONED]  # noqa: S311
    late = [row._replace(at=row.at + LATEST + 1) for row in rows]
    criteria = [criteria_of(Random(2))]  # noqa: S311

    status = assess_devices(
        Table(records_of(late, names)),
        Table(registration_records_of([], names)),
        dealt(1),
        names,
        AssessOptions(criteria, as_at=LATEST),
    )

    assert (0, len(late), 1) == (status.devices, status.evidence.future, status.evidence.without_evidence)
