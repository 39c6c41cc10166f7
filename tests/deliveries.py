"""A User's queue with everything around it simulated: arrivals, a system that fails, a journal, and the time.

Time is in seconds here, from 0; the queue has its own microseconds.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from tidegate.alert_storm.decision import Outcome
from tidegate.operations.delivering import Answer, Ending, RecipientQueue
from tidegate.operations.delivery_backlog import Purpose, Read
from tidegate.operations.delivery_lane import Held
from tidegate.operations.notes import ServiceEvent
from tidegate.operations.outgoing import DeliveryState, OutgoingAlert, QueueQuery
from tidegate.operations.redelivery import DeliveryTerms, Draw
from tidegate.vocabulary.instants import SECOND

USER = "90-B3-D5-1F-30-00-00-02"

ACCEPTED = Answer(Ending.ACCEPTED)
DOWN = Answer(Ending.NO_ANSWER, "did not answer")
BROKEN = Answer(Ending.FAILED, "answered 500")
REFUSED = Answer(Ending.REFUSED, "answered 400")


def outgoing(
    seq: int, *, device: int = 1, code: int = 0x8F75, at: int = 0, excluded: bool = False, count: int = 0
) -> OutgoingAlert:
    outcome = Outcome.EXCLUDED if excluded else Outcome.FORWARDED
    return OutgoingAlert(
        seq,
        at * SECOND,
        device,
        code,
        USER,
        f"response {seq}",
        "",
        outcome,
        int(count > 0),
        count,
        b"%d" % seq,
    )


@dataclass(frozen=True)
class Attempt:
    started: float
    seq: int
    answer: Answer
    under_way: int


@dataclass
class Simulation:
    """Runs a queue. `answers(seq, second) -> (Answer, how long it took in seconds)`."""

    answers: Callable[[int, float], tuple[Answer, float]]
    terms: DeliveryTerms = field(default_factory=DeliveryTerms)
    draw: Draw = field(default_factory=lambda: Random(1).randrange)  # noqa: S311 - a test says what chance is
    read_takes: float = 0.01

    def __post_init__(self) -> None:
        self.now = 0
        self.rows: dict[int, OutgoingAlert] = {}
        self.settled: dict[int, DeliveryState] = {}
        self.attempts: list[Attempt] = []
        self.events: list[ServiceEvent] = []
        self.failed_at: dict[int, float] = {}
        self.queue = RecipientQueue(USER, self.terms, self.draw, 0)
        self._next: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0
        self.most_in_memory = 0

    def arrive(self, second: float, *alerts: OutgoingAlert) -> None:
        def come() -> None:
            for alert in alerts:
                self.rows[alert.seq] = alert
            self.queue.put(alerts, self.now)

        self._at(round(second * SECOND), come)

    def at(self, second: float, what: Callable[[], object]) -> None:
        self._at(round(second * SECOND), lambda: (what(), None)[1])

    def restart(self) -> None:
        """Forget what is in memory, and what is under way with it."""
        lengths = self.queue.book.counters
        self.queue = RecipientQueue(
            USER,
            self.terms,
            self.draw,
            self.now,
            type(lengths)(
                sum(row.state is DeliveryState.WAITING for row in self.rows.values()),
                sum(row.state is DeliveryState.FAILED_QUEUE for row in self.rows.values()),
            ),
            max(self.rows, default=0),
        )

    def run(self, until: float) -> None:
        end = round(until * SECOND)
        turns = 0
        while True:
            self._turn()
            deadline = max(self.queue.next_deadline(self.now), self.now + 1)
            following = min(deadline, self._next[0][0] if self._next else end)
            if following >= end:
                self.now = end
                return
            self.now = following
            turns += 1
            assert turns < 2_000_000, "it never comes to rest"
            while self._next and self._next[0][0] <= self.now:
                heapq.heappop(self._next)[2]()

    def retry(self, query: QueueQuery | None = None, **options: bool) -> int:
        changed = self.queue.book.asks()
        done = self.queue.retry(self.page(query or QueueQuery()), changed, self.now, **options)
        self._turn()
        self.queue.book.asked(changed)
        return done

    def drop(self, query: QueueQuery | None = None) -> int:
        changed = self.queue.book.asks()
        done = self.queue.drop(self.page(query or QueueQuery()), changed, "not wanted", self.now)
        self._turn()
        self.queue.book.asked(changed)
        return done

    def page(self, query: QueueQuery) -> list[OutgoingAlert]:
        self._write()
        rows = [
            row
            for seq, row in sorted(self.rows.items())
            if seq > query.after_seq
            and (query.state is None or row.state is query.state)
            and (query.is_excluded is None or row.is_excluded == query.is_excluded)
        ]
        return rows[: query.limit]

    def delivered(self) -> list[int]:
        return [attempt.seq for attempt in self.attempts if attempt.answer.ending is Ending.ACCEPTED]

    def tries(self, seq: int) -> list[float]:
        return [attempt.started for attempt in self.attempts if attempt.seq == seq]

    def _turn(self) -> None:
        queue = self.queue
        for held in queue.due(self.now):
            self._send(queue, held)
        in_memory = len(queue.excluded.in_memory), len(queue.ordinary.in_memory)
        self.most_in_memory = max(self.most_in_memory, *in_memory)
        self._write()
        read = queue.next_read(self.now)
        if read is not None:
            self._ask(queue, read)

    def _send(self, queue: RecipientQueue, held: Held) -> None:
        answer, took = self.answers(held.seq, self.now / SECOND)
        lane = queue.excluded if held.alert.is_excluded else queue.ordinary
        self.attempts.append(Attempt(self.now / SECOND, held.seq, answer, lane.under_way))

        def end() -> None:
            if queue is self.queue:
                queue.answered(held, answer, self.now)

        self._at(self.now + max(1, round(took * SECOND)), end)

    def _ask(self, queue: RecipientQueue, read: Read) -> None:
        page = self.page(read.query)
        assert read.purpose is not Purpose.TO_SEND or read.query.has_documents

        def end() -> None:
            if queue is self.queue:
                queue.has_read(read, page, self.now)

        self._at(self.now + round(self.read_takes * SECOND), end)

    def _write(self) -> None:
        for change in self.queue.book.take_changes():
            row = self.rows[change.seq]
            assert not row.state.is_settled, f"{change.seq} was settled already"
            if change.state is DeliveryState.FAILED_QUEUE and row.state is DeliveryState.WAITING:
                self.failed_at[change.seq] = self.now / SECOND
            self.rows[change.seq] = replace(
                row,
                state=change.state,
                attempts=change.attempts,
                first_attempt_at=change.first_attempt_at,
                next_attempt_at=change.next_attempt_at,
                reason=change.reason,
            )
            if change.state.is_settled:
                self.settled[change.seq] = change.state
                del self.rows[change.seq]
        self.events += self.queue.book.events.take(self.now)

    def _at(self, at: int, what: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._next, (at, self._number, what))


def always(answer: Answer, took: float = 0.01) -> Callable[[int, float], tuple[Answer, float]]:
    return lambda _seq, _second: (answer, took)


def down_between(start: float, end: float) -> Callable[[int, float], tuple[Answer, float]]:
    """A system that answers nothing for a while: connections are refused at once."""
    return lambda _seq, second: (DOWN if start <= second < end else ACCEPTED, 0.01)


def in_order(seqs: Sequence[int]) -> bool:
    return list(seqs) == sorted(seqs)
