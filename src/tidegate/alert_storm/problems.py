"""Problems: storms and murmur grouped by cause, each for one party to mend.

Incidents are raised per problem, never per Device (SECMP0062, ENWL: 10,000
meters must not make 10,000 incidents). The responsible party can mend it; the
recipients are informed. They are seldom the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tidegate.alert_storm.causes import Cause
from tidegate.vocabulary.instants import Instant


class ProblemState(StrEnum):
    """Where a problem stands at the end of the log."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Problem:
    """Storms and murmur with one cause.

    problem_id:   The same for the same kind, codes and product in every log.
    responsible:  Who can mend it, with Devices of each: the registered Supplier for ESME and GSME, the CSP for
                  Communications Hubs; the one with most Devices first. Empty where the Inventory does not say.
    informed:     Recipients of its Alerts, the one with most first.
    state:        Open while its Alerts go on; closed once they have been silent for long enough.
    first_seen, last_seen: Of its Alerts.
    storms:       Alert Storms linked to it; 0 for murmur.
    alerts, throttled: Its Alerts, and those of them held back.
    """

    problem_id: str
    cause: Cause
    responsible: Sequence[tuple[str, int]]
    informed: Sequence[tuple[str, int]]
    state: ProblemState
    first_seen: Instant
    last_seen: Instant
    storms: int
    alerts: int
    throttled: int
