"""The Post Commissioning kernel against the readable rule: verdicts, and what was found of everything asked."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import numpy as np
from hypothesis import given, settings
from tests.evidence_drawn import LATEST, criteria_of, evidence_of, registrations_of, seeds

from tidegate.columnar.batches import Names
from tidegate.columnar.evidence import EVIDENCE, REGISTRATION, srv_numbers
from tidegate.commissioning.assessment import assess
from tidegate.commissioning.cells import Cells, Holds
from tidegate.commissioning.columns import DevicesInOrder, DeviceTypes
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import REPLACING, Evidence, Kind, Outcome, Registration, Role
from tidegate.commissioning.kernel import NEVER
from tidegate.commissioning.next_action import next_action, next_actions
from tidegate.commissioning.obligations import Communicates, ServiceRequests

DEVICES = 60
TYPES = ("", "ESME", "CHF", "GSME")
CRITERIA = Criteria("smallest", 0, (Communicates("communicates"),))


def records_of(rows: Iterable[Evidence], names: Names) -> np.ndarray:
    return np.array(
        [
            (
                row.at, row.device_id, names.number_of(row.certificate_hash), names.number_of(row.party_id),
                names.number_of(row.sender), row.kind, srv_numbers().get(row.srv, 0),
                row.credential_type, row.outcome, row.role,
            )
            for row in rows
        ],
        EVIDENCE,
    )  # fmt: skip


def registration_records_of(rows: Iterable[Registration], names: Names) -> np.ndarray:
    return np.array([(r.since, r.device_id, names.number_of(r.party_id), r.role) for r in rows], REGISTRATION)


@settings(max_examples=40)
@given(seeds)
def test_the_kernel_finds_what_the_rule_finds(seed):
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    criteria, as_at = criteria_of(random), random.choice([LATEST, random.randint(0, LATEST + 5)])
    evidence = {device: evidence_of(random, device) for device in range(1, DEVICES)}
    busy = evidence_of(random, DEVICES)
    evidence[DEVICES] = busy + [row._replace(at=row.at + shift) for row in busy for shift in range(4)]
    registrations = {device: registrations_of(random, device) for device in range(DEVICES + 2)}
    types = {device: random.choice(TYPES) for device in evidence}
    rows = [row for of_device in evidence.values() for row in of_device]
    random.shuffle(rows)
    names = Names()
    records = records_of(rows, names)
    registered = [each for of_device in registrations.values() for each in of_device]

    devices = DevicesInOrder(records, registration_records_of(registered, names))
    bits = DeviceTypes(criteria)
    of_type = np.array([bits.bit_of(types[device]) for device in devices.device_id.tolist()], np.uint64)
    found = devices.assess(criteria, names, as_at, of_type)

    advised = next_actions(criteria, found.verdict, found.truth, found.reason)

    assert sorted(device for device in evidence if evidence[device]) == found.device_id.tolist()
    for place, device in enumerate(found.device_id.tolist()):
        rule = assess(evidence[device], registrations[device], criteria, as_at, types[device])
        findings = (*rule.obligations, *rule.cells)
        assert (
            rule.verdict,
            [int(each.truth) for each in findings],
            [int(each.reason) for each in findings],
            NEVER if rule.commissioned is None else rule.commissioned,
            NEVER if rule.begins is None else rule.begins,
            rule.supplier,
            rule.network_operator,
            len(rule.before),
            next_action(rule, criteria),
        ) == (
            found.verdict[place],
            found.truth[place].tolist(),
            found.reason[place].tolist(),
            found.commissioned[place],
            found.begins[place],
            names.name_of(int(found.supplier[place])),
            names.name_of(int(found.operator[place])),
            found.before[place],
            advised[place],
        )
        known = [row for row in evidence[device] if row.at <= as_at]
        assert len(evidence[device]) - len(known) == found.future[place]
        assert len(known) - len(set(known)) == found.doubled[place]


@settings(max_examples=20)
@given(seeds)
def test_the_kernel_completes_the_empty_outcomes_that_the_rule_completes(seed):
    """Of Devices of which nothing else was seen: many that wait, and nearly as many 8F66 and 8F67."""
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    evidence = {device: [waiting_of(random, device) for _ in range(9)] for device in range(1, DEVICES)}
    cells = (Cells(Role.SUPPLIER, Holds.REGISTERED), Cells(Role.NETWORK_OPERATOR, Holds.REGISTERED))
    criteria = Criteria("replaced", 3, (ServiceRequests("replace", REPLACING, 2),), cells)
    names = Names()
    rows = [row for of_device in evidence.values() for row in of_device]
    registered = [
        Registration(device, role, party, 0)
        for device in evidence
        for role, party in ((Role.SUPPLIER, "A"), (Role.NETWORK_OPERATOR, "N"))
    ]

    devices = DevicesInOrder(records_of(rows, names), registration_records_of(registered, names))
    found = devices.assess(criteria, names, LATEST)

    for place, device in enumerate(found.device_id.tolist()):
        of_it = [each for each in registered if each.device_id == device]
        rule = assess(evidence[device], of_it, criteria, LATEST)
        assert [each.reason for each in (*rule.obligations, *rule.cells)] == found.reason[place].tolist()


def waiting_of(random: Random, device: int) -> Evidence:
    """An empty outcome, 8F66 or 8F67, of any Command and role; at times a read."""
    at, role = random.randint(0, 6), random.choice([Role.NOT_SAID, Role.SUPPLIER, Role.NETWORK_OPERATOR])
    if random.random() < 0.1:
        return Evidence(at, device, Kind.CREDENTIALS_READ, "6.24.1", role=role, party_id=random.choice("AN"))
    if random.random() < 0.5:
        srv = random.choice(REPLACING)
        return Evidence(at, device, Kind.SRV_RESPONSE, srv, outcome=Outcome.EMPTY, role=role)
    outcome = random.choice([Outcome.SUCCESS, *[Outcome.FAILURE] * 4])
    srv = random.choice(["", *REPLACING])
    return Evidence(at, device, Kind.FUTURE_DATED_OUTCOME, srv, outcome=outcome, role=role)


def test_no_device_is_assessed_where_there_is_no_evidence():
    found = DevicesInOrder(np.empty(0, EVIDENCE), np.empty(0, REGISTRATION)).assess(CRITERIA, Names(), 0)

    assert 0 == len(found.verdict)
