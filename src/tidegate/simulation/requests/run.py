"""A demand carried through one control, event by event.

There is one kind of event: a User sends a request. What becomes of it is known
at once, for the system serves in order: refused, unanswered, or answered at an
instant. From that follows when its User sends next, if it does. Tasks come in
the order they are due, and what is sent later waits in a heap.

A request that was refused keeps its RequestID; one that no answer came to has
another the next time, for it may have been taken. A Critical request is sent
twice: the Transform, then the signed pre-command under the same RequestID. One
of a sequence names the one before it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import accumulate, count
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.operations.simulate_requests import Contender, in_order
from tidegate.reports.requests_simulated import (
    BACKLOG_STEP,
    ControlOutcome,
    StreamOutcome,
    Tally,
    UserOutcome,
)
from tidegate.simulation.requests.controls import control_of
from tidegate.simulation.requests.demand import Demand
from tidegate.simulation.requests.retries import RetryStrategy
from tidegate.simulation.requests.scenario import Stream
from tidegate.simulation.requests.system import DccSystem
from tidegate.simulation.requests.use import Use
from tidegate.vocabulary.instants import Duration, Instant
from tidegate.vocabulary.service_reference_variants import published_variants
from tidegate.vocabulary.service_requests import ServiceRequest

_WAITING: Final = 0
_DONE: Final = 1
_STRANDED: Final = 2
_LOST: Final = 3
_SLOW: Final = 95
_TOLD_EVERY: Final = 20_000


class Message(NamedTuple):
    """One request of a task: a Transform is answered by the DCC, as is what asks no Device."""

    srv: str
    is_pre_command: bool
    asks_device: bool


def messages_of(stream: Stream) -> list[Message]:
    """What is sent for one task of a stream, in order, each once."""
    found = []
    for srv in stream.srvs:
        entry = published_variants().get(srv)
        asks_device = entry is None or not entry.is_non_device
        if entry is not None and entry.is_critical:
            found.append(Message(srv, is_pre_command=False, asks_device=False))
            found.append(Message(srv, is_pre_command=True, asks_device=asks_device))
        else:
            found.append(Message(srv, is_pre_command=False, asks_device=asks_device))
    return found


class _Task:
    """A task on its way: what it sends next, under which RequestID, and since when it is tried."""

    __slots__ = (
        "at_message", "before", "due", "is_open", "number", "request_id", "row", "since", "stream", "tries",
    )  # fmt: skip

    def __init__(self, number: int, due: Instant, row: int, stream: int) -> None:
        self.number = number
        self.due = self.since = due
        self.row = row
        self.stream = stream
        self.at_message = 0
        self.is_open = False
        self.tries = 0
        self.request_id = f"{number}-0"
        self.before = ""


class _Counts:
    """Counts of one User's tasks of one stream."""

    __slots__ = (
        "answered", "met_outage", "refused", "refused_full", "refused_within", "sent", "unanswered",
        "unanswered_within",
    )  # fmt: skip

    def __init__(self) -> None:
        self.sent = self.answered = self.refused = self.refused_within = self.refused_full = 0
        self.unanswered = self.unanswered_within = self.met_outage = 0


