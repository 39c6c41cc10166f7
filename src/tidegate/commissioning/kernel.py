"""The Post Commissioning rule over columns: `assessment.py` stated over the records of many Devices.

One Device after another, its rows in order (`ordering.py`). What counts is found, who
is registered is written down as spells; then each cell and each obligation is asked,
as `cells.py` and `obligations.py` ask it, statement for statement. Nothing is
allocated: all room there is, the caller makes (`columns.py`). The parts are folded
into one: criteria are two dozen arrays, which nobody should be handed at every step.

Those modules say the same one Device at a time. Change them together.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.compiled import compiled, folded_in
from tidegate.columnar.evidence import srv_numbers
from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.evidence import (
    FUTURE_DATED,
    OF_SUPPLIER,
    REPLACING,
    CredentialType,
    Kind,
    Outcome,
    Role,
)
from tidegate.commissioning.finding import Reason
from tidegate.commissioning.truth import Truth

USAGES: Final = len(CredentialType)
NEVER: Final = np.iinfo(np.int64).min
"""No instant."""

NONE: Final = -1
"""No row."""

# What an obligation is, and what a role's cells must hold.
SERVICE_REQUESTS: Final = 0
COMMUNICATES: Final = 1
CELL_POPULATED: Final = 2
REGISTERED: Final = 0
LISTED: Final = 1
NOT_REGISTERED: Final = 2
CHECKED: Final = 3
"""Only the DSP's check of the Recovery cell counts: criteria say nothing of what must stand in it."""

_NEVER = np.int64(NEVER)
_COMMISSIONED = int(Kind.COMMISSIONED)
_RESPONSE = int(Kind.SRV_RESPONSE)
_LATER = int(Kind.FUTURE_DATED_OUTCOME)
_READ = int(Kind.CREDENTIALS_READ)
_CHANGE = int(Kind.CHANGE_OF_SUPPLIER)
_COMMUNICATION = int(Kind.COMMUNICATION_CHECK)
_RECOVERY_CHECK = int(Kind.RECOVERY_CELL_CHECK)
_NOT_SAID = int(Outcome.NOT_SAID)
_SUCCESS = int(Outcome.SUCCESS)
_FAILURE = int(Outcome.FAILURE)
_EMPTY = int(Outcome.EMPTY)
_TIMEOUT = int(Outcome.TIMEOUT)
_SUPPLIER = int(Role.SUPPLIER)
_OPERATOR = int(Role.NETWORK_OPERATOR)
_RECOVERY = int(Role.RECOVERY)
_UNMET = int(Truth.UNMET)
_UNTOLD = int(Truth.CANNOT_BE_TOLD)
_MET = int(Truth.MET)
_VARIANTS = len(REPLACING)
_ROLES = len(Role)
_OF_SUPPLIER = srv_numbers()[OF_SUPPLIER]
_IS_FUTURE_DATED = tuple(srv in FUTURE_DATED for srv in REPLACING)
_NOT_ASKED = int(Reason.NOT_OF_THIS_TYPE)
_SUCCEEDED = int(Reason.SUCCEEDED)
_BY_ALTERNATIVE = int(Reason.BY_ALTERNATIVE)
_BY_LATER = int(Reason.BY_FUTURE_DATED_OUTCOME)
_ANSWERED = int(Reason.ANSWERED)
_MATCHES = int(Reason.MATCHES)
_WAS_EMPTY = int(Reason.EMPTY)
_TIMED_OUT = int(Reason.TIMED_OUT)
_CONTRADICTORY = int(Reason.CONTRADICTORY)
_OUTDATED = int(Reason.READ_IS_OUTDATED)
_NOT_KNOWN = int(Reason.PARTY_NOT_KNOWN)
_NOT_READ = int(Reason.NOT_READ)
_FAILED = int(Reason.FAILED)
_FOR_ANOTHER = int(Reason.FOR_ANOTHER_PARTY)
_TOO_FEW = int(Reason.TOO_FEW)
_NOTHING_SENT = int(Reason.NOTHING_SENT)
_DIFFERS = int(Reason.DIFFERS)
_NOT_CHECKED = int(Reason.NOT_CHECKED)
_BY_CREDENTIALS = int(Verdict.SECURE_BY_CREDENTIALS)
_BY_COMMANDS = int(Verdict.SECURE_BY_COMMANDS)
_PENDING = int(Verdict.PENDING)
_UNDETERMINED = int(Verdict.UNDETERMINED)
_HAS_FAILED = int(Verdict.FAILED)


