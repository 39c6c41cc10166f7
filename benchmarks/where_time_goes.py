"""Where the time of a replay goes: each part alone, on one thread, over the same batches.

    ./run python -m benchmarks.where_time_goes --alerts 10000000

The parts of the kernel are timed by wrapping the functions that are called for
a batch; what is left over stands as "the rest". Read in processor seconds: the
wall clock of one thread on a busy machine says little.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.make_log import SIZES, log_of
from benchmarks.measured import circumstances, read_once
from benchmarks.replay import by_tidegate, warm_up_log
from tidegate import assembly
from tidegate.alert_storm import kernel, shard, sharded, sieve
from tidegate.columnar import streams_seen
from tidegate.columnar.ordering import ReceiptOrder
from tidegate.formats import storms_parquet, summary_json
from tidegate.operations import replay as operation, replay_hours, replay_stage


class Clock:
    """Processor seconds by name, of this thread, without what was timed within."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._within: list[float] = [0.0]

    def timing(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time noted."""

        def timed(*arguments: Any, **named: Any) -> Any:
            begun = time.thread_time()
            self._within.append(0.0)
            try:
                return work(*arguments, **named)
            finally:
                spent = time.thread_time() - begun
                self.seconds[name] += spent - self._within.pop()
                self._within[-1] += spent

        return timed

    def wrap(self, owner: Any, attribute: str, name: str) -> None:
        """Note the time of a function or method from now on."""
        setattr(owner, attribute, self.timing(name, getattr(owner, attribute)))


def _wrap_all(clock: Clock) -> None:
    clock.wrap(sieve, "_count", "sieve: hashes and cells")
    clock.wrap(sieve.Sieve, "_judge", "sieve: which cells pass")
    clock.wrap(kernel, "deal", "kernel: hashes, shards, received by code")
    clock.wrap(kernel, "decide", "kernel: the rule")
    clock.wrap(kernel, "advance", "kernel: the rule")
    clock.wrap(streams_seen.StreamsSeen, "add", "kernel: different streams")
    clock.wrap(replay_stage.Stage, "streams_seen", "kernel: different streams")
    clock.wrap(shard.Shard, "_make_room", "kernel: tables grow")
    clock.wrap(shard.Shard, "_make_room_for", "kernel: room for a batch")
    clock.wrap(sharded._Exclusion, "tally", "exclusions by recipient")  # noqa: SLF001 - it is measured, not used
    clock.wrap(ReceiptOrder, "push", "receipt order")
    clock.wrap(replay_hours.Hours, "close", "hours")
    clock.wrap(replay_stage.Stage, "receive", "stage: ended storms gathered")
    clock.wrap(operation, "spells_of", "storms sorted and named")
    clock.wrap(summary_json, "write_summary", "writing")
    clock.wrap(storms_parquet, "write_storms", "writing")


def main() -> None:
    parser = argparse.ArgumentParser(description="Where the time of a replay goes.")
    parser.add_argument("--alerts", type=int, default=SIZES[1])
    path = log_of(parser.parse_args().alerts)
    print(f"replay of {path.name} on one thread; {circumstances()}\n")
    with TemporaryDirectory() as folder:
        by_tidegate(warm_up_log(), Path(folder), shards=1)
        read_once(path)
        clock = Clock()
        reading = time.process_time()
        rows = sum(len(batch.alerts) for batch in assembly.open_alerts([path], mapping={}).batches())
        reading = time.process_time() - reading
        _wrap_all(clock)
        wall, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
        by_tidegate(path, Path(folder), shards=1)
        wall, cpu, own = time.perf_counter() - wall, time.process_time() - cpu, time.thread_time() - own
    parts = sorted(clock.seconds.items(), key=lambda part: -part[1])
    parts.append(("the rest of this thread (batches handed on)", own - sum(clock.seconds.values())))
    parts.append(("other threads (decoding)", cpu - own))
    for name, seconds in parts:
        print(f"{seconds:8.2f} s {seconds / rows * 1e9:8.1f} ns/Alert  {seconds / cpu:6.1%}  {name}")
    print(f"{cpu:8.2f} s {cpu / rows * 1e9:8.1f} ns/Alert          in all; wall {wall:.2f} s")
    print(f"{reading:8.2f} s {reading / rows * 1e9:8.1f} ns/Alert          reading alone, nothing decided")


if __name__ == "__main__":
    main()
