"""The whole gateway, from settings to a server that runs until it is asked to end."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from typing import Any, Final

from tidegate.assembly.serving import Opened, clock, open_engine
from tidegate.gateway.access import identification
from tidegate.gateway.app import Parts, make_app
from tidegate.gateway.bodies import Budget
from tidegate.gateway.door import Door
from tidegate.gateway.ended_storms import EndedStorms
from tidegate.gateway.logs import RefusalLog
from tidegate.gateway.metrics import Metrics
from tidegate.gateway.reading import ReadingPlan, reader_of
from tidegate.gateway.recipient_totals import RecipientTotals
from tidegate.gateway.replies import Refusal
from tidegate.gateway.server import Server, make_server
from tidegate.gateway.settings import Settings

_AT_THE_CONNECTION: Final = "connection"
_YOUNG_OBJECTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that is ready to run."""

    settings: Settings
    opened: Opened
    door: Door
    server: Server
    log: Any

    def run(self) -> None:
        """Run until a signal says to end; what was begun is finished then.

        Raises:
            JournalUnavailable: the journal cannot be reached to begin with.
        """
        engine = self.opened.engine
        try:
            engine.start()
            self.log.info(
                "serving",
                listen=self.settings.listen,
                access=self.settings.access.mode,
                verifies=self.settings.verifies,
                recipients=len(self.settings.recipients),
            )
            self.server.run()
        finally:
            self.opened.close()
        self.log.info("ended", received=engine.counters().received)


def keep_out_of_collections() -> None:
    """Let the garbage collector pass over what was made until now.

    A compiler and its libraries are a million objects that live as long as the process. Looking through them
    again and again took more than half of the time under load.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def make_gateway(settings: Settings, log: Any) -> Gateway:
    """Everything of a gateway, joined.

    Raises:
        InputError: the journal, the policy, certificates or the schema cannot be used.
        JournalUnavailable: the journal cannot be reached.
    """
    plan = reading_plan(settings)
    make_reader = reader_of(plan)
    make_reader()  # what is wrong with certificates is told now, not by a process that reads
    ended = EndedStorms()
    opened = open_engine(
        settings.journal.url.get_secret_value(), settings.policy.begin_with, watchers=[ended]
    )
    engine = opened.engine
    metrics = Metrics(engine.counters, lambda: engine.is_ready)
    door = Door(
        settings=settings,
        engine=engine,
        identify=identification(settings, clock),
        metrics=metrics,
        log=log,
        refusal_log=RefusalLog(log),
        budget=Budget(settings.limits.bodies_bytes),
        totals=RecipientTotals(),
    )

    def refused(refusal: Refusal) -> bytes:
        request_id = door.new_id()
        door.refuse(refusal, _AT_THE_CONNECTION, request_id)
        return request_id

    def draining() -> None:
        door.is_draining = True
        log.info("draining", in_flight=door.in_flight)

    app = make_app(Parts(door, make_reader, _processes(settings), clock, ended))
    return Gateway(settings, opened, door, make_server(app, settings, refused, draining), log)


def reading_plan(settings: Settings) -> ReadingPlan:
    """How documents are read, by the settings."""
    signatures = settings.signatures
    return ReadingPlan(
        certificates=signatures.certificates if settings.verifies else None,
        dcc_roles=None if signatures.dcc_roles is None else tuple(signatures.dcc_roles),
        dcc_parties=tuple(signatures.dcc_parties),
        accept_expired=signatures.accept_expired,
        check_payload=signatures.check_payload,
        schema=signatures.xml_schema,
    )


def _processes(settings: Settings) -> int:
    """Verifying is worth a process of its own, and one core is left for all the rest."""
    said = settings.limits.reading_processes
    if said is not None:
        return said
    return max(1, min(4, (os.cpu_count() or 2) - 1)) if settings.verifies else 0
