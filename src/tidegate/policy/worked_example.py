"""A storm by clock times, made by running the rule: what one Device sends, and what becomes of it.

From noon on the Device sends Alerts at about twice the rate of the threshold,
until two forwarded ones have told how many were throttled, and a few more; then
it falls silent, the storm ends, and a window later one more Alert comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tidegate.alert_storm.decision import Decision, Level, Outcome, Storm
from tidegate.alert_storm.parameters import AlertStormParameters, harder
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, Duration, Instant, format_duration

NOON: Final[Instant] = 20_514 * DAY + 12 * HOUR
"""Noon of an ordinary day, 2 March 2026."""

LARGEST_EXAMPLE: Final = 1_000
"""Alerts an example may have; more would tell a reader nothing new."""

_ROUND_GAPS: Final = (
    *(step * SECOND for step in (1, 2, 5, 10, 15, 20, 30)),
    *(step * MINUTE for step in (1, 2, 5, 10, 15, 20, 30)),
    *(step * HOUR for step in (1, 2, 3, 4, 6, 12, 24)),
)
_DEVICE: Final = 0x00DB1234567890A0
_TELLINGS: Final = 2
_LEFT_UNTOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story.

    at:      When.
    number:  Which Alert of the Device, from 1; 0 where none is sent.
    count:   Alerts in the window then.
    text:    What happens.
    """

    at: Instant
    number: int
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """A Device's story under one policy.

    gap_us:   How far apart its Alerts are.
    moments:  What happens, in order; Alerts of which there is nothing new to say are left out. Empty
              when no storm can be shown within `LARGEST_EXAMPLE` Alerts.
    """

    gap_us: Duration
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One Alert of the run, and whether its stream was over amber after it."""

    at: Instant
    number: int
    decision: Decision
    is_amber: bool


def worked_example(
    policy: MechanismDocument, code: AlertCode, suppression: Suppression | None = None
) -> WorkedExample:
    """Run one Device's Alerts of a code through a policy's rule, whatever the policy's mode.

    With a suppression the Device is under it the whole time.
    """
    rules = replace(policy.alert_storm, suppressions=())
    parameters = rules.parameters_for(code)
    if suppression is not None:
        parameters = harder(parameters, suppression)
        rules = replace(rules, default=parameters, codes={})
    protection = AlertStormProtection(rules, policy.exclusion_list)
    gap = _gap(parameters)
    if code in policy.exclusion_list:
        protection.receive(Alert(NOON, _DEVICE, code))
        text = "forwarded, as is every other: an excluded code is never counted"
        return WorkedExample(gap, (Moment(NOON, 1, 0, text),))
    if 2 * parameters.threshold > LARGEST_EXAMPLE:
        return WorkedExample(gap, ())
    steps = _run(protection, code, parameters, gap)
    is_one_storm = steps[-1].decision.storm is not None and not any(step.decision.ended for step in steps)
    if not is_one_storm:
        return WorkedExample(gap, ())
    told = tuple(_told(steps, parameters))
    return WorkedExample(gap, (*told, *_afterwards(protection, code, steps[-1], parameters)))


def _gap(parameters: AlertStormParameters) -> Duration:
    # With no more than one Alert over the threshold in a window, a storm would end just before each Alert.
    in_window = max(2 * parameters.threshold, parameters.threshold + 2)
    largest = max(1, parameters.window_us // in_window)
    return max((gap for gap in _ROUND_GAPS if gap <= largest), default=largest)


def _run(
    protection: AlertStormProtection, code: AlertCode, parameters: AlertStormParameters, gap: Duration
) -> Sequence[_Step]:
    steps: list[_Step] = []
    tellings = 0
    while len(steps) < LARGEST_EXAMPLE:
        at = NOON + len(steps) * gap
        decision = protection.receive(Alert(at, _DEVICE, code))
        is_amber = any(spell.level is Level.AMBER for spell in protection.running())
        steps.append(_Step(at, len(steps) + 1, decision, is_amber))
        tellings += decision.throttled_alert_count > 0
        if _is_enough(steps, tellings, parameters):
            break
    return steps


def _is_enough(steps: Sequence[_Step], tellings: int, parameters: AlertStormParameters) -> bool:
    storm = steps[-1].decision.storm
    if storm is None:
        return False
    if parameters.forward_one_in == 1:
        return storm.received > _TELLINGS
    left_untold = min(_LEFT_UNTOLD, parameters.forward_one_in - 1)
    leaves_some = all(step.decision.outcome is Outcome.THROTTLED for step in steps[-left_untold:])
    # With forward_at_least_every near the gap there are never so many left, or nothing is throttled at all.
    is_long = tellings > 2 * _TELLINGS or storm.received > 3 * parameters.forward_one_in
    return is_long or (tellings >= _TELLINGS and leaves_some)


def _told(steps: Sequence[_Step], parameters: AlertStormParameters) -> Iterator[Moment]:
    """The steps there is something new to say of."""
    window = format_duration(parameters.window_us)
    was_amber = False
    for step in steps:
        storm = step.decision.storm
        text = _outcome(step.decision)
        if storm is not None and storm.received == 1:
            text = f"more than {parameters.threshold} in {window}: an Alert Storm starts. {text.capitalize()}"
        elif step is steps[-1]:
            text = f"{text}; then the Device falls silent"
        elif step.is_amber and not was_amber:
            text = f"{text}, and reported: more than {parameters.amber_threshold} in {window} is amber"
        elif step.number == parameters.threshold:
            text = f"{text}: {parameters.threshold} in {window} is no storm yet"
        elif step.number > 1 and not step.decision.throttled_alert_count:
            text = ""
        was_amber = step.is_amber
        if text:
            yield Moment(step.at, step.number, step.decision.count, text)


def _outcome(decision: Decision) -> str:
    if decision.outcome is Outcome.THROTTLED:
        return "throttled"
    if not decision.throttled_alert_count:
        return "forwarded"
    return (
        f"forwarded with ThrottledAlertSequenceId {decision.throttled_alert_sequence_id} "
        f"and ThrottledAlertCount {decision.throttled_alert_count}"
    )


def _afterwards(
    protection: AlertStormProtection, code: AlertCode, last: _Step, parameters: AlertStormParameters
) -> Iterator[Moment]:
    """The end of the storm, and the next Alert a window later."""
    ended: list[Storm] = []
    while (deadline := protection.next_deadline()) is not None:
        now = max(deadline, last.at)
        ended.extend(storm for storm in protection.advance_to(now) if storm.level is Level.RED)
    (storm,) = ended
    assert storm.ended_at is not None
    text = (
        f"the count is down to {parameters.clears_at}: the storm ends. In it {storm.received} were received, "
        f"{storm.forwarded} forwarded and {storm.throttled} throttled"
    )
    yield Moment(storm.ended_at, 0, parameters.clears_at, text)
    at = storm.ended_at + parameters.window_us
    decision = protection.receive(Alert(at, _DEVICE, code))
    yield Moment(at, last.number + 1, decision.count, _outcome(decision))
