"""The verdict of a sweep, in words: what to choose, what that leaves, and what no policy swept reaches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from tidegate.policy.mechanism import Mode
from tidegate.policy.swept_parameters import Value
from tidegate.policy.wording import code_in_words
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.recommendation import Advice, Recommendation, along_main, value_of, values_in_words
from tidegate.reports.swept import Swept
from tidegate.reports.verdict import MOST_OF_IT, PART_OF_IT, Verdict, late_in_words
from tidegate.vocabulary.alert_codes import AlertCode

SHOWN: Final = 8
"""Points of a sweep told on a screen: both ends, the one in force, the recommended, and some between."""

WORTH_SAYING: Final = 1
"""Per cent held back at most under which a sweep is said to hold back next to nothing."""

_NAMED = 3


def sweep_verdict(swept: Swept, recommended: Sequence[Recommendation]) -> Verdict:
    """Say what a sweep found; `recommended` is `recommendations(swept)`."""
    return Verdict(
        _headline(swept, recommended),
        tuple(_findings(swept, recommended)) if swept.received else (),
        tuple(_cautions(swept)),
    )


def subject(swept: Swept) -> AlertCode | None:
    """What the sweep is about: the one code whose parameters were varied, or all codes (None)."""
    return swept.only if swept.only in swept.codes else None


def about(swept: Swept, recommended: Sequence[Recommendation]) -> Recommendation:
    """The recommendation for what the sweep is about."""
    return next(each for each in recommended if each.code == subject(swept))


def shown_points(swept: Swept, recommended: Recommendation, most: int = SHOWN) -> list[int]:
    """The points to tell of, in order of the main parameter: no more than `most`."""
    place = swept.in_force if recommended.point is None else recommended.point
    line = along_main(swept, place)
    if swept.in_force not in line:
        line = [*line, swept.in_force]
        # In force and none of the grid: it stands where its value puts it.
        line.sort(
            key=lambda each: _place_of(value_of(swept.parameters(each, recommended.code), swept.main.name))
        )
    always = {line[0], line[-1], swept.in_force} | ({place} & set(line))
    others = [each for each in line if each not in always]
    room = min(most - len(always), len(others))
    between = {others[(2 * at + 1) * len(others) // (2 * room)] for at in range(room)}
    return [each for each in line if each in always | between]


def _place_of(value: Value) -> float:
    return math.inf if value is None else value


def _headline(swept: Swept, recommended: Sequence[Recommendation]) -> str:
    if swept.received == 0:
        return "There was no Alert to sweep over."
    it = about(swept, recommended)
    what = "this" if it.code is None else swept.label(it.code)
    if it.point is None or it.advice in (Advice.NO_REMEDY, Advice.NOT_WORTH_IT):
        if it.advice is Advice.TOO_FEW:
            return f"There are too few Alerts of {what} to choose parameters by."
        if it.advice is Advice.EXCLUDED:
            return f"{what} is on the exclusion list: no parameter changes anything."
        most = max(swept.rows_of(it.code), key=lambda row: row.totals.throttled)
        if 100 * most.totals.throttled < WORTH_SAYING * most.totals.received:
            return f"No policy swept would deal with {what}: throttling holds back next to nothing of it."
        held = percent(most.totals.throttled, most.totals.received)
        return f"No policy swept is worth it for {what}: {held} at most, at the price of {many(most.storms, 'storm')}."
    row = swept.row(it.point, it.code)
    held = percent(row.totals.throttled, row.totals.received)
    share = 100 * row.totals.throttled / row.totals.received
    words = f"{it.words}, as in force, holds" if it.advice is Advice.KEEP else f"{it.words} would hold"
    if share >= MOST_OF_IT:
        return f"Throttling deals with most of {what}: {words} back {held}."
    kind = "part" if share >= PART_OF_IT else "little"
    return f"Throttling reaches {kind} of {what}: {words} back {held}, and no policy swept does much better."


def _findings(swept: Swept, recommended: Sequence[Recommendation]) -> Iterator[str]:
    it = about(swept, recommended)
    yield f"Recommended: {it.reason}"
    # Where a code is swept as if taken off the exclusion list, what is in force excludes it and reaches none.
    reaching = min(swept.rows_of(it.code), key=lambda row: (row.totals.excluded, row.out_of_reach))
    excluded, received = reaching.totals.excluded, reaching.totals.received
    yield (
        f"Out of reach: {many(reaching.out_of_reach, 'Alert')} ({percent(reaching.out_of_reach, received)}) came while "
        "their stream was at or under its threshold under every policy swept; no throttling touches these."
    )
    if excluded:
        yield f"Excluded: {many(excluded, 'Alert')} ({percent(excluded, received)}) are of excluded codes and always pass."
    row = swept.row(swept.in_force if it.point is None else it.point, it.code)
    if row.storms:
        assert row.detect_us is not None
        by = "different cause (code and product)" if swept.inventory else "Alert Code"
        several = "different causes (codes and products)" if swept.inventory else "Alert Codes"
        yield (
            f"Storms: {many(row.storms, 'storm')} of {many(row.devices, 'Device')} there, of "
            f"{many(row.problems, by, several)}; half are detected within {length(row.detect_us)}."
        )
    if it.code is None:
        yield from _by_code(swept, recommended)


def _by_code(swept: Swept, recommended: Sequence[Recommendation]) -> Iterator[str]:
    codes = [each for each in recommended if each.code is not None]
    changed = [each for each in codes if each.advice is Advice.CHANGE]
    kept = [each for each in codes if each.advice is Advice.KEEP]
    if changed:
        named = ", ".join(f"{swept.label(each.code)} to {each.words}" for each in changed[:_NAMED])
        more = f" and {many(len(changed) - _NAMED, 'more code')}" if len(changed) > _NAMED else ""
        yield f"By code: {named}{more}; each with its reason below."
    if kept:
        named = ", ".join(swept.label(each.code) for each in kept[:_NAMED])
        more = f" and {many(len(kept) - _NAMED, 'more code')}" if len(kept) > _NAMED else ""
        yield f"Leave as it is: {named}{more}."
    out_of_reach = [each for each in codes if each.advice in (Advice.NO_REMEDY, Advice.NOT_WORTH_IT)]
    if out_of_reach:
        received = sum(swept.row(0, each.code).totals.received for each in out_of_reach)
        yield (
            f"Murmur: no policy swept helps {many(len(out_of_reach), 'code')}, "
            f"{percent(received, swept.received)} of all Alerts; most is {code_in_words(out_of_reach[0].code or 0)}."
        )


def _cautions(swept: Swept) -> Iterator[str]:
    if swept.is_partial:
        yield f"Interrupted: only the first {int(100 * swept.completed)}% of the input was swept."
    if swept.only is not None and swept.only not in swept.codes:
        yield f"There is no Alert of {swept.label(swept.only)} in this log."
    if swept.only is not None and swept.only in swept.base.exclusion_list:
        yield (
            f"{swept.label(swept.only)} is on the exclusion list of {swept.base.version}; "
            "it was swept as if taken off."
        )
    if swept.base.mode is not Mode.ENFORCED:
        yield f"Policy {swept.base.version} is {swept.base.mode}; it was swept as if enforced."
    if swept.left_out:
        yield (
            f"Left out: {many(swept.left_out, 'combination')} with a clear threshold above the threshold, "
            "which no policy can have."
        )
    clear = swept.base.alert_storm.default.clear_threshold
    swept_names = {one.name for one in swept.swept}
    if clear is not None and "threshold" in swept_names and "clear_threshold" not in swept_names:
        yield (
            f"The clear threshold is kept in proportion: {thousands(clear)} at a threshold of "
            f"{thousands(swept.base.alert_storm.default.threshold)}."
        )
    if not swept.inventory:
        yield "Problems are counted by Alert Code alone; --inventory FILE tells products apart."
    if swept.rejected:
        yield f"Not used: {many(swept.rejected, 'row')}."
    if swept.late:
        yield late_in_words(swept.late)
    if swept.outside_period:
        yield f"Left out: {many(swept.outside_period, 'row')} outside the period asked for."
    if swept.base.is_illustrative:
        yield (
            f"In force is taken to be {swept.base.version} ({values_in_words(swept, swept.in_force, subject(swept))}); "
            "its values are illustrative: those of the real Mechanism Document are not public."
        )
