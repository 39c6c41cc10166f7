"""Days: of UTC, or as a calendar in Great Britain has them.

A day is told by the instant it begins. A day of Great Britain has 24 hours but
for two a year, of 23 and of 25; its local time is always whole hours ahead of
UTC, so that a day of either kind is whole hours of UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tidegate.vocabulary.instants import DAY, HOUR, MICROSECOND, Duration, Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARCH, _OCTOBER = 3, 10


class Days(StrEnum):
    """Whose days: of UTC, as data has them, or of Great Britain, as people live them."""

    UTC = "UTC"
    LOCAL = "Europe/London"

    def begin_of(self, at: Instant) -> Instant:
        """When the day begins that an instant is in."""
        offset = self._offset(at)
        begins = (at + offset) // DAY * DAY - offset
        # The clock may have changed since.
        return begins + offset - self._offset(begins)

    def end_of(self, begins: Instant) -> Instant:
        """When the day after begins."""
        return self.begin_of(begins + DAY + 2 * HOUR)

    def date_of(self, at: Instant) -> str:
        """The date of the day that an instant is in: `2024-02-26`."""
        return self._date(at).strftime("%Y-%m-%d")

    def date_in_words(self, at: Instant) -> str:
        """The same as a person writes it: `26 February 2024`."""
        date = self._date(at)
        return f"{date.day} {date:%B} {date.year}"

    def month_of(self, at: Instant) -> str:
        """The month that an instant is in: `2024-02`."""
        return self._date(at).strftime("%Y-%m")

    def since(self, first: Instant, last: Instant) -> list[Instant]:
        """The days from the one of the first instant to the one of the last, both included."""
        days = [self.begin_of(first)]
        while (after := self.end_of(days[-1])) <= last:
            days.append(after)
        return days

    def _date(self, at: Instant) -> datetime:
        return _EPOCH + timedelta(microseconds=at + self._offset(at))

    def _offset(self, at: Instant) -> Duration:
        return ahead_of_utc(at) if self is Days.LOCAL else 0


def ahead_of_utc(at: Instant) -> Duration:
    """By how much the clocks of Great Britain are ahead of UTC: an hour in summer, else nothing.

    Summer time runs from the last Sunday of March to the last Sunday of October, 01:00 UTC both times
    (Summer Time Order 2002, regulation 2).
    """
    year = (_EPOCH + timedelta(microseconds=at)).year
    begins, ends = _last_sunday(year, _MARCH), _last_sunday(year, _OCTOBER)
    return HOUR if begins + HOUR <= at < ends + HOUR else 0


def _last_sunday(year: int, month: int) -> Instant:
    last = datetime(year, month, 31, tzinfo=UTC)
    return (last - timedelta(days=last.isoweekday() % 7) - _EPOCH) // timedelta(microseconds=MICROSECOND)
