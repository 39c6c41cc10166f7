"""A scenario of Service Request traffic: who there is, what they ask for and when, and what goes wrong.

Times are durations after the scenario's start. How much is asked follows from
meters, so that a table of other Users makes it another system's traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tidegate.reports.requests_simulated import Remark
from tidegate.simulation.requests.retries import RETRY_STRATEGIES, RetryStrategy
from tidegate.vocabulary.instants import DAY, SECOND, Duration, Instant
from tidegate.vocabulary.service_requests import ServiceReferenceVariant
from tidegate.vocabulary.users import User, UserRole

USUAL_STRATEGY: Final = "obeys"
LONGEST: Final = DAY


class Shape(StrEnum):
    """How the tasks of a stream lie in its time."""

    EVEN = "even"
    """At any time in it alike."""

    PEAK = "peak"
    """Most in its middle, none at its ends."""

    FALLING = "falling"
    """Most at its start, none at its end."""


class Counted(StrEnum):
    """Whose number makes the tasks of a stream."""

    SUPPLIED = "supplied"
    """All meters a User supplies."""

    PREPAYMENT = "prepayment_meters"
    NETWORK = "network_meters"


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """A User, and the name of its retry strategy."""

    user: User
    retry: str = USUAL_STRATEGY

    @property
    def strategy(self) -> RetryStrategy:
        """How it tries again."""
        return RETRY_STRATEGIES[self.retry]

    def count(self, counted: Counted) -> int:
        """Its number of what is counted."""
        user = self.user
        if counted is Counted.NETWORK:
            return user.network_meters or 0
        if counted is Counted.PREPAYMENT:
            return user.prepayment_meters or 0
        return (user.credit_meters or 0) + (user.prepayment_meters or 0) + (user.unknown_meters or 0)


@dataclass(frozen=True, slots=True)
class Stream:
    """One thing that Users do again and again.

    name:            As a person calls it, in the plural: `installs`.
    roles:           The User Roles that do it.
    srvs:            What is asked: one request, or a sequence in which each names the one before.
    counted, per_million:
                     How many tasks for a million of what is counted.
    from_us, for_us: When they are due.
    shape:           How they lie in that time.
    only:            The place, from 1, of the one User of the roles that does it; None: all do.
    gives_up_us:     How long a request is tried before it times out and is triggered anew (SSE).
    anew_after_us:   How long after that.
    useful_for_us:   How long after it was due a task is worth doing.
    between_us:      Between the answer to one request of a sequence and the next.
    """

    name: str
    roles: Sequence[UserRole]
    srvs: Sequence[ServiceReferenceVariant]
    counted: Counted
    per_million: int
    from_us: Duration
    for_us: Duration
    shape: Shape = Shape.EVEN
    only: int | None = None
    gives_up_us: Duration = 300 * SECOND
    anew_after_us: Duration = 30 * SECOND
    useful_for_us: Duration = 3_600 * SECOND
    between_us: Duration = 2 * SECOND

    @property
    def is_sequence(self) -> bool:
        """Whether it is of several requests, of which a later one can be left undone."""
        return len(self.srvs) > 1


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which the DCC System answers nobody."""

    from_us: Duration
    for_us: Duration


@dataclass(frozen=True, slots=True)
class RequestScenario:
    """Service Request traffic, and which argument of the industry it replays.

    summary:      One line that says what it shows.
    answers:      The remarks it answers.
    invented:     What in it nobody published.
    expected:     What it should find, in a sentence or two; tests hold it to that.
    watches:      The stream that the finding is about.
    starts_at, length_us:
                  When, and how long.
    settled_us:   From when on nothing more goes wrong: the time to clear the backlog counts from there.
    queue_us:     How much work may wait at the DCC System; what is beyond gets no answer.
    answers_us:   How quickly and how slowly a Device answers.
    capacities:   Times the policy's capacity, for which it is to be seen as well; mostly only 1.
    asks:         What was asked of the priority list that is to be tried as well (`policy.priority_asks`).
    """

    name: str
    summary: str
    answers: Sequence[Remark]
    invented: str
    expected: str
    watches: str
    starts_at: Instant
    length_us: Duration
    users: Sequence[SimulatedUser]
    streams: Sequence[Stream]
    outages: Sequence[Outage] = ()
    settled_us: Duration = 0
    queue_us: Duration = 20 * SECOND
    answers_us: tuple[Duration, Duration] = (2 * SECOND, 15 * SECOND)
    capacities: Sequence[float] = (1.0,)
    asks: Sequence[str] = ()

    def of_users(self, users: Sequence[User]) -> RequestScenario:
        """The same with other Users; one of a name that it knows keeps its retry strategy."""
        known = {each.user.user: each.retry for each in self.users}
        return replace(
            self, users=[SimulatedUser(user, known.get(user.user, USUAL_STRATEGY)) for user in users]
        )

    def scaled(self, scale: float) -> RequestScenario:
        """The same with so many times the meters."""
        return replace(self, users=[replace(each, user=_scaled(each.user, scale)) for each in self.users])


def _scaled(user: User, scale: float) -> User:
    def times(number: int | None) -> int | None:
        return None if number is None else round(number * scale)

    return replace(
        user,
        credit_meters=times(user.credit_meters),
        prepayment_meters=times(user.prepayment_meters),
        unknown_meters=times(user.unknown_meters),
        network_meters=times(user.network_meters),
        charged_mpans=times(user.charged_mpans),
    )
