"""The disk alone: 4 KiB written over and made durable a hundred times a second, until ended; a process of its own.

    python -m benchmarks.live.disk FOLDER

It runs beside what is measured. What is acknowledged once it is durable can be no sooner than this disk: where it
stands still, so does every answer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

APART_S = 0.01
OCTETS = 4_096
BLOCKS = 256
STILL_S = 0.05


@contextmanager
def disk_beside(folder: Path) -> Iterator[dict[str, Any]]:
    """The disk of a folder, watched while the block runs; what it was like is filled in at its end."""
    told: dict[str, Any] = {}
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.live.disk", str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()  # it has begun
    try:
        yield told
    finally:
        process.terminate()
        told.update(json.loads(process.communicate(timeout=60)[0]))


def main(folder: Path) -> None:
    is_over = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_over
        is_over = True

    signal.signal(signal.SIGTERM, end)
    file = os.open(folder / "disk-alone", os.O_CREAT | os.O_RDWR)
    os.write(file, bytes(OCTETS * BLOCKS))
    os.fsync(file)
    print("begun", flush=True)
    took: list[float] = []
    began = time.perf_counter()
    while not is_over:
        since = time.perf_counter()
        os.pwrite(file, os.urandom(OCTETS), len(took) % BLOCKS * OCTETS)
        os.fdatasync(file)
        took.append(time.perf_counter() - since)
        time.sleep(max(0.0, APART_S - took[-1]))
    seconds = time.perf_counter() - began
    took.sort()
    print(
        json.dumps(
            {
                "p99_ms": round(1e3 * took[int(len(took) * 0.99)], 1),
                "most_ms": round(1e3 * took[-1], 1),
                "still": sum(each - STILL_S for each in took if each > STILL_S) / seconds,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
