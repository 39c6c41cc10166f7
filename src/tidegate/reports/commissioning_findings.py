"""What a Post Commissioning report finds, in sentences: the verdict, and the title of each picture.

Points are hundredths of all Devices assessed, so that the rate by the first set of
criteria less the points of each reason is the rate by the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.finding import Reason
from tidegate.reports.commissioning_ageing import by_month, half_are_open_for
from tidegate.reports.commissioning_incidents import cni_indicator
from tidegate.reports.commissioning_rates import Rate, interval, rates, stands_out
from tidegate.reports.commissioning_status import DIMENSIONS, Change, CommissioningStatus
from tidegate.reports.commissioning_waterfall import Stride, Wrong, waterfall, what_is_wrong
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.verdict import Verdict as Said
from tidegate.vocabulary.instants import format_instant

NOUNS: Final = {
    "supplier": "Supplier",
    "network_operator": "Network Operator",
    "csp_region": "CSP region",
    "device_type": "Device type",
    "manufacturer": "manufacturer",
    "month": "month",
}
"""What the values of a dimension are."""

_FOLLOWED: Final = "month"
_PARTIES: Final = ("supplier", "network_operator")

_SAYS_ITSELF: Final = (
    Reason.EMPTY,
    Reason.TIMED_OUT,
    Reason.BY_ALTERNATIVE,
    Reason.BY_FUTURE_DATED_OUTCOME,
    Reason.ANSWERED,
)
"""Reasons that need not be told of which obligation they are."""

_TOLD: Final = {
    Change.CLEARED: ("are not", "nothing is"),
    Change.UNTOLD: ("cannot be told", "nothing can be told"),
    Change.WAITING: ("have time yet", "all has time yet"),
}
"""What is said of a part of those called failed, and of all of them."""

_NAMED: Final = 3
_REASONS: Final = 2


def commissioning_verdict(status: CommissioningStatus) -> Said:
    """Say what was found."""
    return Said(_headline(status), tuple(_findings(status)), tuple(_cautions(status)))


def compared(status: CommissioningStatus) -> list[str]:
    """The dimensions that Devices are compared by: in one party's part no other party; by month they are followed."""
    left_out = (_FOLLOWED, *_PARTIES) if status.is_part else (_FOLLOWED,)
    return [each for each in DIMENSIONS if each not in left_out]


def failures(status: CommissioningStatus) -> str:
    """What failures by the last set of criteria are called: true where there is another to compare it with."""
    return "failures" if len(status.criteria) == 1 else "true failures"


def points(part: int, whole: int) -> str:
    """A share as points: `6.1`, `<0.1`."""
    return percent(part, whole).removesuffix("%")


def because(stride: Stride) -> str:
    """Why, as it follows on "because": `the response has no outcome`, `of 4 other reasons`."""
    if stride.change is Change.WAITING:
        return "the time allowed has not passed"
    if stride.reason is None:
        return f"of {many(len({step.reason for step, _ in stride.steps}), 'smaller reason')}"
    is_told = stride.reason in _SAYS_ITSELF or len(stride.places) != 1
    return _of_place(stride.reason, "" if is_told else stride.places[0])


def sum_in_words(status: CommissioningStatus) -> str:
    """The sum that shows that nothing vanished between the first set of criteria and the last."""
    if len(status.criteria) == 1:
        found = status.by_criteria[status.criteria[0].name]
        parts = (f"{thousands(found[verdict.name])} {verdict.name}" for verdict in Verdict)
        return f"{thousands(status.devices)} Devices = {' + '.join(parts)}"
    fall = waterfall(status)
    less = {change: sum(each.devices for each in fall.of(change)) for change in Change}
    return (
        f"{thousands(fall.first)} failed by {status.criteria[0].name} - {thousands(less[Change.CLEARED])} secure - "
        f"{thousands(less[Change.WAITING])} pending - {thousands(less[Change.UNTOLD])} undetermined + "
        f"{thousands(less[Change.FOUND])} missed = {thousands(fall.last)} failed by {status.criteria[-1].name}"
    )