class Run:
    """Carries a demand through a control, once.

    received:  Told every request that reached the control, in order; None: nobody is.
    """

    def __init__(
        self, demand: Demand, contender: Contender, received: Callable[[ServiceRequest], None] | None = None
    ) -> None:
        scenario = demand.scenario
        rules = contender.rules
        self._demand, self._scenario, self._contender = demand, scenario, contender
        self._received = received
        self._start = scenario.starts_at
        self._until = scenario.starts_at + scenario.length_us
        self._messages = [messages_of(stream) for stream in scenario.streams]
        self._names = list(dict.fromkeys(each.user.user for each in scenario.users))
        self._user_of_row = [self._names.index(each.user.user) for each in scenario.users]
        self._strategies: list[RetryStrategy] = [each.strategy for each in scenario.users]
        self._allocations = [contender.allocations.get(name, 0) for name in self._names]
        self._decide = control_of(contender.control, rules, self._names, contender.allocations)
        self._system = DccSystem(
            rules.maximum_system_capacity,
            rules.period_us,
            scenario.queue_us,
            [
                (self._start + each.from_us, self._start + each.from_us + each.for_us)
                for each in scenario.outages
            ],
        )
        self._use = Use(len(self._names), rules.period_us)
        self._chance = random.Random(demand.seed)  # noqa: S311 - not for secrets
        self._heap: list[tuple[Instant, int, _Task]] = []
        self._order = count()
        self._state = np.zeros(len(demand), np.uint8)
        self._ended = np.full(len(demand), self._until, np.int64)
        self._counts = [[_Counts() for _ in scenario.streams] for _ in scenario.users]
        steps = -(-scenario.length_us // BACKLOG_STEP)
        self._offered = [[0] * steps for _ in self._names]
        self._answered_of = [[0] * steps for _ in self._names]
        # Requests that a User began to ask, less those that were answered or given up.
        self._opened = [[0] * (steps + 1) for _ in self._names]
        self._closed = [[0] * (steps + 1) for _ in self._names]
        self._answered = [0] * steps
        self._served_for_nobody = 0

    def carry(self, tell: Callable[[float], None] = lambda _done: None) -> ControlOutcome:
        """Carry it through; `tell` is told how far it is, 0 to 1."""
        demand, heap, start = self._demand, self._heap, self._start
        columns = (demand.due.tolist(), demand.user.tolist(), demand.stream.tolist())
        for number, (due, row, stream) in enumerate(zip(*columns, strict=True)):
            at = start + due
            while heap and heap[0][0] <= at:
                later, _, task = heappop(heap)
                self._send(later, task)
            if number % _TOLD_EVERY == 0:
                tell(due / self._scenario.length_us)
            self._send(at, _Task(number, at, row, stream))
        while heap:
            later, _, task = heappop(heap)
            self._send(later, task)
        return self._outcome()

    def _send(self, at: Instant, task: _Task) -> None:
        row = task.row
        counts = self._counts[row][task.stream]
        counts.sent += 1
        task.tries += 1
        user = self._user_of_row[row]
        step = (at - self._start) // BACKLOG_STEP
        if not task.is_open:
            task.is_open = True
            self._opened[user][step] += 1
        if self._system.is_out(at):
            counts.met_outage += 1
            self._try_again(at, task, None)
            return
        contender, use = self._contender, self._use
        message = self._messages[task.stream][task.at_message]
        use.move_to(at)
        has_room = use.by_user[user] < self._allocations[user]
        is_below_maximum = use.used < contender.rules.maximum_system_capacity
        request = ServiceRequest(at, task.request_id, self._names[user], message.srv, task.before)
        answer = self._decide(request, user, use)
        self._offered[user][step] += 1
        if self._received is not None:
            self._received(request)
        if not answer.is_admitted:
            counts.refused += 1
            counts.refused_within += has_room and is_below_maximum
            counts.refused_full += has_room and not is_below_maximum
            self._try_again(at, task, answer.retry_at)
            return
        use.admit(user, at)
        served = self._system.serve(at)
        waits_until = at + self._strategies[row].answer_within_us
        if served is None or served > waits_until:
            self._served_for_nobody += served is not None
            counts.unanswered += 1
            counts.unanswered_within += has_room
            if not message.is_pre_command:
                task.request_id = self._new_id(task)
            self._try_again(waits_until, task, None)
            return
        counts.answered += 1
        self._answered_of[user][step] += 1
        self._closed[user][step + 1] += 1
        task.is_open = False
        if served < self._until:
            self._answered[(served - self._start) // BACKLOG_STEP] += 1
        if message.asks_device:
            served += int(self._demand.answers_in[task.number])
        self._go_on(served, task)

    def _go_on(self, at: Instant, task: _Task) -> None:
        """A request of a task was answered at an instant."""
        stream = self._scenario.streams[task.stream]
        messages = self._messages[task.stream]
        if at > task.due + stream.useful_for_us:
            self._end(at, task, _given_up(task))
            return
        task.at_message += 1
        if task.at_message == len(messages):
            self._end(at, task, _DONE)
            return
        if not messages[task.at_message].is_pre_command:
            task.before = task.request_id
            task.request_id = self._new_id(task)
        task.tries = 0
        task.since = at + stream.between_us
        self._later(task.since, task)

    def _try_again(self, now: Instant, task: _Task, retry_at: Instant | None) -> None:
        """A request came to nothing, and its User knows it now."""
        strategy, stream = self._strategies[task.row], self._scenario.streams[task.stream]
        comes_back = strategy.comes_back(now, task.tries, retry_at, self._chance)
        if comes_back is not None and comes_back >= task.since + stream.gives_up_us:
            # It times out, and is triggered anew from the start.
            comes_back = max(now, task.since + stream.gives_up_us) + stream.anew_after_us
            task.since = comes_back
            task.tries = 0
            task.request_id = self._new_id(task)
            if self._messages[task.stream][task.at_message].is_pre_command:
                # A signed pre-command has its Transform's RequestID: under another it begins with the Transform.
                task.at_message -= 1
        if comes_back is None or comes_back > task.due + stream.useful_for_us:
            self._close(now, task)
            self._end(now, task, _given_up(task))
            return
        self._later(comes_back, task)

    def _close(self, at: Instant, task: _Task) -> None:
        """A request is given up."""
        step = (at - self._start) // BACKLOG_STEP + 1
        closed = self._closed[self._user_of_row[task.row]]
        if step < len(closed):
            closed[step] += 1

    def _new_id(self, task: _Task) -> str:
        return f"{task.number}-{int(task.request_id.rpartition('-')[2]) + 1}"

    def _later(self, at: Instant, task: _Task) -> None:
        if at < self._until:
            heappush(self._heap, (at, next(self._order), task))

    def _end(self, at: Instant, task: _Task, state: int) -> None:
        if at < self._until:
            self._state[task.number] = state
            self._ended[task.number] = at

    def _outcome(self) -> ControlOutcome:
        contender, scenario = self._contender, self._scenario
        rules = contender.rules
        of_stream = [
            StreamOutcome(
                stream.name,
                tuple(stream.srvs),
                stream.is_sequence,
                self._tally(self._demand.stream == number),
            )
            for number, stream in enumerate(scenario.streams)
        ]
        return ControlOutcome(
            control=contender.control,
            name=contender.name,
            ask=contender.ask,
            priority=in_order(rules.prioritised),
            capacity=contender.capacity,
            maximum=rules.maximum_system_capacity,
            threshold=rules.operating_threshold,
            backlog=self._backlog(),
            answered=tuple(self._answered),
            served_for_nobody=self._served_for_nobody,
            total=self._tally(np.ones(len(self._demand), np.bool_)),
            streams=of_stream,
            users=list(self._users()),
        )

    def _backlog(self) -> tuple[int, ...]:
        steps = -(-self._scenario.length_us // BACKLOG_STEP)
        changes = np.zeros(steps + 1, np.int64)
        due = self._demand.due
        np.add.at(changes, -(-due // BACKLOG_STEP), 1)
        np.add.at(changes, np.minimum(steps, -(-(self._ended - self._start) // BACKLOG_STEP)), -1)
        return tuple(accumulate(changes[:steps].tolist()))

    def _users(self) -> Iterator[UserOutcome]:
        scenario, rules = self._scenario, self._contender.rules
        offered, answered = np.array(self._offered), np.array(self._answered_of)
        in_a_step = BACKLOG_STEP / rules.period_us
        is_contended = offered.sum(axis=0) > rules.operating_threshold * in_a_step
        contended = int(is_contended.sum())
        for user, name in enumerate(self._names):
            rows = [row for row, number in enumerate(self._user_of_row) if number == user]
            room = int(self._allocations[user] * in_a_step)
            asked = np.cumsum(np.array(self._opened[user]) - np.array(self._closed[user]))[:-1]
            entitled = np.minimum(asked, room)[is_contended]
            got = np.minimum(entitled, answered[user][is_contended])
            yield UserOutcome(
                user=name,
                roles=tuple(scenario.users[row].user.role for row in rows),
                retry=scenario.users[rows[0]].retry,
                allocation=self._allocations[user],
                contended=contended,
                room=room * contended,
                entitled=int(entitled.sum()),
                got=int(got.sum()),
                answered=int(answered[user][is_contended].sum()),
                tally=self._tally(np.isin(self._demand.user, rows)),
            )

    def _tally(self, chosen: NDArray[np.bool_]) -> Tally:
        """What became of some tasks: all of one stream, or all of some rows of Users, or all."""
        demand = self._demand
        cells = sorted(set(zip(demand.user[chosen].tolist(), demand.stream[chosen].tolist(), strict=True)))
        counts = [self._counts[row][stream] for row, stream in cells]
        state = self._state[chosen]
        took = (self._ended - self._start - demand.due)[chosen][state == _DONE]
        return Tally(
            due=len(state),
            done=int((state == _DONE).sum()),
            stranded=int((state == _STRANDED).sum()),
            lost=int((state == _LOST).sum()),
            sent=sum(each.sent for each in counts),
            answered=sum(each.answered for each in counts),
            refused=sum(each.refused for each in counts),
            refused_within=sum(each.refused_within for each in counts),
            refused_full=sum(each.refused_full for each in counts),
            unanswered=sum(each.unanswered for each in counts),
            unanswered_within=sum(each.unanswered_within for each in counts),
            met_outage=sum(each.met_outage for each in counts),
            median_us=_percentile(took, 50),
            slow_us=_percentile(took, _SLOW),
        )


def _given_up(task: _Task) -> int:
    """What a task that is given up has come to."""
    return _STRANDED if task.before or task.at_message else _LOST


def _percentile(took: NDArray[np.int64], part: int) -> Duration | None:
    if not len(took):
        return None
    return int(np.percentile(took, part, method="lower"))