class Asked(NamedTuple):
    """`Criteria` in numbers.

    kind:               SERVICE_REQUESTS, COMMUNICATES or CELL_POPULATED, for each obligation.
    at_least, each_type, first_srv: As `ServiceRequests`.
    is_of:              (obligations, 256) whether a Service Reference Variant meets it.
    is_future_dated:    An outcome that names no variant may be of it.
    cell:               Place of the cells it asks for.
    types, cell_types:  A bit for each type of Device it is asked of; bit 0: of one that is not known.
    cell_role, holds, usages: Of each role's cells; `usages` has a bit for each that must have been read.
    cells:              How many of them are asked; one more may be there for an obligation alone.
    listed:             (start of its parties, of its certificates, their ends) in `parties` and `certificates`.
    replacing:          256 the place in REPLACING of a Service Reference Variant, and one; 0: it brings no remote
                        party's certificates.
    """

    kind: NDArray[np.uint8]
    at_least: NDArray[np.int64]
    each_type: NDArray[np.bool_]
    first_srv: NDArray[np.uint8]
    is_of: NDArray[np.bool_]
    is_future_dated: NDArray[np.bool_]
    cell: NDArray[np.int64]
    types: NDArray[np.uint64]
    cell_role: NDArray[np.uint8]
    holds: NDArray[np.uint8]
    usages: NDArray[np.uint8]
    cell_types: NDArray[np.uint64]
    cells: int
    listed: NDArray[np.int64]
    parties: NDArray[np.uint32]
    certificates: NDArray[np.uint32]
    replacing: NDArray[np.uint8]
    empty: int
    timeout: int
    contradictory: int
    nothing_sent: int
    not_checked: int
    future_dated_outcomes: bool
    registered: bool
    answers: bool
    time_allowed: int
    as_at: int


class Scratch(NamedTuple):
    """Room for one Device.

    since, party: Of the spells of Supplier (row 0) and Network Operator (row 1).
    spells:    How many there are of each.
    latest:    (REPLACING, roles) the latest row that waits for its 8F66 or 8F67, of each variant and role; NONE: none.
    earlier:   Of each row that waits: the one of its variant and role that has waited before it.
    read_at, is_right, is_wrong: Of each usage, of the cells in question.
    """

    since: NDArray[np.int64]
    party: NDArray[np.uint32]
    spells: NDArray[np.int64]
    latest: NDArray[np.int64]
    earlier: NDArray[np.int64]
    read_at: NDArray[np.int64]
    is_right: NDArray[np.bool_]
    is_wrong: NDArray[np.bool_]


class Assessed(NamedTuple):
    """What was found, Device by Device, in the order of `device_id`.

    truth, reason:  (Devices, obligations, then cells), in the order of the criteria.
    commissioned:   When it was commissioned; NEVER where that is not known.
    begins:         When the time allowed begins; NEVER where nothing is known.
    supplier:       Number of the Supplier registered now; 0: not known.
    operator:       The same of the Network Operator.
    before:         Rows that do not count, for they came before the Device was commissioned.
    doubled:        Rows that are the same as another.
    future:         Rows after the instant of the report.
    """

    device_id: NDArray[np.uint64]
    verdict: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    commissioned: NDArray[np.int64]
    begins: NDArray[np.int64]
    supplier: NDArray[np.uint32]
    operator: NDArray[np.uint32]
    before: NDArray[np.uint32]
    doubled: NDArray[np.uint32]
    future: NDArray[np.uint32]