def waterfall_title(status: CommissioningStatus) -> str:
    """`Of 7.1% called failed 6.1 points are not: 3.9 points because the response has no outcome`."""
    fall, whole = waterfall(status), status.devices
    rate = percent(fall.first, whole)
    missed = fall.of(Change.FOUND)
    besides = (
        f"; {points(fall.last - _left(fall.strides, fall.first), whole)} more were missed" if missed else ""
    )
    taken = {change: sum(each.devices for each in fall.of(change)) for change in _TOLD}
    change = max(taken, key=lambda each: taken[each])
    if taken[change]:
        strides = fall.of(change)
        told, told_of_all = _TOLD[change]
        said = f"{_points(taken[change], whole)} {told}" if taken[change] < fall.first else told_of_all
        of_them = "," if len(strides) == 1 else f": {_points(strides[0].devices, whole)}"
        return f"Of {rate} called failed {said}{of_them} because {because(strides[0])}{besides}"
    if missed:
        largest = max(missed, key=lambda each: each.devices)
        rest = f"All {rate} called failed are so, and" if fall.first else "Nothing is called failed, yet"
        found = sum(each.devices for each in missed)
        return (
            f"{rest} {_points(found, whole)}{' more' if fall.first else ''} were missed: {because(largest)}"
        )
    return f"All {rate} called failed are so by {status.criteria[-1].name} too"


def wrong_title(status: CommissioningStatus, found: Sequence[Wrong]) -> str:
    """`62% of the true failures: the cell holds another party's certificate (NetworkOperator cells)`."""
    whole = sum(it.devices for it in found)
    first = found[0]
    missed = sum(it.missed for it in found)
    besides = (
        f"; {percent(missed, whole)} are not seen by {status.criteria[0].name}"
        if missed and len(status.criteria) > 1
        else ""
    )
    share = percent(first.devices, whole)
    noun = failures(status)
    which = f"All {noun}" if first.devices == whole else f"{share} of the {noun}"
    return f"{which}: {wrong_in_words(first)}{besides}"


def wrong_in_words(it: Wrong) -> str:
    """What is wrong: `the cell holds another party's certificate (NetworkOperator cells)`."""
    return _of_place(it.reason, it.place)


def rates_title(status: CommissioningStatus, dimension: str, found: Sequence[Rate]) -> str:
    """Who stands out by true failures, or that nobody does."""
    noun, first = NOUNS[dimension], status.criteria[0].name
    has_two = len(status.criteria) > 1
    known = [it for it in found if it.value]
    worst_by_first = max(known, key=lambda it: (interval(it.first, it.devices)[0], it.value))
    highest = percent(worst_by_first.first, worst_by_first.devices)
    if not any(it.last for it in found):
        said = f"No {noun} has {failures(status)}"
        return f"{said}, and {first} says up to {highest}" if has_two and worst_by_first.first else said
    above = stands_out(found)
    if not above:
        said = f"No {noun} stands out by {failures(status)}"
        return (
            f"{said}; {first} calls up to {highest} failed (of {worst_by_first.value})" if has_two else said
        )
    worst = above[0]
    rest = sum(it.devices for it in found) - worst.devices
    others = percent(sum(it.last for it in found) - worst.last, rest)
    said = (
        f"{worst.value}: {percent(worst.last, worst.devices)} are {failures(status)}, of all others {others}"
    )
    if has_two and worst_by_first is not worst and worst_by_first.first:
        said += f"; by {first} {worst_by_first.value} looks worst ({highest})"
    return said


def trend_title(status: CommissioningStatus, found: Sequence[Rate], limit: Fraction | None = None) -> str:
    """Whether the true rate rose or fell, the first half of the months against the last; with a limit, who breaks it.

    The month of the report is not over, and is left out where there are others to compare.
    """
    last = status.criteria[-1].name
    known = [it for it in found if it.value]
    if limit is not None:
        over = [sum(_rate(part, it) > limit for it in known) for part in ("first", "last")]
        told = f"By {last} {_none_or(over[1])} of {many(len(known), 'month')} {_is_are(over[1])} over the limit you gave"
        if len(status.criteria) > 1:
            told += f", by {status.criteria[0].name} {'every one' if over[0] == len(known) else _none_or(over[0])}"
        return told
    whole = [it for it in known if it.value != format_instant(status.as_at)[:7]]
    compared = whole if len(whole) > 1 else known
    half = len(compared) // 2
    then, now = (
        (sum(it.last for it in part), sum(it.devices for it in part))
        for part in (compared[:half], compared[-half:])
    )
    words = (
        f"{percent(*then)} of those commissioned in {_span(compared[:half])}, {percent(*now)} in "
        f"{_span(compared[-half:])}"
    )
    noun = failures(status).capitalize()
    if interval(*then)[0] > interval(*now)[1]:
        return f"{noun} fell: {words}"
    if interval(*now)[0] > interval(*then)[1]:
        return f"{noun} rose: {words}"
    return f"{noun} neither rose nor fell by more than chance: {words}"


