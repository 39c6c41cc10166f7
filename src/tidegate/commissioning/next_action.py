"""What settles a Device soonest, and costs least: wait, read it, send what is missing, chase whose it is, visit it.

Nothing is sent on the word of a response that did not come: of the Devices called
failed most hold what they should (the 7 % and the 1 %), and one 6.24.1 shows it.
So of what could settle a Device the first of these is advised that can:

    1. It is PENDING                       wait
    2. It does not communicate             visit: no Command reaches it
    3. A cell was read and is wrong        whose it is puts it right
    4. A cell can be read, and was not     read: 6.24.1, which need not be Critical nor signed by a Supplier
    5. Nobody is known to be registered    ask who is
    6. No cells are asked of it            send what the obligations lack

`next_actions` says the same over columns; `tests/equivalence` holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.commissioning.assessment import Assessment, Verdict
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import REPLACING, Role
from tidegate.commissioning.finding import Finding, Reason
from tidegate.commissioning.obligations import Communicates, Obligation, ServiceRequests
from tidegate.commissioning.truth import Truth


class NextAction(IntEnum):
    """What to do about a Device. The numbers stand in columns; they do not change."""

    NOTHING = 0
    WAIT = 1
    READ = 2
    ASK_WHO_IS_REGISTERED = 3
    ASK_FOR_CHECK = 4
    SEND_MISSING = 5
    REPLACE = 6
    CHASE_NEW_SUPPLIER = 7
    RAISE_WITH_DCC = 8
    VISIT = 9

    @property
    def text(self) -> str:
        """As it stands in a table: `read`; empty where there is nothing to do."""
        return self.name.lower() if self else ""

    @property
    def words(self) -> str:
        """As a person says it."""
        return _WORDS[self]


_WORDS: Final = {
    NextAction.NOTHING: "nothing",
    NextAction.WAIT: "wait until the time allowed has passed",
    NextAction.READ: "read its credentials (6.24.1)",
    NextAction.ASK_WHO_IS_REGISTERED: "ask who is registered for it",
    NextAction.ASK_FOR_CHECK: "ask the DCC for the check",
    NextAction.SEND_MISSING: "send 6.17 and 6.15.2 again",
    NextAction.REPLACE: "send 6.15.1 again",
    NextAction.CHASE_NEW_SUPPLIER: "have the new Supplier bring its certificates (6.15.1 or 6.23)",
    NextAction.RAISE_WITH_DCC: "raise it with the DCC: the cell is not a User's to change",
    NextAction.VISIT: "check its power and its network, then visit it",
}


def next_action(assessment: Assessment, criteria: Criteria) -> NextAction:
    """What to do about one Device, by what a set of criteria found of it."""
    if assessment.verdict.is_secure:
        return NextAction.NOTHING
    if assessment.verdict is Verdict.PENDING:
        return NextAction.WAIT
    asked = list(zip(criteria.obligations, assessment.obligations, strict=True))
    if any(_is_silent(obligation, found) for obligation, found in asked):
        return NextAction.VISIT
    cells = [
        (cells.role, found)
        for cells, found in zip(criteria.cells, assessment.cells, strict=True)
        if found.reason is not Reason.NOT_OF_THIS_TYPE
    ]
    for role, found in cells:
        if found.truth is Truth.UNMET:
            was_anothers = any(_is_for_another(obligation, of_it) for obligation, of_it in asked)
            return _put_right(role, was_anothers=was_anothers)
    if cells:
        untold = {found.reason for _, found in cells if found.truth is Truth.CANNOT_BE_TOLD}
        is_read_enough = untold == {Reason.PARTY_NOT_KNOWN}
        return NextAction.ASK_WHO_IS_REGISTERED if is_read_enough else NextAction.READ
    for obligation, found in asked:
        if found.truth is not Truth.MET:
            return _send(obligation, is_anothers=_is_for_another(obligation, found))
    return NextAction.NOTHING


def next_actions(
    criteria: Criteria, verdict: NDArray[np.uint8], truth: NDArray[np.uint8], reason: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """What to do about each of many Devices: the numbers of `NextAction`.

    Args:
        criteria:       Those that the rest was found by.
        verdict:        Of each Device.
        truth:          (Devices, obligations, then cells), as `kernel.Assessed`.
        reason:         The same.
    """
    # From what is advised last to what is advised first, each over the one before.
    obligations = range(len(criteria.obligations))
    cells = range(len(obligations), len(obligations) + len(criteria.cells))
    action = np.full(len(verdict), NextAction.NOTHING, np.uint8)
    was_anothers = np.zeros(len(verdict), np.bool_)
    for place in reversed(obligations):
        obligation = criteria.obligations[place]
        is_lacking = truth[:, place] != Truth.MET
        is_anothers = reason[:, place] == Reason.FOR_ANOTHER_PARTY
        action[is_lacking] = _send(obligation, is_anothers=False)
        action[is_lacking & is_anothers] = _send(obligation, is_anothers=True)
        if isinstance(obligation, ServiceRequests):
            was_anothers |= is_anothers
    if cells:
        _advise_on_cells(action, [truth[:, each] for each in cells], [reason[:, each] for each in cells])
    for place in reversed(cells):
        role = criteria.cells[place - len(obligations)].role
        is_wrong = truth[:, place] == Truth.UNMET
        action[is_wrong & ~was_anothers] = _put_right(role, was_anothers=False)
        action[is_wrong & was_anothers] = _put_right(role, was_anothers=True)
    for place in obligations:
        if isinstance(criteria.obligations[place], Communicates):
            action[truth[:, place] == Truth.UNMET] = NextAction.VISIT
    action[verdict == Verdict.PENDING] = NextAction.WAIT
    action[verdict >= Verdict.SECURE_BY_COMMANDS] = NextAction.NOTHING
    return action


def _advise_on_cells(
    action: NDArray[np.uint8], truths: Sequence[NDArray[Any]], reasons: Sequence[NDArray[Any]]
) -> None:
    is_asked = np.zeros(len(action), np.bool_)
    is_untold = np.zeros(len(action), np.bool_)
    is_read_enough = np.ones(len(action), np.bool_)
    for truth, reason in zip(truths, reasons, strict=True):
        is_asked |= reason != Reason.NOT_OF_THIS_TYPE
        untold = truth == Truth.CANNOT_BE_TOLD
        is_untold |= untold
        is_read_enough &= ~untold | (reason == Reason.PARTY_NOT_KNOWN)
    action[is_asked] = NextAction.READ
    action[is_asked & is_untold & is_read_enough] = NextAction.ASK_WHO_IS_REGISTERED


def _is_silent(obligation: Obligation, found: Finding) -> bool:
    return isinstance(obligation, Communicates) and found.truth is Truth.UNMET


def _is_for_another(obligation: Obligation, found: Finding) -> bool:
    return isinstance(obligation, ServiceRequests) and found.reason is Reason.FOR_ANOTHER_PARTY


def _put_right(role: Role, *, was_anothers: bool) -> NextAction:
    """Who changes a cell that is wrong: a Supplier and a Network Operator their own (GBCS, CS02b)."""
    if role is Role.SUPPLIER:
        return NextAction.CHASE_NEW_SUPPLIER if was_anothers else NextAction.REPLACE
    return NextAction.REPLACE if role is Role.NETWORK_OPERATOR else NextAction.RAISE_WITH_DCC


def _send(obligation: Obligation, *, is_anothers: bool) -> NextAction:
    if not isinstance(obligation, ServiceRequests):
        return NextAction.ASK_FOR_CHECK
    if is_anothers:
        return NextAction.CHASE_NEW_SUPPLIER
    is_replacing = any(srv in REPLACING for srv in obligation.any_of)
    return NextAction.REPLACE if is_replacing else NextAction.SEND_MISSING
