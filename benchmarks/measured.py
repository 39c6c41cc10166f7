"""How a figure is taken: in a process of its own, after a warm-up, with what it used and what else was running."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

TOLD = ("numpy", "numba", "pyarrow", "duckdb", "polars")


@dataclass(frozen=True, slots=True)
class Taken:
    """One measurement: wall and processor seconds, and the most memory its process ever had, in bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def timed(work: Callable[[], Result]) -> tuple[Taken, Result]:
    """Do something once and measure it; the memory is the whole process's."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Taken(wall, cpu, peak), result


def in_child(module: str, *arguments: str) -> tuple[Taken, str]:
    """Run a module in a process of its own: what it measured, its last line (see `tell`), and what it said before.

    Raises:
        SystemExit: it failed; what it said has been shown.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{module} {' '.join(arguments)} failed ({done.returncode})")
    said, _, told = done.stdout.rstrip("\n").rpartition("\n")
    return Taken(**json.loads(told)), said


def tell(taken: Taken) -> None:
    """Hand a measurement to the process that asked for it."""
    print(
        json.dumps(
            {"seconds": taken.seconds, "cpu_seconds": taken.cpu_seconds, "peak_bytes": taken.peak_bytes}
        )
    )


def best(taken: Sequence[Taken]) -> Taken:
    """The fastest of several: the others were disturbed."""
    return min(taken, key=lambda each: each.seconds)


def read_once(path: Path) -> None:
    """Read a file through, so that no one pays for the disk."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def circumstances() -> str:
    """When, on what, with which versions, and how busy it was."""
    versions = []
    for name in TOLD:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    return (
        f"{now}; {os.cpu_count()} CPUs ({platform.machine()}), load {load:.1f} before the run; "
        f"Python {platform.python_version()}, {', '.join(versions)}"
    )


def millions_a_second(count: int, taken: Taken) -> float:
    """A rate, as the tables give it."""
    return count / taken.seconds / 1e6
