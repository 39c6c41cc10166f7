"""The verdict says which kind of trouble there is: the remedy differs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.reports.replayed_examples import DEFAULT, START, policy, replayed, spell

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.parameters import AlertStormRules
from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.suppressions import FixStatus, RegisterEntry
from tidegate.reports.kinds import (
    FEWEST_STREAMS,
    MANY_STREAMS,
    kinds_in_words,
    kinds_of,
    kinds_told,
    murmur_of,
    remedies,
    rest_in_words,
)
from tidegate.reports.replayed import Replayed, Totals
from tidegate.reports.verdict import verdict
from tidegate.vocabulary.instants import DAY
from tidegate.vocabulary.products import NOT_KNOWN, Product

FIRMWARE = Cause(
    Kind.MURMUR,
    (0x8014, 0x8015),
    Product("ESME", "Maker A", "M1", "1.04"),
    900,
    90,
    100,
    9.0,
    0.5,
    18.0,
    1e-12,
)
SHOUTING = replace(
    FIRMWARE, kind=Kind.SHOUTERS, alert_codes=(0x8F75,), devices=2, rate=0.02, rest=0.0, ratio=float("inf")
)


def murmuring(alerts: int, streams: int, days: int = 1, others: int = 0) -> Replayed:
    made = replayed({0x8014: Totals(alerts, alerts), 0x8F3E: Totals(others, others)})
    assert made.first is not None
    return replace(
        made, last=made.first + days * DAY, streams_by_code={0x8014: streams, 0x8F3E: max(others, 1)}
    )


@pytest.mark.parametrize(
    ("expected", "alerts", "streams", "days", "others"),
    [
        (1, 900, MANY_STREAMS, 1, 0),
        (0, 899, MANY_STREAMS, 1, 0),
        (0, 900, MANY_STREAMS, 2, 0),
        (1, 900, MANY_STREAMS, 1, 17_100),
        (0, 900, MANY_STREAMS, 1, 17_101),
        (0, 900, MANY_STREAMS - 1, 1, 0),
        (1, 480, FEWEST_STREAMS, 1, 0),
        (0, 479, FEWEST_STREAMS, 1, 0),
        (0, 900, FEWEST_STREAMS - 1, 1, 0),
    ],
)
def test_a_code_murmurs_when_many_streams_raise_three_a_day_or_some_one_an_hour_and_it_is_a_twentieth_of_all(
    expected: int, alerts: int, streams: int, days: int, others: int
) -> None:
    assert expected == len(murmur_of(murmuring(alerts, streams, days, others)))


def test_less_than_a_day_is_no_more_than_a_day() -> None:
    made = murmuring(899, MANY_STREAMS)
    assert made.first is not None

    assert [] == murmur_of(replace(made, last=made.first + DAY // 24))


def test_what_came_in_storms_is_no_murmur() -> None:
    made = replayed(
        {0x8014: Totals(1_300, 1_210, 90)}, [spell(alert_code="8014", received=100, forwarded=10)]
    )

    assert (1_200, 50) == next(
        (it.alerts, it.streams) for it in murmur_of(replace(made, streams_by_code={0x8014: 50}))
    )


def test_both_codes_of_a_toggle_pair_are_one_murmur() -> None:
    made = replayed({0x8014: Totals(600, 600), 0x8015: Totals(480, 480)})

    (murmur,) = murmur_of(replace(made, streams_by_code={0x8014: 310, 0x8015: 320}))

    assert ((0x8014, 0x8015), 1_080, 320) == (murmur.alert_codes, murmur.alerts, murmur.streams)


def test_excluded_alerts_are_no_murmur() -> None:
    made = replayed({0x8F36: Totals(400, 0, 0, 400)})

    assert [] == murmur_of(replace(made, streams_by_code={0x8F36: 50}))


def test_the_headline_begins_with_the_kind() -> None:
    assert "" == kinds_in_words(())
    assert "Shouters. " == kinds_in_words([Kind.SHOUTERS])
    assert "Shouters and murmur. " == kinds_in_words([Kind.SHOUTERS, Kind.MURMUR])
    assert "Shouters, murmur and flood. " == kinds_in_words([Kind.SHOUTERS, Kind.MURMUR, "flood"])
    assert verdict(murmuring(900, 300)).headline.startswith("Murmur. No counted stream went over")


def test_with_an_inventory_the_test_decides_and_not_the_rate() -> None:
    loud = murmuring(900, 300)

    assert (Kind.MURMUR,) == kinds_of(loud)
    assert () == kinds_of(replace(loud, causes=[]))
    assert (Kind.MURMUR,) == kinds_of(replace(murmuring(1, 1), causes=[FIRMWARE]))


def test_a_named_cause_says_whom_to_call() -> None:
    (said,) = remedies(replace(murmuring(1_000, 100), causes=[FIRMWARE]))

    assert said == (
        "Murmur: Maker A M1 1.04: 900 Alerts (90.0%) of 8014 and 8015 come from 90 of its 100 Devices, 9 for each "
        "installed a day where the rest raise 0.5: no threshold reaches them. Remedy: mend the firmware; call its "
        "manufacturer."
    )


def test_a_cause_that_is_not_named_calls_nobody() -> None:
    (said,) = remedies(replace(murmuring(1_000, 100), causes=[replace(FIRMWARE, product=NOT_KNOWN)]))

    assert "90 Devices, no product shown to be behind it: no threshold reaches them." in said
    assert "manufacturer" not in said


def test_shouters_of_one_firmware_are_told_with_it_and_others_without() -> None:
    storming = replayed({0x8F75: Totals(100, 10, 90)}, [spell()])

    assert "Shouters: 1 Device went over a threshold." in next(remedies(storming))
    assert "Shouters: Maker A M1 1.04: 2 of its 100 Devices stormed with 8F75, many times the rate" in next(
        remedies(replace(storming, causes=[SHOUTING]))
    )


def test_of_an_excluded_code_it_is_the_list_that_lets_it_pass_and_not_the_threshold() -> None:
    made = replayed({0x8014: Totals(900, 0, 0, 900)})

    flood = replace(FIRMWARE, alert_codes=(0x8014,), is_excluded=True)
    (said,) = remedies(replace(made, causes=[flood]))
    (of_none,) = remedies(replace(made, causes=[replace(flood, product=NOT_KNOWN)]))

    assert said.startswith("Flood of excluded codes: Maker A M1 1.04: 900 Alerts")
    assert "the exclusion list lets all of them pass. Remedy: the root cause" in said
    assert "tidegate policy override 8014" in said
    assert "threshold" not in said
    assert "tidegate policy override 8014" in of_none


def test_a_headline_calls_a_flood_of_excluded_codes_what_it_is() -> None:
    flood = replace(FIRMWARE, is_excluded=True)

    assert ["flood of excluded codes"] == kinds_told(replace(murmuring(9, 9), causes=[flood]))
    assert ["murmur", "flood of excluded codes"] == kinds_told(
        replace(murmuring(9, 9), causes=[flood, FIRMWARE, FIRMWARE])
    )
    assert verdict(replace(murmuring(9, 9), causes=[flood])).headline.startswith(
        "Flood of excluded codes. No "
    )


def test_a_ratio_is_not_told_to_its_last_figure() -> None:
    storming = replayed({0x8F75: Totals(100, 10, 90)}, [spell()])
    said = next(remedies(replace(storming, causes=[replace(SHOUTING, ratio=1_066_525.1)])))

    assert "over 1,000 times the rate of the rest" in said


def test_what_storms_by_its_suppression_alone_is_not_called_shouting() -> None:
    product = Product("ESME", "Maker A", "M1", "")
    held = Suppression("S-1", (0x8014,), (product,), START + 30 * DAY, threshold=1, forward_one_in=100)
    in_force = replace(
        policy(),
        alert_storm=AlertStormRules(DEFAULT, suppressions=(held,)),
        register={"S-1": RegisterEntry("why", FixStatus.IN_PROGRESS)},
    )
    made = replayed({0x8014: Totals(100, 10, 90)}, [spell(alert_code="8014")], policies=[in_force])
    cause = replace(FIRMWARE, alert_codes=(0x8014,), devices=90, stormed=2)
    suppressed = replace(made, causes=[cause])

    assert ["suppressed murmur"] == kinds_told(suppressed)
    (told,) = remedies(suppressed)
    assert told == (
        "Suppressed: Maker A M1 1.04: 2 of its 100 Devices went over the threshold of S-1 with 8014. Remedy: mend the "
        "firmware before it expires on 2026-03-31."
    )
    assert ["murmur"] == kinds_told(replace(made, causes=[replace(cause, stormed=0)]))
    assert ["murmur"] == kinds_told(replace(made, causes=[replace(cause, alert_codes=(0x8F75,))]))
    assert ["shouters"] == kinds_told(replace(made, causes=[replace(cause, kind=Kind.SHOUTERS)]))


def test_murmur_that_stormed_as_what_had_waited_came_is_no_shouting() -> None:
    made = replayed({0x8014: Totals(100, 10, 90)}, [spell(alert_code="8014")])
    flushed = replace(made, causes=[replace(FIRMWARE, stormed=7)])

    assert (Kind.MURMUR,) == kinds_of(flushed)
    (said,) = remedies(flushed)
    assert (
        "no threshold reaches them, and 7 of them stormed under a suppression, or as what had waited came"
        in said
    )


def test_the_rest_is_told_with_the_shouters_that_are_no_part_of_it() -> None:
    assert "none" == rest_in_words(replace(FIRMWARE, rest=0.0))
    assert "none, 1 shouter aside" == rest_in_words(replace(FIRMWARE, rest=0.0, rest_shouters=1))
    assert "0.5, 3 shouters aside" == rest_in_words(replace(FIRMWARE, rest_shouters=3))
