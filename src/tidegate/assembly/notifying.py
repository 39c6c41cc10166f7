"""Notices joined to an engine that runs: who is told, by which ways, and what of it the journal keeps.

notifying = open_notices(plan, journal_url)
opened = open_engine(..., watchers=[notifying.driver])
notifying.start(opened.engine)        # before the engine: it reads what was told
opened.engine.start()
delivery.start(notifying.hears(opened.engine))
...
notifying.stop()                      # before the engine: it notes what was sent
opened.close()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from tidegate.operations.live import LiveStorm
from tidegate.operations.live_journal import JournalUnavailable
from tidegate.operations.messages import Audience, NoticeParty
from tidegate.operations.notes import Note, NoticeEntry, ServiceEvent
from tidegate.operations.notify import Notices
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import DAY, Duration, Instant

if TYPE_CHECKING:
    from tidegate.notices import NoticeDriver, Sender

LOOKS_BACK: Final[Duration] = 3 * DAY
"""Storms that ended longer ago have no part in an open problem, nor in a digest to come."""


class Notes(Protocol):
    """Records notes: `operations.engine.Engine`."""

    def note(self, note: Note) -> None:
        """Record something with the next transaction."""


@dataclass(frozen=True, slots=True)
class PlannedParty:
    """A party, and the ways to it.

    addresses:  Of people, as apprise writes them; they have secrets in them.
    webhook:    Where events go; None: nowhere.
    secret:     What they are signed with.
    """

    party: NoticeParty
    addresses: Sequence[str] = field(default=(), repr=False)
    webhook: str | None = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """Who is told.

    inventory:  What Devices are and who can mend them; None: a problem is an Alert Code.
    source:     What CloudEvents say they come from, a URI.
    """

    parties: Sequence[PlannedParty]
    inventory: Path | None = None
    source: str = "urn:tidegate:gateway"


class Notifying:
    """Notices of one gateway."""

    def __init__(
        self,
        notices: Notices,
        journal_url: str,
        clock: Callable[[], Instant],
        make_driver: Callable[[Callable[[Note], None]], NoticeDriver],
    ) -> None:
        self._notices = notices
        self._journal_url = journal_url
        self._clock = clock
        self._engine: Notes | None = None
        self.driver = make_driver(self._note)

    def start(self, engine: Notes) -> None:
        """Take up where the journal ends, and begin.

        Raises:
            InputError: the journal cannot be read.
        """
        from tidegate.journal.told import notices_of, storms_since  # noqa: PLC0415 - SQLAlchemy is slow to start

        now = self._clock()
        try:
            storms: list[LiveStorm] = storms_since(self._journal_url, now - LOOKS_BACK)
            entries: Sequence[NoticeEntry] = notices_of(self._journal_url)
        except JournalUnavailable as error:
            raise InputError(Fault("journal", f"cannot be read: {error}", "Look at its database.")) from None
        self._engine = engine
        self.driver.start(self._notices.resume(storms, entries, now))

    def hears(self, engine: Any) -> Any:
        """The engine, for those whose Service Management Events are to be told too."""
        return _Heard(engine, self.driver)

    def stop(self, within_s: float = 5.0) -> None:
        """Send what waits, as far as it can be in the time."""
        self.driver.stop(within_s)

    def _note(self, note: Note) -> None:
        assert self._engine is not None, "it was started with one"
        self._engine.note(note)


class _Heard:
    """An engine whose Service Management Events are told as they are noted."""

    def __init__(self, engine: Any, driver: NoticeDriver) -> None:
        self._engine = engine
        self._driver = driver

    def note(self, note: Note) -> None:
        self._engine.note(note)
        if isinstance(note, ServiceEvent):
            self._driver.service_event(note)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def open_notices(plan: NoticePlan, journal_url: str, clock: Callable[[], Instant] | None = None) -> Notifying:
    """The notices of a gateway, not started yet.

    Raises:
        InputError: an address or a webhook cannot be used, a party stands there twice, or the Inventory cannot
            be read. Carries every fault of the parties.
    """
    from tidegate.assembly.clock import clock as this_machines  # noqa: PLC0415
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415

    clock = clock or this_machines
    _refuse_twice(plan.parties)
    inventory = None if plan.inventory is None else open_inventory(plan.inventory)
    notices = Notices([planned.party for planned in plan.parties], clock(), inventory)

    def make_driver(note: Callable[[Note], None]) -> NoticeDriver:
        from tidegate.notices import NoticeDriver  # noqa: PLC0415

        senders: dict[tuple[str, Audience], Sequence[Sender]] = {}
        faults: list[Fault] = []
        for planned in plan.parties:
            try:
                senders.update(_senders(planned, plan.source, note, clock))
            except InputError as error:
                faults.extend(error.faults)
        if faults:
            raise InputError(*faults)
        return NoticeDriver(notices, senders, note, clock)

    return Notifying(notices, journal_url, clock, make_driver)


def _senders(
    planned: PlannedParty, source: str, note: Callable[[Note], None], clock: Callable[[], Instant]
) -> dict[tuple[str, Audience], Sequence[Sender]]:
    from tidegate.notices import Sender, Webhook, WebhookTarget  # noqa: PLC0415

    party, called = planned.party.party, planned.party.called
    senders: dict[tuple[str, Audience], Sequence[Sender]] = {}
    if planned.addresses:
        from tidegate.notices.people import PeopleChannel  # noqa: PLC0415 - apprise is slow to start

        # An address of its own each: one that is gone holds up none of the others, and none gets a message twice.
        senders[party, Audience.PEOPLE] = [
            Sender(party, PeopleChannel(f"{called}, address {place}", url), note, clock)
            for place, url in enumerate(planned.addresses, start=1)
        ]
    if planned.webhook is not None:
        target = WebhookTarget(f"{called}, webhook", planned.webhook, planned.secret, source)
        senders[party, Audience.MACHINES] = [Sender(party, Webhook(target), note, clock)]
    return senders


def _refuse_twice(parties: Sequence[PlannedParty]) -> None:
    names = [planned.party.party for planned in parties]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            *(
                Fault(f"notices, {name}", "stands there twice", "Write its ways in one place.")
                for name in twice
            )
        )
