"""Service Requests decided one by one, beside the limiters a Python gateway would use instead; and over columns.

    ./run python -m benchmarks.admit
    ./run python -m benchmarks.admit --requests 10000000 --columns

One by one: `AdmissionKernel.receive_one` and the readable rule (`AdmissionControl.receive`, which the gateway drives),
against each strategy of `limits` and throttled-py that counts exactly or nearly so, in memory, one key for each User.
They decide less: a fixed limit for each key, no shares, no list, no return time. Users and RequestIDs are given to all
as text. Every decision is timed by itself too, for the slowest in a hundred. The two of ours must decide alike.

Over columns: the kernel alone, and `tidegate admit` without the file of decisions, over Parquet.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.make_log import DATA
from benchmarks.measured import circumstances, timed
from tidegate.admission.batches import AdmissionKernel, RequestBatch
from tidegate.admission.capacity import CapacityRules
from tidegate.admission.control import AdmissionControl
from tidegate.operations.admit import AdmitUnder, admit
from tidegate.operations.ordered_log import ReadOptions
from tidegate.tables.requests import RequestSource
from tidegate.vocabulary.instants import SECOND
from tidegate.vocabulary.service_requests import ServiceRequest

USERS: Final = 30
RATE: Final = 300
"""Requests a second that are asked for: a tenth more than the threshold."""

RULES: Final = CapacityRules(SECOND, 300, 270, prioritised=frozenset({"2.2"}))
ALLOCATIONS: Final = {f"User {number}": 9 for number in range(USERS)}
_SRVS: Final = ("4.8.1", "4.6.1", "2.2", "7.4", "8.1.1", "11.2", "6.8", "1.1.1")

_COLUMNS: Final = ("received_at", "user", "is_prioritised", "request", "preceding")

Decide = Callable[[int], object]
"""Decides the request of a number."""


def requests_of(count: int) -> list[ServiceRequest]:
    """Requests that come at random, from Users some of which ask for far more than others."""
    at, user, srv = _drawn(count)
    return [
        ServiceRequest(
            instant, f"90-B3-D5-1F-30-00-00-01:00-DB-12-34-56-78-90-A0:{number}", f"User {of}", _SRVS[s]
        )
        for number, (instant, of, s) in enumerate(zip(at.tolist(), user.tolist(), srv.tolist(), strict=True))
    ]


def _drawn(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    at = np.cumsum(random.exponential(SECOND / RATE, count)).astype(np.int64)
    weights = 1 / np.arange(1, USERS + 1)
    user = random.choice(USERS, count, p=weights / weights.sum())
    return at, user, random.integers(0, len(_SRVS), count)


def by_kernel(log: Sequence[ServiceRequest]) -> Decide:
    """Ours, compiled."""
    decide = AdmissionKernel(RULES, list(ALLOCATIONS.values())).receive_one
    numbers = {user: number for number, user in enumerate(ALLOCATIONS)}
    prioritised = RULES.prioritised

    def receive(number: int) -> object:
        at, request_id, user, srv, preceding = log[number]
        return decide(at, numbers[user], srv in prioritised, hash(request_id), hash(preceding))

    return receive


def by_rule(log: Sequence[ServiceRequest]) -> Decide:
    """Ours, as it is read."""
    control = AdmissionControl(RULES, ALLOCATIONS)
    receive = control.receive
    return lambda number: receive(log[number])


def by_limits(log: Sequence[ServiceRequest]) -> dict[str, Decide]:
    """The strategies of `limits`."""
    from limits import RateLimitItemPerSecond, storage, strategies  # noqa: PLC0415 - a peer

    item = RateLimitItemPerSecond(9)
    found: dict[str, Decide] = {}
    for kind in ("MovingWindowRateLimiter", "SlidingWindowCounterRateLimiter", "FixedWindowRateLimiter"):
        limiter = getattr(strategies, kind)(storage.MemoryStorage())
        found[f"limits {kind.removesuffix('RateLimiter')}"] = lambda number, hit=limiter.hit: hit(
            item, log[number].user
        )
    return found


def by_throttled(log: Sequence[ServiceRequest]) -> dict[str, Decide]:
    """The strategies of throttled-py."""
    from throttled import RateLimiterType, Throttled, per_sec  # noqa: PLC0415 - a peer
    from throttled.store import MemoryStore  # noqa: PLC0415

    found: dict[str, Decide] = {}
    for kind in ("GCRA", "TOKEN_BUCKET", "SLIDING_WINDOW", "FIXED_WINDOW"):
        throttle = Throttled(
            using=getattr(RateLimiterType, kind).value, quota=per_sec(9), store=MemoryStore()
        )
        found[f"throttled-py {kind.lower()}"] = lambda number, limit=throttle.limit: limit(log[number].user)
    return found


def _batch_of(count: int) -> RequestBatch:
    at, user, srv = _drawn(count)
    request = np.arange(1, count + 1, dtype=np.uint64)
    is_prioritised = srv == _SRVS.index("2.2")
    return RequestBatch(at, user.astype(np.uint32), is_prioritised, request, np.zeros(count, np.uint64))


def differ(log: Sequence[ServiceRequest]) -> bool:
    """Say whether the kernel and the rule decide otherwise."""
    kernel, control = by_kernel(log), AdmissionControl(RULES, ALLOCATIONS)
    return any(kernel(number)[0] != control.receive(request).outcome for number, request in enumerate(log))  # type: ignore[index]


def together(count: int, size: int) -> tuple[float, float]:
    """Decisions a second by the kernel in batches of a size; and the slowest batch in a hundred, in microseconds."""
    batch = _batch_of(count)
    parts = [_part(batch, start, start + size) for start in range(0, count, size)]
    kernel = AdmissionKernel(RULES, [9] * USERS)
    for part in parts:
        kernel.receive(part)
    kernel, each = AdmissionKernel(RULES, [9] * USERS), []
    clock, cpu = time.perf_counter_ns, time.process_time()
    for part in parts:
        before = clock()
        kernel.receive(part)
        each.append(clock() - before)
    return count / (time.process_time() - cpu), quantiles(each, n=100)[98] / 1_000


def measured(make: Callable[[], Decide], count: int) -> tuple[float, float]:
    """Decisions a second; and the slowest in a hundred, in microseconds."""
    decide = make()

    def all_of_them() -> None:
        for number in range(count):
            decide(number)

    taken, _ = timed(all_of_them)
    decide, each = make(), []
    clock = time.perf_counter_ns
    for number in range(count):
        before = clock()
        decide(number)
        each.append(clock() - before)
    return count / taken.cpu_seconds, quantiles(each, n=100)[98] / 1_000


def one_by_one(count: int) -> int:
    log = requests_of(count)
    makers: dict[str, Callable[[], Decide]] = {
        "tidegate, the kernel": lambda: by_kernel(log),
        "tidegate, the readable rule": lambda: by_rule(log),
    }
    ours = list(makers)
    for peers in (by_limits, by_throttled):
        for name in peers(log):
            makers[name] = lambda name=name, peers=peers: peers(log)[name]
    if differ(log[:20_000]):
        print("the kernel and the rule decide otherwise", file=sys.stderr)
        return 1
    print(f"{count:,} decisions one by one, {USERS} Users; {circumstances()}\n")
    found = {name: measured(make, count) for name, make in makers.items()}
    fastest = max(rate for name, (rate, _) in found.items() if name not in ours)
    print(f"{'':38}{'a CPU second':>13}{'p99 us':>9}{'of the fastest peer':>21}")
    for name, (rate, slowest) in found.items():
        print(f"{name:38}{rate:>13,.0f}{slowest:>9.1f}{rate / fastest:>21.2f}")
    for size in (16, 64):
        rate, slowest = together(count, size)
        print(f"{f'tidegate, {size} at a time':38}{rate:>13,.0f}{slowest:>9.1f}{rate / fastest:>21.2f}")
    return 0


def over_columns(count: int) -> int:
    batch = _batch_of(count)
    path = _written(count, *_drawn(count))
    under = AdmitUnder(RULES, ALLOCATIONS, "benchmark", is_illustrative=True)
    AdmissionKernel(RULES, [9] * USERS).receive(_part(batch, 0, min(count, 100_000)))
    print(f"{count:,} requests over columns; {circumstances()}\n")
    kernel = AdmissionKernel(RULES, [9] * USERS)
    taken, decided = timed(
        lambda: [kernel.receive(_part(batch, i, i + 262_144)) for i in range(0, count, 262_144)]
    )
    throttled = sum(int((each.outcome == 1).sum()) for each in decided)
    print(
        f"kernel          {count / taken.cpu_seconds / 1e6:6.2f} M/s of CPU, {count / taken.seconds / 1e6:6.2f} M/s"
    )
    source = RequestSource([path])
    taken, found = timed(lambda: admit(source, under, ReadOptions()))
    print(
        f"tidegate admit  {count / taken.cpu_seconds / 1e6:6.2f} M/s of CPU, {count / taken.seconds / 1e6:6.2f} M/s, "
        f"{taken.peak_bytes / 2**20:,.0f} MiB at most"
    )
    if found.totals.throttled != throttled:
        print(f"they differ: {throttled:,} and {found.totals.throttled:,} throttled", file=sys.stderr)
        return 1
    return 0


def _part(batch: RequestBatch, start: int, stop: int) -> RequestBatch:
    return RequestBatch(*(getattr(batch, name)[start:stop] for name in _COLUMNS))


def _written(count: int, at: np.ndarray, user: np.ndarray, srv: np.ndarray) -> Path:
    DATA.mkdir(exist_ok=True)
    path = DATA / f"requests-{count}.parquet"
    if not path.exists():
        # Users get the numbers of `ALLOCATIONS` as the source meets them first in the table of Users.
        columns = {
            "received_at": pa.array(at).cast(pa.timestamp("us", "UTC")),
            "request_id": pa.array([f"90-B3-D5-1F-30-00-00-01:{number}" for number in range(count)]),
            "user": pa.DictionaryArray.from_arrays(pa.array(user.astype(np.int32)), list(ALLOCATIONS)).cast(
                pa.string()
            ),
            "srv": pa.DictionaryArray.from_arrays(pa.array(srv.astype(np.int32)), list(_SRVS)).cast(
                pa.string()
            ),
        }
        pq.write_table(pa.table(columns), path, compression="zstd")
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description="Service Requests decided.")
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--columns", action="store_true", help="over columns instead of one by one")
    given = parser.parse_args()
    return over_columns(given.requests) if given.columns else one_by_one(given.requests)


if __name__ == "__main__":
    sys.exit(main())
