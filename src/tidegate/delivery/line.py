"""One recipient's line: its queue, its attempts under way, its questions to the journal, its timer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol, TypeAlias

from tidegate.operations.delivering import Answer, Ending, RecipientQueue
from tidegate.operations.delivery_backlog import Read
from tidegate.operations.delivery_book import WITHOUT_METADATA
from tidegate.operations.delivery_lane import Held
from tidegate.operations.delivery_nowhere import Nowhere
from tidegate.operations.live import NotAccepted
from tidegate.operations.live_journal import JournalUnavailable
from tidegate.operations.notes import Note
from tidegate.operations.outgoing import DeliveryChange, OutgoingAlert, QueueQuery
from tidegate.vocabulary.instants import SECOND, Instant

Send: TypeAlias = Callable[[OutgoingAlert, bytes | None], Awaitable[tuple[bytes, Answer]]]
"""Sends an Alert, or the octets it was sent as before; gives what was sent and how it ended."""

Queue: TypeAlias = RecipientQueue | Nowhere
"""What a line sends from."""

_log = logging.getLogger("tidegate.delivery")
_SOONEST_S = 0.001


class LineEngine(Protocol):
    """What a line needs of the engine."""

    def settle(self, change: DeliveryChange) -> None:
        """How a delivery stands now."""

    def note(self, note: Note) -> None:
        """Record something."""

    def queued(self, query: QueueQuery) -> Future[Sequence[OutgoingAlert]]:
        """Alerts to be delivered."""


class Line:
    """Sends what its queue says is due. All of it runs in the loop's thread.

    send:  None: the queue never has anything to send.
    """

    def __init__(
        self, queue: Queue, engine: LineEngine, now: Callable[[], Instant], send: Send | None
    ) -> None:
        self.queue = queue
        self._engine = engine
        self._now = now
        self._send = send
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at: Instant = 0
        self._is_pumping_soon = False
        self._is_stopping = False

    def pump(self) -> None:
        """Send what is due, ask what is to be asked, hand on what has changed; and wake in time."""
        now = self._now()
        if not self._is_stopping:
            for held in self.queue.due(now):
                self._begin(self._attempt(held))
            read = self.queue.next_read(now)
            if read is not None:
                self._begin(self._read(read))
        for change in self.queue.book.take_changes():
            self._engine.settle(change)
        for event in self.queue.book.events.take(now, is_last=self._is_stopping):
            self._engine.note(event)
        self._wake_at(self.queue.next_deadline(now), now)

    async def stop(self, grace_s: float) -> None:
        """Begin nothing more; wait for what is under way, so long and no longer."""
        self._is_stopping = True
        if self._timer is not None:
            self._timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for task in list(self._tasks):
            task.cancel()
        self.pump()

    def _wake_at(self, at: Instant, now: Instant) -> None:
        if self._is_stopping:
            return
        if self._timer is not None:
            if now < self._wakes_at <= at:
                return  # it wakes, and sets itself anew then
            self._timer.cancel()
        self._wakes_at = at
        wait_s = max(_SOONEST_S, (at - now) / SECOND)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._awake)

    def _awake(self) -> None:
        self._timer = None
        self.pump()

    def _pump_soon(self) -> None:
        """Once for all attempts that end together."""
        if not self._is_pumping_soon:
            self._is_pumping_soon = True
            asyncio.get_running_loop().call_soon(self._pumps)

    def _pumps(self) -> None:
        self._is_pumping_soon = False
        self.pump()

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, held: Held) -> None:
        assert self._send is not None
        alert = held.alert
        if held.reason.startswith(WITHOUT_METADATA):
            alert = replace(alert, throttled_alert_sequence_id=0, throttled_alert_count=0)
        try:
            held.body, answer = await self._send(alert, held.body)
        except Exception:  # noqa: BLE001 - the edge of an attempt: whatever it is, the Alert is kept, and tried again
            _log.exception("an Alert could not be sent: a fault of ours", extra={"seq": alert.seq})
            answer = Answer(Ending.FAILED, "a fault of ours, see the log")
        self.queue.answered(held, answer, self._now())
        self._pump_soon()

    async def _read(self, read: Read) -> None:
        try:
            page = await asyncio.wrap_future(self._engine.queued(read.query))
        except (NotAccepted, JournalUnavailable):
            self.queue.could_not_read(self._now())
        else:
            self.queue.has_read(read, page, self._now())
        self.pump()
