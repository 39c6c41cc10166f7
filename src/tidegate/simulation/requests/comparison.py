"""A scenario carried through every control that it is to be seen under."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from tidegate.operations.ports import Progress, no_progress
from tidegate.operations.simulate_requests import Contender, at_capacity, contenders, simulate_requests
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.requests_simulated import (
    BACKLOG_STEP,
    Control,
    ControlOutcome,
    RequestsSimulated,
    Volume,
)
from tidegate.simulation.requests.demand import Demand, draw
from tidegate.simulation.requests.retries import RETRY_STRATEGIES
from tidegate.simulation.requests.run import Run, messages_of
from tidegate.simulation.requests.scenario import LONGEST, RequestScenario
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import MINUTE
from tidegate.vocabulary.service_requests import ServiceRequest
from tidegate.vocabulary.users import User

LARGEST_SCALE: Final = 10.0
SMALLEST_SCALE: Final = 0.001


@dataclass(frozen=True, slots=True)
class Asked:
    """How a scenario is to be simulated.

    scale:    Times the meters and the capacity, both.
    minutes:  Its length; None: its own.
    users:    Other Users than its own.
    asks:     What was asked of the priority list that is to be tried; None: the scenario's own.
    """

    seed: int = 1
    scale: float = 0.1
    minutes: int | None = None
    users: Sequence[User] | None = None
    asks: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Simulation:
    """A scenario, drawn; `compare` carries it through.

    policy:  The policy at the scale asked for.
    """

    scenario: RequestScenario
    policy: MechanismDocument
    demand: Demand
    asked: Asked
    contenders: Sequence[Contender]

    def compare(
        self,
        received: Callable[[ServiceRequest], None] | None = None,
        progress: Progress = no_progress,
        only: Sequence[Control] = tuple(Control),
    ) -> RequestsSimulated:
        """Carry the demand through each control of `only`.

        received:  Told every request as it comes to Tidegate's rule at the policy's capacity and with its own list.
        """

        def carry(contender: Contender, tell: Callable[[float], None]) -> ControlOutcome:
            is_the_rule = contender.control is Control.TIDEGATE and contender.capacity == 1
            told = received if is_the_rule and not contender.ask else None
            return Run(self.demand, contender, told).carry(tell)

        chosen = [each for each in self.contenders if each.control in only]
        sent = {srv for stream in self.scenario.streams for srv in stream.srvs}
        return self._simulated(simulate_requests(chosen, carry, sent, progress))

    def _simulated(self, outcomes: Sequence[ControlOutcome]) -> RequestsSimulated:
        scenario, demand = self.scenario, self.demand
        start = scenario.starts_at
        rules = self.contenders[0].rules
        messages = np.array([len(messages_of(stream)) for stream in scenario.streams])
        steps = -(-scenario.length_us // BACKLOG_STEP)
        by_step = np.zeros((len(scenario.streams), steps), np.int64)
        np.add.at(by_step, (demand.stream, demand.due // BACKLOG_STEP), messages[demand.stream])
        in_all = by_step.sum(axis=0)
        return RequestsSimulated(
            scenario=scenario.name,
            summary=scenario.summary,
            answers=scenario.answers,
            invented=scenario.invented,
            expected=scenario.expected,
            watches=scenario.watches,
            seed=self.asked.seed,
            scale=self.asked.scale,
            policy_version=self.policy.version,
            is_illustrative=self.policy.is_illustrative,
            starts_at=start,
            length_us=scenario.length_us,
            settled_at=start + scenario.settled_us,
            period_us=rules.period_us,
            queue_us=scenario.queue_us,
            outages=[(start + it.from_us, start + it.from_us + it.for_us) for it in scenario.outages],
            retries={each.user.user: RETRY_STRATEGIES[each.retry].says for each in scenario.users},
            volumes=[
                Volume(
                    stream.name,
                    tuple(stream.srvs),
                    int((demand.stream == number).sum()),
                    int(by_step[number].sum()),
                    int(by_step[number].max()),
                )
                for number, stream in enumerate(scenario.streams)
            ],
            busiest=int(in_all.max()),
            steps_over=int((in_all > rules.operating_threshold * BACKLOG_STEP // rules.period_us).sum()),
            steps=steps,
            outcomes=outcomes,
        )


def simulation(scenario: RequestScenario, policy: MechanismDocument, asked: Asked = Asked()) -> Simulation:
    """Draw a scenario at the scale, length and for the Users asked for.

    Raises:
        InputError: one of these is out of range, or the policy has no capacity for its Users.
    """
    faults = []
    if not SMALLEST_SCALE <= asked.scale <= LARGEST_SCALE:
        what = f"{asked.scale:g} times is no scale"
        faults.append(Fault("--scale", what, f"Write {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}, as 0.1."))
    if asked.minutes is not None and not 1 <= asked.minutes <= LONGEST // MINUTE:
        remedy = f"Write 1 to {LONGEST // MINUTE}."
        faults.append(Fault("--minutes", f"{asked.minutes} is no length for a simulation", remedy))
    if faults:
        raise InputError(*faults)
    if asked.users is not None:
        scenario = scenario.of_users(asked.users)
    if asked.minutes is not None:
        scenario = replace(scenario, length_us=asked.minutes * MINUTE)
    scenario = scenario.scaled(asked.scale)
    whole, policy = policy, at_capacity(policy, Fraction(asked.scale).limit_denominator(1_000))
    users = [each.user for each in scenario.users]
    _refuse_floors_beyond_capacity(policy, len(users))
    _refuse_no_room_below_maximum(policy, whole)
    asks = scenario.asks if asked.asks is None else asked.asks
    contended = contenders(policy, users, scenario.capacities, asks)
    return Simulation(scenario, policy, draw(scenario, asked.seed), asked, contended)


def _refuse_floors_beyond_capacity(policy: MechanismDocument, users: int) -> None:
    """A floor is never scaled away, so a small system may be too small for its Users."""
    rules = policy.service_requests
    if rules is not None and rules.floor * users > rules.operating_threshold:
        what = (
            f"{users} Users with a floor of {rules.floor} have {rules.floor * users} together, "
            f"more than the operating threshold of {rules.operating_threshold} that is left at this scale"
        )
        raise InputError(
            Fault("--scale", what, "Write a larger one, or name a --policy with a smaller floor.")
        )


def _refuse_no_room_below_maximum(policy: MechanismDocument, whole: MechanismDocument) -> None:
    """What keeps a User inside its allocation from a full system is rounded away in a very small one."""
    rules, of_whole = policy.service_requests, whole.service_requests
    if rules is None or of_whole is None:
        return
    room = of_whole.maximum_system_capacity - of_whole.operating_threshold
    if room and rules.maximum_system_capacity == rules.operating_threshold:
        what = (
            f"at this scale the maximum is the operating threshold, {rules.operating_threshold}: the room of {room} between "
            "them is rounded away"
        )
        raise InputError(Fault("--scale", what, f"Write {-(-1_000 // room) / 1_000:g} or more."))
