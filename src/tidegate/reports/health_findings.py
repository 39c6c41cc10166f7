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
    received = sum(spell.received for spell in spells)
    delivered = sum(spell.delivered for spell in spells)
    flood = sum(spell.in_flood * spell.hours for spell in spells) / hours
    busiest = sum(spell.busiest * spell.received for spell in spells) / max(1, received)
    stale = max(spell.stale for spell in spells)
    met = [
        flood < TARGETS["in_flood"].most,
        busiest <= TARGETS["busiest"].most,
        stale < TARGETS["stale"].most,
    ]
    stormed = f"up to {many(stale, 'storm')}" if stale else "no storm"
    yield (
        f"Alarm health: {_rates_in_words(received, delivered, hours)}; "
        f"{share_in_words(flood)} of the time in flood, {share_in_words(busiest)} from the ten busiest Devices, "
        f"{stormed} of more than a day; "
        f"{sum(met)} of the 3 usual targets met."
    )
    worst = [it for it in health.recipients if it.in_flood > 0][:_NAMED]
    if worst:
        each = ", ".join(f"{it.recipient or 'not known'} {share_in_words(it.in_flood)}" for it in worst)
        yield f"Most in flood: {each}."


def _rates_in_words(received: int, delivered: int, hours: float) -> str:
    """Alerts an hour; of less than an hour no rate is told, for it would be of what nobody saw."""
    if hours < 1:
        return f"{many(received, 'Alert')} received in less than an hour, {thousands(delivered)} delivered"
    return f"{many(round(received / hours), 'Alert')} an hour received, {thousands(round(delivered / hours))} delivered"


def line_in_words(health: AlarmHealth) -> str:
    """What counts as a flood."""
    if health.is_line_given:
        line = health.recipients[0].line if health.recipients else 0
        return f"more than {many(line, 'Alert')} in ten minutes to one recipient, as was asked"
    return (
        f"more than {TIMES_ITS_MIDDLE} times a recipient's own middle ten minutes of this log, and more than 10 "
        "(illustrative; --flood sets one line for all, which months can be compared by)"
    )
