"""Devices for tests of Post Commissioning: evidence, registrations and criteria, drawn from a seed.

Each Device is a story that went nearly well, with a few rows of anything: few parties
and instants, so that everything meets everything. (Drawn row by row by hypothesis nearly
every Device fails for want of evidence, and a wrong rule lives.)
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from tidegate.commissioning.cells import Cells, Holds
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import CredentialType, Evidence, Kind, Outcome, Registration, Role
from tidegate.commissioning.obligations import CellPopulated, Communicates, Obligation, Proof, ServiceRequests
from tidegate.commissioning.truth import Truth

DEVICE = 0x00DB1234567890A0
LATEST = 12

_OUTCOMES = (Outcome.SUCCESS, Outcome.FAILURE, Outcome.EMPTY, Outcome.TIMEOUT)
_TYPES = (CredentialType.NOT_SAID, CredentialType.DIGITAL_SIGNING, CredentialType.KEY_AGREEMENT)
_ROLES = (Role.NOT_SAID, Role.SUPPLIER, Role.NETWORK_OPERATOR, Role.RECOVERY, Role.ROOT)
_REPLACING = ("6.15.1", "6.21", "6.23")
_HOLDER = {Role.SUPPLIER: "A", Role.NETWORK_OPERATOR: "N", Role.RECOVERY: "R", Role.ROOT: "R"}


class Drawn(NamedTuple):
    """A Device, and what it is judged by."""

    evidence: list[Evidence]
    registrations: list[Registration]
    criteria: Criteria
    as_at: int
    device_type: str


def drawn(seed: int, device_id: int = DEVICE) -> Drawn:
    """One Device of a seed."""
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    return Drawn(
        evidence_of(random, device_id),
        registrations_of(random, device_id),
        criteria_of(random),
        random.choice([LATEST, random.randint(0, LATEST + 5)]),
        random.choice(["", "", "ESME", "CHF"]),
    )


seeds = st.integers(0, 2**48)


def evidence_of(random: Random, device_id: int = DEVICE) -> list[Evidence]:
    """A Device's evidence, in any order."""
    rows = [row for row in _story(random, device_id) if random.random() < 0.85]
    rows += [row_of(random, device_id) for _ in range(random.choice([0, 0, 1, 2, 4]))]
    if rows and random.random() < 0.3:
        rows.append(random.choice(rows)._replace(sender=random.choice(["", "A", "B"])))
    random.shuffle(rows)
    return rows


def _story(random: Random, device_id: int) -> list[Evidence]:
    """Commissioned, each obligation done, the cells read: nearly always as it should be."""

    def at() -> int:
        return random.choice([1, 2, 3, random.randint(0, LATEST)])

    def how() -> Outcome:
        return Outcome.SUCCESS if random.random() < 0.85 else random.choice(_OUTCOMES)

    def whose(role: Role) -> str:
        return _HOLDER[role] if random.random() < 0.85 else random.choice(["", "A", "B", "N", "R"])

    story = [Evidence(random.choice([0, 0, 1, 2]), device_id, Kind.COMMISSIONED)]
    for srv in ("6.17", "6.15.2"):
        story += [
            Evidence(at(), device_id, Kind.SRV_RESPONSE, srv, kind, how())
            for kind in random.choice(
                [_TYPES[1:], _TYPES[1:], (_TYPES[0], _TYPES[0]), (_TYPES[1], _TYPES[1])]
            )
        ]
    role = random.choice(_ROLES[:3])
    sent = at()
    srv = random.choice(_REPLACING)
    party = whose(role) if role else random.choice(["A", "N", ""])
    sender = random.choice(["A", "A", "", "N"])
    outcome = random.choice([Outcome.EMPTY, how()])
    story.append(
        Evidence(sent, device_id, Kind.SRV_RESPONSE, srv, _TYPES[0], outcome, role, party, "", sender)
    )
    if outcome is Outcome.EMPTY:
        came = sent + random.randint(-1, 2)
        story.append(
            Evidence(
                max(0, came), device_id, Kind.FUTURE_DATED_OUTCOME, random.choice(["", srv]), _TYPES[0],
                random.choice([Outcome.SUCCESS, Outcome.SUCCESS, Outcome.FAILURE]), role, party,
            )
        )  # fmt: skip
    for kind in (Kind.COMMUNICATION_CHECK, Kind.RECOVERY_CELL_CHECK):
        story.append(Evidence(at(), device_id, kind, outcome=how()))
    if random.random() < 0.6:
        read = at()
        for role in _ROLES[1:]:
            for usage in random.choice([_TYPES[:1], _TYPES[1:], _TYPES[:2]]):
                held = Evidence(
                    read, device_id, Kind.CREDENTIALS_READ, "6.24.1", usage,
                    random.choice([Outcome.SUCCESS, Outcome.NOT_SAID, how()]), role, whose(role),
                    random.choice(["h1", "h2", ""]),
                )  # fmt: skip
                story.append(held)
    if random.random() < 0.2:
        story.append(Evidence(at(), device_id, Kind.CHANGE_OF_SUPPLIER, party_id=random.choice("AB")))
    return story


