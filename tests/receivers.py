"""Who receives notices: a mail server and a web service, both real, on this machine."""

from __future__ import annotations

import email
import email.policy
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import apprise
from aiosmtpd.controller import Controller


class Mailbox:
    """A mail server's handler: keeps what it takes; refuses so many messages first."""

    def __init__(self, refusals: int = 0) -> None:
        self.messages: list[EmailMessage] = []
        self.refusals = refusals

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusals:
            self.refusals -= 1
            return "451 try again later"
        made = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(made, EmailMessage)
        self.messages.append(made)
        return "250 OK"

    def text(self, place: int) -> str:
        body = self.messages[place].get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


class _Controller(Controller):
    def _trigger_server(self) -> None:
        # It was given port 0, and has one by now.
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@contextmanager
def mail_server(refusals: int = 0) -> Iterator[tuple[Mailbox, str]]:
    """A mail server, and its address as apprise writes it."""
    mailbox = Mailbox(refusals)
    controller = _Controller(mailbox, hostname="127.0.0.1", port=0)
    # apprise waits 5.5 s between two mails to the same address, out of courtesy; nobody here needs it.
    with patch.object(apprise.NotifyBase, "request_rate_per_sec", 0):
        controller.start()
        try:
            yield (
                mailbox,
                f"mailto://127.0.0.1:{controller.port}?from=tidegate@gateway.example&to=duty@network.example",
            )
        finally:
            controller.stop()


@dataclass
class WebReceiver:
    """A web service that takes events; its first answers can be chosen."""

    answers: list[int]
    requests: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    hangs: threading.Event = field(default_factory=threading.Event)
    url: str = ""


@contextmanager
def web_receiver(*answers: int) -> Iterator[WebReceiver]:
    """A web service that gives some answers first, and 204 after them. 0 closes the connection without one."""
    receiver = WebReceiver(list(answers))
    receiver.hangs.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.hangs.wait(30)
            status = receiver.answers.pop(0) if receiver.answers else 204
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", receiver.url + "elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hangs.set()
        server.shutdown()
        thread.join()
        server.server_close()


def wait_for(is_so: Any) -> None:
    """Wait for what will be so in a moment."""
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.005)
