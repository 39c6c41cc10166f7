"""What a Post Commissioning report finds, word by word."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from tests.commissioning_statuses import (
    DIFFERS,
    EMPTY,
    MISSED,
    NOTHING,
    OPERATOR,
    REPLACED,
    cohort,
    evidence,
    status,
    steps,
)

from tidegate.commissioning.finding import Reason
from tidegate.reports.commissioning_findings import (
    ages_title,
    commissioning_verdict,
    limit_in_words,
    rates_title,
    sum_in_words,
    trend_title,
    waterfall_title,
    wrong_title,
)
from tidegate.reports.commissioning_rates import rates
from tidegate.reports.commissioning_status import Change, Step
from tidegate.reports.commissioning_waterfall import what_is_wrong

LATE = Step(Change.CLEARED, REPLACED, Reason.TIMED_OUT)
UNTOLD = Step(Change.UNTOLD, REPLACED, Reason.TIMED_OUT)
WAITING = Step(Change.WAITING, REPLACED, Reason.EMPTY)
NOT_SENT = Step(Change.CLEARED, "issue credentials", Reason.NOTHING_SENT)
DRAFT = {EMPTY: 39, LATE: 22, DIFFERS: 8, MISSED: 2, NOTHING: 929}
"""The draft report's 7 % and 1 %, of a thousand Devices."""


def by(dimension, **cohorts):
    """A report of which each value has (failed by the first, failed by both) of 1,000 Devices."""
    counts = {}
    for value, (called, failed) in cohorts.items():
        about: dict[str, Any] = {dimension: value}
        counts[cohort(DIFFERS, **about)] = failed
        counts[cohort(EMPTY, **about)] = called - failed
        counts[cohort(NOTHING, **about)] = 1_000 - called
    return status(counts)


@pytest.mark.parametrize(
    ("counts", "headline"),
    [
        (
            DRAFT,
            (
                "6.9% of 1,000 Devices failed by appendix-ac-5; by outcome 1.0% did: 61 of those called failed are securely "
                "commissioned."
            ),
        ),
        ({}, "There is no Device to assess."),
        ({NOTHING: 20}, "None of 20 Devices failed by appendix-ac-5, nor by outcome."),
        ({DIFFERS: 1}, "100% of 1 Device failed by appendix-ac-5, and the same by outcome."),
        (
            {UNTOLD: 50},
            "100% of 50 Devices failed by appendix-ac-5; by outcome none did: of 50 it cannot be told.",
        ),
        (
            {MISSED: 5, NOTHING: 95},
            "None of 100 Devices failed by appendix-ac-5; by outcome 5.0% did: 5 were missed.",
        ),
    ],
)
def test_the_headline_sets_both_rates_side_by_side(counts, headline):
    assert headline == commissioning_verdict(steps(counts)).headline


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        (
            DRAFT,
            "Of 6.9% called failed 6.1 points are not: 3.9 points because the response has no outcome; 0.2 more were missed",
        ),
        (
            {EMPTY: 10, DIFFERS: 10, NOTHING: 980},
            "Of 2.0% called failed 1.0 points are not, because the response has no outcome",
        ),
        (
            {NOT_SENT: 20, NOTHING: 980},
            "Of 2.0% called failed nothing is, because nothing was sent (issue credentials)",
        ),
        (
            {UNTOLD: 5, EMPTY: 4, NOTHING: 91},
            "Of 9.0% called failed 5.0 points cannot be told, because there was no response in time",
        ),
        (
            {WAITING: 3, NOTHING: 97},
            "Of 3.0% called failed all has time yet, because the time allowed has not passed",
        ),
        (
            {MISSED: 5, NOTHING: 95},
            (
                "Nothing is called failed, yet 5.0 points were missed: the cell holds another party's certificate "
                "(NetworkOperator cells)"
            ),
        ),
        (
            {MISSED: 5, DIFFERS: 5, NOTHING: 90},
            (
                "All 5.0% called failed are so, and 5.0 points more were missed: the cell holds another party's certificate "
                "(NetworkOperator cells)"
            ),
        ),
        ({DIFFERS: 5, NOTHING: 95}, "All 5.0% called failed are so by outcome too"),
    ],
)
def test_the_waterfall_says_how_much_is_no_failure_and_why(counts, title):
    assert title == waterfall_title(steps(counts))


