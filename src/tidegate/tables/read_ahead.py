"""Reading ahead of whoever consumes: both cores work, the order stays, memory stays bounded."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

THREADS = 2


def read_ahead(items: Iterator[A], depth: int) -> Iterator[A]:
    """Take up to `depth` items ahead in a thread; what it raises is raised here, in its place."""
    ahead: queue.Queue[tuple[A | None, BaseException | None]] = queue.Queue(depth)
    is_over = threading.Event()

    def put(item: tuple[A | None, BaseException | None]) -> None:
        while not is_over.is_set():
            with suppress(queue.Full):
                ahead.put(item, timeout=0.1)
                return

    def read() -> None:
        try:
            for item in items:
                put((item, None))
                if is_over.is_set():
                    return
            put((None, StopIteration()))
        except BaseException as error:  # noqa: BLE001 - handed to the consumer, who raises it
            put((None, error))

    thread = threading.Thread(target=read, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ahead.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        is_over.set()
        thread.join()


def map_ahead(function: Callable[[A], B], items: Iterator[A]) -> Iterator[B]:
    """Apply a function to items in two threads, one item more in hand than threads; results in order."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="parse") as pool:
        running: deque[Future[B]] = deque()
        try:
            for item in items:
                running.append(pool.submit(function, item))
                if len(running) > THREADS:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for each in running:
                each.cancel()