def row_of(random: Random, device_id: int = DEVICE) -> Evidence:
    """A row of anything."""
    kind = random.choice(list(Kind))
    at = random.randint(0, LATEST)
    if kind is Kind.COMMISSIONED:
        return Evidence(at, device_id, kind)
    if kind is Kind.CHANGE_OF_SUPPLIER:
        return Evidence(at, device_id, kind, party_id=random.choice("AB"))
    if kind in (Kind.COMMUNICATION_CHECK, Kind.RECOVERY_CELL_CHECK):
        return Evidence(at, device_id, kind, outcome=random.choice(_OUTCOMES))
    role, party, sender = random.choice(_ROLES), random.choice(["", "A", "B", "N", "R"]), random.choice("AB")
    if kind is Kind.CREDENTIALS_READ:
        outcome = random.choice([*Outcome, Outcome.SUCCESS])
        return Evidence(at, device_id, kind, "6.24.1", random.choice(_TYPES), outcome, role, party, "h1")
    if kind is Kind.FUTURE_DATED_OUTCOME:
        srv, outcome = random.choice(["", *_REPLACING, "6.17"]), random.choice(_OUTCOMES[:2])
        return Evidence(at, device_id, kind, srv, _TYPES[0], outcome, role, party)
    srv = random.choice([*_REPLACING, "6.17", "6.15.2", "7.4"])
    if srv in _REPLACING:
        return Evidence(
            at, device_id, kind, srv, _TYPES[0], random.choice(_OUTCOMES), role, party, "", sender
        )
    return Evidence(at, device_id, kind, srv, random.choice(_TYPES), random.choice(_OUTCOMES))


def registrations_of(random: Random, device_id: int = DEVICE) -> list[Registration]:
    """Who is registered for a Device: most often A and N from the beginning, at times a muddle."""
    registered = [
        Registration(device_id, Role.SUPPLIER, "A", random.choice([0, 0, 5])),
        Registration(device_id, Role.NETWORK_OPERATOR, "N", random.choice([0, 0, 5])),
    ]
    registered = [each for each in registered if random.random() < 0.9]
    for _ in range(random.choice([0, 0, 1, 2])):
        role = random.choice([Role.SUPPLIER, Role.NETWORK_OPERATOR])
        registered.append(Registration(device_id, role, random.choice("ABN"), random.randint(0, LATEST)))
    return registered


def criteria_of(random: Random) -> Criteria:
    """A set of criteria of any make."""

    def types() -> frozenset[str]:
        return random.choice([frozenset(), frozenset(), frozenset({"ESME"}), frozenset({"CHF"})])

    obligations: list[Obligation] = [
        ServiceRequests("issue", ("6.17",), random.choice([1, 2, 2]), random.random() < 0.5, types()),
        ServiceRequests("update", ("6.15.2",), 2, each_credential_type=random.random() < 0.5),
        ServiceRequests(
            "replace",
            random.choice([("6.15.1",), ("6.21",), _REPLACING, _REPLACING]),
            random.choice([1, 1, 2]),
        ),
        Communicates("communicates"),
        CellPopulated("recovery", Role.RECOVERY, types()),
    ]
    both = (CredentialType.DIGITAL_SIGNING, CredentialType.KEY_AGREEMENT)
    cells = (
        Cells(Role.SUPPLIER, Holds.REGISTERED, random.choice([(), both]), device_types=types()),
        Cells(Role.NETWORK_OPERATOR, Holds.REGISTERED, random.choice([(), both[1:]])),
        random.choice(
            [
                Cells(Role.RECOVERY, Holds.NOT_REGISTERED),
                Cells(Role.RECOVERY, Holds.LISTED, parties=frozenset({"R"})),
                Cells(Role.RECOVERY, Holds.LISTED, certificates=frozenset({"h1"})),
                Cells(Role.RECOVERY, Holds.LISTED, (), frozenset({"R", "B"}), frozenset({"h1"})),
            ]
        ),
        Cells(Role.ROOT, Holds.LISTED, parties=frozenset({"R"})),
    )
    random.shuffle(obligations)
    wanted = random.choice([(), (0,), (0, 1), (0, 1, 2), (0, 1, 2, 3), (2,)])
    says = [random.choice([Truth.UNMET, Truth.CANNOT_BE_TOLD]) for _ in range(5)]
    counts = [random.random() < 0.7 for _ in range(3)]
    return Criteria(
        "drawn",
        random.choice([0, 3, LATEST]),
        tuple(obligations[: random.choice([1, 2, 3, 4, 5])]),
        tuple(cells[place] for place in wanted),
        Proof(says[0], says[1], says[2], says[3], says[4], counts[0], counts[1], counts[2]),
    )