def ages_title(status: CommissioningStatus) -> str:
    """How long true failures have been open."""
    counts = by_month(status)
    failed = [(months, count) for (verdict, months), count in counts.items() if verdict is Verdict.FAILED]
    whole = sum(count for _, count in failed)
    if not whole:
        longest = max(months for _, months in counts)
        return f"No Device has failed; of what is open nothing has been so for longer than {_months(longest + 1)}"
    noun = failures(status)
    half, oldest = half_are_open_for(failed), max(months for months, _ in failed)
    if oldest == 0:
        return f"None of the {noun} has been open for a month yet"
    if min(months for months, _ in failed) == oldest:
        return f"All {noun} have been open for {_months(oldest)}"
    if half == oldest:
        return f"Half of the {noun} have been open for {_months(oldest)}, the longest of all"
    if half == 0:
        return f"Half of the {noun} are less than a month old; the oldest has been open for {_months(oldest)}"
    return (
        f"Half of the {noun} have been open for {_months(half)} or longer, the oldest for {_months(oldest)}"
    )


def limit_in_words(status: CommissioningStatus, limit: Fraction) -> str:
    """Whether the rates are within a limit that was given; it is not public, so nothing is said without one."""
    found = cni_indicator(status, limit)
    if found is None:
        return "There is no Device to hold against a limit."
    named = f"The limit you gave, {float(100 * limit):g}%"
    by_first, by_last = (criteria.name for criteria in (status.criteria[0], status.criteria[-1]))
    if len(status.criteria) == 1:
        return f"{named}: it is {'breached' if found.first > limit else 'kept'} by {by_first}."
    if found.is_breached_on_paper:
        return f"{named}: it is breached on paper only, by {by_first}; by {by_last} it is kept."
    if found.last > limit:
        return f"{named}: it is breached by {by_last}{', and by ' + by_first if found.first > limit else ''}."
    if found.may_be > limit:
        return f"{named}: by {by_last} it is kept, unless those of which it cannot tell have failed."
    return f"{named}: it is kept, by {by_first} and by {by_last}."


def _headline(status: CommissioningStatus) -> str:
    first, last, whole = status.criteria[0].name, status.criteria[-1].name, status.devices
    if not whole:
        return "There is no Device to assess."
    failed = status.by_criteria[first][Verdict.FAILED.name]
    of_all = f"of {many(whole, 'Device')} failed by {first}"
    if len(status.criteria) == 1:
        return f"{percent(failed, whole)} {of_all}." if failed else f"None {of_all}."
    true = percent(status.true_failures, whole)
    if not failed and not status.true_failures:
        return f"None {of_all}, nor by {last}."
    if not waterfall(status).strides:
        return f"{percent(failed, whole)} {of_all}, and the same by {last}."
    opening = f"{percent(failed, whole)} {of_all}" if failed else f"None {of_all}"
    ending = f"; by {last} {true} did" if status.true_failures else f"; by {last} none did"
    if status.false_failures:
        which = "of those called failed are securely commissioned"
        return f"{opening}{ending}: {thousands(status.false_failures)} {which}."
    untold = _devices(status, Change.UNTOLD)
    if untold:
        return f"{opening}{ending}: of {thousands(untold)} it cannot be told."
    if status.missed_failures:
        return f"{opening}{ending}: {thousands(status.missed_failures)} were missed."
    return f"{opening}{ending}."


