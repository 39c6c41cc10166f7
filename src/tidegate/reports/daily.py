"""The daily report of Alert Codes: each day of each code, who raised it, and what a change of policy did.

The DCC put such a report beside the removal of 8F75 from the exclusion list
(conclusions on 0x8F75, paragraph 19). *Delivered* is what a recipient gets:
forwarded, or excluded and so always passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.reports.alarm_health import AlarmHealth
from tidegate.reports.before_after import BeforeAfter
from tidegate.reports.replayed import Replayed, Totals
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.days import Days
from tidegate.vocabulary.instants import Instant

MEASURES: Final = ("received", "delivered", "throttled", "devices", "devices_stormed")
"""What is compared before a change and after it; each a number of `CodeDay`."""


@dataclass(frozen=True, slots=True)
class CodeDay:
    """One Alert Code on one day.

    begins, ends:     The day, from its first instant to that of the next.
    totals:           What was received of the code, and what became of it.
    devices:          Different Devices that raised it.
    devices_stormed:  Different Devices that were in a storm of it at some time of the day.
    storms:           Storms of it that started on the day.
    busiest:          Alerts of the ten Devices that raised most of it.
    policies:         Versions in force on the day, in order; two where it changed.
    is_whole:         The log covers the whole day.
    """

    alert_code: AlertCode
    begins: Instant
    ends: Instant
    totals: Totals
    devices: int
    devices_stormed: int
    storms: int
    busiest: int
    policies: tuple[str, ...]
    is_whole: bool

    @property
    def received(self) -> int:
        """Alerts received."""
        return self.totals.received

    @property
    def delivered(self) -> int:
        """Alerts that went on to their recipients."""
        return self.totals.forwarded + self.totals.excluded

    @property
    def throttled(self) -> int:
        """Alerts held back."""
        return self.totals.throttled


@dataclass(frozen=True, slots=True)
class Talker:
    """A Device that raised much of a code.

    days, days_stormed:  On how many days it raised any, and was in a storm of it.
    product:             What it is; empty where no Inventory says.
    """

    alert_code: AlertCode
    device_id: str
    alerts: int
    days: int
    days_stormed: int
    product: str


@dataclass(frozen=True, slots=True)
class ChangeOfCode:
    """A change, and a code before and after it; only whole days that one version covers count.

    at:            When it took force.
    before, after: The versions; both empty for an instant that was asked about.
    measures:      By name, each of MEASURES.
    """

    alert_code: AlertCode
    at: Instant
    before: str
    after: str
    measures: Mapping[str, BeforeAfter]


@dataclass(frozen=True, slots=True)
class Daily:
    """The daily report.

    days:      Whose days.
    codes:     The codes reported, in the order asked; `is_busiest` where they are the busiest and none was asked.
    rows:      By code, then day; every day of the log, whether it has any of the code or not.
    talkers:   The Devices that raised most of each code, over the whole log.
    changes:   Each change and code, in order of time.
    health:    Of all codes together.
    replayed:  The replay it rests on.
    """

    days: Days
    codes: Sequence[AlertCode]
    is_busiest: bool
    rows: Sequence[CodeDay]
    talkers: Sequence[Talker]
    changes: Sequence[ChangeOfCode]
    health: AlarmHealth
    replayed: Replayed

    def of_code(self, code: AlertCode) -> list[CodeDay]:
        """The days of one code."""
        return [row for row in self.rows if row.alert_code == code]
