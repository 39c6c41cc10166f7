"""Drives the notices of a gateway that runs: hears of what happens, lets time pass, hands messages to their senders.

Who tells of something only puts it into a queue; a thread here does the rest.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from tidegate.notices.sender import Sender
from tidegate.operations.early_warnings import EarlyWarning
from tidegate.operations.live import LiveStorm
from tidegate.operations.messages import Audience, Message
from tidegate.operations.notes import Note, ServiceEvent
from tidegate.operations.notify import Notices
from tidegate.vocabulary.instants import Instant

_LOG: Final = logging.getLogger("tidegate.notices")

_Happened: TypeAlias = Callable[[Instant], Sequence[Message]]
"""What happened, made into messages when its turn comes; it is given the instant of now."""


class NoticeDriver:
    """A `StormWatcher` that tells people and machines of what happens.

    senders:  For each party and audience the ways to it.
    note:     Records a note with the journal's next transaction.
    tick_s:   How often time passes where nothing happens.
    """

    def __init__(
        self,
        notices: Notices,
        senders: Mapping[tuple[str, Audience], Sequence[Sender]],
        note: Callable[[Note], None],
        clock: Callable[[], Instant],
        tick_s: float = 1.0,
    ) -> None:
        self._notices = notices
        self._senders = senders
        self._note = note
        self._clock = clock
        self._tick_s = tick_s
        self._wakes = threading.Condition()
        self._happened: deque[_Happened] = deque()
        self._is_stopping = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def start(self, first: Sequence[Message] = ()) -> None:
        """Begin; `first` are messages that `Notices.resume` made."""
        for senders in self._senders.values():
            for sender in senders:
                sender.start()
        self._dispatch(first)
        self._thread.start()

    def storms(self, started: Sequence[LiveStorm], ended: Sequence[LiveStorm]) -> None:
        """Storms have started and ended. Called in the engine's thread: it puts them down, and returns."""
        self._put(lambda now: self._notices.storms(started, ended, now))

    def service_event(self, event: ServiceEvent) -> None:
        """There was a Service Management Event; from any thread."""
        self._put(lambda _: self._notices.service_event(event))

    def early_warning(self, warning: EarlyWarning) -> None:
        """A User has come near its allocation; from any thread."""
        self._put(lambda _: self._notices.early_warning(warning))

    def problems(self, party: str | None, running: Sequence[LiveStorm] = ()) -> list[dict[str, object]]:
        """The open problems that concern a party, or all, with the storms that run; from any thread."""
        with self._lock:
            return self._notices.problems_for(party, running)

    def stop(self, within_s: float = 5.0) -> None:
        """Tell of what happened until now, as far as it can be in the time, and end."""
        with self._wakes:
            self._is_stopping = True
            self._wakes.notify_all()
        if self._thread.is_alive():
            self._thread.join(within_s)
        senders = [sender for each in self._senders.values() for sender in each]
        for sender in senders:
            sender.begin_to_stop(within_s)
        for sender in senders:
            sender.stop(within_s)

    def _put(self, happened: _Happened) -> None:
        with self._wakes:
            self._happened.append(happened)
            self._wakes.notify_all()

    def _run(self) -> None:
        while True:
            with self._wakes:
                if not self._happened and not self._is_stopping:
                    self._wakes.wait(self._tick_s)
                happened = list(self._happened)
                self._happened.clear()
                is_last = self._is_stopping and not happened
            if is_last:
                return
            try:
                self._tell(happened)
            except Exception:  # noqa: BLE001 - the edge of a thread: a fault of ours must not end all notices
                _LOG.exception("a fault of ours in notices")

    def _tell(self, happened: Sequence[_Happened]) -> None:
        now = self._clock()
        messages: list[Message] = []
        with self._lock:
            for messages_of in happened:
                messages += messages_of(now)
            messages += self._notices.advance_to(now)
            notes = self._notices.take_notes()
        for note in notes:
            self._note(note)
        self._dispatch(messages)

    def _dispatch(self, messages: Sequence[Message]) -> None:
        by_way: dict[tuple[str, Audience], list[Message]] = {}
        for message in messages:
            by_way.setdefault((message.party, message.audience), []).append(message)
        for way, found in by_way.items():
            for sender in self._senders.get(way, ()):
                sender.put(found)
