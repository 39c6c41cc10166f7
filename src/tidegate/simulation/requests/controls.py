"""Ways to control the traffic: Tidegate's rule, and what it is to be compared with.

Tidegate's is the rule itself (`admission.control`). The others are as simple as
they were described: they keep nothing but the use of the period, and refuse with
a 503 that says neither why nor until when.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.control import AdmissionControl
from tidegate.reports.requests_simulated import Control
from tidegate.simulation.requests.use import Use
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.service_requests import ServiceRequest


class Answer(NamedTuple):
    """Whether a request goes on, and when to come back where it does not and that is told."""

    is_admitted: bool
    retry_at: Instant | None = None


ADMITTED: Final = Answer(is_admitted=True)
OPAQUE: Final = Answer(is_admitted=False)

Decide: TypeAlias = Callable[[ServiceRequest, int, Use], Answer]
"""Decides a request of the User of a number; the use is that of the period before it."""


def control_of(
    control: Control, rules: CapacityRules, users: Sequence[str], allocations: Mapping[str, int]
) -> Decide:
    """A control of a kind, at its start; `users` in the order of their numbers."""
    in_order = [allocations.get(user, 0) for user in users]
    if control is Control.NONE:
        return lambda _request, _user, _use: ADMITTED
    if control is Control.FIRST_COME:
        return _first_come_first_served(rules)
    if control is Control.HARD_CAPS:
        return _hard_caps(in_order)
    if control is Control.AS_WRITTEN:
        return _as_written(rules, in_order)
    return _tidegates_rule(rules, allocations)


def _first_come_first_served(rules: CapacityRules) -> Decide:
    """Whoever comes is admitted, until the system is at its maximum."""
    maximum = rules.maximum_system_capacity
    return lambda _request, _user, use: ADMITTED if use.used < maximum else OPAQUE


def _hard_caps(allocations: Sequence[int]) -> Decide:
    """A User is admitted up to its allocation, and never beyond: as an Anomaly Detection Threshold or a gateway's limit would (WPD)."""
    return lambda _request, user, use: ADMITTED if use.by_user[user] < allocations[user] else OPAQUE


def _as_written(rules: CapacityRules, allocations: Sequence[int]) -> Decide:
    """SECMP0067 as its page says it.

    From the operating threshold on, a User is held to its allocation, or to what the others leave of the
    threshold where that is more. What is on the priority list is exempt. Nothing else is: no sequence, no maximum.
    """
    threshold, prioritised = rules.operating_threshold, frozenset(rules.prioritised)

    def decide(request: ServiceRequest, user: int, use: Use) -> Answer:
        if request.srv in prioritised or use.used < threshold:
            return ADMITTED
        mine = use.by_user[user]
        limit = max(allocations[user], threshold - (use.used - mine))
        return ADMITTED if mine < limit else OPAQUE

    return decide


def _tidegates_rule(rules: CapacityRules, allocations: Mapping[str, int]) -> Decide:
    """The rule of `tidegate.admission` itself, whatever counts are kept beside it."""
    control = AdmissionControl(rules, allocations)

    def decide(request: ServiceRequest, _user: int, _use: Use) -> Answer:
        admission = control.receive(request)
        return Answer(is_admitted=False, retry_at=admission.retry_at) if admission.is_held_back else ADMITTED

    return decide
