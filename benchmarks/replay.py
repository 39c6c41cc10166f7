"""Replay, Parquet in, summary and storms out: Tidegate, its peers on the same file, and the limit.

    ./run python -m benchmarks.replay                       1 million Alerts, everyone
    ./run python -m benchmarks.replay --alerts 10000000
    ./run python -m benchmarks.replay --alerts 100000000 --only tidegate,duckdb,polars,c

Everyone runs in a process of its own, warmed up, the file in the page cache;
starting Python and importing is not counted. Every answer is compared with
Tidegate's, and a difference ends the run with 1. `c` is the C kernel alone, one
thread, over columns already in memory: no program that reads the file can be faster.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.answer import POLICY, Answer, Rule, answer_of_replay, differences, rule_of
from benchmarks.make_log import DATA, SIZES, log_of, make_log
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

WARM_UP_ALERTS: Final = 300_000
MOST_FOR_READABLE: Final = 1_000_000
TIDEGATE: Final = "tidegate"


def by_tidegate(path: Path, folder: Path, shards: int | None = None) -> Answer:
    """Replay into summary.json and storms.parquet in a folder, as the command does."""
    from tidegate import assembly  # noqa: PLC0415
    from tidegate.formats.storms_parquet import write_storms  # noqa: PLC0415
    from tidegate.formats.summary_json import write_summary  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions, replay  # noqa: PLC0415

    options = ReplayOptions(shards=shards or assembly.shards())
    replayed = replay(
        assembly.open_alerts([path], mapping={}), assembly.policy_periods(POLICY, options), options
    )
    write_summary(replayed, folder / "summary.json")
    write_storms(replayed, folder / "storms.parquet")
    return answer_of_replay(replayed)


def _tidegate(path: Path, _: Rule) -> tuple[Taken, Answer]:
    with TemporaryDirectory() as folder:
        # A first call loads what was compiled; two batches at least, so that nothing is left to load.
        by_tidegate(warm_up_log(), Path(folder))
        return timed(lambda: by_tidegate(path, Path(folder)))


def _duckdb(path: Path, rule: Rule) -> tuple[Taken, Answer]:
    from benchmarks import peer_duckdb  # noqa: PLC0415

    peer_duckdb.replay(warm_up_log(), rule)
    return timed(lambda: peer_duckdb.replay(path, rule))


def _polars(path: Path, rule: Rule) -> tuple[Taken, Answer]:
    from benchmarks import peer_polars  # noqa: PLC0415

    peer_polars.replay(warm_up_log(), rule)
    return timed(lambda: peer_polars.replay(path, rule))


def _python(path: Path, rule: Rule) -> tuple[Taken, Answer]:
    from benchmarks import peer_python  # noqa: PLC0415

    return timed(lambda: peer_python.replay(path, rule))


def _readable(path: Path, rule: Rule) -> tuple[Taken, Answer]:
    from benchmarks import peer_readable  # noqa: PLC0415

    return timed(lambda: peer_readable.replay(path, rule))


def _c(path: Path, rule: Rule) -> tuple[Taken, Answer]:
    from benchmarks.c_kernel import CKernel  # noqa: PLC0415
    from tidegate import assembly  # noqa: PLC0415

    source = assembly.open_alerts([path], mapping={})
    batches = [batch.alerts for batch in source.batches()]
    kernel = CKernel(DATA, rule)

    def decide() -> None:
        for batch in batches:
            kernel.receive(batch)

    taken, _ = timed(decide)
    return taken, kernel.answer(source.recipients)


EVERYONE: Final[dict[str, Callable[[Path, Rule], tuple[Taken, Answer]]]] = {
    TIDEGATE: _tidegate,
    "c": _c,
    "duckdb": _duckdb,
    "polars": _polars,
    "python": _python,
    "readable": _readable,
}


def warm_up_log() -> Path:
    """A small log, for whatever only a first run pays for."""
    path = DATA / f"national-{WARM_UP_ALERTS}.parquet"
    if not path.exists():
        make_log(path, WARM_UP_ALERTS)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description="Replay: Tidegate, its peers and the limit.")
    parser.add_argument("--alerts", type=int, default=SIZES[0], help="which log, by its size")
    parser.add_argument("--only", default=",".join(EVERYONE), help="who, separated by commas")
    parser.add_argument("--times", type=int, default=1, help="runs of each; the fastest counts")
    parser.add_argument("--one", nargs=2, metavar=("WHO", "ANSWER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    path = log_of(given.alerts)
    if given.one is not None:
        who, kept = given.one
        read_once(path)
        taken, answer = EVERYONE[who](path, rule_of())
        answer.save(Path(kept))
        tell(taken)
        return 0
    who = [name for name in given.only.split(",") if name != "readable" or given.alerts <= MOST_FOR_READABLE]
    return _compare(given.alerts, list(dict.fromkeys([TIDEGATE, *who])), given.times)


def _compare(alerts: int, everyone: list[str], times: int) -> int:
    warm_up_log()
    print(f"replay of {alerts:,} Alerts, {POLICY}; {circumstances()}\n")
    print(
        f"{'':10}{'seconds':>9}{'CPU s':>8}{'M/s':>8}{'GB peak':>9}{'tidegate is':>13}{'by CPU':>9}   answer"
    )
    results: dict[str, tuple[Taken, Answer]] = {}
    status = 0
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "answer.npz"
        for name in everyone:
            runs = [
                in_child("benchmarks.replay", "--alerts", str(alerts), "--one", name, str(kept))[0]
                for _ in range(times)
            ]
            taken, answer = best(runs), Answer.load(kept)
            results[name] = taken, answer
            ours, expected = results[TIDEGATE]
            wrong = differences(expected, answer)
            verdict = f"{answer.received:,} Alerts, {len(answer.storms):,} storms, the same"
            if wrong:
                status, verdict = 1, f"NOT THE SAME: {'; '.join(wrong[:3])}"
            print(
                f"{name:10}{taken.seconds:9.2f}{taken.cpu_seconds:8.2f}{millions_a_second(alerts, taken):8.2f}"
                f"{taken.peak_bytes / 1e9:9.2f}{taken.seconds / ours.seconds:12.2f}x{taken.cpu_seconds / ours.cpu_seconds:8.2f}x   {verdict}",
                flush=True,
            )
    return status


if __name__ == "__main__":
    sys.exit(main())
