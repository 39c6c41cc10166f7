"""One digest a day for a party: the problems that concern it, and how many messages it was spared.

At most 25 problems are told one by one; the rest in one line. Nothing is told by Device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tidegate.operations.early_warnings import warnings_in_words
from tidegate.operations.live_problems import MOST_DEVICES, LiveProblem, Part
from tidegate.operations.messages import (
    DIGEST,
    RESPONSIBLE,
    Audience,
    Message,
    NoticeParty,
    devices_in_words,
    problem_in_words,
)
from tidegate.reports.numerals import many, thousands
from tidegate.vocabulary.days import Days
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant, format_instant

MOST_ROWS: Final = 25
"""Problems that are told one by one."""


@dataclass(slots=True)
class Tally:
    """What came of one problem for one party since its last digest.

    part:     All that concerns the party, as long as the problem is open.
    is_new:   The party was not concerned with it before.
    role:     What the party has to do with it.
    received, throttled: of the storms that ended.
    """

    problem: LiveProblem
    part: Part
    role: str
    is_new: bool
    is_closed: bool = False
    started: int = 0
    ended: int = 0
    received: int = 0
    throttled: int = 0
    devices: set[DeviceId] = field(default_factory=set)

    def add_device(self, device_id: DeviceId) -> None:
        """A Device of it stormed."""
        if len(self.devices) < MOST_DEVICES:
            self.devices.add(device_id)


@dataclass(slots=True)
class Spared:
    """Messages a party was not sent: one for each storm's start and each end, less those that were.

    told:   Starts and ends since the last digest.      sent:  Messages to people since then.
    total:  Avoided before then, since the gateway's journal began.
    """

    told: int = 0
    sent: int = 0
    total: int = 0

    def close(self, also_sent: int) -> int:
        """The day is over: what was avoided in it."""
        avoided = max(0, self.told - self.sent - also_sent)
        self.told, self.sent, self.total = 0, 0, self.total + avoided
        return avoided


def digest_of(
    party: NoticeParty,
    tallies: Sequence[Tally],
    since: Instant,
    until: Instant,
    avoided: int,
    avoided_before: int,
    events: Mapping[str, int],
    warned: Mapping[str, int],
) -> Message:
    """The digest of a period, for people."""
    ranked = sorted(
        tallies, key=lambda it: (-it.received, -it.started, it.problem.problem_id, it.role != RESPONSIBLE)
    )
    started, ended = sum(it.started for it in ranked), sum(it.ended for it in ranked)
    received, throttled = sum(it.received for it in ranked), sum(it.throttled for it in ranked)
    problems = many(len(ranked), "problem")
    date = Days.LOCAL.date_in_words(since)
    storms = f"{many(started, 'Alert Storm')} started and {thousands(ended)} ended, of {problems}."
    alerts = f"In those that ended {many(received, 'Alert')} came, and {thousands(throttled)} were throttled."
    spared = f"{many(avoided, 'message')} avoided: one for each start and end, less those that were sent"
    lines = [
        f"Tidegate's digest for {party.called}: {format_instant(since)} to {format_instant(until)}.",
        "",
        f"{storms} {alerts}",
        f"{spared} ({thousands(avoided_before + avoided)} so far).",
        "",
        *(f"* {_row(it)}" for it in ranked[:MOST_ROWS]),
    ]
    if rest := ranked[MOST_ROWS:]:
        lines.append(
            f"* and {many(len(rest), 'more problem')}, {many(sum(it.started for it in rest), 'storm')}."
        )
    if events:
        said = ", ".join(
            f"{thousands(count)} of {kind.replace('_', ' ')}" for kind, count in sorted(events.items())
        )
        lines += ["", f"Service Management Events: {said}."]
    if warned:
        lines += ["", warnings_in_words(warned)]
    return Message(
        until,
        DIGEST,
        party.party,
        Audience.PEOPLE,
        Days.LOCAL.date_of(since),
        f"{since}.{until}",
        f"Tidegate: {many(started, 'Alert Storm')} of {problems}, {date}",
        "\n".join(lines),
        _data(ranked, since, until, avoided, avoided_before),
    )


def _row(tally: Tally) -> str:
    problem = tally.problem
    state = "closed" if tally.is_closed else f"open, {thousands(tally.part.running)} running"
    new = "new, " if tally.is_new else ""
    whose = (
        "yours to mend"
        if tally.role == RESPONSIBLE
        else f"for {problem.assigned_to or 'a party not known'} to mend"
    )
    return (
        f"{problem.problem_id} ({new}{state}): {problem_in_words(problem)}. "
        f"{devices_in_words(len(tally.devices))}, {many(tally.started, 'storm')} started, "
        f"{thousands(tally.throttled)} of {many(tally.received, 'Alert')} throttled; {whose}."
    )


def _data(
    ranked: Sequence[Tally], since: Instant, until: Instant, avoided: int, avoided_before: int
) -> Mapping[str, object]:
    return {
        "since": format_instant(since),
        "until": format_instant(until),
        "started": sum(it.started for it in ranked),
        "ended": sum(it.ended for it in ranked),
        "problems": [
            {"problem_id": it.problem.problem_id, "started": it.started, "ended": it.ended}
            for it in ranked[:MOST_ROWS]
        ],
        "avoided": avoided,
        "avoided_so_far": avoided_before + avoided,
    }
