"""Who is told what, when: storms, problems and Service Management Events in, messages out.

People are told at once of a problem that is new to them, once, and outside
their quiet hours; everything else stands in one digest a day. Machines get
every event, and both of a User that nears its allocation. So ten thousand Devices with one fault are one message and one line.

It does no I/O and reads no clock: what it makes is sent by others (`tidegate.notices`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.problems import SILENT_FOR
from tidegate.columnar.inventory import Inventory
from tidegate.operations.digest import digest_of
from tidegate.operations.early_warnings import EARLY_WARNING, EarlyWarning, WarningSpells
from tidegate.operations.live import LiveStorm
from tidegate.operations.live_problems import LiveProblem, LiveProblems, Part, Placed
from tidegate.operations.messages import (
    ALARMS,
    AVOIDED,
    DIGEST,
    EVERYONE,
    INFORMED,
    OPERATOR,
    PROBLEM_CLOSED,
    PROBLEM_OPENED,
    PROBLEM_UPDATED,
    RESPONSIBLE,
    SERVICE_MANAGEMENT,
    STORM_ENDED,
    STORM_STARTED,
    Audience,
    Message,
    NoticeParty,
    event_in_words,
    opened_in_words,
    problem_data,
    problem_in_words,
    storm_data,
    storm_key,
)
from tidegate.operations.notes import Note, NoticeEntry, NoticeState, ServiceEvent
from tidegate.operations.party_told import PartyTold, next_time
from tidegate.reports.numerals import many
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.days import Days
from tidegate.vocabulary.instants import MINUTE, Duration, Instant, format_instant

TOLD_AGAIN_FOR: Final[Duration] = 10 * MINUTE
"""How long after a restart the engine may tell again of storms that were told before it."""


class Notices:
    """Makes messages of what happens. Instants must not go back.

    parties:    Those that are told; others are not.
    now:        When it begins.
    inventory:  What Devices are and who can mend them; without one a problem is an Alert Code.
    silent_for: How long a problem must be silent to be closed.
    """

    def __init__(
        self,
        parties: Sequence[NoticeParty],
        now: Instant,
        inventory: Inventory | None = None,
        silent_for: Duration = SILENT_FOR,
    ) -> None:
        self._told = {it.party: PartyTold(it, now, next_time(it.digest_at, now)) for it in parties}
        assert len(self._told) == len(parties), "a party is told once"
        self._problems = LiveProblems(inventory, silent_for)
        self._warnings = WarningSpells()
        self._notes: list[Note] = []
        self._heard: set[tuple[Stream, Instant, bool]] = set()
        self._heard_until: Instant = 0

    def storms(self, started: Sequence[LiveStorm], ended: Sequence[LiveStorm], now: Instant) -> list[Message]:
        """Storms have started and ended. Amber spells are left out: they hold nothing back."""
        if self._heard and now > self._heard_until:
            self._heard = set()
        started = [it for it in started if self._is_news(it, has_ended=False)]
        ended = [it for it in ended if self._is_news(it, has_ended=True)]
        messages: list[Message] = []
        begun = self._problems.started(started)
        for placed in begun:
            # All are counted before any is told of.
            for told, role in self._concerned(placed):
                self._count_start(told, placed, role, now)
        for placed in begun:
            messages += self._started(placed, now)
        messages += self._grown({placed.problem.problem_id: placed.problem for placed in begun}.values(), now)
        for placed in self._problems.ended(ended):
            messages += self._ended(placed, now)
        return messages

    def advance_to(self, now: Instant) -> list[Message]:
        """Time has passed: problems may be silent, quiet hours over, digests due."""
        messages: list[Message] = []
        for problem in self._problems.close_silent(now):
            self._notes.append(
                ServiceEvent(now, "problem_closed", problem_data(problem, problem.whole, OPERATOR))
            )
            for told in self._told.values():
                messages += self._closed(told, problem, now)
        for warning, crossings in self._warnings.advance_to(now):
            messages += self._warn(warning, crossings)
        for told in self._told.values():
            messages += self._after_quiet(told, now)
            if now >= told.due:
                messages += self._digest(told, now)
        return messages

    def service_event(self, event: ServiceEvent) -> list[Message]:
        """A Service Management Event: to whom it names as its recipient, and to who operates the gateway.

        People are told of the first of a kind in a day at once, of the others in the digest; of an alarm, which tells
        once when it begins and once when it is over, each time.
        """
        messages = []
        for name in dict.fromkeys((str(event.details.get("recipient", "")), EVERYONE)):
            told = self._told.get(name)
            if told is None:
                continue
            kind = f"{SERVICE_MANAGEMENT}.{event.kind}"
            key = f"{event.at}.{event.kind}.{sorted(map(str, event.details.items()))}"
            data = {"event": event.kind, **event.details}
            messages.append(_machine(told, event.at, kind, event.kind, key, data))
            told.events[event.kind] += 1
            is_due = event.kind in ALARMS or told.events[event.kind] == 1
            if is_due and told.may_tell_now(event.at):
                title = f"Tidegate: {event.kind.replace('_', ' ')}"
                text = event_in_words(event)
                messages.append(
                    Message(event.at, kind, name, Audience.PEOPLE, event.kind, key, title, text, data)
                )
        return messages

    def early_warning(self, warning: EarlyWarning) -> list[Message]:
        """A User has come near its allocation: to itself, and to who operates the gateway; once a minute at most."""
        for told in self._warned_of(warning):
            told.warned[warning.user] += 1
        return list(self._warn(warning, 1)) if self._warnings.crossed(warning) else []

    def resume(
        self, storms: Iterable[LiveStorm], entries: Sequence[NoticeEntry], now: Instant
    ) -> list[Message]:
        """Take up where the journal ends, before anything else happens; what was not told yet comes out.

        Args:
            storms:   Those of the last days, and those that run, as the journal has them.
            entries:  The notices of the journal, the latest first.
            now:      When.
        """
        storms = sorted(storms, key=lambda it: it.storm.started_at)
        begins = storms[0].storm.started_at if storms else now
        for told in self._told.values():
            told.since = 0
        for entry in reversed(entries):
            self._remember(entry)
        for told in self._told.values():
            told.since = told.since or begins
            told.due = next_time(told.party.digest_at, told.since)
        self._heard_until = now + TOLD_AGAIN_FOR
        closed: dict[str, LiveProblem] = {}
        for live in storms:
            if not self._is_news(live, has_ended=False):
                continue
            self._heard.add((live.storm.stream, live.storm.started_at, False))
            for problem in self._problems.close_silent(live.storm.started_at):
                closed[problem.problem_id] = problem
            for placed in self._problems.started([live]):
                closed.pop(placed.problem.problem_id, None)
                for told, role in self._concerned(placed):
                    self._count_start(told, placed, role, live.storm.started_at)
            if live.storm.ended_at is not None:
                self._heard.add((live.storm.stream, live.storm.started_at, True))
                for placed in self._problems.ended([live]):
                    for told, role in self._concerned(placed):
                        self._count_end(told, placed, role, live.storm.ended_at)
        messages = [
            message
            for problem in closed.values()
            for told in self._told.values()
            for message in self._closed(told, problem, now)
        ]
        for problem in self._problems:
            for told in self._told.values():
                role = _role_in(told.party.party, problem)
                if not role:
                    continue
                if problem.problem_id not in told.problems:
                    messages += self._opened(told, problem, role, now)
                told.problems[problem.problem_id] = len(told.part(problem).devices)
        return messages

    def take_notes(self) -> list[Note]:
        """What is to be recorded: problems opened and closed, messages avoided."""
        notes, self._notes = self._notes, []
        return notes

    def problems_for(self, party: str | None, running: Sequence[LiveStorm] = ()) -> list[dict[str, object]]:
        """The open problems that concern a party, told or not, or (None) all; the one with most storms first.

        running:  The storms that run, with what they have come to.
        """
        shown: list[tuple[LiveProblem, Part, str]] = []
        for problem in self._problems.with_running(running):
            if party is None:
                shown.append((problem, problem.whole, OPERATOR))
            elif party in problem.parts:
                shown.append((problem, problem.parts[party], _role_in(party, problem)))
        shown.sort(key=lambda it: (-it[1].storms, it[0].problem_id))
        return [problem_data(*it) for it in shown]

    def _warned_of(self, warning: EarlyWarning) -> Iterator[PartyTold]:
        for name in (warning.user, EVERYONE):
            if (told := self._told.get(name)) is not None and told.party.early_warnings:
                yield told

    def _warn(self, warning: EarlyWarning, crossings: int) -> Iterator[Message]:
        key, data = f"{warning.user}.{warning.at}", warning.data(crossings)
        for told in self._warned_of(warning):
            yield _machine(told, warning.at, EARLY_WARNING, warning.user, key, data)
            if warning.user not in told.warned_at_once and told.may_tell_now(warning.at):
                told.warned_at_once.add(warning.user)
                title = f"Tidegate: early warning, {warning.user} is near its allocation"
                party, text = told.party.party, warning.in_words()
                yield Message(
                    warning.at, EARLY_WARNING, party, Audience.PEOPLE, warning.user, key, title, text, data
                )

    def _is_news(self, live: LiveStorm, *, has_ended: bool) -> bool:
        """Say whether a storm's start or end is to be told. After a crash the engine tells of some once more."""
        if live.storm.level is not Level.RED:
            return False
        return (live.storm.stream, live.storm.started_at, has_ended) not in self._heard

    def _concerned(self, placed: Placed) -> Iterator[tuple[PartyTold, str]]:
        recipient = placed.storm.storm.stream.recipient
        roles = {EVERYONE: OPERATOR, recipient: INFORMED}
        if placed.responsible:
            roles[placed.responsible] = RESPONSIBLE
        for name, role in roles.items():
            if name in self._told:
                yield self._told[name], role

    def _started(self, placed: Placed, now: Instant) -> Iterator[Message]:
        if placed.is_first:
            self._notes.append(
                ServiceEvent(
                    now, "problem_opened", problem_data(placed.problem, placed.problem.whole, OPERATOR)
                )
            )
        for told, role in self._concerned(placed):
            yield self._storm(told, placed, STORM_STARTED, now)
            if placed.problem.problem_id not in told.problems:
                yield from self._opened(told, placed.problem, role, now)

    def _ended(self, placed: Placed, now: Instant) -> Iterator[Message]:
        for told, role in self._concerned(placed):
            self._count_end(told, placed, role, now)
            yield self._storm(told, placed, STORM_ENDED, now)
            if placed.problem.problem_id not in told.problems:
                # It had started before there was a journal to remember it.
                yield from self._opened(told, placed.problem, role, now)

    def _count_start(self, told: PartyTold, placed: Placed, role: str, at: Instant) -> None:
        if at < told.since:
            return
        tally = told.tally(placed.problem, role)
        tally.started += 1
        tally.add_device(placed.storm.storm.stream.device_id)
        told.spared.told += 1

    def _count_end(self, told: PartyTold, placed: Placed, role: str, at: Instant) -> None:
        if at < told.since:
            return
        tally = told.tally(placed.problem, role)
        tally.ended += 1
        tally.received += placed.storm.storm.received
        tally.throttled += placed.storm.storm.throttled
        tally.add_device(placed.storm.storm.stream.device_id)
        told.spared.told += 1

    def _storm(self, told: PartyTold, placed: Placed, kind: str, now: Instant) -> Message:
        data = storm_data(placed)
        return _machine(told, now, kind, str(data["device_id"]), storm_key(placed.storm), data)

    def _opened(self, told: PartyTold, problem: LiveProblem, role: str, now: Instant) -> Iterator[Message]:
        part = told.part(problem)
        told.problems[problem.problem_id] = len(part.devices)
        data = problem_data(problem, part, role)
        key = f"{problem.problem_id}.{problem.opened_at}"
        yield _machine(told, now, PROBLEM_OPENED, problem.problem_id, key, data)
        if not told.party.immediate:
            return
        if told.is_quiet(now):
            told.held.append((problem, role))
        elif told.may_tell_now(now):
            yield _problem_message(told, [(problem, role)], now)

    def _grown(self, problems: Iterable[LiveProblem], now: Instant) -> Iterator[Message]:
        """Machines are told when a problem has twice the Devices it had: seldom, however large it grows."""
        for problem in problems:
            for told in self._told.values():
                before = told.problems.get(problem.problem_id)
                devices = len(told.part(problem).devices) if before is not None else 0
                if before is None or devices < 2 * max(before, 1):
                    continue
                told.problems[problem.problem_id] = devices
                data = problem_data(problem, told.part(problem), _role_in(told.party.party, problem))
                key = f"{problem.problem_id}.{problem.opened_at}.{devices}"
                yield _machine(told, now, PROBLEM_UPDATED, problem.problem_id, key, data)

    def _closed(self, told: PartyTold, problem: LiveProblem, now: Instant) -> Iterator[Message]:
        if problem.problem_id not in told.problems:
            return
        role = _role_in(told.party.party, problem)
        part = told.part(problem)
        told.tally(problem, role).is_closed = True
        del told.problems[problem.problem_id]
        told.held = [it for it in told.held if it[0] is not problem]
        key = f"{problem.problem_id}.{problem.opened_at}"
        yield _machine(told, now, PROBLEM_CLOSED, problem.problem_id, key, problem_data(problem, part, role))

    def _after_quiet(self, told: PartyTold, now: Instant) -> Iterator[Message]:
        if told.held and not told.is_quiet(now):
            held, told.held = told.held, []
            if told.may_tell_now(now):
                yield _problem_message(told, held, now)

    def _digest(self, told: PartyTold, now: Instant) -> Iterator[Message]:
        is_sent = told.party.digest and bool(told.tallies or told.events or told.warned)
        before = told.spared.total
        avoided = told.spared.close(int(is_sent))
        if is_sent:
            tallies = list(told.tallies.values())
            yield digest_of(told.party, tallies, told.since, now, avoided, before, told.events, told.warned)
        if told.tallies or avoided:
            body = {
                "avoided": avoided,
                "avoided_so_far": told.spared.total,
                "since": format_instant(told.since),
            }
            date = Days.LOCAL.date_of(told.since)
            self._notes.append(
                NoticeEntry(now, AVOIDED, told.party.party, date, body, "", NoticeState.AVOIDED)
            )
        told.tallies, told.events = {}, Counter()
        told.warned, told.warned_at_once = Counter(), set()
        told.since, told.due = now, next_time(told.party.digest_at, now)

    def _remember(self, entry: NoticeEntry) -> None:
        told = self._told.get(entry.party)
        if told is None:
            return
        if entry.kind == PROBLEM_OPENED:
            named = entry.body.get("problems", [entry.subject])
            for problem_id in named if isinstance(named, list) else []:
                told.problems.setdefault(str(problem_id), 1)
        elif entry.kind == PROBLEM_CLOSED:
            told.problems.pop(entry.subject, None)
        elif entry.kind == (DIGEST if told.party.digest else AVOIDED):
            told.since = max(told.since, entry.at)
            so_far = entry.body.get("avoided_so_far", 0)
            told.spared.total = so_far if isinstance(so_far, int) else 0


