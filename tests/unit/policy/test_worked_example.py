"""A storm by clock times says what the rule does, for any parameters."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, strategies as st
from tests.unit.policy.policies import a_policy

from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.policy.explanation import explain
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.policy.worked_example import NOON, Moment, worked_example
from tidegate.vocabulary.instants import HOUR, MINUTE


def test_a_storm_is_told_from_its_first_alert_to_the_last_one_told_of():
    policy = _with(AlertStormParameters(4, 10 * MINUTE, forward_one_in=3, clear_threshold=2))
    example = worked_example(policy, 0x8F75)

    assert MINUTE == example.gap_us
    assert [
        Moment(NOON, 1, 1, "forwarded"),
        Moment(NOON + 3 * MINUTE, 4, 4, "forwarded: 4 in 10m is no storm yet"),
        Moment(NOON + 4 * MINUTE, 5, 5, "more than 4 in 10m: an Alert Storm starts. Throttled"),
        Moment(
            NOON + 6 * MINUTE, 7, 7, "forwarded with ThrottledAlertSequenceId 1 and ThrottledAlertCount 2"
        ),
        Moment(
            NOON + 9 * MINUTE, 10, 10, "forwarded with ThrottledAlertSequenceId 2 and ThrottledAlertCount 2"
        ),
        Moment(NOON + 11 * MINUTE, 12, 10, "throttled; then the Device falls silent"),
        Moment(
            NOON + 19 * MINUTE,
            0,
            2,
            "the count is down to 2: the storm ends. In it 8 were received, 2 forwarded and 6 throttled",
        ),
        Moment(
            NOON + 29 * MINUTE, 13, 1, "forwarded with ThrottledAlertSequenceId 3 and ThrottledAlertCount 2"
        ),
    ] == list(example.moments)


def test_an_excluded_code_has_nothing_to_tell_but_that():
    example = worked_example(a_policy(excluded={0x8F75: "why"}), 0x8F75)

    assert ["forwarded, as is every other: an excluded code is never counted"] == [
        moment.text for moment in example.moments
    ]


def test_amber_is_told_when_it_is_passed():
    policy = _with(AlertStormParameters(5, HOUR, forward_one_in=2, amber_threshold=2))

    assert (3, "forwarded, and reported: more than 2 in 1h is amber") in [
        (moment.number, moment.text) for moment in worked_example(policy, 0x8F75).moments
    ]


def test_a_threshold_past_telling_is_not_told():
    assert () == worked_example(_with(AlertStormParameters(501, HOUR)), 0x8F75).moments


def test_a_window_too_short_to_storm_in_is_not_told():
    assert () == worked_example(_with(AlertStormParameters(1, 1)), 0x8F75).moments


@given(
    st.builds(
        AlertStormParameters,
        threshold=st.integers(1, 40),
        window_us=st.sampled_from([2, 7, MINUTE, HOUR, 25 * HOUR]),
        forward_one_in=st.sampled_from([1, 2, 3, 10, 10_000]),
        forward_at_least_every_us=st.sampled_from([None, 1, MINUTE, HOUR]),
        clear_threshold=st.sampled_from([None, 0, 1]),
        amber_threshold=st.sampled_from([None, 1]),
    )
)
def test_every_example_is_in_order_short_and_ends_its_storm(parameters: AlertStormParameters):
    moments = worked_example(_with(parameters), 0x8F75).moments

    assert sorted(moments, key=lambda moment: moment.at) == list(moments)
    assert len(moments) <= 12
    if moments:
        assert any("Alert Storm starts" in moment.text for moment in moments)
        assert "the storm ends" in moments[-2].text


def test_an_explanation_says_that_a_policy_in_shadow_holds_nothing():
    assert "every Alert is forwarded" in explain(replace(a_policy(), mode=Mode.SHADOW), 0x8F75).sentences[0]


def test_an_explanation_gives_the_reason_of_an_excluded_code():
    assert "The reason: tamper" in explain(a_policy(excluded={0x8F75: "tamper"}), 0x8F75).sentences


def test_a_member_of_a_group_is_explained_with_the_parameters_of_the_group():
    rules = AlertStormRules(
        AlertStormParameters(3, 10), {0x8014: AlertStormParameters(1, 10)}, code_groups=((0x8014, 0x8015),)
    )
    sentences = explain(replace(a_policy(), alert_storm=rules), 0x8015).sentences

    assert "8015 (Power Factor Threshold Ok) has the parameters of its group." in sentences
    assert "8014 and 8015 are counted as one." in sentences
    assert "More than 1 in any 10us starts an Alert Storm." in sentences


def test_without_a_code_an_ordinary_one_is_explained_and_the_others_are_named():
    explanation = explain(a_policy(excluded={0x8002: "first of all published codes"}))

    assert 0x8003 == explanation.code
    assert "Never throttled: 8002." in explanation.sentences


def test_a_code_nobody_published_is_explained_like_any_other():
    sentences = explain(a_policy(), 0xFFFF).sentences

    assert "FFFF (not a published code) has the default parameters." in sentences


def _with(parameters: AlertStormParameters) -> MechanismDocument:
    return replace(a_policy(), alert_storm=AlertStormRules(parameters))
