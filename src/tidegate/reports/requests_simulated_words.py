"""What a simulation of Service Requests found, in sentences that a paper for the Panel can quote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import Final

from tidegate.reports.numerals import length, many, percent, thousands, times_in_words
from tidegate.reports.requests_simulated import (
    BACKLOG_STEP,
    CLEARED_SECONDS,
    Control,
    ControlOutcome,
    RequestsSimulated,
    StreamOutcome,
    Tally,
)
from tidegate.reports.verdict import Verdict
from tidegate.vocabulary.instants import SECOND, Duration
from tidegate.vocabulary.service_reference_variants import variant_in_words

_TOLD_FIRST: Final = {Control.AS_WRITTEN, Control.NONE}
"""What a headline sets beside the rule; the others stand in the findings and tables."""

_ENOUGH: Final = 0.99
"""A share of what was due that has to be done for a capacity to be enough; the last tasks are still on their way."""

_NEARLY_ALL: Final = 0.999
"""A share from here on is not worth telling as less than all."""


def requests_verdict(found: RequestsSimulated) -> Verdict:
    """Say what a simulation found."""
    return Verdict(watched_in_words(found), tuple(_findings(found)), tuple(_cautions(found)))


def watched_in_words(found: RequestsSimulated) -> str:
    """What became of the stream that the scenario is about: under the rule, as written, and without control."""
    rule, *others = _rule_first(found)
    told = [
        f"{_under(each)} {_short_fate(each.stream(found.watches))}"
        for each in others
        if each.control in _TOLD_FIRST
    ]
    return f"{'; '.join([f'Under {_mid(rule.name)} {_fate(rule.stream(found.watches))}', *told])}."


def backlog_in_words(found: RequestsSimulated) -> str:
    """When the backlog was down for good: under the rule, as written, and without control."""
    rule, *others = _rule_first(found)
    cleared = f"Under {_mid(rule.name)} the backlog {_cleared(found, rule)}"
    told = [f"{_under(each)} it {_cleared(found, each)}" for each in others if each.control in _TOLD_FIRST]
    return f"{'; '.join([cleared, *told])}."


def entitlement_in_words(found: RequestsSimulated) -> str:
    """Whether Users got what they asked for within their allocations, under the rule and where one got least."""
    rule, *others = _rule_first(found)
    if rule.fairness is None:
        return "More was never sent than the operating threshold: nobody's allocation was put to the test."
    said = f"Under {_mid(rule.name)} {_worst_off(found, rule)}"
    worse = [each for each in others if (each.worst_off is not None)]
    if not worse:
        return f"{said}."
    worst = min(worse, key=_least_share)
    if _least_share(worst) >= _least_share(rule):
        return f"{said}, and no User does worse under another control."
    return f"{said}; {_under(worst)} {_worst_off(found, worst)}."


def goodput_in_words(found: RequestsSimulated) -> str:
    """How many requests a second were answered while their User still waited, under every control."""
    rule, *others = _rule_first(found)
    said = [f"{_mid(each.name)} {per_second(each.total.answered, found.length_us)}" for each in others]
    own = per_second(rule.total.answered, found.length_us)
    return f"{'; '.join([f'{rule.name} answers {own} requests a second in time, on average', *said])}."


def answered_in_words(found: RequestsSimulated) -> str:
    """How much was answered of what was sent, by the rule and where it was least."""
    rule, *others = _rule_first(found)
    said = f"Under {_mid(rule.name)} {times_in_words(rule.total.amplification)} requests are sent for each one answered"
    if not others:
        return f"{said}."
    worst = max(others, key=lambda each: each.total.amplification)
    return f"{said}; {_under(worst)} {times_in_words(worst.total.amplification)}."


def capacity_in_words(found: RequestsSimulated) -> str:
    """How much capacity is enough for the watched stream, under the rule and without control."""
    said = []
    for control, words in ((Control.TIDEGATE, "under Tidegate's rule"), (Control.NONE, "without control")):
        outcomes = sorted(
            (it for it in found.of_capacities if it.control is control), key=lambda it: it.capacity
        )
        tallies = [(float(it.capacity), it.stream(found.watches).tally) for it in outcomes]
        enough = [times for times, tally in tallies if tally.done >= _ENOUGH * tally.due]
        said.append(
            f"{words} {enough[0]:g} times the capacity is enough"
            if enough
            else f"{words} not even {tallies[-1][0]:g} times the capacity is enough"
        )
    return f"For {_ENOUGH:.0%} of the {found.watches} by the end, {'; '.join(said)}."


def per_second(requests: int, over: Duration) -> str:
    """Requests in a time as a rate: `8.2`, `540`."""
    rate = requests * SECOND / over
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"  # noqa: PLR2004 - three figures


def variants_in_words(srvs: Sequence[str]) -> str:
    """Variants by number, each once."""
    return ", ".join(dict.fromkeys(srvs))


def _findings(found: RequestsSimulated) -> Iterator[str]:
    compared = _rule_first(found)
    yield f"Volumes: {_volumes(found)}"
    yield f"Done: {_by_control(compared, lambda it: percent(it.total.done, it.total.due))} of all tasks."
    for place, stream in enumerate(compared[0].streams):
        if stream.is_sequence:
            said = ", ".join(
                f"{_mid(it.name)} {thousands(it.streams[place].tally.stranded)}" for it in compared
            )
            yield f"Stranded half way, of {thousands(stream.tally.due)} {stream.name}: {said}."
    yield f"Backlog: {backlog_in_words(found)}"
    yield f"Goodput: {goodput_in_words(found)}"
    yield f"Tried again: {answered_in_words(found)}"
    yield f"Allocations: {entitlement_in_words(found)}"
    yield f"Refused within its allocation: {_refused_within(found)}"
    if any(it.served_for_nobody for it in compared):
        said = _by_control(compared, lambda it: thousands(it.served_for_nobody))
        yield f"Served for nobody, as its User had given up: {said}."
    yield from _of_capacities(found)
    yield from _of_lists(found)


def _cautions(found: RequestsSimulated) -> Iterator[str]:
    what = "Synthetic: Users, meters, rates, retry strategies and sequences are invented."
    yield f"{what} {'The capacity and the list are illustrative.' if found.is_illustrative else ''}".strip()
    if found.scale != 1:
        yield (
            f"{found.scale:g} times the meters and the capacity, to be quick. Whole requests a period weigh more in a "
            "smaller system; --scale 1 is the whole."
        )
        yield from _little_room(found)
    yield (
        f"The queue before the DCC System holds {length(found.queue_us)} of work, which is invented and matters: "
        "where it is longer than Users wait, what is served without control is served for nobody. A refusal costs "
        "nothing here, and no Device fails to answer."
    )
    yield (
        "First come, first served, serves up to the maximum, and the rule ordinary requests up to the operating "
        "threshold: what lies between is kept for what is prioritised, for allocations and for what was begun."
    )
    compared = found.compared
    over = next((it for it in compared if it.control is Control.TIDEGATE), None)
    if over is not None and over.total.refused_full:
        yield (
            f"Under the rule {many(over.total.refused_full, 'request')} of Users within their allocation met the "
            "maximum, used up by what is prioritised, was begun or was booked."
        )


def _little_room(found: RequestsSimulated) -> Iterator[str]:
    """What the fair limits need between the threshold and the maximum, and a small system may not have."""
    one = found.compared[0]
    room, users = one.maximum - one.threshold, len(one.users)
    if 0 < room < users:
        enough = ceil(100 * found.scale * users / room) / 100
        yield (
            f"Between the operating threshold and the maximum lie {many(room, 'request')} a period at this size, fewer "
            f"than one for each of {users} Users; about --scale {enough:g} leaves that."
        )


def _volumes(found: RequestsSimulated) -> str:
    rule = found.compared[0]
    requests = sum(each.requests for each in found.volumes)
    busiest = per_second(found.busiest, BACKLOG_STEP)
    threshold = per_second(rule.threshold, found.period_us)
    ratio = found.busiest * found.period_us / (rule.threshold * BACKLOG_STEP)
    over = percent(found.steps_over, found.steps)
    return (
        f"{thousands(requests)} requests in {length(found.length_us)}; {busiest} a second in the busiest 10 s, "
        f"{ratio:.1f} times the operating threshold of {threshold}, and more than it {over} of the time."
    )


def _rule_first(found: RequestsSimulated) -> list[ControlOutcome]:
    return sorted(found.compared, key=lambda it: it.control is not Control.TIDEGATE)


def _by_control(outcomes: Sequence[ControlOutcome], say: Callable[[ControlOutcome], str]) -> str:
    return ", ".join(f"{_mid(it.name)} {say(it)}" for it in outcomes)


def _refused_within(found: RequestsSimulated) -> str:
    compared = _rule_first(found)
    below = "none under any control"
    if any(it.total.refused_within for it in compared):
        below = _by_control(compared, lambda it: thousands(it.total.refused_within))
    at_it = _by_control(compared, lambda it: thousands(it.total.refused_full))
    return f"below the maximum {below}; at the maximum {at_it}."


def _fate(stream: StreamOutcome) -> str:
    """`all of 134 installs are done, half of them within 70 s`."""
    tally = stream.tally
    if tally.done == tally.due:
        said = f"all {thousands(tally.due)} {stream.name} are done"
    else:
        said = f"{thousands(tally.done)} of {thousands(tally.due)} {stream.name} are done"
    if tally.stranded:
        said = f"{said} and {thousands(tally.stranded)} stranded half way"
    return said if tally.median_us is None else f"{said}, half of them within {length(tally.median_us)}"


def _short_fate(stream: StreamOutcome) -> str:
    tally = stream.tally
    said = "all" if tally.done == tally.due else f"{thousands(tally.done)}"
    if tally.stranded:
        said = f"{said}, with {thousands(tally.stranded)} stranded"
    return said if tally.median_us is None else f"{said}, half within {length(tally.median_us)}"


def _cleared(found: RequestsSimulated, outcome: ControlOutcome) -> str:
    took = found.time_to_clear(outcome)
    if took is None:
        return f"is not cleared by the end ({thousands(outcome.total.waiting)} tasks wait)"
    if took == 0:
        return f"is less than {CLEARED_SECONDS} s of work as soon as things have settled"
    return f"is cleared after {length(took)}"


def _worst_off(found: RequestsSimulated, outcome: ControlOutcome) -> str:
    worst = outcome.worst_off
    if worst is None:
        return "no User was put to the test"
    if _least_share(outcome) >= _NEARLY_ALL:
        return "every User is answered all that it asks for within its allocation"
    share = percent(worst.got, worst.entitled)
    retries = found.retries[worst.user]
    return f"{worst.user}, which {retries}, has least of what it asks for within its allocation answered: {share}"


def _least_share(outcome: ControlOutcome) -> float:
    worst = outcome.worst_off
    return 1.0 if worst is None or worst.share_of_entitlement is None else worst.share_of_entitlement


def _of_capacities(found: RequestsSimulated) -> Iterator[str]:
    for control, words in ((Control.TIDEGATE, "under the rule"), (Control.NONE, "and no control")):
        outcomes = [it for it in found.of_capacities if it.control is control]
        if outcomes:
            said = ", ".join(
                f"{float(it.capacity):g} times {percent(it.total.done, it.total.due)} done, {_median(it.total)}"
                for it in outcomes
            )
            yield f"More capacity {words}: {said}."


def _median(tally: Tally) -> str:
    return "none is done" if tally.median_us is None else f"half are done within {length(tally.median_us)}"


def _of_lists(found: RequestsSimulated) -> Iterator[str]:
    if not found.of_lists:
        return
    own, *asked = found.of_lists
    idle = [it.ask for it in asked if not _touched(own, it)]
    for it in asked:
        if it.ask not in idle:
            yield f"Priority list, {it.ask}: {ask_in_words(own, it)}"
    if idle:
        yield f"Priority list: nobody sends here what {', '.join(idle)} {'are' if len(idle) > 1 else 'is'} about."


def _touched(own: ControlOutcome, asked: ControlOutcome) -> list[StreamOutcome]:
    """The streams that an ask is about."""
    changed = set(own.priority) ^ set(asked.priority)
    return [each for each in own.streams if changed & set(each.srvs)]


def ask_in_words(own: ControlOutcome, asked: ControlOutcome) -> str:
    """What an ask of the priority list changes, with what it adds and drops."""
    adds = [srv for srv in asked.priority if srv not in own.priority]
    drops = [srv for srv in own.priority if srv not in asked.priority]
    parts = [f"adds {_named(adds)}"] * bool(adds) + [f"drops {_named(drops)}"] * bool(drops)
    head = " and ".join(parts)
    touched = _touched(own, asked)
    if not touched:
        return f"{head}; nobody sends {'it' if len(adds + drops) == 1 else 'them'} in this scenario."
    if own.total == asked.total:
        return f"{head}; it changes nothing here, for what it is about goes through without it."
    told = [
        f"of {thousands(each.tally.due)} {each.name} {_before_after(each.tally, asked.stream(each.name).tally)}"
        for each in own.streams
        if each in touched or each.tally != asked.stream(each.name).tally
    ]
    return f"{head}; {'; '.join(told)}."


def _before_after(before: Tally, after: Tally) -> str:
    done = (
        f"{thousands(before.done)} are done as before"
        if before.done == after.done
        else f"{thousands(after.done)} are done, not {thousands(before.done)}"
    )
    if before.median_us is None or after.median_us is None:
        return done
    # Both as they are printed: a difference that cannot be told is none.
    now, then = length(after.median_us), length(before.median_us)
    return done if now == then else f"{done}, half within {now}, not {then}"


def _named(srvs: Sequence[str]) -> str:
    return ", ".join(variant_in_words(srv) for srv in srvs)


def _mid(name: str) -> str:
    """A control's name within a sentence."""
    return name if name.startswith(("Tidegate", "SECMP")) else name[0].lower() + name[1:]


def _under(outcome: ControlOutcome) -> str:
    return "without control" if outcome.control is Control.NONE else f"under {_mid(outcome.name)}"
