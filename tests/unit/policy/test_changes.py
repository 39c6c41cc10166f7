"""Differences between policies, in words."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from tests.unit.policy.policies import a_policy
from tests.unit.policy.test_mechanism import RULES

from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy
from tidegate.policy.changes import changes
from tidegate.policy.mechanism import MechanismDocument, Mode

BEFORE = a_policy(excluded={0x8F75: "tamper"})


def test_a_policy_does_the_same_as_itself_under_another_name():
    assert [] == changes(BEFORE, replace(BEFORE, version="v2", effective_from=9, supersedes="v1"))


def test_a_code_that_leaves_the_exclusion_list_is_told_with_its_reason_and_what_holds_it_now():
    (change,) = changes(BEFORE, a_policy())

    assert ("alert_storm.exclusion_list.8F75", "tamper", None) == (change.key, change.before, change.after)
    assert change.sentence.startswith("8F75 (Unauthorised Physical Access - Strong Magnetic field) leaves")
    assert "More than 3 in any 10us" in change.sentence
    assert "tamper" in change.sentence


def test_a_code_that_joins_the_exclusion_list_is_told_with_its_reason():
    (change,) = changes(a_policy(), BEFORE)

    assert "joins the exclusion list: always forwarded, never counted. The reason: tamper" in change.sentence


def test_a_reason_told_anew_is_a_change():
    (change,) = changes(BEFORE, a_policy(excluded={0x8F75: "magnets"}))

    assert ("tamper", "magnets") == (change.before, change.after)


def test_each_parameter_is_a_change_of_its_own():
    told = _told(
        a_policy(),
        _with(AlertStormRules(AlertStormParameters(4, 20, 2, 30, 1, 2))),
    )

    assert {
        "alert_storm.default.threshold": ("3", "4"),
        "alert_storm.default.window": ("10us", "20us"),
        "alert_storm.default.forward_one_in": ("1", "2"),
        "alert_storm.default.forward_at_least_every": (None, "30us"),
        "alert_storm.default.clear_threshold": (None, "1"),
        "alert_storm.default.amber_threshold": (None, "2"),
    } == told


def test_overrides_come_go_and_change():
    default, own, other = (AlertStormParameters(threshold, 10) for threshold in (3, 5, 6))
    without, with_own = AlertStormRules(default), AlertStormRules(default, codes={0x8014: own})
    with_other = AlertStormRules(default, codes={0x8014: other})

    (comes,) = changes(_with(without), _with(with_own))
    assert "8014 (Power Factor Threshold Below) gets parameters of its own" in comes.sentence
    (goes,) = changes(_with(with_own), _with(without))
    assert "no parameters of its own any more. More than 3 in any 10us" in goes.sentence
    assert {"alert_storm.codes.8014.threshold": ("5", "6")} == _told(_with(with_own), _with(with_other))


def test_groups_and_what_is_counted_are_changes():
    default = AlertStormParameters(3, 10)
    grouped = AlertStormRules(default, count_by=CountBy.DEVICE_CODE, code_groups=((0x8014, 0x8015),))

    assert {
        "alert_storm.count_by": ("device_code_recipient", "device_code"),
        "alert_storm.code_groups": (None, "8014 and 8015"),
    } == _told(_with(AlertStormRules(default)), _with(grouped))
    assert "8014 and 8015 are no longer counted as one." in [
        change.sentence for change in changes(_with(grouped), _with(AlertStormRules(default)))
    ]


def test_a_mode_is_told_by_what_it_does():
    (change,) = changes(BEFORE, replace(BEFORE, mode=Mode.SHADOW))

    assert "The mode was enforced. It is in shadow" in change.sentence


def test_the_service_request_section_is_compared_value_by_value():
    before = replace(BEFORE, service_requests=replace(RULES, prioritised={"7.4": "why", "2.2": "why"}))
    after = replace(
        BEFORE,
        service_requests=replace(
            RULES, network_weight=Fraction(1, 10), prioritised={"2.2": "new", "10.1": "x"}
        ),
    )

    assert {
        "service_requests.network_weight": ("0", "0.1"),
        'service_requests.prioritised."2.2"': ("why", "new"),
        'service_requests.prioritised."7.4"': ("why", None),
        'service_requests.prioritised."10.1"': (None, "x"),
    } == _told(before, after)
    assert {"service_requests": (None, "present")} == _told(BEFORE, before)
    assert {"service_requests": ("present", None)} == _told(before, BEFORE)


def _with(rules: AlertStormRules) -> MechanismDocument:
    return replace(a_policy(), alert_storm=rules)


def _told(before: MechanismDocument, after: MechanismDocument) -> dict[str, tuple[str | None, str | None]]:
    found = changes(before, after)
    assert all(change.sentence.endswith((".", "why", "new", "x")) for change in found)
    return {change.key: (change.before, change.after) for change in found}
