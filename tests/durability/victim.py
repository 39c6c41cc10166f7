"""A process that is killed: an engine over a SQLite journal, fed over a pipe, that says what it has acknowledged.

In, one line for each submission:   row ID DEVICE CODE | batch COUNT SEED | policy NUMBER
Out, one line for each Alert acknowledged by its ID:   ID SEQ OUTCOME SEQUENCE_ID COUNT IS_REPEAT
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.engines import AUDIT, a_record
from tidegate.commissioning.evidence import Evidence, Kind
from tidegate.journal import open_journal
from tidegate.operations.engine import Engine
from tidegate.operations.engine_options import EngineOptions
from tidegate.operations.live import Accepted, Busy, Incoming, IncomingBatch
from tidegate.operations.outgoing import DeliveryChange, DeliveryState, OutgoingAlert
from tidegate.policy.mechanism import Mode
from tidegate.policy_files import parse_policy

RECIPIENTS = ("network", "supplier")
SAYS_SOMETHING = 0x8F75
"""An Alert of this code comes with a row of evidence."""

OPTIONS = EngineOptions(
    linger_s=0.005,
    tick_s=0.01,
    most_at_once=100,
    snapshot_every=150,
    snapshot_apart_us=1,
    snapshot_part=4_096,
)


class DeliversAtOnce:
    """An outbox that has delivered two of three before anyone has looked; the third waits."""

    engine: Engine

    def put(self, alerts: Sequence[OutgoingAlert]) -> None:
        for alert in alerts:
            if alert.seq % 3:
                now = alert.received_at
                change = DeliveryChange(alert.seq, DeliveryState.DELIVERED, 1, now, None, now)
                self.engine.settle(change)


def clock() -> int:
    return time.time_ns() // 1_000


def run(path: Path, given: int, answers: int) -> None:
    """Take what comes over one pipe, and acknowledge over another, until killed or all is done."""
    outbox = DeliversAtOnce()
    engine = outbox.engine = Engine(
        open_journal(str(path)), parse_policy, clock, outbox=outbox, options=OPTIONS
    )
    engine.start()
    for line in _lines(given):
        kind, *words = line.split()
        if kind == "row":
            name, device, code = words
            said = [Evidence(0, int(device), Kind.COMMISSIONED)] if int(code) == SAYS_SOMETHING else ()
            alert = Incoming(
                int(device), int(code), RECIPIENTS[int(device) % 2], name, "sender", b"<x/>" * 50, said
            )
            future = _patiently(partial(engine.submit, [alert]))
            future.add_done_callback(partial(_acknowledge, name, answers))
        elif kind == "batch":
            random = np.random.default_rng(int(words[1]))
            devices = random.integers(0, 6, int(words[0])).astype(np.uint64)
            codes = np.full(len(devices), 0x8014, np.uint32)
            recipient = (devices % np.uint64(2)).astype(np.uint32)
            batch = IncomingBatch(devices, codes, recipient, RECIPIENTS, "sender")
            _patiently(partial(engine.submit_batch, batch))
        else:
            number = int(words[0])
            mode = Mode.SHADOW if number % 4 == 3 else Mode.ENFORCED
            record = a_record(
                f"{number}",
                threshold=1 + number % 3,
                one_in=2 + number % 4,
                mode=mode,
                excluded={0x8F75: "GB"},
            )
            record = type(record)(0, record.version, record.document.replace('"20us"', '"40ms"'), clock())
            engine.apply(record, AUDIT)
    engine.stop()


def _patiently(submit: Callable[[], Future[Any]]) -> Future[Any]:
    while True:
        try:
            return submit()
        except Busy:
            time.sleep(0.001)


def _acknowledge(name: str, answers: int, done: Future[Sequence[Accepted]]) -> None:
    (made,) = done.result()
    values: list[Any] = [
        name,
        made.seq,
        int(made.outcome),
        made.throttled_alert_sequence_id,
        made.throttled_alert_count,
        int(made.is_repeat),
    ]
    os.write(answers, (" ".join(map(str, values)) + "\n").encode())


def _lines(given: int) -> Iterator[str]:
    with os.fdopen(given, "r", encoding="utf-8") as file:
        yield from file
