"""What became of the same Service Request traffic under each control: counts, no words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from tidegate.vocabulary.instants import Duration, Instant
from tidegate.vocabulary.users import UserRole

BACKLOG_STEP: Final[Duration] = 10_000_000
"""Time between two readings of the backlog."""

CLEARED_SECONDS: Final = 15
"""A backlog is cleared when what waits is less than this many seconds' work of the system at its operating threshold."""


class Control(StrEnum):
    """Ways to control the traffic, in the order they are told."""

    NONE = "no-control"
    FIRST_COME = "first-come-first-served"
    HARD_CAPS = "hard-caps"
    AS_WRITTEN = "secmp0067-as-written"
    TIDEGATE = "tidegate"


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of some tasks, and of the requests sent for them.

    due:          Tasks that were to be done.
    done:         Of these those done while they were of use.
    stranded:     Those given up half way: of a sequence some requests were done, and not all.
    lost:         Those given up with nothing done.
    sent:         Requests sent, signed pre-commands and tries again included.
    answered:     Of these those that were answered in time.
    refused:      Requests refused with a 503 of the control.
    refused_within:
                  Of these those of a User that had not used its allocation, while the system was below its maximum.
    refused_full: Of these those of such a User while the system was at its maximum.
    unanswered:   Requests that no answer came to in time: the system was full, or the queue before it too long.
    unanswered_within:
                  Of these those of a User that had not used its allocation.
    met_outage:   Requests sent while the system was out.
    median_us, slow_us:
                  How long half of what was done took from when it was due, and 95 in 100; None: nothing was done.
    """

    due: int = 0
    done: int = 0
    stranded: int = 0
    lost: int = 0
    sent: int = 0
    answered: int = 0
    refused: int = 0
    refused_within: int = 0
    refused_full: int = 0
    unanswered: int = 0
    unanswered_within: int = 0
    met_outage: int = 0
    median_us: Duration | None = None
    slow_us: Duration | None = None

    @property
    def waiting(self) -> int:
        """Tasks that were neither done nor given up at the end."""
        return self.due - self.done - self.stranded - self.lost

    @property
    def counts(self) -> tuple[int, ...]:
        """All that is counted, in the order of every table: tasks, what became of them, their requests."""
        tasks = (self.due, self.done, self.waiting, self.stranded, self.lost)
        refused = (self.refused, self.refused_within, self.refused_full)
        unanswered = (self.unanswered, self.unanswered_within, self.met_outage)
        return (*tasks, self.sent, self.answered, *refused, *unanswered)

    @property
    def amplification(self) -> float:
        """Requests sent for each that was answered; as many as were sent where none was."""
        return self.sent / max(1, self.answered)


@dataclass(frozen=True, slots=True)
class StreamOutcome:
    """One stream of tasks; `srvs` in the order of the sequence."""

    name: str
    srvs: Sequence[str]
    is_sequence: bool
    tally: Tally


@dataclass(frozen=True, slots=True)
class UserOutcome:
    """One User.

    roles:       The User Roles it acts in.
    allocation:  Requests per period; 0: it has none.
    contended:   Steps (BACKLOG_STEP) in which more was sent than the operating threshold allows. What follows is of these:
    room:        Requests that its allocation comes to.
    entitled:    Requests that it had to make, new or not answered yet, as far as its allocation of each step goes.
    got:         As many of these as were answered in time.
    answered:    All of its requests that were.
    """

    user: str
    roles: Sequence[UserRole]
    retry: str
    allocation: int
    contended: int
    room: int
    entitled: int
    got: int
    answered: int
    tally: Tally

    @property
    def share_of_entitlement(self) -> float | None:
        """How much of what it had to ask within its allocation was answered, 0 to 1; None: it had nothing to ask."""
        return self.got / self.entitled if self.entitled else None

    @property
    def share_of_allocation(self) -> float | None:
        """What it had answered over its allocation; None: it has none, or nothing was contended."""
        return self.answered / self.room if self.room else None


@dataclass(frozen=True, slots=True)
class ControlOutcome:
    """What became of the traffic under one control.

    name:            As it is told: `Tidegate's rule`, `Tidegate's rule +eon-install`.
    priority:        The variants on its priority list.
    ask:             What was asked of the list that it has besides; empty: nothing.
    maximum, threshold:
                     Capacity of the system and operating threshold, in requests per period.
    backlog:         Tasks due and neither done nor given up, every BACKLOG_STEP from the start.
    answered:        Requests answered in time, in each such step.
    served_for_nobody:
                     Requests that were served after their User had given them up.
    total:           All tasks together.
    """

    control: Control
    name: str
    ask: str
    priority: Sequence[str]
    capacity: Fraction
    maximum: int
    threshold: int
    backlog: Sequence[int]
    answered: Sequence[int]
    served_for_nobody: int
    total: Tally
    streams: Sequence[StreamOutcome]
    users: Sequence[UserOutcome]

    def stream(self, name: str) -> StreamOutcome:
        """The stream of a name."""
        return next(each for each in self.streams if each.name == name)

    @property
    def fairness(self) -> float | None:
        """Jain's index over the Users' shares of entitlement: 1 where all are alike, 1/n where one has all."""
        shares = [share for each in self.users if (share := each.share_of_entitlement) is not None]
        squares = sum(share * share for share in shares)
        return None if not shares else 0.0 if squares == 0 else sum(shares) ** 2 / (len(shares) * squares)

    @property
    def worst_off(self) -> UserOutcome | None:
        """The User that got least of its entitlement."""
        told = [each for each in self.users if each.share_of_entitlement is not None]
        return min(told, key=lambda each: (each.share_of_entitlement or 0.0, each.user), default=None)


@dataclass(frozen=True, slots=True)
class Volume:
    """What is due of a stream in all, whatever the control.

    requests:  Requests it takes, each sent once.
    busiest:   Requests in the busiest of the steps that the backlog is read at, were each task done when due.
    """

    stream: str
    srvs: Sequence[str]
    tasks: int
    requests: int
    busiest: int


@dataclass(frozen=True, slots=True)
class Remark:
    """What was said in the consultation; `number` is that of the requirement: `C07`."""

    number: str
    by: str
    said: str


@dataclass(frozen=True, slots=True)
class RequestsSimulated:
    """The same demand under each control.

    outcomes:     Those of the policy as it is, then those of other capacities, then those of what was asked of its list.
    settled_at:   From when on the time to clear the backlog counts.
    busiest:      Requests due in the busiest step, of all streams together.
    steps_over, steps:
                  Steps in which more requests were due than the operating threshold allows, of all steps.
    queue_us:     How much work may wait at the system before what comes is lost.
    """

    scenario: str
    summary: str
    answers: Sequence[Remark]
    invented: str
    expected: str
    watches: str
    seed: int
    scale: float
    policy_version: str
    is_illustrative: bool
    starts_at: Instant
    length_us: Duration
    settled_at: Instant
    period_us: Duration
    queue_us: Duration
    outages: Sequence[tuple[Instant, Instant]]
    retries: Mapping[str, str]
    volumes: Sequence[Volume]
    busiest: int
    steps_over: int
    steps: int
    outcomes: Sequence[ControlOutcome]

    @property
    def compared(self) -> Sequence[ControlOutcome]:
        """The controls at the policy's capacity and with its own list."""
        return [each for each in self.outcomes if each.capacity == 1 and not each.ask]

    @property
    def of_capacities(self) -> Sequence[ControlOutcome]:
        """Tidegate's rule and no control, at each capacity; none where only one was tried."""
        found = [
            each
            for each in self.outcomes
            if not each.ask and each.control in {Control.NONE, Control.TIDEGATE}
        ]
        return found if any(each.capacity != 1 for each in found) else []

    @property
    def of_lists(self) -> Sequence[ControlOutcome]:
        """Tidegate's rule with the policy's list, and with each ask; none where no ask was tried."""
        found = [each for each in self.outcomes if each.control is Control.TIDEGATE and each.capacity == 1]
        return found if len(found) > 1 else []

    def under(self, control: Control) -> ControlOutcome:
        """What became of it under a control, at the policy's capacity and with its own list."""
        return next(each for each in self.compared if each.control is control)

    def time_to_clear(self, outcome: ControlOutcome) -> Duration | None:
        """How long after `settled_at` the backlog was down for good; None: not before the end."""
        level = CLEARED_SECONDS * 1_000_000 * outcome.threshold // self.period_us
        above = [place for place, waiting in enumerate(outcome.backlog) if waiting > level]
        if not above:
            return 0
        if above[-1] == len(outcome.backlog) - 1:
            return None
        return max(0, (above[-1] + 1) * BACKLOG_STEP - (self.settled_at - self.starts_at))
