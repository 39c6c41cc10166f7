"""One capacity shared by gateways that are real processes over a real PostgreSQL: is it kept, used, and followed?

Each process decides by the rule within its part, with requests that come as a plan
says, and reports every 0.2 s, as the gateway does; there is no HTTP. Every admission
is noted by the machine's clock, and all of them are counted over every period.

    python -m benchmarks.shared_capacity            about 40 s; needs a PostgreSQL server's programs (Debian: postgresql)

Ends with status 1 where more than the maximum was admitted in a period.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.durability import postgresql

from benchmarks.measured import circumstances
from tidegate.admission.capacity import CapacityRules
from tidegate.admission.control import AdmissionControl
from tidegate.admission.decision import Outcome
from tidegate.admission.shared import SharingTerms
from tidegate.journal.capacity_pool import CapacityPool
from tidegate.operations.live_journal import JournalUnavailable
from tidegate.operations.shared_capacity import SharedCapacity, within
from tidegate.vocabulary.instants import SECOND
from tidegate.vocabulary.service_requests import ServiceRequest

PROCESSES = 3
EVERY_S = 0.2
TERMS = SharingTerms(lease_for=2 * SECOND, silent_for=20 * SECOND)
RULES = CapacityRules(SECOND, maximum_system_capacity=300, operating_threshold=270)
ALLOCATIONS = {"alpha": 135, "beta": 90, "gamma": 45}


@dataclass(frozen=True)
class Stage:
    """Some seconds of steady demand: requests a second of each User, at each gateway."""

    name: str
    seconds: float
    demand: tuple[Mapping[str, int], ...]
    is_up: bool = True


STAGES = (
    Stage("a User at each gateway, 405/s", 8, ({"alpha": 200}, {"beta": 160}, {"gamma": 45})),
    Stage("all of it at the third", 8, ({}, {}, {"alpha": 200, "beta": 160, "gamma": 45})),
    Stage("within the threshold, 240/s", 6, ({"alpha": 120}, {"beta": 80}, {"gamma": 40})),
    Stage("the database is stopped", 10, ({"alpha": 200}, {"beta": 160}, {"gamma": 45}), is_up=False),
    Stage("it is back", 8, ({"alpha": 200}, {"beta": 160}, {"gamma": 45})),
)


@dataclass
class Noted:
    """What one process notes: admissions as (instant, User), requests that came, and how long reports took."""

    admitted: list[tuple[int, str]] = field(default_factory=list)
    came: int = 0
    exchanges_ms: list[float] = field(default_factory=list)


def coming(place: int, begins_at: float) -> Iterator[tuple[float, str]]:
    """When requests come to one gateway, and whose."""
    at = begins_at
    for stage in STAGES:
        due = [
            (at + (number + 0.5) / rate, user)
            for user, rate in stage.demand[place].items()
            for number in range(int(rate * stage.seconds))
        ]
        yield from sorted(due)
        at += stage.seconds


def work(place: int, url: str, begins_at: float) -> Noted:
    """Be one gateway."""
    shared = SharedCapacity(f"gateway {place}", "1", PROCESSES, TERMS, lambda: time.monotonic_ns() // 1_000)
    part = shared.share(RULES, ALLOCATIONS)
    control = AdmissionControl(within(RULES, part), part.allocations)
    noted, lock, has_ended = Noted(), threading.Lock(), threading.Event()

    def now() -> int:
        return time.time_ns() // 1_000

    def follow(at: int) -> None:
        nonlocal part
        if (held := shared.part_now()) is not part:
            part = held
            control.change(within(RULES, part), part.allocations, at)

    def report() -> None:
        pool = CapacityPool(url, "benchmark", TERMS)
        while not has_ended.wait(EVERY_S):
            with lock:
                at = now()
                follow(at)
                control.advance_to(at)
                sent_at, told = shared.clock(), shared.report(*control.load())
            began = time.perf_counter()
            try:
                lease = pool.exchange(told)
            except JournalUnavailable:
                continue
            noted.exchanges_ms.append((time.perf_counter() - began) * 1_000)
            with lock:
                shared.take(lease, told, sent_at)

    thread = threading.Thread(target=report)
    thread.start()
    for due, user in coming(place, begins_at):
        time.sleep(max(0.0, due - time.time()))
        with lock:
            at = now()
            follow(at)
            noted.came += 1
            request = ServiceRequest(at, f"{place}:{noted.came}", user, "4.8.1")
            if control.receive(request).outcome is not Outcome.THROTTLED:
                noted.admitted.append((at, user))
    has_ended.set()
    thread.join()
    return noted


def main() -> None:
    """Run, count, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--be", nargs=3, metavar=("PLACE", "URL", "BEGINS_AT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.be:
        place, url, begins_at = given.be
        print(json.dumps(vars(work(int(place), url, float(begins_at)))))
        return
    if postgresql.BINARIES is None:
        raise SystemExit(postgresql.WHY_NOT)
    print(circumstances())
    with postgresql.running_server() as server:
        begins_at = time.time() + 5
        children = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "benchmarks.shared_capacity",
                    "--be",
                    str(place),
                    server.url,
                    str(begins_at),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            for place in range(PROCESSES)
        ]
        at, was_up = begins_at, True
        for stage in STAGES:
            time.sleep(max(0.0, at - time.time()))
            if stage.is_up != was_up:
                (server.start if stage.is_up else server.stop)()
                was_up = stage.is_up
            at += stage.seconds
        told = [json.loads(child.communicate()[0]) for child in children]
    tell(told, begins_at)


def tell(told: list[dict[str, list[list[int]]]], begins_at: float) -> None:
    """Count all admissions over every period, and by stage."""
    admitted = sorted((at, str(user)) for each in told for at, user in each["admitted"])
    instants = [at for at, _ in admitted]
    most = [number + 1 - bisect_left(instants, at - SECOND + 1) for number, at in enumerate(instants)]
    print(f"\n{'stage':32} {'most in 1 s':>11} {'mean/s, last 3 s':>17}   of them")
    at = int(begins_at * SECOND)
    for stage in STAGES:
        end = at + int(stage.seconds * SECOND)
        first, last = bisect_left(instants, at), bisect_left(instants, end)
        settled = admitted[bisect_left(instants, end - 3 * SECOND) : last]
        by_user = Counter(user for _, user in settled)
        users = ", ".join(f"{user} {by_user[user] / 3:.0f}" for user in ALLOCATIONS)
        print(f"{stage.name:32} {max(most[first:last]):11} {len(settled) / 3:17.0f}   {users}")
        at = end
    taken = sorted(ms for each in told for ms in each["exchanges_ms"])
    print(
        f"\nreports: {len(taken)}, median {taken[len(taken) // 2]:.1f} ms, 99 % within {taken[len(taken) * 99 // 100]:.1f} ms"
    )
    print(f"most in any period: {max(most)} of a maximum of {RULES.maximum_system_capacity}")
    if max(most) > RULES.maximum_system_capacity:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
