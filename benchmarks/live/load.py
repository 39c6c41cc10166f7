"""Requests to a server, over connections that are kept; a process of its own, so that it has its own core if there is one.

    python -m benchmarks.live.load PORT REQUESTS CONNECTIONS PER_SECOND {signed KEY_FOLDER | unsigned} FIRST

PER_SECOND 0: as fast as answers come (closed loop). Else each request has its instant, and its latency counts from that
instant, whether or not the one before it was answered by then: a stall is not hidden. `sender_late_p99_ms` says how late
requests were sent: late by a few ms it is the sender, by as much as answers are it waited for a connection.

Every document is of another Device, so that nothing is throttled: every Alert goes the whole way.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter, deque
from pathlib import Path

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests.material.duis_documents import eui
from tests.material.signed_alerts import DSP, AlertMint, Party

_HEAD = b"POST /api/v1/alerts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
FIRST_DEVICE = 0x00DB123400000000


def main() -> None:
    port, requests, connections, per_second = map(int, sys.argv[1:5])
    first = int(sys.argv[-1])
    party = None
    if sys.argv[5] == "signed":
        folder = Path(sys.argv[6])
        certificate = x509.load_pem_x509_certificate((folder / f"{eui(DSP)}.pem").read_bytes())
        key = load_pem_private_key((folder / "signer.key").read_bytes(), None)
        party = Party(DSP, key, certificate)  # type: ignore[arg-type]
    mint = AlertMint(party)
    made = []
    for number in range(first, first + requests):
        body = mint.alert(0x8014, device=FIRST_DEVICE + number, counter=number)
        made.append(_HEAD % len(body) + body)
    print(json.dumps(uvloop.run(load(port, made, connections, per_second))))


async def load(port: int, made: list[bytes], connections: int, per_second: int) -> dict[str, object]:
    """Ask all that is made, and tell how it went."""
    loop = asyncio.get_running_loop()
    waiting = deque(made)
    latencies: list[float] = []
    late: list[float] = []
    statuses: Counter[str] = Counter()
    over = loop.create_future()
    idle: deque[_Connection] = deque()
    due: deque[tuple[float, bytes]] = deque()

    def answered(connection: _Connection, status: bytes, since: float) -> None:
        latencies.append(time.perf_counter() - since)
        statuses[status.decode()] += 1
        if len(latencies) == len(made):
            over.set_result(None)
        elif per_second:
            if due:
                at, request = due.popleft()
                late.append(time.perf_counter() - at)
                connection.ask(request, at)
            else:
                idle.append(connection)
        elif waiting:
            connection.ask(waiting.popleft(), time.perf_counter())

    opened = [
        (await loop.create_connection(lambda: _Connection(answered), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    began = time.perf_counter()
    if per_second:
        idle.extend(opened)
        for number, request in enumerate(made):
            at = began + number / per_second
            if (ahead := at - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            if idle:
                late.append(time.perf_counter() - at)
                idle.popleft().ask(request, at)
            else:
                due.append((at, request))
    else:
        for connection in opened:
            if waiting:
                connection.ask(waiting.popleft(), time.perf_counter())
    await over
    seconds = time.perf_counter() - began
    return {
        "per_second": round(len(made) / seconds),
        "p50_ms": _quantile_ms(latencies, 0.5),
        "p99_ms": _quantile_ms(latencies, 0.99),
        "sender_late_p99_ms": _quantile_ms(late, 0.99),
        "statuses": dict(statuses),
    }


def _quantile_ms(seconds: list[float], share: float) -> float:
    return round(1e3 * sorted(seconds)[int(len(seconds) * share)], 1) if seconds else 0.0


class _Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self, answered: object) -> None:
        self._answered = answered
        self._since = 0.0
        self._told = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self, request: bytes, since: float) -> None:
        self._since = since
        self._transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._told += data
        head, end, body = self._told.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if end and len(body) >= (int(length.group(1)) if length else 0):
            self._told = b""
            self._answered(self, head[9:12], self._since)  # type: ignore[operator]


if __name__ == "__main__":
    main()
