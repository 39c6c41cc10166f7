"""The promises of suppressions, held to the readable rule."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings, strategies as st
from tests.streams import WINDOW, logs, parameters
from tests.suppressed import NEW, OLD, OTHER, SCOPES, flapping, inventories, suppressed_rules, with_products

from tidegate.alert_storm.decision import Level, Outcome
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, harder, softer_values
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.alert_storm.suppressions import Scope, Suppression
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.products import NOT_KNOWN, Product

FOR_EVER = 2**62
CODE = 0x8F75


def decided(alerts, storm_rules):
    protection = AlertStormProtection(storm_rules)
    return [protection.receive(alert) for alert in alerts], protection


def forwarded_so_far(decisions):
    return list(accumulate(decision.outcome is Outcome.FORWARDED for decision in decisions))


def suppression(**values):
    return Suppression(
        **{
            "id": "S-1",
            "codes": (CODE,),
            "products": (SCOPES[0],),
            "expires": FOR_EVER,
            "threshold": 1,
            **values,
        }
    )


@st.composite
def suppressions(draw):
    return suppression(
        threshold=draw(st.integers(1, 6)),
        forward_one_in=draw(st.none() | st.integers(1, 6)),
        forward_at_least_every_us=draw(
            st.none() | st.sampled_from([1, 7, WINDOW - 1, WINDOW, WINDOW + 1, 5 * WINDOW])
        ),
        clear_threshold=draw(st.none() | st.integers(0, 4)),
    )


@settings(max_examples=300)
@given(logs(codes=[CODE]), parameters(), suppressions())
def test_under_a_suppression_no_more_has_ever_been_forwarded(alerts, own, harder_one):
    """Whatever the two say, and at every Alert: not one more than without it."""
    stream = [Alert(alert.at, 1, CODE, product=OLD) for alert in alerts]
    without, _ = decided(stream, AlertStormRules(own))
    under, _ = decided(stream, AlertStormRules(own, suppressions=(harder_one,)))

    assert all(
        less <= more for less, more in zip(forwarded_so_far(under), forwarded_so_far(without), strict=True)
    )


@given(logs(codes=[CODE]), parameters(), suppressions())
def test_the_first_alert_of_a_stream_is_forwarded_under_any_suppression(alerts, own, harder_one):
    stream = [Alert(alert.at, 1, CODE, product=OLD) for alert in alerts]
    decisions, _ = decided(stream, AlertStormRules(own, suppressions=(harder_one,)))

    assert all(decision.outcome is Outcome.FORWARDED for decision in decisions[:1])


@given(logs(codes=[CODE]), parameters(), suppressions())
def test_in_a_storm_under_a_suppression_one_in_n_is_forwarded(alerts, own, harder_one):
    stream = [Alert(alert.at, 1, CODE, product=OLD) for alert in alerts]
    decisions, _ = decided(stream, AlertStormRules(own, suppressions=(harder_one,)))
    n = harder(own, harder_one).forward_one_in
    outcomes = [decision.outcome for decision in decisions]

    for start in range(len(outcomes) - n + 1):
        assert Outcome.FORWARDED in outcomes[start : start + n]


@settings(max_examples=150)
@given(st.data())
def test_what_is_under_no_suppression_is_decided_as_without_any(data):
    alerts = data.draw(logs())
    rows = data.draw(inventories(alerts))
    storm_rules = data.draw(suppressed_rules(alerts))
    known = with_products(alerts, rows)
    under = [
        alert
        for alert in known
        if storm_rules.suppression_of(Scope(alert.alert_code, alert.product, alert.at)) is not None
    ]
    ever = {(alert.device_id, storm_rules.counted_as(alert.alert_code)) for alert in under}
    decisions, _ = decided(known, storm_rules)
    without, _ = decided(known, replace(storm_rules, suppressions=()))

    for alert, one, other in zip(known, decisions, without, strict=True):
        if (alert.device_id, storm_rules.counted_as(alert.alert_code)) not in ever:
            assert other == one


@given(flapping())
def test_what_is_throttled_is_told_or_still_to_tell_in_and_out_of_a_suppression(case):
    alerts, rows, storm_rules = case
    decisions, _ = decided(with_products(alerts, rows), storm_rules)
    throttled = sum(decision.outcome is Outcome.THROTTLED for decision in decisions)
    told = sum(decision.throttled_alert_count for decision in decisions)
    last = max((n for n, d in enumerate(decisions) if d.outcome is Outcome.FORWARDED), default=-1)

    assert throttled == told + len(decisions) - 1 - last


@given(flapping())
def test_storms_in_and_out_of_a_suppression_follow_one_another(case):
    alerts, rows, storm_rules = case
    known = with_products(alerts, rows)
    decisions, protection = decided(known, storm_rules)
    protection.advance_to(alerts[-1].at)
    storms = [s for decision in decisions for s in decision.ended if s.level is Level.RED]
    storms += [s for s in protection.running() if s.level is Level.RED]

    for before, after in pairwise(storms):
        assert before.ended_at is not None
        assert before.started_at <= before.ended_at <= after.started_at
    assert sum(decision.storm is not None for decision in decisions) == sum(s.received for s in storms)


@pytest.mark.parametrize(
    ("by", "outcome"), [(-1, Outcome.THROTTLED), (0, Outcome.FORWARDED), (1, Outcome.FORWARDED)]
)
def test_from_the_instant_it_expires_the_ordinary_parameters_apply(by, outcome):
    """In force before `expires`, and no more at it."""
    own = AlertStormParameters(threshold=5, window_us=WINDOW, forward_one_in=10)
    one = suppression(expires=2_000, threshold=1, forward_one_in=10)
    alerts = [Alert(2_000 + by - 1, 1, CODE, product=OLD), Alert(2_000 + by, 1, CODE, product=OLD)]
    decisions, _ = decided(alerts, AlertStormRules(own, suppressions=(one,)))

    assert [Outcome.FORWARDED, outcome] == [decision.outcome for decision in decisions]


def test_a_storm_that_the_ordinary_parameters_would_not_have_ends_at_the_first_alert_after():
    own = AlertStormParameters(threshold=5, window_us=WINDOW, forward_one_in=10)
    one = suppression(expires=1_003, threshold=1, forward_one_in=10)
    alerts = [Alert(1_000 + n, 1, CODE, product=OLD) for n in range(5)]
    decisions, _ = decided(alerts, AlertStormRules(own, suppressions=(one,)))

    assert [0, 1, 1, 0, 0] == [int(decision.outcome) for decision in decisions]
    (storm,) = decisions[3].ended
    assert (1_001, 1_003, 2) == (storm.started_at, storm.ended_at, storm.received)
    assert (1, 2) == (decisions[3].throttled_alert_sequence_id, decisions[3].throttled_alert_count)


def test_no_other_stream_notices_that_a_suppression_expires():
    own = AlertStormParameters(threshold=2, window_us=WINDOW, forward_one_in=10)
    one = suppression(expires=1_003, threshold=1)
    other = [Alert(1_000 + n, 2, CODE, product=NEW) for n in range(6)]
    decisions, protection = decided(other, AlertStormRules(own, suppressions=(one,)))

    assert [0, 0, 1, 1, 1, 1] == [int(decision.outcome) for decision in decisions]
    assert [1_002] == [storm.started_at for storm in protection.running()]


def test_the_count_goes_on_when_a_device_comes_under_a_suppression():
    own = AlertStormParameters(threshold=5, window_us=WINDOW, forward_one_in=10)
    alerts = [Alert(1_000 + n, 1, CODE, product=OLD if n > 2 else NEW) for n in range(5)]
    decisions, _ = decided(alerts, AlertStormRules(own, suppressions=(suppression(threshold=2),)))

    assert [1, 2, 3, 4, 5] == [decision.count for decision in decisions]
    assert [0, 0, 0, 1, 1] == [int(decision.outcome) for decision in decisions]


def test_of_two_suppressions_the_narrower_counts_and_the_wider_when_it_has_expired():
    wide = suppression(id="wide", products=(Product("", "Maker C", "", ""),), threshold=4)
    narrow = suppression(id="narrow", products=(SCOPES[0],), threshold=2, expires=1_000)
    storm_rules = AlertStormRules(AlertStormParameters(9, WINDOW), suppressions=(wide, narrow))

    assert narrow == storm_rules.suppression_of(Scope(CODE, OLD, 999))
    assert wide == storm_rules.suppression_of(Scope(CODE, OLD, 1_000))
    assert wide == storm_rules.suppression_of(Scope(CODE, NEW, 999))
    assert storm_rules.suppression_of(Scope(CODE, NOT_KNOWN, 999)) is None
    assert storm_rules.suppression_of(Scope(0x8014, OLD, 999)) is None
    assert [2, 4, 9] == [
        storm_rules.parameters_in(Scope(CODE, product, 999)).threshold for product in (OLD, NEW, NOT_KNOWN)
    ]


@given(parameters(), suppressions())
def test_a_value_is_softer_where_the_harder_of_the_two_is_not_it(own, one):
    named = {name for name, _, _ in softer_values(one, own)}
    both = harder(own, one)

    assert ("threshold" in named) == (one.threshold != both.threshold)
    assert ("forward_one_in" in named) == (
        one.forward_one_in is not None and one.forward_one_in != both.forward_one_in
    )
    every = one.forward_at_least_every_us
    assert ("forward_at_least_every" in named) == (
        every is not None and every != both.forward_at_least_every_us
    )
    assert ("clear_threshold" in named) == (
        one.clear_threshold is not None and one.clear_threshold > both.clears_at
    )


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"codes": ()}, "S-1: codes names no Alert Code"),
        ({"codes": (CODE, CODE)}, "S-1: codes names an Alert Code twice"),
        ({"products": ()}, "S-1: firmware names none"),
        ({"products": (Product("CHF"),)}, "S-1: manufacturer, model and firmware are all left out"),
        ({"products": (OLD, OLD)}, "S-1: firmware names one twice"),
        ({"products": (OLD, OTHER)}, "S-1: products differ in more than firmware"),
        ({"products": (OLD, OLD._replace(firmware=""))}, "S-1: firmware names none and others too"),
        ({"threshold": None}, "S-1: threshold and every other parameter are left out"),
        ({"threshold": 0}, "S-1: threshold is 0"),
        ({"forward_one_in": 0}, "S-1: forward_one_in is 0"),
        ({"forward_at_least_every_us": 0}, "S-1: forward_at_least_every must be longer"),
        ({"clear_threshold": -1}, "S-1: clear_threshold is -1"),
    ],
)
def test_a_suppression_that_makes_no_sense_cannot_be_built(values, fault):
    with pytest.raises(ValueError, match=fault):
        suppression(**values)


@pytest.mark.parametrize(
    ("others", "groups", "fault"),
    [
        ([{}], (), "two suppressions have one id"),
        ([{"id": "S-2"}], (), "S-1 and S-2 are both about Maker C E4 3.0"),
        ([{"id": "S-2", "products": (Product("", "", "", "3.0"),)}], (), None),
        ([{"id": "S-2", "products": (NEW,)}], (), None),
        ([{"id": "S-2", "products": (Product("CHF", "", "", "3.0"),)}], (), "neither is narrower"),
        ([{"id": "S-2", "codes": (0x8014,)}], (), None),
        ([], ((CODE, 0x8014),), "S-1 leaves out 8014"),
        ([{"id": "S-2", "codes": (0x8014,)}], ((0x8014, 0x8015),), "S-2 leaves out 8015"),
    ],
)
def test_rules_have_no_suppressions_that_say_two_things(others, groups, fault):
    def build():
        return AlertStormRules(
            AlertStormParameters(9, WINDOW),
            code_groups=groups,
            suppressions=(suppression(), *(suppression(**other) for other in others)),
        )

    if fault is None:
        assert 2 == len(build().suppressions)
    else:
        with pytest.raises(ValueError, match=fault):
            build()