@compiled
def assess(
    rows: Any,
    starts: Any,
    ends: Any,
    registrations: Any,
    types: Any,
    asked: Asked,
    it: Scratch,
    found: Assessed,
) -> None:
    """Assess every Device.

    Args:
        rows:           EVIDENCE, ascending by Device, those of each in order.
        starts:         Where each Device begins in `rows`, and where the last ends.
        ends:           Where the rows of each Device end; after them, its doubles.
        registrations:  REGISTRATION, sorted by Device, role and since.
        types:          The type of each Device, as a bit.
        asked:          Criteria.
        it:             Room for the Device with most rows and registrations.
        found:          Written.
    """
    obligations = len(asked.kind)
    known_from = 0
    for device in range(len(ends)):
        start, end = starts[device], ends[device]
        device_id = rows[start].device_id
        found.device_id[device] = device_id
        known = _known(rows, start, end, asked.as_at)
        found.future[device] = end - known
        for i in range(end, starts[device + 1]):
            if rows[i].at > asked.as_at:
                found.future[device] += 1
            else:
                found.doubled[device] += 1

        # 1. What counts, and who is registered.
        commissioned, begins = _NEVER, _NEVER
        for i in range(start, known):
            if rows[i].kind == _COMMISSIONED:
                commissioned = rows[i].at
                break
        while known_from < len(registrations) and registrations[known_from].device_id < device_id:
            known_from += 1
        _write_spells(rows, start, known, registrations, known_from, device_id, asked.as_at, it)
        first = start
        if commissioned != _NEVER:
            while first < known and rows[first].at < commissioned:
                if rows[first].kind != _CHANGE:
                    found.before[device] += 1
                first += 1
        if known > start:
            begins = rows[first].at  # that it was commissioned, if it is known to have been
            if asked.registered and it.spells[0] > 1:
                begins = max(begins, it.since[0, it.spells[0] - 1])
        found.commissioned[device] = commissioned
        found.begins[device] = begins
        found.supplier[device] = _registered_at(it, 0, asked.as_at)
        found.operator[device] = _registered_at(it, 1, asked.as_at)

        # 2. Cells and obligations.
        cells, was_read = _MET, False
        for cell in range(len(asked.cell_role)):
            truth, reason, is_read = _find_cells(rows, first, known, asked, cell, it)
            found.truth[device, obligations + cell] = truth
            found.reason[device, obligations + cell] = reason
            if cell < asked.cells and asked.cell_types[cell] & types[device]:
                cells = min(cells, truth)
                was_read |= is_read
        done = _MET
        for place in range(obligations):
            truth, reason = _MET, _NOT_ASKED
            if asked.types[place] & types[device]:
                if asked.kind[place] == SERVICE_REQUESTS:
                    truth, reason = _find_service_requests(rows, first, known, asked, place, it)
                elif asked.kind[place] == COMMUNICATES:
                    truth, reason = _find_communicates(rows, first, known, asked)
                else:
                    truth = found.truth[device, obligations + asked.cell[place]]
                    reason = found.reason[device, obligations + asked.cell[place]]
                    if reason == _NOT_READ:
                        truth, reason = asked.not_checked, _NOT_CHECKED
                    elif reason == _CONTRADICTORY:
                        truth = asked.contradictory
            found.truth[device, place] = truth
            found.reason[device, place] = reason
            done = min(done, truth)
        for cell in range(asked.cells):
            if not asked.cell_types[cell] & types[device]:
                found.truth[device, obligations + cell] = _MET
                found.reason[device, obligations + cell] = _NOT_ASKED

        # 3. The verdict.
        if cells == _MET and not was_read:
            cells = _UNTOLD
        if cells == _MET:
            verdict = _BY_CREDENTIALS
        elif cells != _UNMET and done == _MET:
            verdict = _BY_COMMANDS
        elif begins != _NEVER and asked.as_at < begins + asked.time_allowed:
            verdict = _PENDING
        elif cells == _UNMET or done == _UNMET:
            verdict = _HAS_FAILED
        else:
            verdict = _UNDETERMINED
        found.verdict[device] = verdict


