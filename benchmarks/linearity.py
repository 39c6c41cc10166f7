"""Cost with size: replay of 1, 10 and 100 million Alerts, and the memory of each.

    ./run python -m benchmarks.linearity
    ./run python -m benchmarks.linearity --up-to 10000000

Ten times the Alerts are to take at most eleven times as long, in under 8 GiB.
Each runs in a process of its own, warmed up; the fastest of several counts.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.make_log import SIZES
from benchmarks.measured import Taken, best, circumstances, in_child, millions_a_second

MOST_TIMES: Final = 11.0
MOST_BYTES: Final = 8 * 2**30


def main() -> int:
    parser = argparse.ArgumentParser(description="Replay: cost with size.")
    parser.add_argument("--up-to", type=int, default=SIZES[-1], help="the largest log, in Alerts")
    parser.add_argument("--times", type=int, default=2, help="runs of each; the fastest counts")
    given = parser.parse_args()
    print(f"replay by size; {circumstances()}\n")
    print(f"{'Alerts':>13}{'seconds':>9}{'CPU s':>8}{'M/s':>8}{'GiB peak':>10}{'times the one before':>22}")
    before: Taken | None = None
    status = 0
    with TemporaryDirectory() as folder:
        kept = str(Path(folder) / "answer.npz")
        for alerts in (size for size in SIZES if size <= given.up_to):
            arguments = ("--alerts", str(alerts), "--one", "tidegate", kept)
            taken = best([in_child("benchmarks.replay", *arguments)[0] for _ in range(given.times)])
            times = 0.0 if before is None else taken.seconds / before.seconds
            is_kept = times <= MOST_TIMES and taken.peak_bytes < MOST_BYTES
            status |= not is_kept
            print(
                f"{alerts:13,}{taken.seconds:9.2f}{taken.cpu_seconds:8.2f}"
                f"{millions_a_second(alerts, taken):8.2f}{taken.peak_bytes / 2**30:10.2f}"
                f"{f'{times:.1f}x' if before else '':>22}{'' if is_kept else '   NOT KEPT'}",
                flush=True,
            )
            before = taken
    return status


if __name__ == "__main__":
    sys.exit(main())
