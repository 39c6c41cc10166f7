"""What was decided for one Service Request."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from tidegate.vocabulary.instants import Instant


class Outcome(IntEnum):
    """What happened to a Service Request. The numbers stand in files; they do not change."""

    ADMITTED = 0
    THROTTLED = 1
    PRIORITISED = 2
    """Admitted because its Service Reference Variant is on the Prioritised Service Requests List."""

    CONTINUATION = 3
    """Admitted because it continues what was admitted, or claims a booked return time."""


class Reason(IntEnum):
    """Why. The numbers stand in files; they do not change."""

    MODE_OFF = 0
    """Traffic management is off."""

    PRE_COMMAND = 1
    """A request with the same RequestID was admitted: this is its signed pre-command."""

    SEQUENCE = 2
    """The request that it follows was admitted."""

    BOOKING = 3
    """It came back at its booked return time."""

    PRIORITISED = 4
    """It is on the Prioritised Service Requests List, and the system is below its maximum."""

    BELOW_THRESHOLD = 5
    """All that was offered together is within the operating threshold."""

    WITHIN_FAIR_LIMIT = 6
    """There is spare, and the User has not had its part of it."""

    WITHIN_ALLOCATION = 7
    """The User has not used its allocation."""

    OVER_SHARE = 8
    """The User has used its share, and the system is at its operating threshold or others wait for the spare."""

    SYSTEM_FULL = 9
    """The system is at its maximum."""


class Admission(NamedTuple):
    """What was decided for one Service Request, with all that its sender needs to be told.

    outcome, reason:  What, and why.
    is_held_back:     It does not go on: throttled, and the mode is enforced.
    retry_at:         When to come back; None unless throttled.
    is_booked:        Whoever comes back at `retry_at`, with the same RequestID, is admitted, if within the grace.
    user_used:        Requests of the User admitted in the period, this one included.
    user_limit:       How many it may have admitted in a period now: its fair limit, never below its allocation.
    allocation:       How many whatever others do.
    used:             Requests of all Users admitted in the period, this one included.
    is_warned:        The User is near its allocation while the system is near its operating threshold.
    early_warning:    It has just come there: to be told once.
    """

    outcome: Outcome
    reason: Reason
    is_held_back: bool
    retry_at: Instant | None
    is_booked: bool
    user_used: int
    user_limit: int
    allocation: int
    used: int
    is_warned: bool
    early_warning: bool
