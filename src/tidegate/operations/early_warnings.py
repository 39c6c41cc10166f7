"""Early warnings as notices: of each User one at once, then one a minute at most, however often it crosses the line.

A User is near its allocation once as it comes there (`admission/early_warning.py`),
but it can come there again every period. What comes within a minute of a warning
that was told is counted, and told with the last of it when the minute is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.reports.numerals import many, thousands
from tidegate.vocabulary.instants import MINUTE, SECOND, Duration, Instant, format_duration, format_instant

EARLY_WARNING: Final = "uk.tidegate.early_warning"

TOLD_AGAIN_AFTER: Final[Duration] = MINUTE
"""Between two early warnings of one User."""


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """A User has come near its allocation while the system is near its operating threshold.

    user_used, allocation:    Requests of the User admitted in the period, and how many it may have whatever others do.
    used, operating_threshold: Those of all Users, and from how many traffic is managed.
    """

    at: Instant
    user: str
    user_used: int
    allocation: int
    used: int
    operating_threshold: int
    period_us: Duration
    policy_version: str

    def data(self, crossings: int) -> dict[str, object]:
        """As a machine is told of it; `crossings`: of how many this is the last."""
        return {
            "user": self.user,
            "at": format_instant(self.at),
            "used": self.user_used,
            "allocation": self.allocation,
            "system_used": self.used,
            "operating_threshold": self.operating_threshold,
            "period_seconds": self.period_us / SECOND,
            "crossings": crossings,
            "policy_version": self.policy_version,
        }

    def in_words(self) -> str:
        """As people are told of it."""
        period = format_duration(self.period_us)
        near = (
            f"{self.user} came near its allocation at {format_instant(self.at)}: "
            f"{thousands(self.user_used)} of its {many(self.allocation, 'Service Request')} in {period} were "
            f"admitted, and {thousands(self.used)} of the {thousands(self.operating_threshold)} of all Users from "
            "which the system is managed."
        )
        return (
            f"{near}\n"
            "Above both, what goes beyond its fair share is told when to come back.\n"
            "You are told at once of the first in a day. How often it came there stands in the daily digest."
        )


@dataclass(slots=True)
class _Spell:
    """Since the last warning that was told: when the next may be, and what there is to tell then."""

    until: Instant
    crossings: int = 0
    last: EarlyWarning | None = None


class WarningSpells:
    """Holds each User's warnings to one a minute. Remembers no User for longer than that."""

    def __init__(self) -> None:
        self._spells: dict[str, _Spell] = {}

    def crossed(self, warning: EarlyWarning) -> bool:
        """A User has come near its allocation; returns whether that is to be told now."""
        spell = self._spells.get(warning.user)
        if spell is None:
            self._spells[warning.user] = _Spell(warning.at + TOLD_AGAIN_AFTER)
            return True
        spell.crossings += 1
        spell.last = warning
        return False

    def advance_to(self, now: Instant) -> list[tuple[EarlyWarning, int]]:
        """What is to be told now that a minute is over: the last warning of it, and of how many."""
        found = []
        for user, spell in list(self._spells.items()):
            if now < spell.until:
                continue
            if spell.last is None:
                del self._spells[user]
                continue
            found.append((spell.last, spell.crossings))
            self._spells[user] = _Spell(now + TOLD_AGAIN_AFTER)
        return found


def warnings_in_words(by_user: Mapping[str, int]) -> str:
    """A digest's line of them: `Early warnings: 41 of 2 Users, most of 90-B3-... (30).`."""
    total = thousands(sum(by_user.values()))
    most, count = min(by_user.items(), key=lambda it: (-it[1], it[0]))
    if len(by_user) == 1:
        return f"Early warnings: {total} of {most}."
    return f"Early warnings: {total} of {many(len(by_user), 'User')}, most of {most} ({thousands(count)})."