@folded_in
def _find_cells(rows: Any, first: int, end: int, asked: Asked, cell: int, it: Scratch) -> Any:
    """What a role's cells hold: truth, reason, and whether one of them ever was read."""
    which, was_read = asked.usages[cell], False
    role, holds = asked.cell_role[cell], asked.holds[cell]
    for usage in range(USAGES):
        it.read_at[usage] = _NEVER
    wanted = np.uint32(0)
    if holds == REGISTERED:
        wanted = _registered_at(it, role - 1, asked.as_at)
    for i in range(first, end):
        row = rows[i]
        usage, is_read = 0, False
        if row.kind == _RECOVERY_CHECK:
            if role != _RECOVERY or (row.outcome != _SUCCESS and row.outcome != _FAILURE):
                continue
            is_right = row.outcome == _SUCCESS
        else:
            if row.kind != _READ or row.outcome > _SUCCESS or row.role != role or holds == CHECKED:
                continue
            if row.party == 0 and (holds != LISTED or row.certificate == 0):
                continue
            usage, is_read = row.credential_type, True
            if holds == REGISTERED:
                is_right = row.party == wanted
            elif holds == NOT_REGISTERED:
                is_right = row.party != _registered_at(it, 0, asked.as_at) and row.party != _registered_at(
                    it, 1, asked.as_at
                )
            else:
                is_right = _is_listed(row, asked, cell)
        if row.at > it.read_at[usage]:
            it.read_at[usage] = row.at
            it.is_right[usage] = it.is_wrong[usage] = False
        it.is_right[usage] |= is_right
        it.is_wrong[usage] |= not is_right
        was_read |= is_read and (which == 0 or usage == 0 or which & (1 << usage) != 0)

    if which == 0:
        for usage in range(1, USAGES):
            if it.read_at[usage] != _NEVER:
                which |= 1 << usage
    if which == 0:
        which = 1
    truth, reason = _MET, _MATCHES
    for usage in range(USAGES):
        if not which & (1 << usage):
            continue
        one, why = _find_one_cell(rows, first, end, asked, cell, usage, wanted, it)
        if one < truth or (one == truth and why < reason):
            truth, reason = one, why
    return truth, reason, was_read


@folded_in
def _find_one_cell(
    rows: Any, first: int, end: int, asked: Asked, cell: int, usage: int, wanted: Any, it: Scratch
) -> Any:
    at = max(it.read_at[usage], it.read_at[0])
    if at == _NEVER:
        return _UNTOLD, _NOT_READ
    if asked.holds[cell] == REGISTERED and wanted == 0:
        return _UNTOLD, _NOT_KNOWN
    is_right = is_wrong = False
    if it.read_at[usage] == at:
        is_right |= it.is_right[usage]
        is_wrong |= it.is_wrong[usage]
    if it.read_at[0] == at:
        is_right |= it.is_right[0]
        is_wrong |= it.is_wrong[0]
    if is_right and is_wrong:
        return _UNTOLD, _CONTRADICTORY
    if asked.holds[cell] == REGISTERED:
        role = asked.cell_role[cell]
        waiting = 0
        _wait_for_nothing(it)
        for i in range(first, end):
            row = rows[i]
            if row.at <= at - asked.time_allowed or not _is_replacing(row, asked):
                continue
            of = _role_replaced(row)
            if of != 0 and of != role:
                continue
            told = _told(row)
            puts_another = of == role and told != 0 and told != wanted
            if puts_another != is_right:
                continue
            if row.at > at and (
                row.outcome == _SUCCESS or (row.outcome == _TIMEOUT and asked.timeout == _UNTOLD)
            ):
                return _UNTOLD, _OUTDATED
            if row.kind == _LATER:
                waiting -= _complete(row, asked, it)
            elif row.outcome == _EMPTY and asked.empty == _UNTOLD:
                waiting += 1
                _wait(row, i - first, asked, it)
        if waiting > 0:
            return _UNTOLD, _OUTDATED
    return (_MET, _MATCHES) if is_right else (_UNMET, _DIFFERS)


