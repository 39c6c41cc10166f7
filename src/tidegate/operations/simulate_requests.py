"""Carry the same Service Request traffic through several controls, and see what becomes of it under each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, TypeAlias

from tidegate.admission.allocation import by_user
from tidegate.admission.capacity import CapacityRules
from tidegate.operations.allocate import allocate_capacity
from tidegate.operations.ports import Progress, no_progress
from tidegate.operations.request_control import capacity_rules
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.priority_asks import PRIORITY_ASKS, with_asks
from tidegate.reports.requests_simulated import Control, ControlOutcome
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.service_requests import ServiceReferenceVariant
from tidegate.vocabulary.users import User, UsersTable

ALL_ASKS: Final = "all"
NAMES: Final[Mapping[Control, str]] = {
    Control.NONE: "No control",
    Control.FIRST_COME: "First come, first served",
    Control.HARD_CAPS: "Hard caps per User",
    Control.AS_WRITTEN: "SECMP0067 as written",
    Control.TIDEGATE: "Tidegate's rule",
}


@dataclass(frozen=True, slots=True)
class Contender:
    """A control, with the capacity and the list it works under.

    allocations:  What each User is given, by name.
    capacity:     How many times the policy's own capacity.
    ask:          What was asked of the list that it has besides; empty: nothing.
    """

    control: Control
    name: str
    rules: CapacityRules
    allocations: Mapping[str, int]
    capacity: Fraction = Fraction(1)
    ask: str = ""


Carry: TypeAlias = Callable[[Contender, Callable[[float], None]], ControlOutcome]
"""Carries the traffic through one control; told how far it is, 0 to 1."""


def contenders(
    policy: MechanismDocument,
    users: Sequence[User],
    capacities: Sequence[float] = (1.0,),
    asks: Sequence[str] = (),
) -> list[Contender]:
    """Every control under the policy; then no control and the rule at other capacities; then the rule with each ask.

    Raises:
        InputError: the policy has no Service Request section, its capacity is no match for its Users, or there
            is no such ask. An ask that would change nothing is left out where all were asked for.
    """
    found = [_contender(control, policy, users) for control in Control]
    for times in capacities:
        if times != 1:
            larger = at_capacity(policy, Fraction(times).limit_denominator(1_000))
            found += [
                replace(
                    _contender(control, larger, users),
                    name=f"{NAMES[control]}, {times:g} times the capacity",
                    capacity=Fraction(times).limit_denominator(1_000),
                )
                for control in (Control.NONE, Control.TIDEGATE)
            ]
    for ask in PRIORITY_ASKS if ALL_ASKS in asks else asks:
        try:
            asked = with_asks(policy, [ask])
        except InputError:
            if ALL_ASKS in asks:
                continue
            raise
        found.append(
            replace(
                _contender(Control.TIDEGATE, asked, users),
                name=f"{NAMES[Control.TIDEGATE]} +{ask}",
                # The draw of allocations is by version: only the list is to differ.
                allocations=found[-1].allocations if found[-1].ask else _tidegates(found).allocations,
                ask=ask,
            )
        )
    return found


def at_capacity(policy: MechanismDocument, times: Fraction) -> MechanismDocument:
    """The policy with so many times the capacity, as a draft; a floor is never scaled away."""
    rules = policy.service_requests
    if rules is None or times == 1:
        return policy
    maximum = max(1, round(rules.maximum_system_capacity * times))
    return replace(
        policy,
        version=f"{policy.version}-x{float(times):g}",
        supersedes=policy.version,
        approval=None,
        service_requests=replace(
            rules,
            maximum_system_capacity=maximum,
            operating_threshold=min(maximum, max(1, round(rules.operating_threshold * times))),
        ),
    )


def simulate_requests(
    given: Sequence[Contender],
    carry: Carry,
    sent: Collection[ServiceReferenceVariant],
    progress: Progress = no_progress,
) -> list[ControlOutcome]:
    """Carry the traffic through each in turn; `sent` are the variants in it.

    An ask about variants that nobody sends is not carried through: it is as without it.
    """
    found: list[ControlOutcome] = []
    for contender in given:

        def tell(done: float, before: int = len(found)) -> None:
            progress((before + done) / len(given), 0)

        if contender.ask and not _changed(contender, _tidegates(given)) & set(sent):
            own = found[given.index(_tidegates(given))]
            priority = in_order(contender.rules.prioritised)
            found.append(replace(own, name=contender.name, ask=contender.ask, priority=priority))
        else:
            found.append(carry(contender, tell))
    return found


def _changed(one: Contender, other: Contender) -> set[ServiceReferenceVariant]:
    """The variants that are on the list of one and not of the other."""
    return set(one.rules.prioritised) ^ set(other.rules.prioritised)


def in_order(srvs: Collection[ServiceReferenceVariant]) -> tuple[ServiceReferenceVariant, ...]:
    """Variants by their numbers: 2.2 before 11.2."""
    return tuple(sorted(srvs, key=lambda srv: tuple(map(int, srv.split(".")))))


def _tidegates(found: Sequence[Contender]) -> Contender:
    return next(each for each in found if each.control is Control.TIDEGATE)


def _contender(control: Control, policy: MechanismDocument, users: Sequence[User]) -> Contender:
    rules = capacity_rules(policy)
    if rules is None:
        what = "the policy says nothing of Service Requests: no capacity, no list"
        raise InputError(Fault(policy.version, what, "Add [service_requests], or name illustrative-2."))
    table = UsersTable("the Users", tuple(users))
    return Contender(control, NAMES[control], rules, by_user(allocate_capacity(table, policy).allocations))
