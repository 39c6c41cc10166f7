"""What a comparison of policies found, in words that a reply to a consultation can quote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tidegate.policy.mechanism import Mode
from tidegate.reports.compared import Compared, Outcome
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.replayed import Totals
from tidegate.reports.verdict import Verdict, late_in_words, verdict
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code

_NAMED: Final = 3
"""Codes or recipients a sentence names before it says how many more."""

_MOST_TOLD: Final = 3
"""Policies up to which the headline tells of each."""

_NEARLY_A_DAY: Final = 0.9
"""A log shorter than this many days has no numbers by the day."""

_UNITS: Final = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def compared_verdict(compared: Compared) -> Verdict:
    """Say what a comparison found."""
    return Verdict(_headline(compared), tuple(_findings(compared)), tuple(_cautions(compared)))


def bytes_in_words(size: float) -> str:
    """A size in the largest unit that it has one of: `1.3 GB`."""
    for unit, worth in _UNITS:
        if size >= worth:
            return f"{size / worth:,.1f} {unit}"
    return f"{size:,.0f} bytes"


def difference_in_words(compared: Compared, other: Outcome) -> str:
    """What another policy does otherwise than the first, in a sentence without its full stop."""
    differ = compared.codes_that_differ(other)
    first = compared.first
    if not differ:
        if other.replayed.throttled == 0:
            return f"{other.name} and {first.name} do the same to this log: they hold back nothing"
        return f"{other.name} does the same to this log as {first.name}: both hold back {thousands(other.replayed.throttled)}"
    words = _of_code(compared, other, differ[0])
    rest = len(differ) - 1
    return words + (
        f"; {many(rest, 'more code')} change" + ("s" if rest == 1 else "")
        if rest
        else "; nothing else changes"
    )


def a_day(compared: Compared, alerts: int, word: str = "") -> str:
    """A number of Alerts by the day: `230,000 fewer a day`; of a log shorter than that over all of it: `900 in all`."""
    spaced = f" {word}" if word else ""
    if compared.days < _NEARLY_A_DAY:
        return f"{thousands(alerts)}{spaced} in all"
    return f"{thousands(round(alerts / compared.days))}{spaced} a day"


def _headline(compared: Compared) -> str:
    if compared.decided == 0:
        return verdict(compared.log).headline
    if len(compared.outcomes) <= _MOST_TOLD:
        return ". ".join(difference_in_words(compared, other) for other in compared.others) + "."
    held = sorted(compared.outcomes, key=lambda outcome: outcome.replayed.throttled)
    least, most = held[0], held[-1]
    if least.replayed.throttled == most.replayed.throttled:
        return f"The {len(held)} policies do the same to this log: each holds back {_held(most, compared)}."
    return (
        f"Of {len(held)} policies {most.name} holds back most, {_held(most, compared)}, and {least.name} least, "
        f"{_held(least, compared)}."
    )


def _held(outcome: Outcome, compared: Compared) -> str:
    return f"{percent(outcome.replayed.throttled, compared.decided)} of all Alerts"


def _of_code(compared: Compared, other: Outcome, code: AlertCode) -> str:
    first = compared.first
    mine, theirs = first.replayed.by_code[code], other.replayed.by_code[code]
    name = format_alert_code(code)
    if mine.throttled == 0:
        return f"{other.name} holds back {percent(theirs.throttled, theirs.received)} of {name} that {first.name} lets through"
    if theirs.throttled == 0:
        return f"{other.name} lets through the {percent(mine.throttled, mine.received)} of {name} that {first.name} holds back"
    return (
        f"{other.name} holds back {percent(theirs.throttled, theirs.received)} of {name}, where {first.name} holds "
        f"back {percent(mine.throttled, mine.received)}"
    )


def _findings(compared: Compared) -> Iterator[str]:
    if compared.decided == 0:
        return
    tells_each = len(compared.outcomes) <= _MOST_TOLD
    for other in compared.others:
        if not tells_each:
            yield f"{difference_in_words(compared, other)}."
        differ = compared.codes_that_differ(other)
        if len(differ) > 1:
            each = "; ".join(_of_code(compared, other, code) for code in differ[1 : 1 + _NAMED])
            yield f"Codes: {each}."
        yield from _of_recipients(compared, other)
        if differ:
            more = other.replayed.throttled - compared.first.replayed.throttled
            size = bytes_in_words(abs(more) * compared.alert_bytes)
            verb = "spares" if more > 0 else "adds"
            yield (
                f"Traffic and storage: {other.name} {verb} {many(abs(more), 'Alert')} ({a_day(compared, abs(more))}), "
                f"{size} of {bytes_in_words(compared.decided * compared.alert_bytes)} at "
                f"{thousands(compared.alert_bytes)} bytes an Alert."
            )
    for outcome in compared.outcomes:
        yield f"Storms: {_storms(outcome)}."


def _of_recipients(compared: Compared, other: Outcome) -> Iterator[str]:
    names = compared.recipients_that_differ(other)
    parts = []
    for name in names[:_NAMED]:
        mine, theirs = compared.first.replayed.by_recipient[name], other.replayed.by_recipient[name]
        fewer = theirs.throttled - mine.throttled
        word = "fewer" if fewer > 0 else "more"
        parts.append(
            f"{name or 'the recipient not known'} would receive {a_day(compared, abs(fewer), word)} "
            f"(in all {thousands(_delivered(theirs))} for {thousands(_delivered(mine))})"
        )
    if not parts:
        return
    rest = len(names) - len(parts)
    also = f"; so would {many(rest, 'more recipient')}" if rest > 0 else ""
    yield f"Recipients under {other.name}: {'; '.join(parts)}{also}."


def _delivered(totals: Totals) -> int:
    return totals.forwarded + totals.excluded


def _storms(outcome: Outcome) -> str:
    replayed = outcome.replayed
    storms = len(replayed.storms)
    if not storms:
        return f"{outcome.name} sees none"
    took = outcome.time_to_detect
    assert took is not None
    return (
        f"{outcome.name} sees {thousands(storms)} of {many(replayed.devices_stormed, 'Device')}, half of them within "
        f"{length(took)} of the first Alert that counted; that is {thousands(storms)} incidents at one a storm, "
        f"{many(outcome.device_days, 'e-mail')} at one a day for each Device and recipient"
    )


def _cautions(compared: Compared) -> Iterator[str]:
    log = compared.log
    if log.is_partial:
        yield f"Interrupted: only the first {int(100 * log.completed)}% of the input was compared."
    by_mode = {
        mode: [
            outcome.name
            for outcome in compared.outcomes
            if any(each.policy.mode is mode for each in outcome.replayed.in_force)
        ]
        for mode in (Mode.SHADOW, Mode.OFF)
    }
    if names := by_mode[Mode.SHADOW]:
        yield f"In shadow: {', '.join(names)}. What is shown as held back would in fact have been forwarded."
    if names := by_mode[Mode.OFF]:
        yield f"Off, in whole or in part: {', '.join(names)}."
    if log.rejected:
        yield f"Not used: {many(log.rejected, 'row')} ({percent(log.rejected, log.received)}); rejected.csv has them."
    if log.late:
        yield late_in_words(log.late)
    if log.outside_period:
        yield f"Left out: {many(log.outside_period, 'row')} outside the period asked for."
    if compared.decided and not compared.is_size_given:
        yield (
            f"An Alert is taken to be {thousands(compared.alert_bytes)} bytes, the size of one signed DUIS document "
            "(illustrative; --alert-bytes sets it)."
        )
    if any(
        each.policy.is_illustrative for outcome in compared.outcomes for each in outcome.replayed.in_force
    ):
        yield "The parameters are illustrative: those of the real Mechanism Document are not public."
    yield (
        "Devices are taken to raise what they raised, whatever is done with it. A log that was throttled already "
        "shows what was left of it."
    )
