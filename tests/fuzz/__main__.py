"""Spoil bodies for as long as is wanted: python -m tests.fuzz [TARGET...] [--seconds 60] [--from N] [--atheris]

Without --atheris each body is made from its number, and tried in a process of its own that is started anew where it
dies; what breaks a reader is written to the folder --found as TARGET-NUMBER. With --atheris (`pip install atheris`,
for a longer time) one target is followed by what its code does with a body. Ends with status 1 where anything broke.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS
from tests.fuzz.trying import body_of, try_bodies, write


def follow(name: str, seconds: int, found: Path) -> None:
    """With atheris: it never returns."""
    atheris: Any = importlib.import_module("atheris")  # by hand only: it is in no lock file

    target = TARGETS[name]
    seeds = found / f"{name}-seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, body in enumerate(target.seeds()):
        (seeds / str(number)).write_bytes(body)
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], str(seeds), f"-max_total_time={seconds}"], target.try_it)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="default: all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--from", type=int, default=0, dest="start", help="the number to go on from")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--atheris", action="store_true")
    asked: Any = parser.parse_args()
    names = asked.targets or list(TARGETS)
    if asked.atheris:
        follow(names[0], asked.seconds, asked.found)
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
