"""Sweep: sixteen policies in one pass against sixteen replays, and a hundred thresholds in one pass.

    ./run python -m benchmarks.sweep                          10 million Alerts
    ./run python -m benchmarks.sweep --alerts 100000000

Each runs in a process of its own, warmed up, the file in the page cache. Every
policy of the sweep is to hold back, code by code, what its replay does, and to
find as many storms; a difference ends the run with 1. So does a sweep that takes more than 0.3
of the time of its replays, or a hundred thresholds in more than 120 seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from benchmarks.answer import POLICY
from benchmarks.make_log import SIZES, log_of
from benchmarks.measured import (
    Taken,
    best,
    circumstances,
    in_child,
    millions_a_second,
    read_once,
    tell,
    timed,
)
from benchmarks.replay import warm_up_log
from tidegate import assembly
from tidegate.operations.ordered_log import OrderedLog, ReadOptions
from tidegate.operations.replay import ReplayOptions, always, replay
from tidegate.operations.sweep import sweep
from tidegate.policy.swept_parameters import SweptParameter
from tidegate.policy.variations import variations
from tidegate.policy_files.shipped import published
from tidegate.reports.recommendation import recommendations
from tidegate.vocabulary.alert_codes import format_alert_code

SWEEP: Final = "sweep"
REPLAYS: Final = "replays"
LEAST, MOST = 5, 300
MOST_SHARE: Final = 0.3
MOST_SECONDS: Final = 120.0

Found: TypeAlias = list[tuple[dict[str, int], int]]
"""Of each policy, the Alerts held back by code, and its storms."""


def thresholds(number: int) -> list[SweptParameter]:
    """So many thresholds from 5 to 300, evenly spread, the one in force not among them."""
    values = sorted({LEAST + (MOST - LEAST) * at // (number - 1) for at in range(number)})
    return [SweptParameter("threshold", tuple(values))]


def by_sweep(path: Path, number: int) -> Found:
    """All of them in one pass, with what is recommended, as the command does."""
    log = OrderedLog(assembly.open_alerts([path], mapping={}), ReadOptions())
    found = sweep(log, published(POLICY), thresholds(number), shards=assembly.shards())
    assert recommendations(found)
    return [
        (
            {
                format_alert_code(code): held
                for code in sorted(found.codes)
                if (held := found.row(place, code).totals.throttled)
            },
            found.row(place, None).storms,
        )
        for place, point in enumerate(found.points)
        if point.values
    ]


def by_replays(path: Path, number: int) -> Found:
    """One replay for each."""
    points = variations(published(POLICY), thresholds(number)).points
    found: Found = []
    for point in points:
        if not point.values:
            continue
        source = assembly.open_alerts([path], mapping={})
        replayed = replay(source, always(point.policy), ReplayOptions(shards=assembly.shards()))
        held = {
            format_alert_code(code): totals.throttled
            for code, totals in sorted(replayed.by_code.items())
            if totals.throttled
        }
        found.append((held, len(replayed.storms)))
    return found


def measure(way: str, alerts: int, number: int, kept: Path) -> Taken:
    """Measure one way in this process, and keep what it found."""
    path, work = log_of(alerts), by_sweep if way == SWEEP else by_replays
    work(warm_up_log(), 2)
    taken, found = timed(lambda: work(path, number))
    kept.write_text(json.dumps(found), encoding="utf-8")
    return taken


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Sixteen policies in one pass; a hundred thresholds.")
    parser.add_argument("--alerts", type=int, default=SIZES[1], help="which log, by its size")
    parser.add_argument("--times", type=int, default=2, help="runs of each sweep; the fastest counts")
    parser.add_argument("--one", nargs=3, metavar=("WAY", "POLICIES", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        way, number, kept = given.one
        tell(measure(way, given.alerts, int(number), Path(kept)))
        return 0
    print(f"sweeps over {given.alerts:,} Alerts, {POLICY}; {circumstances()}\n")
    read_once(log_of(given.alerts))
    print(f"{'':28}{'seconds':>9}{'CPU s':>8}{'M Alerts/s':>12}{'GiB peak':>10}")
    with TemporaryDirectory() as folder:
        found: dict[str, object] = {}

        def take(name: str, way: str, number: int, times: int) -> Taken:
            kept = Path(folder) / f"{way}-{number}.json"
            call = ("--alerts", str(given.alerts), "--one", way, str(number), str(kept))
            taken = best([in_child("benchmarks.sweep", *call)[0] for _ in range(times)])
            found[name] = json.loads(kept.read_text(encoding="utf-8"))
            print(
                f"{name:28}{taken.seconds:9.2f}{taken.cpu_seconds:8.2f}"
                f"{millions_a_second(given.alerts, taken):12.2f}{taken.peak_bytes / 2**30:10.2f}",
                flush=True,
            )
            return taken

        one_pass = take("16 policies, one pass", SWEEP, 16, given.times)
        replays = take("16 replays", REPLAYS, 16, 1)
        hundred = take("100 thresholds, one pass", SWEEP, 100, given.times)
        share = one_pass.seconds / replays.seconds
        print(
            f"\nof the time of 16 replays: {share:.3f} (CPU {one_pass.cpu_seconds / replays.cpu_seconds:.3f})"
        )
        is_same = found["16 policies, one pass"] == found["16 replays"]
        print("the same held back by code, and storms" if is_same else "NOT THE SAME")
    return 0 if is_same and share <= MOST_SHARE and hundred.seconds <= MOST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
