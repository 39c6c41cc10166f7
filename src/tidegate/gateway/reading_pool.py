"""Documents read and verified beside the event loop, several at a time.

Verifying a signature takes as long as all the rest and does not let go of
Python's lock, so a thread is no help: each worker is a process of its own, with
a thread here that feeds it what has gathered meanwhile. A worker that dies takes
with it only what it was reading: that is answered with a 503, and another is
started. With no processes the thread reads by itself.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final, Generic, TypeVar

from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.refusals import Reason
from tidegate.gateway.reading import (
    MakeReader,
    Packed,
    PackedResponse,
    Posted,
    ReadAlert,
    ReadDocument,
    ReadOne,
    ReadResponse,
)
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.vocabulary.instants import Instant

_AT_ONCE: Final = 32
_WORKER_BACK_S: Final = 2
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

Item = TypeVar("Item")
Outcome = ReadDocument | Refusal


@dataclass(frozen=True, slots=True)
class _Refused:
    reason: str
    detail: str


_Answer = ReadDocument | _Refused


class ReadingPool(Generic[Item]):
    """Reads documents in their order of arrival, as near as several workers can.

    make_reader:  Makes what reads; called in each worker.
    processes:    How many workers are processes of their own; 0: one thread here.
    clock:        The instant documents count as received at, for the validity of certificates.
    done:         Told, in a worker's thread, what became of some items.
    """

    def __init__(
        self,
        make_reader: MakeReader,
        processes: int,
        clock: Callable[[], Instant],
        done: Callable[[Sequence[tuple[Item, Outcome]]], None],
    ) -> None:
        self._make_reader = make_reader
        self._processes = processes
        self._clock = clock
        self._done = done
        self._queue: queue.SimpleQueue[tuple[Item, Posted] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the workers; returns once each can read."""
        readers = [_InProcess(self._make_reader) for _ in range(self._processes)]
        for number in range(max(1, self._processes)):
            read = readers[number].read if readers else _in_thread(self._make_reader())
            stop = readers[number].stop if readers else _nothing
            thread = threading.Thread(
                target=self._work, args=(read, stop), name=f"reading-{number}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def put(self, item: Item, posted: Posted) -> None:
        """Read a document; `done` is told of it."""
        self._queue.put((item, posted))

    def stop(self) -> None:
        """Read what was put and stop."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _work(
        self, read: Callable[[Sequence[Posted], Instant], Sequence[_Answer] | None], stop: Callable[[], None]
    ) -> None:
        is_over = False
        while not is_over:
            first = self._queue.get()
            if first is None:
                break
            batch = [first]
            while len(batch) < _AT_ONCE:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    is_over = True
                    break
                batch.append(following)
            answers = read([posted for _, posted in batch], self._clock())
            if answers is None:
                busy = Refusal(AtTheDoor.BUSY, retry_after_s=_WORKER_BACK_S)
                self._done([(item, busy) for item, _ in batch])
                continue
            self._done(
                [
                    (
                        item,
                        Refusal(answer.reason, answer.detail) if isinstance(answer, _Refused) else answer,
                    )
                    for (item, _), answer in zip(batch, answers, strict=True)
                ]
            )
        stop()


def _nothing() -> None:
    """A thread has nothing to stop."""


def _in_thread(read: ReadOne) -> Callable[[Sequence[Posted], Instant], Sequence[_Answer]]:
    return lambda documents, at: [_read(read, posted, at) for posted in documents]


def _read(read: ReadOne, posted: Posted, at: Instant) -> _Answer:
    try:
        return read(posted, at)
    except RefusedDocument as refused:
        return _Refused(str(refused.reason), str(refused))
    except (RecursionError, MemoryError):
        # Nothing is known that gets so far; whatever does is refused, and its sender alone is told so.
        return _Refused(str(Reason.INVALID), "it cannot be read")


def _unpacked(told: Packed | PackedResponse | _Refused, posted: Posted) -> _Answer:
    if isinstance(told, _Refused):
        return told
    body, is_response = posted
    return ReadResponse.unpacked(told) if is_response else ReadAlert.unpacked(told, body)  # type: ignore[arg-type]


class _InProcess:
    """A worker that is a process of its own."""

    def __init__(self, make_reader: MakeReader) -> None:
        self._make_reader = make_reader
        self._context = multiprocessing.get_context("spawn")
        if not self._start():
            raise RuntimeError("a process that reads documents did not start")

    def read(self, documents: Sequence[Posted], at: Instant) -> Sequence[_Answer] | None:
        """What the worker says; None where there is none just now, and another is started."""
        try:
            self._connection.send((documents, at))
            told: Sequence[Packed | PackedResponse | _Refused] = self._connection.recv()
        except (EOFError, OSError):
            self.stop()
            self._start()
            return None
        return [_unpacked(each, posted) for each, posted in zip(told, documents, strict=True)]

    def stop(self) -> None:
        """End the worker."""
        self._connection.close()
        self._process.join(timeout=_WORKER_BACK_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _start(self) -> bool:
        self._connection, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=_serve, args=(theirs, self._make_reader), name="tidegate-reading", daemon=True
        )
        # A signal is for the gateway to act on: it finishes what was begun, and for that its workers must live. A
        # process begins with what its starter's thread blocks.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        theirs.close()
        try:
            self._connection.recv()
        except EOFError:
            return False
        return True


def _serve(connection: Connection, make_reader: MakeReader) -> None:
    """What a worker does: read until there is no one to read for."""
    read = make_reader()
    connection.send(True)
    while True:
        try:
            documents, at = connection.recv()
        except (EOFError, OSError):
            return
        answers = [_read(read, posted, at) for posted in documents]
        connection.send([each if isinstance(each, _Refused) else each.packed() for each in answers])
