"""What suppressions did in a replay, in sentences of the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.wording import suppressed_in_words
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.replayed import Replayed, Totals

_NAMED: Final = 3


def suppression_findings(replayed: Replayed) -> Iterator[str]:
    """What each suppression held back, the most first; nothing where none was met by an Alert."""
    about = _suppressions(replayed)
    met = [(name, totals) for name, totals in replayed.by_suppression.items() if totals.received]
    met.sort(key=lambda item: (-item[1].throttled, item[0]))
    if met:
        parts = [_told(about[name], totals) for name, totals in met[:_NAMED]]
        if len(met) > _NAMED:
            parts.append(f"and {len(met) - _NAMED} more")
        yield f"Suppressed: {'; '.join(parts)}."


def suppression_cautions(replayed: Replayed) -> Iterator[str]:
    """Suppressions that no Alert was under, and Alerts that may have been under one."""
    idle = [name for name, totals in replayed.by_suppression.items() if not totals.received]
    if idle:
        more = f" and {len(idle) - _NAMED} more" if len(idle) > _NAMED else ""
        yield (
            f"Nothing to suppress: no Alert is under {', '.join(idle[:_NAMED])}{more}; it has expired, or its "
            "products are not in the Inventory."
        )
    if replayed.of_not_known:
        yield (
            f"Under no suppression: {many(replayed.of_not_known, 'Alert')} of suppressed codes come from Devices "
            "of which the Inventory says no product."
        )


def _suppressions(replayed: Replayed) -> dict[str, Suppression]:
    """Each suppression of the policies by its id, as the last of them has it."""
    return {
        suppression.id: suppression
        for each in replayed.in_force
        for suppression in each.policy.alert_storm.suppressions
    }


def _told(suppression: Suppression, totals: Totals) -> str:
    return (
        f"{suppression.id} held back {thousands(totals.throttled)} of {thousands(totals.received)} "
        f"({percent(totals.throttled, totals.received)}) of {suppressed_in_words(suppression)}"
    )
