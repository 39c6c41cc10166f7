"""A channel's queue and its thread: tries again where sending fails, and blocks nobody.

What was sent, or given up, is noted in the journal. Storms are events by the
thousand: those are noted only where they were lost, and counted.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from tidegate.notices.channel import Channel, NotSentError
from tidegate.operations.messages import STORM_ENDED, STORM_STARTED, Message
from tidegate.operations.notes import NoticeEntry, NoticeState
from tidegate.vocabulary.instants import Instant

NoteTaker: TypeAlias = Callable[[NoticeEntry], None]
"""Records a notice with the journal's next transaction: `Engine.note`."""

EVENTS_LOST: Final = "uk.tidegate.storm.lost"
"""Storm events that a party was not told of; how many stands in its body."""

_STORMS: Final = frozenset({STORM_STARTED, STORM_ENDED})


@dataclass(frozen=True, slots=True)
class SenderOptions:
    """How a channel is tried.

    most_waiting:   Messages that may wait; beyond it the oldest storm event is lost, and counted.
    first_wait_s:   Before the second try; each wait is twice the one before, with jitter.
    longest_wait_s: The longest of them.
    give_up_s:      After so long a message is given up.
    """

    most_waiting: int = 20_000
    first_wait_s: float = 1.0
    longest_wait_s: float = 300.0
    give_up_s: float = 3_600.0


class Sender:
    """Sends a party's messages over a channel, in order, in a thread of its own."""

    def __init__(
        self,
        party: str,
        channel: Channel,
        note: NoteTaker,
        clock: Callable[[], Instant],
        options: SenderOptions = SenderOptions(),
    ) -> None:
        self._party = party
        self._channel = channel
        self._note = note
        self._clock = clock
        self._options = options
        self._wakes = threading.Condition()
        self._waiting: deque[Message] = deque()
        self._lost = 0
        self._stops_at: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"notices to {channel.name}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(self, messages: Iterable[Message]) -> None:
        """Have messages sent; from any thread, without waiting."""
        with self._wakes:
            for message in messages:
                if len(self._waiting) >= self._options.most_waiting and not self._make_room(message):
                    continue
                self._waiting.append(message)
            self._wakes.notify_all()

    def begin_to_stop(self, within_s: float) -> None:
        """Let it send what waits, as far as it can in the time, and end; without waiting for it."""
        with self._wakes:
            self._stops_at = time.monotonic() + within_s
            self._wakes.notify_all()

    def stop(self, within_s: float) -> None:
        """The same, and wait until it has ended. What was not sent is told after a restart."""
        self.begin_to_stop(within_s)
        if self._thread.is_alive():
            self._thread.join(within_s + 1)

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._waiting)

    def _make_room(self, message: Message) -> bool:
        """Lose a storm event rather than anything else; returns whether there is room for the message."""
        self._lost += 1
        if message.kind in _STORMS:
            return False
        for place, waiting in enumerate(self._waiting):
            if waiting.kind in _STORMS:
                del self._waiting[place]
                return True
        return False

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            if self._send(batch):
                self._tell_lost()

    def _next(self) -> Sequence[Message] | None:
        with self._wakes:
            while not self._waiting:
                if self._stops_at is not None:
                    return None
                self._wakes.wait()
            if self._is_over():
                return None
            count = min(len(self._waiting), self._channel.most_at_once)
            return [self._waiting.popleft() for _ in range(count)]

    def _send(self, batch: Sequence[Message]) -> bool:
        """Try until they are sent or given up; whether they were sent."""
        gives_up = time.monotonic() + self._options.give_up_s
        wait_s = self._options.first_wait_s
        while True:
            try:
                self._channel.send(batch)
            except NotSentError as error:
                wait = wait_s * (0.5 + random.random() / 2)  # noqa: S311 - spreads tries, keeps no secret
                if error.is_final or time.monotonic() + wait >= gives_up:
                    self._noted(batch, NoticeState.FAILED)
                    return False
                wait_s = min(2 * wait_s, self._options.longest_wait_s)
                if not self._waits(wait):
                    return False
            else:
                self._noted(batch, NoticeState.SENT)
                return True

    def _waits(self, wait_s: float) -> bool:
        """Wait before the next try; False: it is to end instead."""
        until = time.monotonic() + wait_s
        with self._wakes:
            while (left := until - time.monotonic()) > 0:
                if self._is_over():
                    return False
                self._wakes.wait(left if self._stops_at is None else min(left, 0.05))
        return not self._is_over()

    def _is_over(self) -> bool:
        return self._stops_at is not None and time.monotonic() >= self._stops_at

    def _noted(self, batch: Sequence[Message], state: NoticeState) -> None:
        for message in batch:
            if message.kind in _STORMS:
                with self._wakes:
                    self._lost += state is NoticeState.FAILED
                continue
            self._note(
                NoticeEntry(
                    self._clock(),
                    message.kind,
                    message.party,
                    message.subject,
                    message.data,
                    self._channel.name,
                    state,
                )
            )

    def _tell_lost(self) -> None:
        with self._wakes:
            lost, self._lost = self._lost, 0
        if lost:
            now, name = self._clock(), self._channel.name
            self._note(
                NoticeEntry(now, EVENTS_LOST, self._party, "", {"events": lost}, name, NoticeState.FAILED)
            )
