"""What a comparison says, and what its pictures are called."""

from __future__ import annotations

import pytest
from tests.logs import LogInMemory

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.formats.comparison_pictures import comparison_pictures
from tidegate.operations.compare_policies import Contender, compare_policies
from tidegate.operations.replay import ReplayOptions, always
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.reports.compared_findings import bytes_in_words, compared_verdict
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import DAY


def policy(version, threshold, *, one_in=1_000, excluded=(), mode=Mode.ENFORCED):
    rules = AlertStormRules(AlertStormParameters(threshold, 100, one_in))
    return MechanismDocument(version, mode, 0, rules, ExclusionList(dict.fromkeys(excluded, "")))


def storms(days=1, codes=(0x8F75,), recipient="us"):
    """Ten Alerts of each code in a moment of each day, and one at each end of the whole."""
    alerts = [
        Alert(day * DAY + n, 1, code, recipient) for day in range(days) for n in range(10) for code in codes
    ]
    return [*alerts, Alert(days * DAY - 1, 2, 0x8014, recipient)]


def compared(policies, alerts):
    contenders = [Contender(each.version, always(each)) for each in policies]
    return compare_policies(LogInMemory(alerts), contenders, ReplayOptions(shards=1))


LOOSE, TIGHT, NONE = policy("loose", 8), policy("tight", 5), policy("none", 100)


@pytest.mark.parametrize(
    ("first", "other", "words"),
    [
        (NONE, TIGHT, "tight holds back 50.0% of 8F75 that none lets through; nothing else changes."),
        (TIGHT, NONE, "none lets through the 50.0% of 8F75 that tight holds back; nothing else changes."),
        (LOOSE, TIGHT, "tight holds back 50.0% of 8F75, where loose holds back 20.0%; nothing else changes."),
        (NONE, policy("nor", 99), "nor and none do the same to this log: they hold back nothing."),
        (TIGHT, policy("again", 5), "again does the same to this log as tight: both hold back 5."),
    ],
)
def test_a_difference_is_told_by_the_code_it_is_about(first, other, words):
    assert words == compared_verdict(compared([first, other], storms())).headline


def test_other_codes_that_change_are_counted():
    found = compared([NONE, TIGHT], storms(codes=(0x8F75, 0x8F3E, 0x8F3F)))

    assert compared_verdict(found).headline.endswith("; 2 more codes change.")
    assert any(
        said.startswith("Codes: tight holds back 50.0% of 8F3F") for said in compared_verdict(found).findings
    )


def test_of_many_policies_the_most_and_the_least_are_told():
    policies = [NONE, TIGHT, LOOSE, policy("middle", 7)]
    found = compared(policies, storms())

    assert (
        "Of 4 policies tight holds back most, 45.5% of all Alerts, and none least, 0% of all Alerts."
        == compared_verdict(found).headline
    )


def test_what_a_recipient_would_receive_is_told_by_the_day():
    said = compared_verdict(compared([NONE, TIGHT], storms(days=4))).findings

    assert "Recipients under tight: us would receive 5 fewer a day (in all 21 for 41)." in said
    assert any("tight spares 20 Alerts (5 a day), 33.0 kB of 67." in each for each in said)


def test_a_short_log_has_no_numbers_by_the_day():
    alerts = [Alert(n, 1, 0x8F75, "us") for n in range(10)]
    said = compared_verdict(compared([NONE, TIGHT], alerts)).findings

    assert "Recipients under tight: us would receive 5 fewer in all (in all 5 for 10)." in said


def test_shadow_and_off_are_cautioned_of():
    said = compared_verdict(
        compared([policy("off", 5, mode=Mode.OFF), policy("shadow", 5, mode=Mode.SHADOW)], storms())
    ).cautions

    assert any(each.startswith("In shadow: shadow.") for each in said)
    assert any(each.startswith("Off, in whole or in part: off.") for each in said)


def test_pictures_are_called_what_they_found():
    pictures = comparison_pictures(compared([NONE, TIGHT], storms(days=3)))

    assert [
        "tight holds back 50.0% of 8F75 that none lets through; nothing else changes",
        "us would receive 5 fewer a day under tight, 48.4% less",
        "tight would deliver 5 a day, none 10 a day",
    ] == [picture.title for picture in pictures]
    assert all(picture.svg.startswith("<svg") and picture.rows for picture in pictures)


def test_where_nothing_is_held_back_the_pictures_say_so():
    pictures = comparison_pictures(compared([NONE, policy("nor", 99)], storms()))

    assert [
        "No policy holds back any Alert of any code",
        "No recipient would notice whether nor or none is in force",
    ] == [picture.title for picture in pictures]


def test_a_log_without_alerts_has_no_pictures():
    assert [] == comparison_pictures(compared([NONE, TIGHT], []))


@pytest.mark.parametrize(
    ("size", "words"),
    [(999, "999 bytes"), (1_000, "1.0 kB"), (1_650_000, "1.6 MB"), (3.4e9, "3.4 GB"), (2e15, "2,000.0 TB")],
)
def test_a_size_is_told_in_its_largest_unit(size, words):
    assert words == bytes_in_words(size)
