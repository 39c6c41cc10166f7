"""Kernel to kernel: ours on one thread and on all, against C on one, over the same columns in memory.

    ./run python -m benchmarks.kernel --alerts 10000000

Taken in turn in one process, best of several. `C, streams not counted` leaves out
the number of different streams, which a summary needs and the rule does not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from benchmarks.answer import POLICY, Answer, rule_of
from benchmarks.c_kernel import CKernel
from benchmarks.make_log import DATA, SIZES, log_of
from benchmarks.measured import Taken, best, circumstances, millions_a_second, timed
from benchmarks.replay import warm_up_log
from tidegate import assembly
from tidegate.alert_storm.plan import KernelPolicy
from tidegate.alert_storm.sharded import AlertStormKernel
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.policy_files.shipped import published

OURS: Final = "tidegate, 1 thread"
C: Final = "C, 1 thread"


def decide_by_ours(batches: Sequence[AlertBatch], shards: int) -> AlertStormKernel:
    """Our kernel over batches, without row-level decisions, as a replay with --no-decisions drives it."""
    policy = published(POLICY)
    kernel = AlertStormKernel(
        [KernelPolicy(policy.alert_storm, policy.exclusion_list)], shards=shards, keep_decisions=False
    )
    for batch in batches:
        kernel.receive(batch)
    assert kernel.streams_seen
    kernel.stop()
    return kernel


def decide_in_c(batches: Sequence[AlertBatch], *, counts_streams: bool) -> CKernel:
    """The C kernel over the same batches; to be closed."""
    kernel = CKernel(DATA, rule_of(), counts_streams=counts_streams)
    for batch in batches:
        kernel.receive(batch)
    return kernel


def disagreement(ours: AlertStormKernel, c: Answer, streams_in_c: int) -> str:
    """What the two kernels do not agree on: Alerts, throttled Alerts, different streams; empty when nothing."""
    tallies = ours.tallies(0)
    mine = int(tallies.received_by_code.sum()), int(tallies.throttled_by_code.sum()), ours.streams_seen
    theirs = c.received, sum(counts[2] for counts in c.by_code.values()), streams_in_c
    return "" if mine == theirs else f"ours {mine}, C {theirs}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Our kernel against C.")
    parser.add_argument("--alerts", type=int, default=SIZES[1], help="which log, by its size")
    parser.add_argument("--times", type=int, default=3, help="runs of each; the fastest counts")
    given = parser.parse_args()
    batches, recipients = _loaded(given.alerts)
    print(f"kernels over {given.alerts:,} Alerts in memory, {POLICY}; {circumstances()}\n")
    few = [batch.alerts for batch in assembly.open_alerts([warm_up_log()], mapping={}).batches()]
    decide_by_ours(few, 2)
    shards = assembly.shards()
    entries: dict[str, Callable[[], AlertStormKernel | CKernel]] = {
        OURS: partial(decide_by_ours, batches, 1),
        f"tidegate, {shards} threads": partial(decide_by_ours, batches, shards),
        C: partial(decide_in_c, batches, counts_streams=True),
        "C, streams not counted": partial(decide_in_c, batches, counts_streams=False),
    }
    runs: dict[str, list[Taken]] = {name: [] for name in entries}
    wrong = ""
    ours: AlertStormKernel | None = None
    for _ in range(given.times):
        for name, run in entries.items():
            taken, kernel = timed(run)
            runs[name].append(taken)
            if isinstance(kernel, AlertStormKernel):
                ours = kernel
                continue
            if name == C and ours is not None:
                wrong = wrong or disagreement(ours, kernel.answer(recipients), kernel.streams)
            kernel.close()
    limit = best(runs[C])
    print(f"{'':24}{'seconds':>9}{'CPU s':>8}{'M/s':>8}{'speed of C':>12}")
    for name, taken in ((name, best(each)) for name, each in runs.items()):
        print(
            f"{name:24}{taken.seconds:9.2f}{taken.cpu_seconds:8.2f}"
            f"{millions_a_second(given.alerts, taken):8.2f}{limit.seconds / taken.seconds:11.2f}x"
        )
    print(f"\n{'NOT THE SAME: ' + wrong if wrong else 'the same Alerts, throttled Alerts and streams'}")
    return 1 if wrong else 0


def _loaded(alerts: int) -> tuple[list[AlertBatch], Recipients]:
    source = assembly.open_alerts([log_of(alerts)], mapping={})
    return [batch.alerts for batch in source.batches()], source.recipients


if __name__ == "__main__":
    sys.exit(main())
