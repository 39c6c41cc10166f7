"""The server: uvicorn with what a door to strangers needs besides.

So many connections and no more; headers that come in time and are of bounded
length; the subject of a client's certificate; an end that finishes what was
begun. SIGTERM and SIGINT end it with status 0.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tidegate.gateway.access import SUBJECT, subject_of, tls_context
from tidegate.gateway.replies import AtTheDoor, Refusal, body_of, headers_of
from tidegate.gateway.settings import Settings
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    import asyncio

TRANSPORT: Final = "tidegate.transport"
"""Where a request has the connection it came by, for who must break it off."""

_MOST_HEADER_OCTETS: Final = 32_768
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_TICKS_A_SECOND: Final = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection is held to, and who is told when it is not kept."""

    connections: int
    seconds: float
    refused: Callable[[Refusal], bytes]
    """Counts and tells of a refusal; gives the request's id for the answer."""


class DoorProtocol(HttpToolsProtocol):
    """One connection.

    began_at:  When the headers began that are not complete, or the connection that has sent none; None: it waits for
               nothing of them.
    """

    def __init__(self, *, limits: Limits, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._limits = limits
        self._octets = 0
        self._subject = ""
        self.began_at: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self.began_at = time.monotonic()
        if len(self.connections) > self._limits.connections:
            self.turn_away(Refusal(AtTheDoor.CONNECTIONS))
            return
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self._subject = subject_of(tls.getpeercert())

    def data_received(self, data: bytes) -> None:
        """Octets have come."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.began_at is not None and self.parser is not None:
            self._octets += len(data)
            if self._octets > _MOST_HEADER_OCTETS:
                what = f"headers are longer than {_MOST_HEADER_OCTETS} octets"
                self.turn_away(Refusal(AtTheDoor.NOT_HTTP, what))

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.began_at = time.monotonic()
        self._octets = 0
        self.scope[TRANSPORT] = self.transport  # type: ignore[typeddict-unknown-key]
        if self._subject:
            self.scope[SUBJECT] = self._subject  # type: ignore[typeddict-unknown-key]

    def on_headers_complete(self) -> None:
        """Its headers are whole; from here on the route watches over it."""
        self.began_at = None
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """What came is not HTTP."""
        self.turn_away(Refusal(AtTheDoor.NOT_HTTP, msg))

    def turn_away(self, refusal: Refusal) -> None:
        """Answer a refusal before there is a request, and close."""
        if self.transport.is_closing():
            return
        request_id = self._limits.refused(refusal)
        kind, body = body_of(refusal, "", request_id.decode())
        headers = {**headers_of(refusal), "content-type": kind, "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(f"HTTP/1.1 {refusal.reply.status} \r\n{head}\r\n".encode() + body)
        self.transport.close()


class Server(uvicorn.Server):
    """The server; see the module.

    on_serving:   Told, once, when it listens.
    on_draining:  Told, once, when it begins to end.
    has_failed:   Asked ten times a second whether what stands behind it has failed for good: then it ends too.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        seconds: float,
        on_serving: Callable[[], None],
        on_draining: Callable[[], None],
        has_failed: Callable[[], bool],
    ) -> None:
        super().__init__(config)
        self._seconds = seconds
        self._on_serving = on_serving
        self._on_draining = on_draining
        self._has_failed = has_failed

    @property
    def bound_port(self) -> int:
        """The port it listens on, once it does."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen.

        Raises:
            InputError: it cannot, at that address.
        """
        try:
            await super().startup(sockets)
        except SystemExit:  # it has told the log why
            what = f"{self.config.host}:{self.config.port} cannot be listened on"
            remedy = "Another program may listen there: end it, or write another address."
            raise InputError(Fault("listen", what, remedy)) from None
        if self.started:
            self._on_serving()

    async def on_tick(self, counter: int) -> bool:
        """Now and then: turn away who keeps us waiting for headers."""
        if counter % _TICKS_A_SECOND == 0:
            late = time.monotonic() - self._seconds
            for connection in tuple(self.server_state.connections):
                began_at = connection.began_at if isinstance(connection, DoorProtocol) else None
                if began_at is not None and began_at < late and isinstance(connection, DoorProtocol):
                    connection.turn_away(Refusal(AtTheDoor.SLOW))
        self.should_exit |= self._has_failed()
        ends = await super().on_tick(counter)
        if ends:
            self._on_draining()
        return ends

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the server in order, and the process with status 0: it did what it was asked."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def make_server(
    app: Any,
    settings: Settings,
    refused: Callable[[Refusal], bytes],
    on_serving: Callable[[], None],
    on_draining: Callable[[], None],
    has_failed: Callable[[], bool],
) -> Server:
    """The server of an application, by the settings."""
    limits = settings.limits
    protocol: Any = partial(DoorProtocol, limits=Limits(limits.connections, limits.request_seconds, refused))
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=2_048,
        timeout_keep_alive=int(limits.idle_seconds),
        timeout_graceful_shutdown=int(limits.drain_seconds),
    )
    config.load()
    config.ssl = tls_context(settings)
    return Server(config, limits.request_seconds, on_serving, on_draining, has_failed)
