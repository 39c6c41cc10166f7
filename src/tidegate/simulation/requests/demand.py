"""What is due when: every task of a scenario, drawn once, so that each control of the traffic is given the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.simulation.requests.scenario import RequestScenario, Shape, Stream
from tidegate.vocabulary.faults import Fault, InputError

MOST_TASKS: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Demand:
    """Tasks in the order they are due, as columns of equal length.

    due:        When each is due, in microseconds after the start.
    user, stream:
                Numbers of `scenario.users` and `scenario.streams`.
    answers_in: How long its Device takes to answer, in microseconds.
    """

    scenario: RequestScenario
    seed: int
    due: NDArray[np.int64]
    user: NDArray[np.int64]
    stream: NDArray[np.int64]
    answers_in: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.due)


def draw(scenario: RequestScenario, seed: int) -> Demand:
    """Draw the tasks of a scenario.

    Raises:
        InputError: there are none, more than can be carried through, or the seed is none.
    """
    if not 0 <= seed < 2**32:
        raise InputError(Fault("--seed", f"{seed} is not a seed", "Write 0 to 4294967295."))
    parts = list(_parts(scenario, seed))
    tasks = sum(len(due) for _, _, due in parts)
    if tasks == 0:
        what = "its Users have nothing to do: no meters of the kinds that the scenario counts"
        raise InputError(Fault(scenario.name, what, "Give a table of Users with more meters."))
    if tasks > MOST_TASKS:
        what = f"its Users have {tasks:,} tasks, and {MOST_TASKS:,} can be carried through"
        raise InputError(Fault(scenario.name, what, "Make it smaller with --scale, or give fewer meters."))
    due = np.concatenate([due for _, _, due in parts])
    lengths = [len(part) for _, _, part in parts]
    user = np.repeat([user for user, _, _ in parts], lengths)
    stream = np.repeat([stream for _, stream, _ in parts], lengths)
    order = np.argsort(due, kind="stable")
    quick, slow = scenario.answers_us
    answers = np.random.default_rng([seed, 1 << 20]).integers(quick, slow + 1, tasks)
    return Demand(scenario, seed, due[order], user[order], stream[order], answers)


def _parts(scenario: RequestScenario, seed: int) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """User, stream and the instants at which that User's tasks of the stream are due, in the scenario's length."""
    for number, stream in enumerate(scenario.streams):
        for user in _users_of(scenario, stream):
            meters = scenario.users[user].count(stream.counted)
            # What is left over of a whole task is a chance of one, so that small Users have their part.
            random = np.random.default_rng([seed, number, user])
            tasks = int(meters * stream.per_million / 1_000_000 + random.random())
            due = stream.from_us + (_places(stream.shape, random.random(tasks)) * stream.for_us).astype(
                np.int64
            )
            yield user, number, due[due < scenario.length_us]


def _users_of(scenario: RequestScenario, stream: Stream) -> Sequence[int]:
    users = [number for number, each in enumerate(scenario.users) if each.user.role in stream.roles]
    if stream.only is None:
        return users
    return users[stream.only - 1 : stream.only]


def _places(shape: Shape, chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places in a stream's time, 0 to 1, for chances that are even in it: the inverse of the distribution."""
    if shape is Shape.FALLING:
        return 1 - np.sqrt(1 - chances)
    if shape is Shape.PEAK:
        return np.where(chances < 0.5, np.sqrt(chances / 2), 1 - np.sqrt((1 - chances) / 2))  # noqa: PLR2004
    return chances
