"""What happens to Alerts on their way into a log.

A User's adapter may be out: its Alerts wait, and all come at once when it is back
(the DCC holds them for 2 days). An export has rows twice, and rows a little out
of place. None of it changes what was raised; it changes when, and how often, a
row is received.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.simulation.estate import Numbers
from tidegate.simulation.traffic import Rows
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, Instant

HELD_AT_MOST_DAYS: Final = 2
"""How long undelivered Alerts are kept (SEC glossary, "Device Alert")."""

LATEST_US: Final = 20 * SECOND
"""A row out of place stands no further back than rows received this much later."""


TOO_LATE_US: Final = 2 * HOUR
_TOO_LATE_AT_MOST_US: Final = 4 * HOUR
"""Rows too late are written this much after they were received."""

UNREADABLE: Final = (
    "31/02/2026 09:15,02-7D-01-5F-00-00-00-01,8014,Network B",
    "2026-03-02T09:15:00.000Z,1.78E+17,8014,Network B",
    "2026-03-02T09:15:00.000Z,02-7D-01-5F-00-00-00,8014,Network B",
    "2026-03-02T09:15:00.000Z,02-7D-01-5F-00-00-00-01,80G4,Network B",
    "2026-03-02T09:15:00.000Z,02-7D-01-5F-00-00-00-01,,Network B",
    "2026-03-02T09:15:00.000Z,02-7D-01-5F-00-00-00-01",
)
"""What stands in for a row that an export spoiled: a date there is not, an EUI-64 a spreadsheet made a number of, one
an octet short, a code that is none, no code, half a row."""


@dataclass(frozen=True, slots=True)
class AdapterOutage:
    """One recipient's adapter is out, and then is given what waited.

    recipient:          Its name.
    day, from_hour:     When it goes: day of the log from 0 (the last of a log that is shorter), and hour.
    minutes:            How long it is out.
    replay_per_second:  How fast it is given what waited. Invented.
    """

    recipient: str
    day: int
    from_hour: int
    minutes: int
    replay_per_second: int = 200

    def __post_init__(self) -> None:
        assert 0 < self.minutes * MINUTE <= HELD_AT_MOST_DAYS * DAY


@dataclass(frozen=True, slots=True)
class Imperfections:
    """What is wrong with the log as a file. The shares are of all rows, 0 to 1.

    duplicates:  Rows that stand in it twice, word for word.
    late:        Rows that stand after some that were received up to `LATEST_US` later.
    too_late:    Rows that stand after some received `TOO_LATE_US` later or more: beyond the look-back.
    unreadable:  Rows put in that nobody can read, as exports have them; only a CSV can.
    """

    duplicates: float = 0.0
    late: float = 0.0
    too_late: float = 0.0
    unreadable: float = 0.0


class Adapter:
    """An adapter outage at work: holds back what comes while it is out."""

    def __init__(self, recipient: int, out_at: Instant, back_at: Instant, replay_per_second: int) -> None:
        self.replayed = 0
        self._recipient = recipient
        self._out_at = out_at
        self._back_at = back_at
        self._gap = SECOND // replay_per_second
        self._held: list[tuple[Rows, NDArray[np.uint8]]] = []

    def pass_on(self, rows: Rows, cause: NDArray[np.uint8], until: Instant) -> tuple[Rows, NDArray[np.uint8]]:
        """The rows of a slice that ends at `until`, less those held, with those given back."""
        waits = (rows.recipient == self._recipient) & (rows.at >= self._out_at) & (rows.at < self._back_at)
        if waits.any():
            self._held.append((rows.take(waits), cause[waits]))
            rows, cause = rows.take(~waits), cause[~waits]
        if not self._held or until < self._back_at:
            return rows, cause
        held = Rows.concatenate([part for part, _ in self._held])
        held_cause = np.concatenate([part for _, part in self._held])
        self._held = []
        order = np.argsort(held.at, kind="stable")
        given_at = self._back_at + (self.replayed + np.arange(len(held))) * self._gap
        self.replayed += len(held)
        back = Rows(given_at, held.device[order], held.code[order], held.recipient[order])
        return Rows.concatenate([rows, back]), np.concatenate([cause, held_cause[order]])


def doubled(count: int, share: float, random: np.random.Generator) -> Numbers:
    """Row numbers 0 .. count - 1 in order, a share of them twice."""
    rows = np.arange(count)
    return rows if not share else np.repeat(rows, 1 + (random.random(count) < share))


def written_at(at: Numbers, imperfections: Imperfections, random: np.random.Generator) -> Numbers:
    """When rows are written to the log: at once, but for a share of them."""
    due = at
    if imperfections.late:
        is_late = random.random(len(at)) < imperfections.late
        due = at + np.where(is_late, random.integers(1, LATEST_US, len(at)), 0)
    if imperfections.too_late:
        is_too_late = random.random(len(at)) < imperfections.too_late
        due = due + np.where(is_too_late, random.integers(TOO_LATE_US, _TOO_LATE_AT_MOST_US, len(at)), 0)
    return due