@folded_in
def _find_service_requests(rows: Any, first: int, end: int, asked: Asked, place: int, it: Scratch) -> Any:
    """Whether enough succeeded: the least there can be, and the most."""
    each_type = asked.each_type[place]
    # Credential types, as bits: that succeeded at all, by response, by the variant first named, and may have.
    is_seen = is_seen_by_response = is_seen_by_name = may_be_seen = 0
    by_name = by_response = succeeded = 0  # of no type, where types count
    failed = waiting = timed_out = doubtful_empty = doubtful = 0
    others = ours = 0
    _wait_for_nothing(it)
    for i in range(first, end):
        row = rows[i]
        if row.kind == _RESPONSE:
            if not asked.is_of[place, row.srv]:
                continue
        elif row.kind == _LATER and asked.future_dated_outcomes:
            if row.srv != 0:
                if not asked.is_of[place, row.srv] or asked.replacing[row.srv] == 0:
                    continue
            elif not asked.is_future_dated[place]:
                continue
        else:
            continue
        is_replacing = row.kind == _LATER or asked.replacing[row.srv] != 0
        if asked.registered and is_replacing and _is_for_another(row, asked, it):
            others += row.outcome == _SUCCESS
            continue
        ours += 1
        is_typed = each_type and row.credential_type != 0
        if row.outcome == _SUCCESS:
            named = row.kind == _RESPONSE and row.srv == asked.first_srv[place]
            responded = row.kind == _RESPONSE
            if is_typed:
                bit = 1 << row.credential_type
                is_seen |= bit
                is_seen_by_response |= bit * responded
                is_seen_by_name |= bit * named
            else:
                succeeded += 1
                by_response += responded
                by_name += named
        elif row.outcome == _FAILURE:
            failed += 1
        elif row.outcome == _TIMEOUT:
            timed_out += 1
            if asked.timeout == _UNTOLD:
                if is_typed:
                    may_be_seen |= 1 << row.credential_type
                else:
                    doubtful += 1
        elif row.outcome == _EMPTY and row.kind == _RESPONSE:
            waiting += 1
            if is_replacing:
                _wait(row, i - first, asked, it)
            # Where types count there are no future-dated outcomes: none of these is completed.
            if is_typed and asked.empty == _UNTOLD:
                may_be_seen |= 1 << row.credential_type
                doubtful_empty += 1
        if row.kind == _LATER:
            waiting -= _complete(row, asked, it)

    least = succeeded + _count(is_seen)
    at_least = asked.at_least[place]
    if least >= at_least:
        if by_name + _count(is_seen_by_name) >= at_least:
            return _MET, _SUCCEEDED
        if by_response + _count(is_seen_by_response) >= at_least:
            return _MET, _BY_ALTERNATIVE
        return _MET, _BY_LATER
    if asked.empty == _UNTOLD:
        doubtful += waiting - doubtful_empty
    has_doubt = (asked.empty == _UNTOLD and waiting > 0) or (asked.timeout == _UNTOLD and timed_out > 0)
    more = _count(may_be_seen & ~is_seen)
    if has_doubt and least + doubtful + more >= at_least:
        return _UNTOLD, (_WAS_EMPTY if asked.empty == _UNTOLD and waiting > 0 else _TIMED_OUT)
    if failed:
        return _UNMET, _FAILED
    if waiting and asked.empty == _UNMET:
        return _UNMET, _WAS_EMPTY
    if timed_out and asked.timeout == _UNMET:
        return _UNMET, _TIMED_OUT
    if others:
        return asked.nothing_sent, _FOR_ANOTHER
    return asked.nothing_sent, (_TOO_FEW if ours else _NOTHING_SENT)


