"""Excluded codes that are more than can be carried: the alarm, and what operators are answered about it."""

# FastAPI reads the annotations of the routes, which name what stands in the function around them: they are no texts.
import threading
from collections.abc import Callable
from typing import Annotated, Any, Final, Protocol

import numpy as np
from fastapi import APIRouter, Depends, Request
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.gateway.door import Door
from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.settings import Settings
from tidegate.operations.excluded_events import (
    MOST_CODES,
    OVER_CAPACITY,
    code_in_words,
    flood_data,
    flood_event,
    override_command,
)
from tidegate.operations.excluded_flood import ExcludedCapacity, ExcludedFlood, ExcludedLoad, FloodChange
from tidegate.operations.notes import Note, ServiceEvent
from tidegate.vocabulary.instants import SECOND, Instant, parse_instant

PATH: Final = "/api/excluded-codes"
_IN_THE_LOG: Final = ("since", "alerts_per_second", "capacity_per_second", "alerts_since")


class Hears(Protocol):
    """Records events, and has them told: `Notifying.hears`."""

    def note(self, note: Note) -> None:
        """Record something with the next transaction."""


class ExcludedAlarm:
    """Watches what the engine decides (`operations.live.DecisionWatcher`); any thread may ask.

    server:  Where the gateway is reached, for the command that the alarm spells out.
    """

    def __init__(self, settings: Settings, now: Instant, log: Any) -> None:
        said = settings.excluded_codes
        self._capacity = ExcludedCapacity.of(said.capacity_per_second, int(said.period_seconds * SECOND))
        self._lock = threading.Lock()
        self._flood = ExcludedFlood(self._capacity, now)
        self._log = log
        self._hears: Hears | None = None
        self._server: Callable[[], str] = str

    def start(self, hears: Hears, server: Callable[[], str], last: ServiceEvent | None, now: Instant) -> None:
        """Begin, before the engine does; `last` is the last that was told of a flood, if anything was."""
        self._hears, self._server = hears, server
        if last is not None and last.kind == OVER_CAPACITY:
            self._flood = ExcludedFlood(self._capacity, now, parse_instant(str(last.details["since"])))

    def decided(self, alerts: AlertBatch, outcome: NDArray[np.uint8], recipients: Recipients) -> None:
        """These were decided."""
        with self._lock:
            change = self._flood.decided(alerts, outcome, recipients)
        self._tell(change)

    def advance_to(self, now: Instant) -> None:
        """Time has passed."""
        with self._lock:
            change = self._flood.advance_to(now)
        self._tell(change)

    def load(self) -> ExcludedLoad:
        """How much there is."""
        with self._lock:
            return self._flood.load()

    def report(self) -> dict[str, object]:
        """Which codes, of how many Devices, to whom, and the way out."""
        with self._lock:
            now = self._flood.now()
        return flood_data(now, self._server())

    def _tell(self, change: FloodChange | None) -> None:
        if change is None:
            return
        assert self._hears is not None, "it was started before the engine"
        server = self._server()
        event = flood_event(change, server)
        self._hears.note(event)
        about = {name: event.details[name] for name in _IN_THE_LOG}
        of_codes = ", ".join(map(code_in_words, change.now.codes[:MOST_CODES]))
        if change.has_begun:
            way_out = override_command(change.now.codes[0], server)
            self._log.error("excluded codes over capacity", **about, codes=of_codes, way_out=way_out)
        else:
            self._log.warning("excluded codes within capacity", **about)


def excluded_codes(door: Door, alarm: ExcludedAlarm) -> APIRouter:
    """The route."""
    router = APIRouter()

    def operator(request: Request) -> Caller:
        caller = door.caller_of(request.scope, dict(request.scope["headers"]), Scope.OPERATE)
        request.state.caller = caller
        return caller

    @router.get(PATH, summary="Excluded codes against their capacity: which, of how many Devices, to whom")
    async def report(caller: Annotated[Caller, Depends(operator)]) -> dict[str, Any]:
        del caller
        return alarm.report()

    return router