def _findings(status: CommissioningStatus) -> Iterator[str]:
    whole = status.devices
    fall = waterfall(status)
    cleared = fall.of(Change.CLEARED)
    if cleared:
        told = "; ".join(
            f"{_points(each.devices, whole)} because {because(each)}" for each in cleared[:_NAMED]
        )
        yield f"Not failures: {told}."
    wrong = what_is_wrong(status)
    if wrong:
        told = "; ".join(
            f"{thousands(it.devices) if len(wrong) > 1 else 'all'} because {wrong_in_words(it)}"
            for it in wrong[:_NAMED]
        )
        more = f"; and {many(len(wrong) - _NAMED, 'other reason')}" if len(wrong) > _NAMED else ""
        yield f"{failures(status).capitalize()}, {thousands(status.true_failures)}: {told}{more}."
    if status.missed_failures:
        yield (
            f"Missed: {thousands(status.missed_failures)} of the true failures are not called failed by "
            f"{status.criteria[0].name}."
        )
    if status.undetermined:
        yield (
            f"Cannot be told: {many(status.undetermined, 'Device')} ({percent(status.undetermined, whole)}). What they "
            "lack is hidden behind a timeout, an empty outcome or a check that was not made; one read (6.24.1) of each "
            "would settle it."
        )
    for dimension in compared(status):
        above = stands_out(rates(status, dimension))
        if above:
            named = ", ".join(f"{it.value} {percent(it.last, it.devices)}" for it in above[:_NAMED])
            more = f" and {len(above) - _NAMED:,} more" if len(above) > _NAMED else ""
            noun = NOUNS[dimension]
            yield f"By {noun} the most {failures(status)}, of all {percent(status.true_failures, whole)}: {named}{more}."


def _cautions(status: CommissioningStatus) -> Iterator[str]:
    at = format_instant(status.as_at)[:16].replace("T", " ")
    which = ", the last evidence" if status.is_of_last else ""
    yield f"As at {at} UTC{which}: what came later is not known to it."
    if len(status.criteria) == 1:
        yield (
            f"Judged by {status.criteria[0].name} alone: there is nothing to compare it with. Give --criteria twice."
        )
    yield from _of_what_was_read(status)
    last = status.by_criteria[status.criteria[-1].name]
    if status.devices and status.criteria[-1].cells and not last[Verdict.SECURE_BY_CREDENTIALS.name]:
        yield (
            f"No Device is secure by credentials by {status.criteria[-1].name}: what is said rests on what was sent, not "
            "on what Devices were read to hold."
        )


def _of_what_was_read(status: CommissioningStatus) -> Iterator[str]:
    read = status.evidence
    if not read.has_registrations:
        yield (
            "No registrations were given: whose certificates a Device should hold is known only where the evidence "
            "tells of a change of Supplier. Cells cannot be told by it; give --registrations."
        )
    elif read.not_registered:
        yield f"{many(read.not_registered, 'Device')} without a registration: whose cells should be whose cannot be told."
    if not read.has_inventory:
        yield (
            "No Inventory was given: of what type Devices are and who made them is not known, so nothing is told by it "
            "and of no Communications Hub Function; give --inventory."
        )
    elif read.not_in_inventory:
        yield f"{many(read.not_in_inventory, 'Device')} not in the Inventory: their type and maker are not known."
    if read.without_evidence:
        yield (
            f"{many(read.without_evidence, 'Device')} of the registrations or the Inventory without any evidence: not "
            "assessed, in no number here."
        )
    if read.contradictory:
        yield f"Evidence of one instant contradicts itself of {many(read.contradictory, 'Device')}."
    for reason, rows in list(read.rejected_by_reason.items())[:_REASONS]:
        yield f"Not used, {many(rows, 'row')}: {reason}."
    if read.rejected:
        yield f"{many(read.rejected, 'row')} of evidence could not be used; rejected.csv says why."


def _left(strides: Sequence[Stride], first: int) -> int:
    """What is left of the failed before what was missed is added."""
    return first - sum(each.devices for each in strides if each.change is not Change.FOUND)


def _devices(status: CommissioningStatus, change: Change) -> int:
    return status.count(lambda each: each.step.change is change, "step")


def _of_place(reason: Reason, place: str) -> str:
    """A reason, with the obligation or cell that it is of, as part of a sentence."""
    if not place:
        return reason.text
    return f"{place} failed" if reason is Reason.FAILED else f"{reason.text} ({place})"


def _points(part: int, whole: int) -> str:
    return f"{points(part, whole)} points"


def _rate(part: str, it: Rate) -> Fraction:
    return Fraction(it.first if part == "first" else it.last, it.devices)


def _span(months: Sequence[Rate]) -> str:
    first, last = months[0].value, months[-1].value
    return first if first == last else f"{first} to {last}"


def _months(months: int) -> str:
    return many(months, "month")


def _none_or(number: int) -> str:
    return thousands(number) if number else "none"


def _is_are(number: int) -> str:
    return "is" if number <= 1 else "are"