def test_the_sum_shows_that_nothing_vanished():
    assert (
        "72 failed by appendix-ac-5 - 61 secure - 1 pending - 2 undetermined + 2 missed = 10 failed by outcome"
        == sum_in_words(steps({**DRAFT, WAITING: 1, UNTOLD: 2}))
    )
    assert (
        "10 Devices = 4 FAILED + 0 UNDETERMINED + 0 PENDING + 6 SECURE_BY_COMMANDS + 0 SECURE_BY_CREDENTIALS"
        == sum_in_words(status({cohort(EMPTY): 4, cohort(NOTHING): 6}, ["appendix-ac-5"]))
    )


def test_findings_say_what_is_none_what_is_and_what_was_missed():
    assert (
        "Not failures: 3.9 points because the response has no outcome; 2.2 points because there was no response in time.",
        "True failures, 10: all because the cell holds another party's certificate (NetworkOperator cells).",
        "Missed: 2 of the true failures are not called failed by appendix-ac-5.",
    ) == commissioning_verdict(steps(DRAFT)).findings


def test_what_failed_is_named_in_the_sentence():
    found = steps({DIFFERS: 3, Step(Change.CONFIRMED, REPLACED, Reason.FAILED): 2})

    assert (
        "True failures, 5: 3 because the cell holds another party's certificate (NetworkOperator cells); 2 because update "
        "remote party credentials failed."
    ) in commissioning_verdict(found).findings


def test_an_outcome_that_came_later_reads_as_part_of_the_sentence():
    later = Step(Change.CLEARED, REPLACED, Reason.BY_FUTURE_DATED_OUTCOME)

    assert (
        "Of 10.0% called failed 5.0 points are not, because the outcome came later, as 8F66"
        == waterfall_title(steps({later: 5, DIFFERS: 5, NOTHING: 90}))
    )


def test_what_is_wrong_most_is_the_title_and_what_the_first_does_not_see():
    found = steps({DIFFERS: 6, MISSED: 2, Step(Change.CONFIRMED, "communicating", Reason.FAILED): 2})

    assert (
        "80.0% of the true failures: the cell holds another party's certificate (NetworkOperator cells); 20.0% are not "
        "seen by appendix-ac-5" == wrong_title(found, what_is_wrong(found))
    )


def test_by_one_set_of_criteria_failures_are_not_called_true():
    found = status({cohort(Step(Change.CONFIRMED, OPERATOR, Reason.DIFFERS)): 3}, ["appendix-ac-5"])

    assert "All failures: the cell holds another party's certificate (NetworkOperator cells)" == wrong_title(
        found, what_is_wrong(found)
    )


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (
            by("supplier", A=(100, 50), B=(200, 10), C=(90, 10)),
            "A: 5.0% are true failures, of all others 1.0%; by appendix-ac-5 B looks worst (20.0%)",
        ),
        (by("supplier", A=(200, 50), B=(90, 10)), "A: 5.0% are true failures, of all others 1.0%"),
        (
            by("supplier", A=(70, 10), B=(120, 11)),
            "No Supplier stands out by true failures; appendix-ac-5 calls up to 12.0% failed (of B)",
        ),
        (
            by("supplier", A=(70, 0), B=(120, 0)),
            "No Supplier has true failures, and appendix-ac-5 says up to 12.0%",
        ),
    ],
)
def test_who_stands_out_is_the_title(found, title):
    assert title == rates_title(found, "supplier", rates(found, "supplier"))


MONTHS = {"2026-01": (100, 50), "2026-02": (100, 50), "2026-03": (100, 10), "2026-04": (100, 10)}


