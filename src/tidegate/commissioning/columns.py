"""Many Devices at once: criteria in numbers, records by Device, and the kernel over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Names
from tidegate.columnar.evidence import srv_numbers
from tidegate.commissioning import kernel
from tidegate.commissioning.cells import Cells, Holds
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import (
    FUTURE_DATED,
    REPLACING,
    CredentialType,
    Evidence,
    Kind,
    Outcome,
    Registration,
    Role,
)
from tidegate.commissioning.kernel import Asked, Assessed, Scratch
from tidegate.commissioning.obligations import CellPopulated, Communicates, ServiceRequests
from tidegate.commissioning.ordering import in_order, registrations_in_order
from tidegate.vocabulary.instants import Instant

T = TypeVar("T")

_HOLDS: Final[Mapping[Holds, int]] = {
    Holds.REGISTERED: kernel.REGISTERED,
    Holds.LISTED: kernel.LISTED,
    Holds.NOT_REGISTERED: kernel.NOT_REGISTERED,
}
_EVERY_TYPE: Final = 2**64 - 1
_TYPE_NOT_KNOWN: Final = 1
_TYPE_NOT_NAMED: Final = 2


class DeviceTypes:
    """The types of Devices as bits: those that criteria name, one bit for all others, and one for "not known"."""

    def __init__(self, criteria: Criteria) -> None:
        named = {each for asked in (*criteria.obligations, *criteria.cells) for each in asked.device_types}
        self._bits = {name: 4 << place for place, name in enumerate(sorted(named))}
        assert len(self._bits) <= 62  # noqa: PLR2004 - bits of 64 that are left

    def bit_of(self, device_type: str) -> int:
        """The bit of a type; empty: it is not known."""
        if not device_type:
            return _TYPE_NOT_KNOWN
        return self._bits.get(device_type.upper(), _TYPE_NOT_NAMED)

    def asked_of(self, device_types: frozenset[str]) -> int:
        """The bits of the Devices that something is asked of."""
        if not device_types:
            return _EVERY_TYPE
        return _TYPE_NOT_KNOWN | sum(self._bits[each] for each in device_types)


class DevicesInOrder:
    """Records of EVIDENCE by Device, the same for every set of criteria and date.

    evidence:      Its rows in order, as `ordering.py` says.
    device_id:     Each Device once, ascending.
    starts, ends:  Where the rows of each Device begin and end in `evidence`; from there to the next, its doubles.
    """

    def __init__(self, evidence: NDArray[Any], registrations: NDArray[Any]) -> None:
        self.evidence, self.device_id, self.starts, self.ends = in_order(evidence)
        self.registrations = registrations_in_order(registrations)

    def __len__(self) -> int:
        return len(self.device_id)

    @property
    def registered(self) -> DeviceIds:
        """Each Device of the registrations once, ascending; of some there may be no evidence."""
        ids = np.ascontiguousarray(self.registrations["device_id"])
        return ids[np.append(True, ids[1:] != ids[:-1])] if len(ids) else ids

    def assess(
        self, criteria: Criteria, names: Names, as_at: Instant, types: NDArray[np.uint64] | None = None
    ) -> Assessed:
        """Assess every Device by one set of criteria.

        Args:
            criteria:  What is asked.
            names:     Of the parties.
            as_at:     The instant of the report.
            types:     `DeviceTypes.bit_of` of each Device, in the order of `device_id`; None: not known.
        """
        devices = len(self)
        asked = asked_of(criteria, names, as_at)
        width = len(asked.kind) + len(asked.cell_role)
        found = Assessed(
            device_id=np.zeros(devices, np.uint64),
            verdict=np.zeros(devices, np.uint8),
            truth=np.zeros((devices, width), np.uint8),
            reason=np.zeros((devices, width), np.uint8),
            commissioned=np.zeros(devices, np.int64),
            begins=np.zeros(devices, np.int64),
            supplier=np.zeros(devices, np.uint32),
            operator=np.zeros(devices, np.uint32),
            before=np.zeros(devices, np.uint32),
            doubled=np.zeros(devices, np.uint32),
            future=np.zeros(devices, np.uint32),
        )
        if types is None:
            types = np.full(devices, _TYPE_NOT_KNOWN, np.uint64)
        kernel.assess(
            self.evidence, self.starts, self.ends, self.registrations, types, asked, self._room(), found
        )
        shown = len(criteria.obligations) + len(criteria.cells)
        return found._replace(truth=found.truth[:, :shown], reason=found.reason[:, :shown])

    def _room(self) -> Scratch:
        most_rows = int(np.diff(self.starts).max(initial=0))
        ids = self.registrations["device_id"]
        begins = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])) if len(ids) else np.zeros(0, np.int64)
        most = most_rows + int(np.diff(np.append(begins, len(ids))).max(initial=0)) + 1
        usages = kernel.USAGES
        return Scratch(
            since=np.zeros((2, most), np.int64),
            party=np.zeros((2, most), np.uint32),
            spells=np.zeros(2, np.int64),
            latest=np.zeros((len(REPLACING), len(Role)), np.int64),
            earlier=np.zeros(most_rows, np.int64),
            read_at=np.zeros(usages, np.int64),
            is_right=np.zeros(usages, np.bool_),
            is_wrong=np.zeros(usages, np.bool_),
        )


def rows_of(records: NDArray[Any], names: Names) -> list[Evidence]:
    """Records as the rule takes them."""
    srvs = ["", *srv_numbers()]
    return [
        Evidence(
            at=at,
            device_id=device_id,
            kind=Kind(kind),
            srv=srvs[srv],
            credential_type=CredentialType(credential_type),
            outcome=Outcome(outcome),
            role=Role(role),
            party_id=names.name_of(party),
            certificate_hash=names.name_of(certificate),
            sender=names.name_of(sender),
        )
        for at, device_id, certificate, party, sender, kind, srv, credential_type, outcome, role in records.tolist()
    ]


def registrations_of(records: NDArray[Any], names: Names) -> list[Registration]:
    """Records as the rule takes them."""
    return [
        Registration(device_id, Role(role), names.name_of(party), since)
        for since, device_id, party, role in records.tolist()
    ]


def asked_of(criteria: Criteria, names: Names, as_at: Instant) -> Asked:
    """Criteria in numbers; a party that no evidence names has one that is nobody's."""
    types, proof = DeviceTypes(criteria), criteria.proof
    obligations, cells = criteria.obligations, list(criteria.cells)
    # The check of the Recovery cell is asked for though criteria need not say what must stand in it.
    needs_check = any(isinstance(each, CellPopulated) for each in obligations) and all(
        each.role is not Role.RECOVERY for each in cells
    )
    roles = [each.role for each in cells] + [Role.RECOVERY] * needs_check
    parties = [_numbers_of(each, names) for each in cells]
    certificates = [sorted(names.number_of(text) for text in each.certificates) for each in cells]
    listed = [*_spans(parties, certificates), *[(0, 0, 0, 0)] * needs_check]
    return Asked(
        kind=np.array([_kind_of(each) for each in obligations], np.uint8),
        at_least=np.array([_of(each, "at_least", 0) for each in obligations], np.int64),
        each_type=np.array([_of(each, "each_credential_type", False) for each in obligations], np.bool_),
        first_srv=np.array([srv_numbers().get(_variants(each)[0], 0) for each in obligations], np.uint8),
        is_of=np.array([_is_any(_variants(each)) for each in obligations], np.bool_),
        is_future_dated=np.array(
            [any(srv in FUTURE_DATED for srv in _variants(each)) for each in obligations], np.bool_
        ),
        cell=np.array(
            [roles.index(each.role) if isinstance(each, CellPopulated) else 0 for each in obligations],
            np.int64,
        ),
        types=np.array([types.asked_of(each.device_types) for each in obligations], np.uint64),
        cell_role=np.array(roles, np.uint8),
        holds=np.array([_HOLDS[each.holds] for each in cells] + [kernel.CHECKED] * needs_check, np.uint8),
        usages=np.array([sum(1 << u for u in each.usages) for each in cells] + [0] * needs_check, np.uint8),
        cell_types=np.array([types.asked_of(each.device_types) for each in cells] + [0] * needs_check, np.uint64),
        cells=len(cells),
        listed=np.array(listed or [(0, 0, 0, 0)], np.int64),
        parties=np.array([number for each in parties for number in each], np.uint32),
        certificates=np.array([number for each in certificates for number in each], np.uint32),
        replacing=_places_of(REPLACING),
        empty=int(proof.empty),
        timeout=int(proof.timeout),
        contradictory=int(proof.contradictory),
        nothing_sent=int(proof.nothing_sent),
        not_checked=int(proof.not_checked),
        future_dated_outcomes=proof.future_dated_outcomes,
        registered=proof.registered,
        answers=proof.answers,
        time_allowed=criteria.time_allowed_us,
        as_at=as_at,
    )  # fmt: skip


