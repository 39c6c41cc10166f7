"""A gateway that runs: a real server on loopback over a real journal, in this process; and a plain client to ask it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from structlog.testing import LogCapture

from tidegate.gateway.serving import Gateway, make_gateway
from tidegate.gateway.settings_reading import read_settings

XML = {"content-type": "application/xml"}
NDJSON = {"content-type": "application/x-ndjson"}
ARROW = {"content-type": "application/vnd.apache.arrow.stream"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """A gateway at a port; `ended_by` has what it raised in the end, if anything."""

    gateway: Gateway
    port: int
    folder: Path
    log: LogCapture
    ended_by: list[Exception]

    def ask(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        return self._request(method, path, None, headers or {})

    def post(self, body: bytes, headers: Mapping[str, str] = XML, path: str = "/api/v1/alerts") -> Answer:
        return self._request("POST", path, body, headers)

    def put(self, path: str, told: object) -> Answer:
        return self._request("PUT", path, json.dumps(told).encode(), {"content-type": "application/json"})

    def batch(self, body: bytes, headers: Mapping[str, str] = NDJSON) -> Answer:
        return self.post(body, headers, "/api/v1/alerts:batch")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def refused(self) -> dict[str, int]:
        return dict(self.gateway.opened.engine.counters().refused)

    def received(self) -> int:
        return self.gateway.opened.engine.counters().received

    def _request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())


@contextmanager
def running_gateway(folder: Path, configuration: str = "") -> Iterator[Running]:
    """Run a gateway with a configuration (TOML) until the block is left; then it has ended in order."""
    folder.mkdir(exist_ok=True)
    file = folder / "tidegate-serve.toml"
    if "[journal]" not in configuration:
        configuration += f'\n[journal]\nurl = "sqlite:///{folder}/journal.db"\n'
    file.write_text(f'listen = "127.0.0.1:0"\n{configuration}')
    log = LogCapture()
    logger = structlog.wrap_logger(None, processors=[log])
    gateway = make_gateway(read_settings(file), logger)
    ended_by: list[Exception] = []

    def run() -> None:
        try:
            gateway.run()
        except Exception as error:  # noqa: BLE001 - told to the test
            ended_by.append(error)

    thread = threading.Thread(target=run, name="gateway")
    thread.start()
    try:
        wait_until(lambda: gateway.server.started or not thread.is_alive())
        yield Running(gateway, gateway.server.bound_port, folder, log, ended_by)
    finally:
        gateway.server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


def wait_until(is_so: Any) -> None:
    """Wait for what will be so in a moment; a minute is long enough for anything."""
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.01)


def a_free_port() -> int:
    """A port that nobody listens on, for a server that must be found at the same one again."""
    with closing(socket.create_server(("127.0.0.1", 0))) as it:
        port: int = it.getsockname()[1]
        return port