@pytest.mark.parametrize(
    ("months", "title"),
    [
        (
            MONTHS,
            "True failures fell: 5.0% of those commissioned in 2026-01 to 2026-02, 1.0% in 2026-03 to 2026-04",
        ),
        (
            {"2026-01": (100, 10), "2026-02": (100, 50)},
            "True failures rose: 1.0% of those commissioned in 2026-01, 5.0% in 2026-02",
        ),
        (
            {"2026-01": (100, 10), "2026-02": (100, 11), "2026-05": (100, 100)},
            (
                "True failures neither rose nor fell by more than chance: 1.0% of those commissioned in 2026-01, 1.1% in "
                "2026-02"
            ),
        ),
        (
            {"2026-04": (100, 10), "2026-05": (100, 100)},
            "True failures rose: 1.0% of those commissioned in 2026-04, 10.0% in 2026-05",
        ),
    ],
)
def test_a_trend_is_told_of_halves_without_the_month_of_the_report(months, title):
    """The report is of May 2026, which is left out where two months are left to compare."""
    found = by("month", **months)

    assert title == trend_title(found, rates(found, "month"))


def test_a_trend_says_which_months_break_a_limit_that_was_given():
    found = by("month", **MONTHS)

    assert "By outcome 2 of 4 months are over the limit you gave, by appendix-ac-5 every one" == trend_title(
        found, rates(found, "month"), Fraction(3, 100)
    )
    assert "By outcome none of 4 months is over the limit you gave, by appendix-ac-5 none" == trend_title(
        found, rates(found, "month"), Fraction(1, 10)
    )


@pytest.mark.parametrize(
    ("counts", "limit", "words"),
    [
        (DRAFT, 5, "it is breached on paper only, by appendix-ac-5; by outcome it is kept."),
        (DRAFT, 10, "it is kept, by appendix-ac-5 and by outcome."),
        ({DIFFERS: 6, NOTHING: 94}, 5, "it is breached by outcome, and by appendix-ac-5."),
        ({MISSED: 6, NOTHING: 94}, 5, "it is breached by outcome."),
        (
            {UNTOLD: 6, NOTHING: 94},
            5,
            "by outcome it is kept, unless those of which it cannot tell have failed.",
        ),
    ],
)
def test_a_limit_is_said_to_be_the_one_that_was_given(counts, limit, words):
    assert f"The limit you gave, {limit}%: {words}" == limit_in_words(steps(counts), Fraction(limit, 100))


@pytest.mark.parametrize(
    ("months", "title"),
    [
        ({0: 5}, "None of the true failures has been open for a month yet"),
        ({4: 5}, "All true failures have been open for 4 months"),
        (
            {0: 5, 4: 1},
            "Half of the true failures are less than a month old; the oldest has been open for 4 months",
        ),
        (
            {1: 1, 2: 5, 9: 1},
            "Half of the true failures have been open for 2 months or longer, the oldest for 9 months",
        ),
        ({1: 1, 9: 5}, "Half of the true failures have been open for 9 months, the longest of all"),
    ],
)
def test_ages_are_told_of_half_and_of_the_oldest(months, title):
    assert title == ages_title(
        status({cohort(DIFFERS, months_open=at): count for at, count in months.items()})
    )


def test_ages_without_a_failure_are_of_what_is_open():
    found = status({cohort(UNTOLD, months_open=2): 1})

    assert "No Device has failed; of what is open nothing has been so for longer than 3 months" == ages_title(
        found
    )


def test_what_was_not_given_is_cautioned_of():
    read = evidence(has_registrations=False, has_inventory=False, rejected=2, without_evidence=1)
    cautions = commissioning_verdict(status({cohort(EMPTY): 1}, read=read)).cautions

    assert [
        "As at 2026-05-28 20:26 UTC: what came later is not known to it.",
        (
            "No registrations were given: whose certificates a Device should hold is known only where the evidence tells of "
            "a change of Supplier. Cells cannot be told by it; give --registrations."
        ),
        (
            "No Inventory was given: of what type Devices are and who made them is not known, so nothing is told by it and "
            "of no Communications Hub Function; give --inventory."
        ),
        "1 Device of the registrations or the Inventory without any evidence: not assessed, in no number here.",
        "2 rows of evidence could not be used; rejected.csv says why.",
    ] == list(cautions)


def test_that_no_cell_was_read_is_cautioned_of():
    last = commissioning_verdict(steps({DIFFERS: 1})).cautions[-1]

    assert (
        "No Device is secure by credentials by outcome: what is said rests on what was sent, not on what Devices were "
        "read to hold." == last
    )
