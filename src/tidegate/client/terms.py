"""How an adapter sends: what a User chooses for itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from tidegate.vocabulary.instants import HOUR, SECOND, Duration
from tidegate.vocabulary.service_request_classes import ServiceRequestClass

THOUSAND: Final = 1_000

RETRIES: Final[Mapping[ServiceRequestClass, int]] = {
    ServiceRequestClass.INSTALL: THOUSAND,
    ServiceRequestClass.PREPAYMENT: 500,
    ServiceRequestClass.SUPPLY: 500,
}
"""Retries for every thousand requests of a class that are sent for the first time; of the others, a tenth."""

_OTHERS: Final = 100


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all that one adapter sends; valid once built.

    aim:               Of every thousand requests that the User's share allows, so many are sent: what is left is for what
                       the network puts close together. From 1 to 1000.
    at_once:           Requests on the way at once; at least 1.
    most_waiting:      Requests of one class that are held, those on the way among them; at least 1.
    prioritised:       Variants on the Prioritised Service Requests List: they wait for no share. `prioritised` in the answer
                       of `/api/users/{user}/capacity`.
    retries:           Retries of each class for every thousand of its requests sent for the first time.
    trickle_us:        However few are sent, one retry of each class may go in so long. More than 0.
    first_wait_us, longest_wait_us:
                       Before the system is asked whether it is back: the first wait and the longest. More than 0.
    outage_after:      So many requests in a row of which nothing is heard are an outage; at least 1.
    resume_over_us:    After an outage the rate rises from a tenth of the share to all of it in this time.
    useful_for_us:     A request is given up so long after it was handed in, where it does not say. More than 0.
    repeats_unknown:   Send again, under its RequestID, what may have been accepted: whoever has taken it refuses it then, and
                       that is how it is known. Otherwise it ends as unknown.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    aim: int = 950
    at_once: int = 16
    most_waiting: int = 1_000
    prioritised: Collection[str] = frozenset()
    retries: Mapping[ServiceRequestClass, int] = field(default_factory=lambda: RETRIES)
    trickle_us: Duration = 10 * SECOND
    first_wait_us: Duration = SECOND
    longest_wait_us: Duration = 60 * SECOND
    outage_after: int = 3
    resume_over_us: Duration = 30 * SECOND
    useful_for_us: Duration = HOUR
    repeats_unknown: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.aim <= THOUSAND:
            raise ValueError(f"aim is {self.aim}; it must be from 1 to {THOUSAND}")
        for name in (
            "at_once",
            "most_waiting",
            "outage_after",
            "trickle_us",
            "first_wait_us",
            "useful_for_us",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be more than 0")
        if self.longest_wait_us < self.first_wait_us:
            raise ValueError("longest_wait_us must not be shorter than first_wait_us")
        if self.resume_over_us < 0:
            raise ValueError("resume_over_us cannot be less than nothing")
        if any(retries < 0 for retries in self.retries.values()):
            raise ValueError("retries must be 0 or more")

    def retries_of(self, of: ServiceRequestClass) -> int:
        """Retries of a class for every thousand of its requests."""
        return self.retries.get(of, _OTHERS)
