"""Delivery: a thread with an event loop of its own, and for each recipient a queue and connections of its own.

The engine puts what goes on (`Outbox`), in its thread; here it is sent, and how
each stands is told to the engine (`settle`), which writes it. Nothing here
touches the database, and nothing waits for another recipient.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar

from tidegate.delivery.line import Line, Queue
from tidegate.delivery.posting import Post, Recipient
from tidegate.operations.delivering import RecipientQueue
from tidegate.operations.delivery_book import Changed, DeliveryCounters
from tidegate.operations.delivery_nowhere import Nowhere
from tidegate.operations.live import NotAccepted
from tidegate.operations.live_journal import Journal
from tidegate.operations.notes import Note
from tidegate.operations.outgoing import DeliveryChange, DeliveryState, OutgoingAlert, QueueLength, QueueQuery
from tidegate.operations.queue_requests import PAGE, QueueAction, QueueRequest
from tidegate.operations.redelivery import DeliveryTerms, Draw
from tidegate.vocabulary.instants import SECOND, Instant

NOT_CONFIGURED: Final = "not configured"
"""In counters: all recipients together that the configuration does not have."""

_TERMS: Final = DeliveryTerms()
_MOST_COMING: Final = 20_000
_RESOLVERS: Final = 64
_ASKED_AGAIN_S: Final = 1.0

_Answer = TypeVar("_Answer")
_log = logging.getLogger("tidegate.delivery")

DocumentFor = Callable[[OutgoingAlert, Recipient], bytes]
"""What is sent to a recipient: the document as it came, or with its throttle metadata and signed by us."""


class DeliveryEngine(Protocol):
    """What delivery needs of `operations.engine.Engine`; any thread may ask."""

    def settle(self, change: DeliveryChange) -> None:
        """How a delivery stands now."""

    def note(self, note: Note) -> None:
        """Record something."""

    def queued(self, query: QueueQuery) -> Future[Sequence[OutgoingAlert]]:
        """Alerts to be delivered, as of all that was put and settled before."""

    def ask(self, question: Callable[[Journal], _Answer]) -> Future[_Answer]:
        """Ask the journal something."""


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """How one recipient's deliveries stand, for metrics.

    oldest_received_at: Receipt instant of its oldest Alert that is to be delivered yet, as far as it is in memory.
    """

    recipient: str
    counters: DeliveryCounters
    is_down: bool
    oldest_received_at: Instant | None


class Delivery:
    """Delivers what the engine puts; an `operations.outgoing.Outbox`.

    clock:    Microseconds UTC; may go back.
    failure:  What it ended by, where that was a fault of ours; whoever started it has to end then. Any thread may ask.
    """

    def __init__(
        self,
        recipients: Sequence[Recipient],
        document_for: DocumentFor,
        clock: Callable[[], Instant],
        *,
        terms: DeliveryTerms = _TERMS,
        draw: Draw = random.randrange,
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> None:
        self._recipients = {each.user: each for each in recipients if each.url is not None}
        self._document_for = document_for
        self._clock = clock
        self._terms = terms
        self._draw = draw
        self._loop_factory = loop_factory
        self._lock = threading.Lock()
        self._coming: list[Sequence[OutgoingAlert]] = []
        self._coming_alerts = 0
        self._unseen: dict[str, tuple[int, int]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lines: dict[str, Line] = {}
        self._nowhere: Line | None = None
        self._stopping: asyncio.Event | None = None
        self._grace_s = 0.0
        self._has_begun = threading.Event()
        self.failure: Exception | None = None

    def put(self, alerts: Sequence[OutgoingAlert]) -> None:
        """These go on; called in the engine's thread. Where too many come at once, the journal keeps them."""
        with self._lock:
            is_first = not self._coming and not self._unseen
            if self._coming_alerts + len(alerts) <= _MOST_COMING:
                self._coming.append(alerts)
                self._coming_alerts += len(alerts)
            else:
                for alert in alerts:
                    count, _ = self._unseen.get(alert.recipient, (0, 0))
                    self._unseen[alert.recipient] = (count + 1, alert.seq)
            loop = self._loop
        if is_first and loop is not None:
            try:
                loop.call_soon_threadsafe(self._take_in)
            except RuntimeError:  # it has ended meanwhile: the journal has them
                return

    def start(self, engine: DeliveryEngine) -> None:
        """Begin, with what the journal has first."""
        assert self._thread is None
        self._thread = threading.Thread(target=self._run, args=(engine,), name="delivery", daemon=True)
        self._thread.start()

    def stop(self, grace_s: float = 10.0) -> None:
        """Begin no more attempts, wait for those under way, and end. What is not delivered is in the journal.

        The engine must still run: it is told how they ended.
        """
        thread = self._thread
        if thread is None:
            return
        self._has_begun.wait()
        loop, stopping = self._loop, self._stopping
        self._grace_s = grace_s
        if loop is not None and stopping is not None:
            with suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(stopping.set)
        thread.join()

    def status(self) -> Sequence[DeliveryStatus]:
        """How each configured recipient's deliveries stand, and all others together; none before it has begun.

        From any thread, and without waiting for this one.
        """
        nowhere = self._nowhere
        if nowhere is None:
            return ()
        named: Mapping[str, Line] = {**self._lines, NOT_CONFIGURED: nowhere}
        return [
            DeliveryStatus(
                name, replace(line.queue.book.counters), line.queue.is_down, line.queue.oldest_received_at()
            )
            for name, line in named.items()
        ]

    def carry_out(self, request: QueueRequest) -> Future[int]:
        """Send Alerts again, or drop them; how many it was done to, once the journal has it. From any thread.

        An Alert that is being sent at that moment is left alone.
        """
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self._carry_out(request), self._loop)

    # In the loop.

    def _run(self, engine: DeliveryEngine) -> None:
        try:
            with asyncio.Runner(loop_factory=self._loop_factory) as runner:
                runner.run(self._deliver(engine))
        except Exception as error:  # noqa: BLE001 - the edge of the thread: whoever started it looks at `failure`
            self.failure = error
        finally:
            self._has_begun.set()

    async def _deliver(self, engine: DeliveryEngine) -> None:
        self._engine = engine
        loop = asyncio.get_running_loop()
        # A name that does not resolve must not keep others from theirs.
        loop.set_default_executor(ThreadPoolExecutor(_RESOLVERS, "delivery-names"))
        self._time = _Time(self._clock, loop.time)
        self._stopping, self._begun = asyncio.Event(), asyncio.Event()
        self._loop = loop
        self._has_begun.set()
        lengths, through = await self._lengths(engine)
        posts = []
        for user, recipient in self._recipients.items():
            post = Post(recipient, self._terms)
            posts.append(post)
            queue = RecipientQueue(
                user,
                self._terms,
                self._draw,
                self._time.now(),
                _counters([each for each in lengths if each.recipient == user]),
                through,
            )
            self._lines[user] = Line(queue, engine, self._time.now, self._sender(recipient, post))
        others = _counters([each for each in lengths if each.recipient not in self._recipients])
        nowhere = Nowhere(self._recipients, self._terms, self._time.now(), others, through)
        self._nowhere = Line(nowhere, engine, self._time.now, None)
        self._begun.set()
        for line in self._all_lines():
            line.pump()
        self._take_in()
        await self._stopping.wait()
        await asyncio.gather(*(line.stop(self._grace_s) for line in self._all_lines()))
        await asyncio.gather(*(post.close() for post in posts))

    async def _lengths(self, engine: DeliveryEngine) -> tuple[Sequence[QueueLength], int]:
        def question(journal: Journal) -> tuple[Sequence[QueueLength], int]:
            return journal.queue_lengths(), journal.state().last_seq

        assert self._stopping is not None
        while not self._stopping.is_set():
            try:
                return await asyncio.wrap_future(engine.ask(question))
            except NotAccepted:
                await asyncio.sleep(_ASKED_AGAIN_S)
        return (), 0

    def _sender(self, recipient: Recipient, post: Post) -> Any:
        async def send(alert: OutgoingAlert, body: bytes | None) -> tuple[bytes, Any]:
            has_metadata = recipient.takes_throttle_metadata and alert.throttled_alert_count > 0
            document = self._document_for(alert, recipient) if body is None else body
            return document, await post(document, has_metadata=has_metadata)

        return send

    def _all_lines(self) -> list[Line]:
        assert self._nowhere is not None
        return [*self._lines.values(), self._nowhere]

    def _line_of(self, recipient: str) -> Line:
        assert self._nowhere is not None
        return self._lines.get(recipient, self._nowhere)

    def _take_in(self) -> None:
        if self._nowhere is None:
            return
        with self._lock:
            coming, self._coming = self._coming, []
            unseen, self._unseen = self._unseen, {}
            self._coming_alerts = 0
        by_line: dict[Line, list[OutgoingAlert]] = {}
        for alerts in coming:
            for alert in alerts:
                by_line.setdefault(self._line_of(alert.recipient), []).append(alert)
        now = self._time.now()
        for line, alerts in by_line.items():
            line.queue.put(alerts, now)
        for recipient, (count, through) in unseen.items():
            self._line_of(recipient).queue.put_unseen(count, through, now)
        for line in {*by_line, *map(self._line_of, unseen)}:
            line.pump()

    async def _carry_out(self, request: QueueRequest) -> int:
        await self._begun.wait()
        done = after = 0
        is_last = False
        while not is_last:
            asked = {line: line.queue.book.asks() for line in self._all_lines()}
            try:
                page = await asyncio.wrap_future(self._engine.queued(request.selection.query(after)))
                done += self._do(request, page, asked)
            finally:
                for line, changed in asked.items():
                    line.queue.book.asked(changed)
            is_last = len(page) < PAGE
            after = page[-1].seq if page else 0
        self._engine.note(request.audit(self._time.now(), done))
        # What was noted before a question is written before its answer.
        await asyncio.wrap_future(self._engine.ask(lambda journal: journal.state().entry))
        return done

    def _do(self, request: QueueRequest, page: Sequence[OutgoingAlert], asked: Mapping[Line, Changed]) -> int:
        now = self._time.now()
        by_line: dict[Line, list[OutgoingAlert]] = {}
        for alert in request.selection.chosen(page, now):
            by_line.setdefault(self._line_of(alert.recipient), []).append(alert)
        done = 0
        for line, alerts in by_line.items():
            queue: Queue = line.queue
            if request.action is QueueAction.DROP:
                done += queue.drop(alerts, asked[line], request.reason, now)
            else:
                done += queue.retry(alerts, asked[line], now, without_metadata=request.without_metadata)
            line.pump()
        return done


class _Time:
    """Now, never going back, and as fast as the loop's own time where the clock is set back."""

    def __init__(self, clock: Callable[[], Instant], loop_time: Callable[[], float]) -> None:
        self._clock = clock
        self._loop_time = loop_time
        self._at, self._since = clock(), loop_time()

    def now(self) -> Instant:
        passed = self._at + round((self._loop_time() - self._since) * SECOND)
        shown = self._clock()
        if shown > passed + SECOND:
            self._at, self._since = shown, self._loop_time()
            return shown
        return passed


def _counters(lengths: Sequence[QueueLength]) -> DeliveryCounters:
    counters = DeliveryCounters()
    for length in lengths:
        if length.state is DeliveryState.WAITING:
            counters.waiting += length.count
        else:
            counters.on_failed_queue += length.count
    return counters