@folded_in
def _wait_for_nothing(it: Scratch) -> None:
    for variant in range(_VARIANTS):
        for role in range(_ROLES):
            it.latest[variant, role] = NONE


@folded_in
def _wait(row: Any, place: int, asked: Asked, it: Scratch) -> None:
    """A replacing Command was answered without an outcome."""
    variant, role = asked.replacing[row.srv] - 1, _role_replaced(row)
    it.earlier[place] = it.latest[variant, role]
    it.latest[variant, role] = place


@folded_in
def _complete(later: Any, asked: Asked, it: Scratch) -> Any:
    """How many of those that wait an 8F66 or 8F67 completes: the latest that it can be of, or none."""
    found, of_variant, of_role = NONE, 0, 0
    role_said = _role_replaced(later)
    for variant in range(_VARIANTS):
        if later.srv != 0 and asked.replacing[later.srv] != variant + 1:
            continue
        if later.srv == 0 and not _IS_FUTURE_DATED[variant]:
            continue
        for role in range(_ROLES):
            if role_said not in (0, role) and role != 0:
                continue
            if it.latest[variant, role] > found:
                found, of_variant, of_role = it.latest[variant, role], variant, role
    if found == NONE:
        return 0
    it.latest[of_variant, of_role] = it.earlier[found]
    return 1


@folded_in
def _find_communicates(rows: Any, first: int, end: int, asked: Asked) -> Any:
    """Whether the Device communicates, by the latest news."""
    latest = _NEVER
    succeeded = failed = answered = empty = False
    for i in range(first, end):
        row = rows[i]
        is_check = row.kind == _COMMUNICATION
        if not is_check and not (asked.answers and _is_answer(row)):
            continue
        if row.at > latest:
            latest = row.at
            succeeded = failed = answered = empty = False
        succeeded |= is_check and row.outcome == _SUCCESS
        failed |= is_check and row.outcome == _FAILURE
        empty |= is_check and row.outcome == _EMPTY
        answered |= not is_check
    if latest == _NEVER:
        return asked.not_checked, _NOT_CHECKED
    if failed:
        return (asked.contradictory, _CONTRADICTORY) if answered or succeeded else (_UNMET, _FAILED)
    if succeeded:
        return _MET, _SUCCEEDED
    if answered:
        return _MET, _ANSWERED
    return (asked.empty, _WAS_EMPTY) if empty else (asked.timeout, _TIMED_OUT)


@folded_in
def _is_for_another(row: Any, asked: Asked, it: Scratch) -> Any:
    role = _role_replaced(row)
    if role > _OPERATOR:
        return True
    supplier, operator = _registered_at(it, 0, asked.as_at), _registered_at(it, 1, asked.as_at)
    told = _told(row)
    if told != 0 and role != _OPERATOR and told == supplier:
        return False
    if told != 0:
        of_supplier = role != _OPERATOR
        of_operator = role != _SUPPLIER
        is_known = (supplier != 0 or not of_supplier) and (operator != 0 or not of_operator)
        is_wanted = (of_supplier and told == supplier) or (of_operator and told == operator)
        if is_known and not is_wanted:
            return True
    then = _registered_at(it, 0, row.at)
    return supplier != 0 and then != 0 and then != supplier


@folded_in
def _role_replaced(row: Any) -> Any:
    return _SUPPLIER if row.role == 0 and row.srv == _OF_SUPPLIER else row.role


@folded_in
def _told(row: Any) -> Any:
    """Whose certificates a replacing Command brings, as far as it says."""
    if row.party != 0:
        return row.party
    return np.uint32(0) if row.role == _OPERATOR else row.sender


