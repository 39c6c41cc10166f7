"""What may befall a Device on its way to being securely commissioned: one thing each, or nothing.

The truth of each is what its Trust Anchor Cells hold, and whether it has keys of
its own, once all that was sent to it has come about.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.simulation.catalogue import DeviceType


class Cause(IntEnum):
    """What befell a Device. The numbers stand in columns of one run."""

    NONE = 0
    """Every Command was sent, and succeeded."""

    ANOTHER_TRY = 1
    """A Command timed out or failed, was sent again, and succeeded."""

    OUTCOME_LATER = 2
    """6.15.1 was for a later date: an empty outcome, and 8F66 days later."""

    OUTCOME_NOT_TOLD = 3
    """6.15.1 was for a later date and was carried out: an empty outcome, and 8F66 never came."""

    TIMED_OUT = 4
    """A Command was carried out, and its response did not come in time."""

    HANDED_OVER = 5
    """6.21 was sent instead of 6.15.1."""

    SUPPLIER_CHANGED = 6
    """The Supplier changed before it had sent 6.15.1; the next brought its certificates with 6.23."""

    NOT_CHECKED = 7
    """The DSP did not check the Recovery cell, which is right."""

    LOST_CONTACT = 8
    """The Device holds what it should, and has not answered since."""

    OUTCOME_FAILED = 9
    """6.15.1 was for a later date: an empty outcome, and 8F67 days later."""

    FAILURE_NOT_TOLD = 10
    """6.15.1 was for a later date and failed: an empty outcome, and 8F67 never came."""

    TIMED_OUT_FOR_GOOD = 11
    """6.15.1 did not reach the Device: no response in time, and it was not sent again."""

    STOPPED = 12
    """A Command failed, and nothing more was sent."""

    NOTHING_SENT = 13
    """6.15.1 was never sent, nor anything in its place."""

    NEVER_COMMUNICATED = 14
    """The Device never answered."""

    NEXT_SUPPLIER_MISSING = 15
    """All succeeded; then the Supplier changed, and the next did not bring its certificates."""

    WRONG_NETWORK_OPERATOR = 16
    """All succeeded, and the Network Operator's cell holds another operator's certificate (SECMP0063)."""

    WRONG_RECOVERY = 17
    """The Recovery cell holds the Supplier's certificate, and the DSP's check found it wrong."""

    WRONG_RECOVERY_UNSEEN = 18
    """The Recovery cell holds the certificate of another party of the DCC; it was not checked."""

    OLD_KEYS = 19
    """The second 6.17 failed: the cells are right, and a key of the Device is still its maker's."""

    NOT_FINISHED = 20
    """What was sent had not been carried out by the date of the report."""

    @property
    def text(self) -> str:
        """As it stands in tables and scenario files: `outcome-later`."""
        return self.name.lower().replace("_", "-")

    @property
    def words(self) -> str:
        """In a sentence."""
        return _WORDS[self]

    @property
    def is_secure(self) -> bool:
        """Whether the Device is securely commissioned in the end."""
        return self < Cause.OUTCOME_FAILED

    @property
    def changes_supplier(self) -> bool:
        """Whether the Supplier changes."""
        return self in (Cause.SUPPLIER_CHANGED, Cause.NEXT_SUPPLIER_MISSING)

    @property
    def answers_reads(self) -> bool:
        """Whether the Device answers when its cells are to be read."""
        return self not in (Cause.NEVER_COMMUNICATED, Cause.LOST_CONTACT)

    @property
    def device_types(self) -> frozenset[DeviceType]:
        """The types of Devices that it can befall."""
        return _OF_METERS.get(self, _ALL)


_ALL: Final = frozenset({DeviceType.ESME, DeviceType.CHF, DeviceType.GPF, DeviceType.GSME})
_WITH_PARTIES: Final = _ALL - {DeviceType.CHF}
"""A Communications Hub Function has no Supplier's and no Network Operator's cell."""

_OF_METERS: Final = {
    Cause.HANDED_OVER: _WITH_PARTIES,
    Cause.SUPPLIER_CHANGED: _WITH_PARTIES,
    Cause.NEXT_SUPPLIER_MISSING: _WITH_PARTIES,
    Cause.WRONG_RECOVERY: _WITH_PARTIES,
    # SECMP0063 found them on ESMEs.
    Cause.WRONG_NETWORK_OPERATOR: frozenset({DeviceType.ESME}),
}

_WORDS: Final = {
    Cause.NONE: "every Command was sent and succeeded",
    Cause.ANOTHER_TRY: "a Command had to be sent twice",
    Cause.OUTCOME_LATER: "6.15.1 for a later date: empty, then 8F66",
    Cause.OUTCOME_NOT_TOLD: "6.15.1 for a later date: empty, carried out, and never told",
    Cause.TIMED_OUT: "a Command was carried out, and its response timed out",
    Cause.HANDED_OVER: "6.21 instead of 6.15.1",
    Cause.SUPPLIER_CHANGED: "the Supplier changed before 6.15.1; the next sent 6.23",
    Cause.NOT_CHECKED: "the Recovery cell is right, and was not checked",
    Cause.LOST_CONTACT: "the cells are right, and the Device has not answered since",
    Cause.OUTCOME_FAILED: "6.15.1 for a later date: empty, then 8F67",
    Cause.FAILURE_NOT_TOLD: "6.15.1 for a later date: empty, failed, and never told",
    Cause.TIMED_OUT_FOR_GOOD: "6.15.1 never arrived: it timed out",
    Cause.STOPPED: "a Command failed, and nothing more was sent",
    Cause.NOTHING_SENT: "6.15.1 was never sent",
    Cause.NEVER_COMMUNICATED: "the Device never answered",
    Cause.NEXT_SUPPLIER_MISSING: "the Supplier changed, and the next did not bring its certificates",
    Cause.WRONG_NETWORK_OPERATOR: "another Network Operator's certificate (SECMP0063)",
    Cause.WRONG_RECOVERY: "the Recovery cell holds the Supplier's certificate",
    Cause.WRONG_RECOVERY_UNSEEN: "the Recovery cell holds another DCC party's certificate",
    Cause.OLD_KEYS: "the cells are right, and a key of the Device is its maker's",
    Cause.NOT_FINISHED: "not finished yet",
}

CAUSES_BY_TEXT: Final = {
    cause.text: cause for cause in Cause if cause not in (Cause.NONE, Cause.NOT_FINISHED)
}
"""What a scenario may name; the rest is left over, or has had no time yet."""


def is_among(causes: Iterable[Cause]) -> NDArray[np.bool_]:
    """Which numbers are among some causes, to be asked by a column."""
    among = np.zeros(len(Cause), np.bool_)
    among[[int(cause) for cause in causes]] = True
    return among
