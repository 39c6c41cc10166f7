"""Spoil bodies for as long as is wanted: python -m tests.fuzz [TARGET...] [--seconds 60] [--from N]

Each body is made from its number, and tried in a process of its own that is started anew where it dies; what breaks a
reader is written to the folder --found as TARGET-NUMBER. Ends with status 1 where anything broke.
`tests.fuzz.follow` goes by what a reader's code does with a body.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS
from tests.fuzz.trying import body_of, try_bodies, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="default: all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--from", type=int, default=0, dest="start", help="the number to go on from")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"))
    asked: Any = parser.parse_args()
    names = asked.targets or list(TARGETS)
    processes = multiprocessing.get_context("spawn")
    died = 0
    for name in names:
        number = processes.Value("q", asked.start)
        until = time.monotonic() + asked.seconds
        while time.monotonic() < until:
            child = processes.Process(target=try_bodies, args=(name, number, until, asked.found))
            child.start()
            child.join()
            if child.exitcode:
                died += 1
                write(
                    asked.found, name, number.value, body_of(name, number.value), f"it died: {child.exitcode}"
                )
        print(f"{name}: {number.value - asked.start:,} bodies", flush=True)  # noqa: T201
    return 1 if died or any(asked.found.glob("*.txt")) else 0


if __name__ == "__main__":
    sys.exit(main())
