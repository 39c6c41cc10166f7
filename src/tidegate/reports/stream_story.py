"""One stream's story: what was decided on each of its Alerts, and why, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tidegate.alert_storm.decision import Decision, Level, Outcome, Storm
from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.vocabulary.instants import Instant, format_duration, format_instant


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a stream at an instant.

    outcome:  Of an Alert; None for what is no Alert (a storm ends, a policy takes force).
    words:    What happened, and why.
    is_turn:  The story turns here: a storm starts or ends, a policy takes force.
    """

    at: Instant
    outcome: Outcome | None
    words: str
    is_turn: bool


@dataclass(frozen=True, slots=True)
class Story:
    """All that happened to one stream.

    title:   Device, code and recipient.
    rule:    The parameters it was judged by, in words.
    """

    title: str
    rule: str
    steps: Sequence[Step]

    def short(self, first: int = 4, last: int = 2) -> Iterator[Step | LeftOut]:
        """Every turn of the story, and of the Alerts between two turns the first and last few."""
        between: list[Step] = []
        for step in self.steps:
            if step.is_turn:
                yield from _shortened(between, first, last)
                between = []
                yield step
            else:
                between.append(step)
        yield from _shortened(between, first, last)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Steps that a short telling leaves out."""

    forwarded: int
    throttled: int
    excluded: int

    @property
    def words(self) -> str:
        """What was left out, in words."""
        kinds = (
            f"{self.forwarded:,} forwarded",
            f"{self.throttled:,} held back",
            f"{self.excluded:,} excluded",
        )
        counts = (self.forwarded, self.throttled, self.excluded)
        return f"{sum(counts):,} more: " + ", ".join(
            k for k, count in zip(kinds, counts, strict=True) if count
        )


def _shortened(steps: Sequence[Step], first: int, last: int) -> Iterator[Step | LeftOut]:
    if len(steps) <= first + last + 1:
        yield from steps
        return
    outcomes = Counter(step.outcome for step in steps[first:-last])
    yield from steps[:first]
    yield LeftOut(outcomes[Outcome.FORWARDED], outcomes[Outcome.THROTTLED], outcomes[Outcome.EXCLUDED])
    yield from steps[-last:]


def rule_in_words(parameters: AlertStormParameters) -> str:
    """The rule with its numbers, as one sentence."""
    p = parameters
    words = f"A storm starts above {p.threshold} in {format_duration(p.window_us)} and ends at {p.clears_at}; in it "
    words += "every Alert" if p.forward_one_in == 1 else f"every {ordinal(p.forward_one_in)} Alert"
    if p.forward_at_least_every_us is not None:
        words += f", and one {format_duration(p.forward_at_least_every_us)} after the last forwarded one,"
    words += " is forwarded."
    if p.amber_threshold is not None:
        words += f" Amber above {p.amber_threshold}."
    return words


def told(
    decision: Decision, at: Instant, untold: int, last_forwarded: Instant, p: AlertStormParameters
) -> Step:
    """What was decided on one Alert.

    untold:          Alerts throttled since the last forwarded one, this one included when it was throttled.
    last_forwarded:  When that was.
    """
    if decision.outcome is Outcome.EXCLUDED:
        return Step(
            at,
            decision.outcome,
            "forwarded: its code is on the exclusion list, it is not counted",
            is_turn=False,
        )
    window = format_duration(p.window_us)
    storm = decision.storm
    has_started = storm is not None and storm.received == 1
    opening = ""
    if has_started:
        opening = f"{decision.count} in {window} is over {p.threshold}: an ALERT STORM starts; "
    if decision.outcome is Outcome.THROTTLED:
        words = f"{opening}held back, {ordinal(untold)} since the last forwarded one; {_due(untold, last_forwarded, p)}"
        return Step(at, decision.outcome, words, is_turn=has_started)
    carries = ""
    if decision.throttled_alert_count:
        carries = (
            f"; it tells of {decision.throttled_alert_count} held back before it "
            f"(ThrottledAlertSequenceId {decision.throttled_alert_sequence_id})"
        )
    if storm is None:
        words = f"forwarded: {decision.count} in {window}, not over {p.threshold}{carries}"
        return Step(at, decision.outcome, words, is_turn=False)
    since = decision.throttled_alert_count + 1
    if since >= p.forward_one_in:
        why = (
            "every Alert is"
            if p.forward_one_in == 1
            else f"it is the {ordinal(since)} since the last forwarded one"
        )
    else:
        why = f"{format_duration(at - last_forwarded)} since the last forwarded one"
    return Step(at, decision.outcome, f"{opening}forwarded: {why}{carries}", is_turn=has_started)


def ended(storm: Storm, p: AlertStormParameters) -> Step:
    """A storm or amber spell ended."""
    assert storm.ended_at is not None
    if storm.level is Level.AMBER:
        words = f"amber ends: {storm.received} received, at most {storm.peak_count} in a window"
    else:
        words = (
            f"the storm ENDS: no more than {p.clears_at} left in the window; "
            f"{storm.received} received, {storm.forwarded} forwarded, {storm.throttled} held back, "
            f"at most {storm.peak_count} in a window"
        )
    return Step(storm.ended_at, None, words, is_turn=True)


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    last_two = number % 100
    suffix = "th" if last_two in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _due(untold: int, last_forwarded: Instant, p: AlertStormParameters) -> str:
    left = p.forward_one_in - 1 - untold
    due = f"the {ordinal(left + 1)} from here passes" if left else "the next one passes"
    if p.forward_at_least_every_us is not None:
        clock = format_instant(last_forwarded + p.forward_at_least_every_us)[11:19]
        due += f", or any from {clock}"
    return due
