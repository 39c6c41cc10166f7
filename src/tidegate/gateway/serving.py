"""The whole gateway, from settings to a server that runs until it is asked to end."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from typing import Any, Final

import uvloop

from tidegate.assembly.clock import clock
from tidegate.assembly.delivering import SigningFiles, open_delivery
from tidegate.assembly.notifying import Notifying, open_notices
from tidegate.assembly.serving import Opened, open_engine
from tidegate.delivery import Delivery, Recipient
from tidegate.gateway.access import delivery_tls, identification
from tidegate.gateway.app import Parts, make_app
from tidegate.gateway.bodies import Budget
from tidegate.gateway.door import Door
from tidegate.gateway.ended_storms import EndedStorms
from tidegate.gateway.excluded_codes import ExcludedAlarm
from tidegate.gateway.logs import RefusalLog
from tidegate.gateway.metrics import Metrics
from tidegate.gateway.noticing import notice_plan
from tidegate.gateway.reading import ReadingPlan, reader_of
from tidegate.gateway.recipient_totals import RecipientTotals
from tidegate.gateway.replies import Refusal
from tidegate.gateway.request_serving import open_requests
from tidegate.gateway.server import Server, make_server
from tidegate.gateway.settings import Settings
from tidegate.operations.live_protection import make_ready
from tidegate.operations.messages import ALARMS
from tidegate.vocabulary.faults import InputError

_AT_THE_CONNECTION: Final = "connection"
_YOUNG_OBJECTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that is ready to run."""

    settings: Settings
    opened: Opened
    delivery: Delivery
    notifying: Notifying
    excluded: ExcludedAlarm
    door: Door
    server: Server
    log: Any

    def run(self) -> None:
        """Run until a signal says to end; what was begun is finished then.

        Raises:
            InputError: its address cannot be listened on.
            JournalUnavailable: the journal cannot be reached to begin with.
            Exception: what the engine or delivery ended by, where that was a fault of ours. All that was
                acknowledged is in the journal, and another start takes up from there.
        """
        engine = self.opened.engine
        try:
            self.notifying.start(engine)
            hears = self.notifying.hears(engine)
            make_ready()
            self.excluded.start(hears, self._url, self.opened.journal.last_event_of(ALARMS), clock())
            engine.start()
            self.delivery.start(hears)
            self.server.run()
        finally:
            # Delivery before the engine, which is told how the last attempts ended.
            self.delivery.stop()
            self.notifying.stop()
            self.opened.close()
        failure = self.failure
        if failure is not None:
            self.log.critical("ended by a fault of ours; start it again", exc_info=failure)
            raise failure
        self.log.info("ended", received=engine.counters().received)

    def _url(self) -> str:
        settings = self.settings
        bound = self.server.bound_port if settings.port == 0 and self.server.started else settings.port
        return settings.server_url(bound)

    @property
    def failure(self) -> Exception | None:
        """What the engine or delivery ended by, where that was a fault of ours."""
        return self.opened.engine.failure or self.delivery.failure


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
    delivery = open_deliveries(settings)
    notifying = open_notices(notice_plan(settings), settings.journal.url.get_secret_value(), clock)
    excluded = ExcludedAlarm(settings, clock(), log)
    opened = open_engine(
        settings.journal.url.get_secret_value(),
        settings.policy.begin_with,
        inventory=settings.policy.inventory,
        keep_days=settings.journal.keep_days,
        watchers=[ended, notifying.driver],
        decision_watchers=[excluded],
        outbox=delivery,
    )
    engine = opened.engine
    metrics = Metrics(engine.counters, lambda: engine.is_ready, delivery.status, excluded.load)
    opened.journal.tell_commits(metrics.journal_committed_after.observe)
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

    def serving() -> None:
        log.info(
            "serving",
            listen=settings.listen,
            access=settings.access.mode,
            verifies=settings.verifies,
            recipients=len(settings.recipients),
        )

    def draining() -> None:
        door.is_draining = True
        log.info("draining", in_flight=door.in_flight)

    try:
        requests = open_requests(door, opened, plan, _signing(settings), notifying.driver.early_warning)
    except InputError:
        opened.journal.close()
        raise
    app = make_app(
        Parts(
            door,
            make_reader,
            _processes(settings),
            clock,
            ended,
            delivery.carry_out,
            notifying.driver.problems,
            excluded,
            requests,
        )
    )

    def has_failed() -> bool:
        return gateway.failure is not None

    server = make_server(app, settings, refused, serving, draining, has_failed)
    gateway = Gateway(settings, opened, delivery, notifying, excluded, door, server, log)
    return gateway


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


def open_deliveries(settings: Settings) -> Delivery:
    """Delivery to the recipients of the settings, not started yet.

    Raises:
        InputError: a certificate or a key cannot be used.
    """
    tls = delivery_tls(settings)
    recipients = [
        Recipient(each.user, each.url, each.takes_throttle_metadata, tls) for each in settings.recipients
    ]
    return open_delivery(recipients, _signing(settings), loop_factory=uvloop.new_event_loop)


def _signing(settings: Settings) -> SigningFiles | None:
    given = settings.signing
    if given.key is None or given.certificate is None:
        return None
    password = None if given.password is None else given.password.get_secret_value().encode()
    return SigningFiles(given.key, given.certificate, password)


def _processes(settings: Settings) -> int:
    """Reading takes as long as all the rest: one core at least is for it, and one is left for the rest."""
    said = settings.limits.reading_processes
    return max(1, min(4, (os.cpu_count() or 2) - 1)) if said is None else said