@folded_in
def _is_replacing(row: Any, asked: Asked) -> Any:
    if row.kind == _LATER:
        return row.srv == 0 or asked.replacing[row.srv] != 0
    return row.kind == _RESPONSE and asked.replacing[row.srv] != 0


@folded_in
def _is_answer(row: Any) -> Any:
    if row.kind == _RESPONSE or row.kind == _LATER:
        return row.outcome == _SUCCESS or row.outcome == _FAILURE or row.outcome == _EMPTY
    return row.kind == _READ and row.outcome <= _SUCCESS


@folded_in
def _is_listed(row: Any, asked: Asked, cell: int) -> Any:
    first, end = asked.listed[cell, 0], asked.listed[cell, 1]
    is_party = first == end
    for i in range(first, end):
        is_party |= asked.parties[i] == row.party
    first, end = asked.listed[cell, 2], asked.listed[cell, 3]
    is_certificate = first == end
    for i in range(first, end):
        is_certificate |= asked.certificates[i] == row.certificate
    return is_party and is_certificate


@folded_in
def _count(bits: Any) -> Any:
    number = 0
    for usage in range(1, USAGES):
        number += (bits >> usage) & 1
    return number


@folded_in
def _registered_at(it: Scratch, lane: int, at: Any) -> Any:
    """Who is registered as Supplier (0) or Network Operator (1) at an instant; 0: not known."""
    spells = it.spells[lane]
    if spells == 0:
        return np.uint32(0)
    for i in range(spells - 1, -1, -1):
        if it.since[lane, i] <= at:
            return it.party[lane, i]
    return it.party[lane, 0]


@folded_in
def _write_spells(
    rows: Any, start: int, known: int, registrations: Any, at: int, device_id: Any, as_at: Any, it: Scratch
) -> None:
    """Since when which party is registered: the table's rows and the changes of Supplier, merged."""
    it.spells[0] = it.spells[1] = 0
    change = start
    for lane in range(2):
        while True:
            while change < known and rows[change].kind != _CHANGE:
                change += 1
            while (
                at < len(registrations)
                and registrations[at].device_id == device_id
                and (registrations[at].role < lane + 1 or registrations[at].since > as_at)
            ):
                at += 1
            has_row = (
                at < len(registrations)
                and registrations[at].device_id == device_id
                and registrations[at].role == lane + 1
            )
            has_change = lane == 0 and change < known
            if not has_row and not has_change:
                break
            if has_row and (not has_change or registrations[at].since <= rows[change].at):
                since, party = registrations[at].since, registrations[at].party
                at += 1
            else:
                row = rows[change]
                since, party = row.at, (row.party if row.party != 0 else row.sender)
                change += 1
            _add_spell(it, lane, since, party)
        _join_spells(it, lane)


@folded_in
def _add_spell(it: Scratch, lane: int, since: Any, party: Any) -> None:
    last = it.spells[lane] - 1
    if last >= 0 and it.since[lane, last] == since:
        if it.party[lane, last] != party:
            it.party[lane, last] = 0  # and so it stays: no party has this number
        return
    it.since[lane, last + 1] = since
    it.party[lane, last + 1] = party
    it.spells[lane] = last + 2


@folded_in
def _join_spells(it: Scratch, lane: int) -> None:
    """Neighbours that are of the same party are one spell."""
    kept = 0
    for i in range(it.spells[lane]):
        if kept == 0 or it.party[lane, kept - 1] != it.party[lane, i]:
            it.since[lane, kept] = it.since[lane, i]
            it.party[lane, kept] = it.party[lane, i]
            kept += 1
    it.spells[lane] = kept


@folded_in
def _known(rows: Any, start: int, end: int, as_at: Any) -> Any:
    """Where those of some rows that are known end."""
    while end > start and rows[end - 1].at > as_at:
        end -= 1
    return end
