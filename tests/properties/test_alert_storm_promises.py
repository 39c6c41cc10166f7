"""The promises of the Alert Storm rule, held to the readable rule."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import given, settings, strategies as st
from tests.streams import WINDOW, exclusion_lists, logs, parameters, rules

from tidegate.alert_storm.decision import Decision, Level, Outcome, Storm
from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.vocabulary.alerts import Alert, Stream


def replay(
    alerts: list[Alert], storm_rules: AlertStormRules, excluded: ExclusionList
) -> tuple[list[Decision], list[Storm], AlertStormProtection]:
    protection = AlertStormProtection(storm_rules, excluded)
    decisions, ended = [], []
    for alert in alerts:
        ended += protection.advance_to(alert.at)
        decisions.append(protection.receive(alert))
    return decisions, ended, protection


@given(logs(), rules(), exclusion_lists())
def test_every_alert_is_forwarded_throttled_or_excluded_and_never_both(alerts, storm_rules, excluded):
    decisions, ended, protection = replay(alerts, storm_rules, excluded)

    assert len(alerts) == sum(Counter(d.outcome for d in decisions).values())
    for storm in (*ended, *protection.running()):
        assert storm.received == storm.forwarded + storm.throttled


@given(logs(), rules(), exclusion_lists())
def test_what_is_throttled_is_told_or_still_to_tell(alerts, storm_rules, excluded):
    protection = AlertStormProtection(storm_rules, excluded)
    throttled: Counter[Stream] = Counter()
    told: Counter[Stream] = Counter()
    untold: Counter[Stream] = Counter()
    for alert in alerts:
        decision = protection.receive(alert)
        stream = protection.stream_of(alert)
        if decision.outcome is Outcome.THROTTLED:
            throttled[stream] += 1
            untold[stream] += 1
        elif decision.throttled_alert_count:
            assert untold[stream] == decision.throttled_alert_count
            told[stream] += decision.throttled_alert_count
            untold[stream] = 0

    assert throttled == told + untold


@given(logs(), rules(), exclusion_lists())
def test_an_excluded_code_is_never_throttled_and_never_counted(alerts, storm_rules, excluded):
    decisions, _, _ = replay(alerts, storm_rules, excluded)
    others = [alert for alert in alerts if alert.alert_code not in excluded]
    alone, _, _ = replay(others, storm_rules, ExclusionList())

    assert [d for d in decisions if d.outcome is not Outcome.EXCLUDED] == alone
    for alert, decision in zip(alerts, decisions, strict=True):
        assert (alert.alert_code in excluded) == (decision.outcome is Outcome.EXCLUDED)


@given(logs(), rules())
def test_a_stream_within_its_threshold_is_never_throttled(alerts, storm_rules):
    decisions, _, protection = replay(alerts, storm_rules, ExclusionList())
    received = defaultdict(list)
    for alert in alerts:
        received[protection.stream_of(alert)].append(alert.at)
    for alert, decision in zip(alerts, decisions, strict=True):
        stream = protection.stream_of(alert)
        p = storm_rules.parameters_for(alert.alert_code)
        fullest = max(sum(1 for s in received[stream] if t - p.window_us < s <= t) for t in received[stream])
        if fullest <= p.threshold:
            assert decision.outcome is Outcome.FORWARDED


@given(logs(codes=[0x8F75]), parameters())
def test_storms_start_and_end_exactly_where_the_definition_says(alerts, p):
    """Against the definition counted by hand over every instant, not over Alerts."""
    one = [Alert(alert.at, 1, 0x8F75) for alert in alerts]
    _, ended, protection = replay(one, AlertStormRules(p), ExclusionList())

    assert storms_by_hand([alert.at for alert in one], p) == [
        (storm.started_at, storm.ended_at, storm.received, storm.peak_count)
        for storm in (*ended, *protection.running())
        if storm.level is Level.RED
    ]


def storms_by_hand(received: list[int], p: AlertStormParameters) -> list[tuple[int, int | None, int, int]]:
    """Walk every instant from the first Alert to the last; a storm is (start, end, received, peak)."""
    storms: list[tuple[int, int | None, int, int]] = []
    is_storming = False
    clears_at = p.threshold if p.clear_threshold is None else p.clear_threshold
    for t in range(received[0], received[-1] + 1) if received else ():
        before = sum(1 for s in received if t - p.window_us < s < t)
        if is_storming and before <= clears_at:
            storms[-1] = (storms[-1][0], t, *storms[-1][2:])
            is_storming = False
        for count in range(before + 1, before + received.count(t) + 1):
            if not is_storming and count > p.threshold:
                storms.append((t, None, 0, 0))
                is_storming = True
            if is_storming:
                start, end, so_far, peak = storms[-1]
                storms[-1] = (start, end, so_far + 1, max(peak, count))
    return storms


@given(logs(), rules(), exclusion_lists())
def test_amber_throttles_nothing(alerts, storm_rules, excluded):
    without = AlertStormRules(
        _without_amber(storm_rules.default),
        {code: _without_amber(p) for code, p in storm_rules.codes.items()},
        storm_rules.count_by,
        storm_rules.code_groups,
    )
    with_amber, _, _ = replay(alerts, storm_rules, excluded)
    without_amber, _, _ = replay(alerts, without, excluded)

    assert [_gist(d) for d in without_amber] == [_gist(d) for d in with_amber]


def _without_amber(p: AlertStormParameters) -> AlertStormParameters:
    return AlertStormParameters(
        p.threshold, p.window_us, p.forward_one_in, p.forward_at_least_every_us, p.clear_threshold
    )


def _gist(d: Decision) -> tuple[Outcome, int, int, int]:
    return d.outcome, d.count, d.throttled_alert_sequence_id, d.throttled_alert_count


@given(logs(), rules(), st.sets(st.integers(0, 120)))
def test_asking_for_the_time_in_between_changes_nothing(alerts, storm_rules, asked):
    quiet, _, _ = replay(alerts, storm_rules, ExclusionList())
    protection = AlertStormProtection(storm_rules)
    decisions = []
    for number, alert in enumerate(alerts):
        while number in asked and (due := protection.next_deadline()) is not None and due <= alert.at:
            protection.advance_to(due)
        decisions.append(protection.receive(alert))

    assert [_gist(d) for d in quiet] == [_gist(d) for d in decisions]


@given(logs(), rules())
def test_nothing_is_remembered_once_everything_has_left_and_been_told(alerts, storm_rules):
    decisions, _, protection = replay(alerts, storm_rules, ExclusionList())
    untold = {}
    for alert, decision in zip(alerts, decisions, strict=True):
        untold[protection.stream_of(alert)] = decision.outcome is Outcome.THROTTLED
    protection.advance_to(10**9)

    assert protection.running() == []
    assert protection.next_deadline() is None
    assert sum(untold.values()) == len(protection)


@settings(max_examples=50)
@given(parameters(), st.integers(0, 30))
def test_the_first_alerts_of_a_quiet_device_always_pass(p, number):
    decisions, _, _ = replay(
        [Alert(1_000, 7, 0x8F75)] * min(number, p.threshold), AlertStormRules(p), ExclusionList()
    )

    assert all(d.outcome is Outcome.FORWARDED and d.storm is None for d in decisions)


def test_the_window_is_open_at_its_old_end():
    """(t - W, t]: an Alert exactly one window old has left."""
    p = AlertStormParameters(threshold=1, window_us=WINDOW, forward_one_in=10)
    for gap, outcome in (
        (WINDOW - 1, Outcome.THROTTLED),
        (WINDOW, Outcome.FORWARDED),
        (WINDOW + 1, Outcome.FORWARDED),
    ):
        decisions, _, _ = replay(
            [Alert(1_000, 7, 0x8F75), Alert(1_000 + gap, 7, 0x8F75)], AlertStormRules(p), ExclusionList()
        )

        assert outcome is decisions[1].outcome
