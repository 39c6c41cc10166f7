"""What keeps a gateway's part of a shared capacity fresh: it reports now and then, and says when it cannot.

No request waits for it. While the store is away requests are decided by what the
gateway holds without it, and it is asked again each time: it comes back by itself.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

from tidegate.admission.shared import Lease, NoPlaceError, Report
from tidegate.gateway.metrics import Metrics
from tidegate.operations.live_journal import JournalUnavailable
from tidegate.operations.request_control import RequestControl
from tidegate.operations.shared_capacity import SharedCapacity


class Store(Protocol):
    """Where the parts are kept: a `journal.capacity_pool.CapacityPool`."""

    def exchange(self, report: Report) -> Lease:
        """Report, and be given a part; raises JournalUnavailable or NoPlaceError."""

    def close(self) -> None:
        """Let go of it."""


class CapacitySharing:
    """Reports, from `start` to `stop`, in the event loop that decides.

    every_s:  From one report to the next.
    """

    def __init__(
        self,
        shared: SharedCapacity,
        control: RequestControl,
        store: Store,
        every_s: float,
        metrics: Metrics,
        log: Any,
    ) -> None:
        self._shared = shared
        self._control = control
        self._store = store
        self._every_s = every_s
        self._metrics = metrics
        self._log = log
        self._thread = ThreadPoolExecutor(1, "capacity")
        self._task: asyncio.Task[None] | None = None
        self._was_alone = False
        self._agreed = True
        self._failed = ""

    async def start(self) -> None:
        """Begin; returns when the first report was answered, or was not."""
        await self._report()
        self._task = asyncio.create_task(self._drive())

    async def stop(self) -> None:
        """End; a report that is on the way is waited for."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.to_thread(self._thread.shutdown)
        self._store.close()

    async def _drive(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self._report()

    async def _report(self) -> None:
        report = self._control.report()
        if report is None:
            return
        sent_at = self._shared.clock()
        asked = asyncio.get_running_loop().run_in_executor(self._thread, self._store.exchange, report)
        asked.add_done_callback(_seen)
        # What is told of being alone is told while it is so, however long the store lets us wait.
        while not asked.done():
            await asyncio.wait([asked], timeout=self._every_s)
            self._tell_whether_alone()
        try:
            lease = asked.result()
        except (JournalUnavailable, NoPlaceError) as error:
            self._tell_failure(str(error))
        else:
            self._shared.take(lease, report, sent_at)
            self._failed = ""
            self._tell_agreement(lease)
        self._tell_whether_alone()
        self._measure()

    def _tell_failure(self, what: str) -> None:
        if what != self._failed:
            self._failed = what
            self._log.warning("capacity could not be shared", detail=what)

    def _tell_agreement(self, lease: Lease) -> None:
        if lease.agrees != self._agreed:
            self._agreed = lease.agrees
            if lease.agrees:
                self._log.info("gateways share the same capacity again", gateways=lease.gateways)
            else:
                what = "their policies, Users or numbers of gateways differ"
                self._log.error("gateways do not share the same capacity", detail=what)

    def _tell_whether_alone(self) -> None:
        is_alone, local = self._shared.is_alone, self._shared.local
        if is_alone == self._was_alone or local is None:
            return
        self._was_alone = is_alone
        self._metrics.capacity_alone.set(int(is_alone))
        if is_alone:
            self._log.error(
                "capacity is not shared: this gateway decides by its local share",
                gateway=self._shared.gateway,
                maximum=local.maximum,
                threshold=local.threshold,
                detail=self._failed,
            )
        else:
            self._log.warning("capacity is shared again", gateway=self._shared.gateway)

    def _measure(self) -> None:
        part = self._shared.part_now()
        self._metrics.capacity_part.labels("maximum").set(part.maximum)
        self._metrics.capacity_part.labels("operating_threshold").set(part.threshold)


def _seen(asked: asyncio.Future[Lease]) -> None:
    """What came of a report that nobody waits for any more is of no interest, as the gateway ends."""
    if not asked.cancelled():
        asked.exception()
