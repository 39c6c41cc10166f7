"""Scenarios of a few tasks, and what becomes of them under a control."""

from fractions import Fraction

import numpy as np

from tidegate.admission.capacity import CapacityRules
from tidegate.operations.simulate_requests import Contender
from tidegate.reports.requests_simulated import Control, ControlOutcome
from tidegate.simulation.requests.demand import Demand
from tidegate.simulation.requests.run import Run
from tidegate.simulation.requests.scenario import (
    Counted,
    Outage,
    RequestScenario,
    SimulatedUser,
    Stream,
)
from tidegate.vocabulary.instants import MINUTE, SECOND
from tidegate.vocabulary.service_requests import ServiceRequest
from tidegate.vocabulary.users import User, UserRole

START = 1_000 * SECOND

TOML = """
name = "tiny"
summary = "Two Users and an outage."
invented = "All."
expected = "Nothing."
watches = "reads"
starts_at = 2026-03-01T00:00:00Z
length = "2m"
settled = "1m"

[[answers]]
number = "C07"
by = "E.ON"
said = "backlog"

[[users]]
name = "Supplier A"
role = "IS"
credit_meters = 60

[[users]]
name = "Network A"
role = "ED"
network_meters = 20

[[outages]]
from = "20s"
for = "10s"

[[streams]]
name = "reads"
roles = ["IS"]
srvs = ["4.1.1"]
counted = "supplied"
per_million = 1_000_000
from = "0s"
for = "1m"

[[streams]]
name = "status reads"
roles = ["ED"]
srvs = ["7.4"]
counted = "network_meters"
per_million = 1_000_000
from = "0s"
for = "1m"
shape = "falling"
"""


def stream(
    *srvs: str, name: str = "work", gives_up_us: int = 5 * MINUTE, useful_for_us: int = 10 * MINUTE
) -> Stream:
    return Stream(
        name,
        [UserRole.IS],
        srvs or ("4.1.1",),
        Counted.SUPPLIED,
        0,
        0,
        MINUTE,
        gives_up_us=gives_up_us,
        useful_for_us=useful_for_us,
        between_us=SECOND,
    )


def user(name: str = "A", retry: str = "obeys") -> SimulatedUser:
    return SimulatedUser(User(name, UserRole.IS, credit_meters=1), retry)


def scenario(
    *streams: Stream,
    users: tuple[SimulatedUser, ...] = (),
    outage: tuple[int, int] | None = None,
    length_us: int = 10 * MINUTE,
    queue_us: int = 20 * SECOND,
) -> RequestScenario:
    """Devices answer after three seconds."""
    return RequestScenario(
        name="small",
        summary="",
        answers=(),
        invented="",
        expected="",
        watches="work",
        starts_at=START,
        length_us=length_us,
        users=users or (user(),),
        streams=streams or (stream(),),
        outages=[] if outage is None else [Outage(*outage)],
        queue_us=queue_us,
        answers_us=(3 * SECOND, 3 * SECOND),
    )


def carried(
    of: RequestScenario,
    *due: tuple[float, int, int],
    control: Control = Control.NONE,
    maximum: int = 10,
    threshold: int = 10,
    prioritised: frozenset[str] = frozenset(),
    allocations: dict[str, int] | None = None,
) -> tuple[ControlOutcome, list[ServiceRequest]]:
    """What becomes of tasks (due in seconds after the start, number of the User, number of the stream), and what was sent."""
    sent: list[ServiceRequest] = []
    demand = Demand(
        of,
        1,
        np.array([int(each[0] * SECOND) for each in due], np.int64),
        np.array([each[1] for each in due], np.int64),
        np.array([each[2] for each in due], np.int64),
        np.full(len(due), 3 * SECOND, np.int64),
    )
    rules = CapacityRules(SECOND, maximum, threshold, prioritised=prioritised)
    contender = Contender(control, control.value, rules, allocations or {}, Fraction(1))
    return Run(demand, contender, sent.append).carry(), sent


def seconds(sent: list[ServiceRequest]) -> list[float]:
    """When requests were received, in seconds after the start."""
    return [(each.at - START) / SECOND for each in sent]