def _kind_of(obligation: object) -> int:
    if isinstance(obligation, ServiceRequests):
        return kernel.SERVICE_REQUESTS
    return kernel.COMMUNICATES if isinstance(obligation, Communicates) else kernel.CELL_POPULATED


def _of(obligation: object, name: str, otherwise: T) -> T:
    return getattr(obligation, name, otherwise)


def _variants(obligation: object) -> tuple[str, ...]:
    return obligation.any_of if isinstance(obligation, ServiceRequests) else ("",)


def _is_any(variants: Sequence[str]) -> NDArray[np.bool_]:
    numbers = srv_numbers()
    is_any = np.zeros(256, np.bool_)
    is_any[[numbers[srv] for srv in variants if srv in numbers]] = True
    return is_any


def _places_of(variants: Sequence[str]) -> NDArray[np.uint8]:
    """The place of each variant among some, and one; 0: it is none of them."""
    places = np.zeros(256, np.uint8)
    for place, srv in enumerate(variants, start=1):
        places[srv_numbers()[srv]] = place
    return places


def _numbers_of(cells: Cells, names: Names) -> list[int]:
    return sorted(names.number_of(party) for party in cells.parties)


def _spans(*lists: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Where each item of some lists of lists begins and ends when they are laid end to end."""
    spans = []
    done = [0] * len(lists)
    for items in zip(*lists, strict=True):
        span: list[int] = []
        for place, item in enumerate(items):
            span += [done[place], done[place] + len(item)]
            done[place] += len(item)
        spans.append(tuple(span))
    return spans
