"""Alarm health in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tidegate.reports.alarm_health import TARGETS, TIMES_ITS_MIDDLE, AlarmHealth
from tidegate.reports.numerals import many, thousands

_NAMED: Final = 3
_LEAST_SHOWN = 0.0005


def share_in_words(share: float) -> str:
    """A share to one decimal, as `numerals.percent` writes it: `11.2%`, `<0.1%`, `0%`."""
    if 0 < share < _LEAST_SHOWN:
        return "<0.1%"
    if 1 - _LEAST_SHOWN < share < 1:
        return ">99.9%"
    return f"{share:.0%}" if share in {0, 1} else f"{share:.1%}"


def health_in_words(health: AlarmHealth) -> Iterator[str]:
    """What the figures say, in a sentence or two."""
    spells = health.spells
    if not spells:
        return
    hours = sum(spell.hours for spell in spells)
    rate = sum(spell.received for spell in spells) / hours
    delivered = sum(spell.delivered for spell in spells) / hours
    flood = sum(spell.in_flood * spell.hours for spell in spells) / hours
    busiest = sum(spell.busiest * spell.received for spell in spells) / max(
        1, sum(spell.received for spell in spells)
    )
    stale = max(spell.stale for spell in spells)
    met = [
        flood < TARGETS["in_flood"].most,
        busiest <= TARGETS["busiest"].most,
        stale < TARGETS["stale"].most,
    ]
    yield (
        f"Alarm health: {thousands(round(rate))} Alerts an hour received, {thousands(round(delivered))} delivered; "
        f"{share_in_words(flood)} of the time in flood, {share_in_words(busiest)} from the ten busiest Devices, "
        f"{f'up to {thousands(stale)} storms' if stale else 'no storm'} of more than a day; "
        f"{sum(met)} of the 3 usual targets met."
    )
    worst = [it for it in health.recipients if it.in_flood > 0][:_NAMED]
    if worst:
        each = ", ".join(f"{it.recipient or 'not known'} {share_in_words(it.in_flood)}" for it in worst)
        yield f"Most in flood: {each}."


def line_in_words(health: AlarmHealth) -> str:
    """What counts as a flood."""
    if health.is_line_given:
        line = health.recipients[0].line if health.recipients else 0
        return f"more than {many(line, 'Alert')} in ten minutes to one recipient, as was asked"
    return (
        f"more than {TIMES_ITS_MIDDLE} times a recipient's own middle ten minutes of this log, and more than 10 "
        "(illustrative; --flood sets one line for all, which months can be compared by)"
    )
