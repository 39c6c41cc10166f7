"""Deliveries a second to one receiver on loopback, beside a bare loop of POSTs by the same client.

    python benchmarks/deliver.py [deliveries]

The receiver is a process of its own that answers 204 and does nothing else. Of a
machine that others use too the CPU time of the sender is told, which is what one
core would do; and how long an excluded Alert took while all ordinary attempts
hung and thousands waited.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import aiohttp

from tidegate.alert_storm.decision import Outcome
from tidegate.assembly.clock import clock
from tidegate.delivery import Delivery, Recipient
from tidegate.operations.outgoing import DeliveryChange, DeliveryState, OutgoingAlert, QueueQuery

_BODY = b"x" * 1_700
_AT_ONCE = 16

_RECEIVER = """
import asyncio, sys
class Answers(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.octets = transport, b""
    def data_received(self, octets):
        self.octets += octets
        while (end := self.octets.find(b"\\r\\n\\r\\n")) >= 0:
            head = self.octets[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\\r\\n")[0])
            if len(self.octets) < end + 4 + length:
                return
            hangs = self.octets[end + 4:end + 5] == b"h"
            self.octets = self.octets[end + 4 + length:]
            if not hangs:
                self.transport.write(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
async def main():
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


class _Engine:
    """As much of an engine as delivery needs, with nothing in its journal."""

    def __init__(self) -> None:
        self.delivered = 0
        self.wanted = 0
        self.done = threading.Event()
        self.at: dict[int, float] = {}

    def settle(self, change: DeliveryChange) -> None:
        if change.state is DeliveryState.DELIVERED:
            self.delivered += 1
            self.at[change.seq] = time.perf_counter()
            if self.delivered == self.wanted:
                self.done.set()

    def note(self, _note: object) -> None:
        return

    def queued(self, _query: QueueQuery) -> Future[Sequence[OutgoingAlert]]:
        return _known([])

    def ask(self, _question: Callable[..., Any]) -> Future[Any]:
        return _known(((), 0))


def _known(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def _alert(seq: int, body: bytes, outcome: Outcome = Outcome.FORWARDED) -> OutgoingAlert:
    return OutgoingAlert(seq, 0, seq, 0x8F75, "network", None, "", outcome, 0, 0, body)


async def _bare(url: str, deliveries: int) -> None:
    left = iter(range(deliveries))
    async with aiohttp.ClientSession() as session:

        async def post() -> None:
            for _ in left:
                async with session.post(
                    url, data=_BODY, headers={"Content-Type": "application/xml"}
                ) as answer:
                    assert answer.status == 204

        await asyncio.gather(*(post() for _ in range(_AT_ONCE)))


def _deliver(url: str, deliveries: int) -> None:
    engine = _Engine()
    engine.wanted = deliveries
    delivery = Delivery([Recipient("network", url)], lambda alert, _to: alert.document, clock)
    delivery.start(engine)
    while not delivery.status():
        time.sleep(0.01)
    # A window is in memory; as many come as have gone, as they do from an engine.
    for first in range(1, deliveries + 1, 100):
        while first - engine.delivered > 300:
            time.sleep(0.001)
        delivery.put([_alert(seq, _BODY) for seq in range(first, min(first + 100, deliveries + 1))])
    engine.done.wait()
    delivery.stop()


def _excluded(url: str) -> list[float]:
    engine = _Engine()
    delivery = Delivery([Recipient("network", url)], lambda alert, _to: alert.document, clock)
    delivery.start(engine)
    while not delivery.status():
        time.sleep(0.01)
    delivery.put([_alert(seq, b"h" + _BODY) for seq in range(1, 5_001)])
    time.sleep(0.5)
    took = []
    for seq in range(10_000, 10_100):
        engine.wanted, begun = engine.delivered + 1, time.perf_counter()
        engine.done.clear()
        delivery.put([_alert(seq, _BODY, Outcome.EXCLUDED)])
        engine.done.wait()
        took.append(engine.at[seq] - begun)
    delivery.stop(0)
    return sorted(took)


def _measured(name: str, work: Callable[[], None], deliveries: int) -> float:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{name:>10}  {deliveries / wall:7,.0f} a second, {deliveries / cpu:7,.0f} a second of CPU time")
    return deliveries / cpu


def main() -> None:
    deliveries = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    receiver = subprocess.Popen([sys.executable, "-c", _RECEIVER], stdout=subprocess.PIPE, text=True)
    try:
        assert receiver.stdout is not None
        url = f"http://127.0.0.1:{int(receiver.stdout.readline())}/receive"
        bare = _measured("bare", lambda: asyncio.run(_bare(url, deliveries)), deliveries)
        ours = _measured("delivery", lambda: _deliver(url, deliveries), deliveries)
        print(f"delivery / bare = {ours / bare:.2f}")
        took = _excluded(url)
        print(
            f"excluded, all else hanging: median {took[50] * 1e3:.1f} ms, 99 of 100 in {took[98] * 1e3:.1f} ms"
        )
    finally:
        receiver.kill()


if __name__ == "__main__":
    main()