def _role_in(party: str, problem: LiveProblem) -> str:
    """What a party has to do with a problem; empty: nothing."""
    if party == EVERYONE:
        return OPERATOR
    if party in problem.responsible:
        return RESPONSIBLE
    return INFORMED if party in problem.recipients else ""


def _machine(
    told: PartyTold, at: Instant, kind: str, subject: str, key: str, data: dict[str, object]
) -> Message:
    return Message(at, kind, told.party.party, Audience.MACHINES, subject, key, data=data)


def _problem_message(told: PartyTold, opened: Sequence[tuple[LiveProblem, str]], now: Instant) -> Message:
    """People are told of a new problem; or of all those of the quiet hours, in one message."""
    first, role = opened[0]
    ids = [problem.problem_id for problem, _ in opened]
    if len(opened) == 1:
        title = f"Tidegate: new problem {first.problem_id}: {problem_in_words(first)}"
        text = opened_in_words(first, told.part(first), role)
    else:
        title = f"Tidegate: {many(len(opened), 'new problem')}"
        lines = [f"* {problem.problem_id}: {problem_in_words(problem)}" for problem, _ in opened[:25]]
        more = [f"* and {len(opened) - 25} more"] if len(opened) > 25 else []  # noqa: PLR2004 - as a digest
        last = "What comes of them stands in the daily digest."
        text = "\n".join([f"{many(len(opened), 'problem')} opened in your quiet hours:", *lines, *more, last])
    data = {"problems": ids, "your_role": role}
    key = f"{ids[0]}.{first.opened_at}.{len(ids)}"
    return Message(
        now, PROBLEM_OPENED, told.party.party, Audience.PEOPLE, first.problem_id, key, title, text, data
    )
