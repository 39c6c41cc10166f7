"""Receive Response Services on loopback, each in a thread: real sockets, real HTTP, and whatever manners a test wants."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Manner = Callable[[bytes], "tuple[int, str] | None"]
"""Status and further header lines for a body; None: it never answers."""


def accepts(_body: bytes) -> tuple[int, str]:
    return 204, ""


def never_answers(_body: bytes) -> None:
    return None


@dataclass
class Receiver:
    """What a receiver was sent, in the order it came; `manner` may be changed while it runs. With `tls` it is HTTPS."""

    manner: Manner = accepts
    closes_every: int = 0
    tls: ssl.SSLContext | None = None
    bodies: list[bytes] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://localhost:{self.port}/receive"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered = 0
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
                )
                body = await reader.readexactly(int(length.split(b":")[1]))
                self.heads.append(head)
                self.bodies.append(body)
                told = self.manner(body)
                if told is None:
                    await asyncio.sleep(3_600)
                    continue
                status, headers = told
                if status < 300:
                    self.accepted.append(body)
                writer.write(f"HTTP/1.1 {status} X\r\n{headers}Content-Length: 0\r\n\r\n".encode())
                await writer.drain()
                answered += 1
                if self.closes_every and answered % self.closes_every == 0:
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            return
        finally:
            writer.close()


@contextmanager
def receivers(*wanted: Receiver) -> Iterator[Sequence[Receiver]]:
    """Receivers that listen until the end."""
    ready, end = threading.Event(), threading.Event()

    async def run() -> None:
        servers = []
        for each in wanted:
            server = await asyncio.start_server(each.serve, "127.0.0.1", each.port, ssl=each.tls)
            each.port = server.sockets[0].getsockname()[1]
            servers.append(server)
        ready.set()
        await asyncio.to_thread(end.wait)
        for server in servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(30)
    try:
        yield wanted
    finally:
        end.set()
        thread.join()


def until(is_so: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait for something; says whether it came."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
