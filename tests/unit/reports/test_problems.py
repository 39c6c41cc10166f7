"""Problems in words: the finding first, whose it is, and a remedy for its kind."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.alert_storm.problem_examples import HUB, M1_104, cause, found, storm, view

from tidegate.alert_storm.causes import Kind
from tidegate.alert_storm.problems import Problems
from tidegate.reports.problem_tickets import tickets_of
from tidegate.reports.problems import (
    findings,
    headline,
    parties_in_words,
    remedy_of,
    rows_of,
    title_of,
    whose,
)
from tidegate.vocabulary.instants import DAY, HOUR
from tidegate.vocabulary.products import NOT_KNOWN, Product


def murmur(product: Product = M1_104) -> Problems:
    of_it = cause(Kind.MURMUR, (0x8014, 0x8015), product, alerts=5_000, devices=300)
    return found([of_it], [], view=view([(0x8014, M1_104, "North", 5_000, 300)]))


def test_the_headline_counts_storms_and_problems():
    named = storm(1), storm(2)

    assert "2 storms come down to 1 problem, with a product behind it." == headline(found([cause()], named))
    assert "1 storm comes down to 1 problem, with no product behind it." == headline(found([], [storm(1)]))
    assert "3 storms come down to 2 problems, 1 of them with a product behind it." == headline(
        found([cause()], [*named, storm(3, "8F3E")])
    )


def test_the_headline_is_honest_where_nothing_stormed():
    assert "There was no storm and no murmur, so there is no problem to raise." == headline(found([], []))
    assert "No Device stormed, but there is 1 problem of murmur, with a product behind it." == headline(
        murmur()
    )


def test_a_problem_is_told_in_a_line():
    shouters = found([cause()], [storm(1), storm(2)]).problems[0]

    assert "8F75, shouters: 2 Devices of Maker A M1 1.04, 200 Alerts" == title_of(shouters)
    assert "8014+8015, murmur: 300 Devices of Maker A M1 1.04, 5,000 Alerts" == title_of(murmur().problems[0])
    assert "8F75, shouters: 1 Device, no product shown to be behind it, 100 Alerts" == title_of(
        found([], [storm(1)]).problems[0]
    )


def test_who_answers_is_told_with_how_many_devices_each_has():
    assert "To mend it: Supplier 1 (1 Device)." == whose(found([], [storm(1)]).problems[0])
    assert "Who answers for the Devices is not known: give an Inventory that says so." == whose(
        found([], [storm(1)], with_inventory=False).problems[0]
    )


def test_only_the_first_few_parties_are_told_in_a_sentence():
    five = [(f"Supplier {number}", 9 - number) for number in range(5)]

    assert "Supplier 0 (9 Devices)" == parties_in_words(five[:1], "Device")
    assert "Supplier 0 (9 Devices) and Supplier 1 (8 Devices)" == parties_in_words(five[:2], "Device")
    assert (
        "Supplier 0 (9 Devices), Supplier 1 (8 Devices), Supplier 2 (7 Devices) and 2 more"
        == parties_in_words(five, "Device")
    )


def test_the_remedy_of_shouters_is_to_look_at_them_and_of_murmur_to_mend_the_firmware():
    shouters = remedy_of(found([cause()], [storm(1)]).problems[0])
    of_murmur = remedy_of(murmur().problems[0])

    assert "Throttling holds back 90.0% of it and mends nothing." in shouters
    assert "why Maker A M1 1.04 storms" in shouters
    assert "No threshold reaches this" in of_murmur
    assert "the firmware" in of_murmur


def test_the_remedy_accuses_no_product_where_none_is_named():
    assert "No product is shown to be behind it" in remedy_of(found([], [storm(1)]).problems[0])
    assert "No product is shown to be behind it" in remedy_of(murmur(NOT_KNOWN).problems[0])


def test_the_remedy_says_whose_kind_it_is_where_nobody_is_known():
    hubs = found([cause(product=HUB)], [storm(1, product=HUB, region="")]).problems[0]

    assert "The CSP of each Communications Hub is to look" in remedy_of(hubs)
    assert "The registered Supplier of each Device is to look" in remedy_of(
        found([], [storm(1)], with_inventory=False).problems[0]
    )


def test_findings_name_the_largest_and_say_how_many_more_there_are():
    codes = ("8F75", "8F3E", "8F3F", "8F60", "8F72")
    said = list(findings(found([cause()], [storm(at, code) for at, code in enumerate(codes)])))

    assert "Others: 2 more problems with 200 Alerts together." in said
    assert "Not explained: 4 storms (80.0%): no product shown to be behind it." in said
    assert "Closed: 5 problems of 5, silent for 1 d or more at the end of the log." in said


def test_a_flood_of_excluded_codes_is_told_with_what_can_hold_it():
    flood = replace(murmur().problems[0].cause, is_excluded=True)
    of_none = replace(flood, product=NOT_KNOWN)
    made = found([flood], [], view=view([(0x8014, M1_104, "North", 5_000, 300)]))
    (problem,) = made.problems

    assert "8014+8015, flood of excluded codes: 300 Devices of Maker A M1 1.04, 5,000 Alerts" == title_of(
        problem
    )
    assert headline(made).startswith(
        "No Device stormed, but there is 1 problem of a flood of excluded codes,"
    )
    for remedy in (remedy_of(problem), remedy_of(replace(problem, cause=of_none))):
        assert "a suppression cannot hold an excluded code" in remedy
        assert "tidegate policy override 8014" in remedy
        assert "with an expiry" not in remedy
        assert "No threshold reaches" not in remedy


def test_a_ticket_without_a_product_is_of_its_day():
    unnamed, named = tickets_of(found([cause()], [storm(1), storm(3, "8F3E")]))
    (month_later,) = tickets_of(found([], [storm(3, "8F3E", started_at=31 * DAY, ended_at=31 * DAY + HOUR)]))

    assert named.problem_id == named.correlation_id
    assert unnamed.problem_id == month_later.problem_id
    assert (f"{unnamed.problem_id}-19700101", f"{unnamed.problem_id}-19700201") == (
        unnamed.correlation_id,
        month_later.correlation_id,
    )


def test_a_ticket_tells_no_ratio_to_its_last_figure():
    (ticket,) = tickets_of(found([replace(cause(), ratio=1_066_525.1, rest=0.1)], [storm(1)]))

    assert "It is at over 1,000 times the rate of the rest of the fleet." in ticket.description


def test_a_row_has_every_party():
    (row,) = rows_of(found([], [storm(1), storm(2, supplier="Supplier 2")]))

    assert ("Supplier 1", "Supplier 1 (1); Supplier 2 (1)", "Network B (200)") == (
        row.responsible,
        row.responsible_parties,
        row.informed,
    )
    assert ("8F75", "shouters", "closed") == (row.alert_codes, row.kind, row.state)
