"""THE RULE: whether a Device is securely commissioned, by one set of criteria, as at one instant.

Evidence, registrations, criteria and the instant go in; a verdict goes out, with
all that was found. In this order:

    1. What came after the instant is not known. Of rows that are the same in
       everything, one counts. What came before the Device was commissioned does not
       count for it, but a change of Supplier does.
    2. The cells, all together, are met, unmet, or cannot be told; met only where one of
       them at least was read, for a check is none. So are the obligations.
    3. Cells met                     SECURE_BY_CREDENTIALS, whatever the obligations are
       else, cells not unmet
             and obligations met     SECURE_BY_COMMANDS
       else, within the time allowed PENDING
       else, cells unmet             FAILED
             obligations unmet       FAILED
             else                    UNDETERMINED

So exactly one verdict holds. What was read outweighs what was sent: a cell that
holds another's certificate fails a Device whose every Command succeeded.

`kernel.py` states the same rule over columns; `tests/equivalence` holds the two
together. Change them together.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from tidegate.commissioning.cells import Cells, Holds
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import Evidence, Kind, Registration, Role
from tidegate.commissioning.finding import Finding, Reason
from tidegate.commissioning.obligations import Seen
from tidegate.commissioning.registered import Registered
from tidegate.commissioning.truth import Truth, all_of
from tidegate.vocabulary.instants import Instant

_RECOVERY_AS_CHECKED = Cells(Role.RECOVERY, Holds.NOT_REGISTERED)
"""What is asked of the Recovery cell where criteria say nothing of it: only the DSP's check counts."""


class Verdict(IntEnum):
    """What a Device is, by one set of criteria; the higher the better. The numbers stand in files; they do not change."""

    FAILED = 0
    UNDETERMINED = 1
    PENDING = 2
    SECURE_BY_COMMANDS = 3
    SECURE_BY_CREDENTIALS = 4

    @property
    def is_secure(self) -> bool:
        """Whether the Device is securely commissioned."""
        return self >= Verdict.SECURE_BY_COMMANDS


class Assessment(NamedTuple):
    """What a Device is by one set of criteria, and why.

    obligations:       What was found of each obligation, in the order of the criteria.
    cells:             What was found of each role's cells, in the order of the criteria.
    commissioned:      When it was commissioned; None where that is not known.
    begins:            The instant the time allowed begins at; None where nothing is known of the Device.
    pending_until:     The first instant at which it is not pending any more, if it is not secure; None as `begins`.
    supplier:          Who is registered as Supplier; empty where that is not known.
    network_operator:  The same as Network Operator.
    before:            Rows that do not count, for they came before the Device was commissioned.
    """

    verdict: Verdict
    obligations: tuple[Finding, ...]
    cells: tuple[Finding, ...]
    commissioned: Instant | None
    begins: Instant | None
    pending_until: Instant | None
    supplier: str
    network_operator: str
    before: tuple[Evidence, ...]

    @property
    def met(self) -> tuple[Finding, ...]:
        """The obligations that are met."""
        return tuple(each for each in self.obligations if _is_asked(each) and each.truth is Truth.MET)

    @property
    def unmet(self) -> tuple[Finding, ...]:
        """The obligations that are unmet, and not excused."""
        return self._not_excused(Truth.UNMET)

    @property
    def cannot_be_told(self) -> tuple[Finding, ...]:
        """The obligations that cannot be told, and are not excused."""
        return self._not_excused(Truth.CANNOT_BE_TOLD)

    @property
    def excused(self) -> tuple[Finding, ...]:
        """The obligations that are not asked of this type of Device, or are not met and need not be: it was read."""
        is_read = self.verdict is Verdict.SECURE_BY_CREDENTIALS
        return tuple(
            each
            for each in self.obligations
            if not _is_asked(each) or (is_read and each.truth is not Truth.MET)
        )

    def _not_excused(self, truth: Truth) -> tuple[Finding, ...]:
        if self.verdict is Verdict.SECURE_BY_CREDENTIALS:
            return ()
        return tuple(each for each in self.obligations if each.truth is truth)


def assess(
    evidence: Iterable[Evidence],
    registrations: Iterable[Registration],
    criteria: Criteria,
    as_at: Instant,
    device_type: str = "",
) -> Assessment:
    """Assess one Device; all evidence and registrations are of it, in any order.

    The result does not depend on the order of either, nor on how often a row stands there.
    """
    known = sorted({row for row in evidence if row.at <= as_at})
    registered = Registered(registrations, known, as_at)
    commissioned = next((row.at for row in known if row.kind is Kind.COMMISSIONED), None)
    counts_from = known[0].at if commissioned is None and known else commissioned
    before = [row for row in known if commissioned is not None and row.at < commissioned]
    rows = known[len(before) :]

    begins = counts_from
    if begins is not None and criteria.proof.registered:
        begins = max(begins, registered.supplier_changed_at or begins)
    pending_until = None if begins is None else begins + criteria.time_allowed_us
    is_pending = pending_until is not None and as_at < pending_until

    asked = {cells.role: cells for cells in criteria.cells}

    @cache
    def cells_of(role: Role) -> Finding:
        if role in asked:
            return asked[role].find(rows, registered, criteria.proof, criteria.time_allowed_us)
        checks = [row for row in rows if row.kind is Kind.RECOVERY_CELL_CHECK]
        return _RECOVERY_AS_CHECKED.find(checks, registered, criteria.proof, criteria.time_allowed_us)

    seen = Seen(rows, registered, criteria.proof, cells_of)
    obligations = tuple(
        each.find(seen) if _is_of_type(each.device_types, device_type) else _not_asked(each.name)
        for each in criteria.obligations
    )
    cells = tuple(
        cells_of(each.role) if _is_of_type(each.device_types, device_type) else _not_asked(each.name)
        for each in criteria.cells
    )
    was_read = any(
        each.were_read(rows) for each in criteria.cells if _is_of_type(each.device_types, device_type)
    )
    read = all_of(each.truth for each in cells)
    if read is Truth.MET and not was_read:
        read = Truth.CANNOT_BE_TOLD
    verdict = _verdict(read, all_of(each.truth for each in obligations), is_pending=is_pending)
    return Assessment(
        verdict,
        obligations,
        cells,
        commissioned,
        begins,
        pending_until,
        registered.now(Role.SUPPLIER),
        registered.now(Role.NETWORK_OPERATOR),
        tuple(row for row in before if row.kind is not Kind.CHANGE_OF_SUPPLIER),
    )


def _verdict(cells: Truth, obligations: Truth, *, is_pending: bool) -> Verdict:
    if cells is Truth.MET:
        return Verdict.SECURE_BY_CREDENTIALS
    if cells is not Truth.UNMET and obligations is Truth.MET:
        return Verdict.SECURE_BY_COMMANDS
    if is_pending:
        return Verdict.PENDING
    if Truth.UNMET in (cells, obligations):
        return Verdict.FAILED
    return Verdict.UNDETERMINED


def _is_of_type(device_types: frozenset[str], device_type: str) -> bool:
    return not device_types or not device_type or device_type.upper() in device_types


def _not_asked(name: str) -> Finding:
    return Finding(name, Truth.MET, Reason.NOT_OF_THIS_TYPE)


def _is_asked(finding: Finding) -> bool:
    return finding.reason is not Reason.NOT_OF_THIS_TYPE
