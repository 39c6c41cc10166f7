"""Answers that pass by: no more are under way than have a place, and none needs a loop when its end comes."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.gateway.reading import Posted
from tidegate.gateway.receiving import MOST_OVERHEARD, Receiving


class Log:
    """What was said, in order."""

    def __init__(self) -> None:
        self.details: list[str] = []

    def warning(self, _event: str, *, reason: str, detail: str) -> None:
        self.details.append(detail or reason)


def test_while_reading_stands_still_so_many_answers_wait_and_no_more_and_afterwards_there_is_room_again() -> (
    None
):
    goes_on, log = threading.Event(), Log()
    unread = Counter("unread", "Unread.", registry=CollectorRegistry())

    def read(_posted: Posted, _at: int) -> Any:
        goes_on.wait()
        raise RefusedDocument("it is none")

    door: Any = SimpleNamespace(metrics=SimpleNamespace(evidence_unread=unread), log=log, engine=None)
    receiving = Receiving(door, lambda: read, 0, lambda: 0)
    loop = asyncio.new_event_loop()
    loop.close()
    receiving.start(loop)
    for _ in range(MOST_OVERHEARD + 3):
        receiving.overhear(b"<sr:Response/>")
    assert 3 == len(log.details)
    goes_on.set()
    receiving.stop()

    assert ["it is none"] * MOST_OVERHEARD == log.details[3:]
    receiving.start(loop)
    receiving.overhear(b"<sr:Response/>")
    receiving.stop()
    assert MOST_OVERHEARD + 4 == len(log.details)
