"""Bodies made from their numbers and tried one after another, in a process that may die of one."""

from __future__ import annotations

import random
import time
import traceback
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from tests.fuzz.spoiling import any_spoilings, spoiled
from tests.fuzz.targets import ANY_WORDS, TARGETS


def body_of(name: str, number: int) -> bytes:
    """The body of a number, always the same."""
    target, by = TARGETS[name], random.Random(f"{name} {number}")  # noqa: S311 - nothing is to be kept secret
    return spoiled(by.choice(list(target.seeds())), any_spoilings(by), (*target.words, *ANY_WORDS))


def try_bodies(name: str, number: Synchronized[int], until: float, found: Path) -> None:
    """One after another; `number` is always that of the body being tried."""
    while time.monotonic() < until:
        with number.get_lock():
            number.value += 1
        body = body_of(name, number.value)
        try:
            TARGETS[name].try_it(body)
        except Exception:  # noqa: BLE001 - that is what is looked for
            write(found, name, number.value, body, traceback.format_exc())


def write(found: Path, name: str, number: int, body: bytes, why: str) -> None:
    found.mkdir(parents=True, exist_ok=True)
    (found / f"{name}-{number}").write_bytes(body)
    (found / f"{name}-{number}.txt").write_text(why, encoding="utf-8")
    print(f"{name} {number}: {why.strip().splitlines()[-1][:150]}", flush=True)  # noqa: T201
