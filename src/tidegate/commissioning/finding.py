"""What was found out about one thing that is asked of a Device: whether it is met, why, and which rows said so."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from tidegate.commissioning.evidence import Evidence
from tidegate.commissioning.truth import Truth


class Reason(IntEnum):
    """Why a finding is as it is. The numbers stand in columns; they do not change."""

    NOT_OF_THIS_TYPE = 0
    SUCCEEDED = 1
    BY_ALTERNATIVE = 2
    BY_FUTURE_DATED_OUTCOME = 3
    ANSWERED = 4
    MATCHES = 5
    EMPTY = 6
    TIMED_OUT = 7
    CONTRADICTORY = 8
    READ_IS_OUTDATED = 9
    PARTY_NOT_KNOWN = 10
    NOT_READ = 11
    FAILED = 12
    FOR_ANOTHER_PARTY = 13
    TOO_FEW = 14
    NOTHING_SENT = 15
    DIFFERS = 16
    NOT_CHECKED = 17

    @property
    def text(self) -> str:
        """In words, as a report says it."""
        return _WORDS[self]


_WORDS: Final = {
    Reason.NOT_OF_THIS_TYPE: "not asked of Devices of this type",
    Reason.SUCCEEDED: "succeeded",
    Reason.BY_ALTERNATIVE: "another Service Request stands for it",
    Reason.BY_FUTURE_DATED_OUTCOME: "the outcome came later, as 8F66",
    Reason.ANSWERED: "the Device answered",
    Reason.MATCHES: "the cell holds what it should",
    Reason.EMPTY: "the response has no outcome",
    Reason.TIMED_OUT: "there was no response in time",
    Reason.CONTRADICTORY: "evidence of one instant contradicts itself",
    Reason.READ_IS_OUTDATED: "the cell may have been changed since it was read",
    Reason.PARTY_NOT_KNOWN: "nobody is known to be registered",
    Reason.NOT_READ: "the cell was not read",
    Reason.FAILED: "it failed",
    Reason.FOR_ANOTHER_PARTY: "what was sent was for a party that is not registered now",
    Reason.TOO_FEW: "too few succeeded",
    Reason.NOTHING_SENT: "nothing was sent",
    Reason.DIFFERS: "the cell holds another party's certificate",
    Reason.NOT_CHECKED: "there was no check",
}


class Finding(NamedTuple):
    """What was found out about one obligation or cell.

    name:    Its name in the criteria.
    rows:    The evidence that said so, oldest first; none where it is the lack of evidence that does.
    """

    name: str
    truth: Truth
    reason: Reason
    rows: tuple[Evidence, ...] = ()
