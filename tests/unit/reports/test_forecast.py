"""How many incidents and e-mails: by storm, by Device and day, by problem, by digest. A day is a day of UTC."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.unit.alert_storm.problem_examples import M1_104, cause, columns, storm, view

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.linking import attributes_in
from tidegate.alert_storm.problems import problems_of
from tidegate.reports.forecast import (
    NOT_SAID,
    RULES,
    Forecast,
    Rule,
    TicketCost,
    cost_in_words,
    days_of,
    emails_in_words,
    forecast,
    incidents_in_words,
)
from tidegate.reports.replayed import Spells
from tidegate.vocabulary.instants import DAY, HOUR

END = 5 * DAY


def forecast_of(
    *storms: dict[str, Any], causes: tuple[Cause, ...] = (), silent_for: int = DAY, fleet=None
) -> Forecast:
    as_columns = columns(storms)
    problems = problems_of(
        causes, as_columns, attributes_in(as_columns), until=END - 1, silent_for=silent_for, view=fleet
    )
    return forecast(Spells(as_columns), problems, days_of(0, END - 1))


def by_day(made: Forecast, rule: Rule) -> tuple[list[int], list[int]]:
    return made.loads[rule].incidents.tolist(), made.loads[rule].emails.tolist()


def of_party(made: Forecast, rule: Rule, party: str) -> tuple[int, int]:
    return next((it.incidents, it.emails) for it in made.by_party if it.rule is rule and it.party == party)


def test_each_storm_is_an_incident_and_an_e_mail_on_the_day_it_starts():
    made = forecast_of(
        storm(1), storm(2, started_at=DAY - 1, ended_at=DAY + 1), storm(1, started_at=DAY, ended_at=2 * DAY)
    )

    assert ([2, 1, 0, 0, 0], [2, 1, 0, 0, 0]) == by_day(made, Rule.EACH_STORM)


def test_ten_thousand_meters_make_ten_thousand_incidents_and_one_problem():
    """SECMP0062, Electricity North West: "could theoretically result in 10k incidents and 10k emails"."""
    made = forecast_of(*(storm(device) for device in range(10_000)), causes=(cause(),))

    assert 10_000 == made.loads[Rule.EACH_STORM].all_incidents
    assert 10_000 == made.loads[Rule.EACH_STORM].all_emails
    assert 1 == made.loads[Rule.PROBLEM].all_incidents


@pytest.mark.parametrize(
    ("ended_at", "expected"),
    [(DAY - 1, [1, 0, 0, 0, 0]), (DAY, [1, 0, 0, 0, 0]), (DAY + 1, [1, 1, 0, 0, 0]), (None, [1, 1, 1, 1, 1])],
)
def test_a_device_is_written_of_each_day_its_storm_goes_on(ended_at: int | None, expected: list[int]):
    made = forecast_of(storm(1, ended_at=ended_at))

    assert ([1, 0, 0, 0, 0], expected) == by_day(made, Rule.DEVICE_DAY)


def test_a_device_with_many_storms_in_a_day_is_written_of_once():
    storms = [
        storm(1, code, started_at=hour * HOUR, ended_at=(hour + 1) * HOUR)
        for hour, code in enumerate(("8014", "8F75") * 3)
    ]
    made = forecast_of(*storms)

    assert ([6, 0, 0, 0, 0], [1, 0, 0, 0, 0]) == by_day(made, Rule.DEVICE_DAY)


def test_each_recipient_is_written_to():
    made = forecast_of(storm(1), storm(1, recipient="Supplier 1"))

    assert 2 == made.loads[Rule.DEVICE_DAY].all_emails
    assert (1, 1) == of_party(made, Rule.DEVICE_DAY, "Network B")
    assert (1, 1) == of_party(made, Rule.DEVICE_DAY, "Supplier 1")


def test_a_problem_is_an_incident_for_who_can_mend_it_and_an_e_mail_to_everyone_it_concerns():
    made = forecast_of(storm(1), storm(2), storm(3, supplier="Supplier 2"))

    assert ([1, 0, 0, 0, 0], [3, 0, 0, 0, 0]) == by_day(made, Rule.PROBLEM)
    assert (1, 1) == of_party(made, Rule.PROBLEM, "Supplier 1")
    assert (0, 1) == of_party(made, Rule.PROBLEM, "Supplier 2")
    assert (0, 1) == of_party(made, Rule.PROBLEM, "Network B")


@pytest.mark.parametrize(("gap", "expected"), [(DAY - 1, 1), (DAY, 2), (DAY + 1, 2)])
def test_a_problem_opens_again_after_it_was_silent_for_long_enough(gap: int, expected: int):
    made = forecast_of(storm(1), storm(2, started_at=HOUR + gap, ended_at=HOUR + gap + 1))

    assert expected == made.loads[Rule.PROBLEM].all_incidents


def test_a_long_storm_keeps_a_problem_open_while_short_ones_come_and_go():
    made = forecast_of(
        storm(1, ended_at=3 * DAY),
        storm(2, started_at=1),
        storm(3, started_at=3 * DAY + HOUR, ended_at=4 * DAY),
    )

    assert [1, 0, 0, 0, 0] == by_day(made, Rule.PROBLEM)[0]


def test_a_digest_is_one_e_mail_a_day_to_each_party_while_a_problem_goes_on():
    made = forecast_of(
        storm(1, "8F75"),
        storm(2, "8F3E", ended_at=DAY + 1),
        storm(3, "8F75", started_at=3 * DAY, ended_at=4 * DAY, supplier="Supplier 2"),
    )

    # Network B and both Suppliers of the 8F75 problem; on the second day only those of 8F3E.
    assert [3, 2, 0, 3, 0] == by_day(made, Rule.DIGEST)[1]
    assert 3 == of_party(made, Rule.DIGEST, "Network B")[1]
    assert 2 == of_party(made, Rule.DIGEST, "Supplier 2")[1]


def test_murmur_makes_no_incident_as_consulted_and_one_as_a_problem():
    murmur = cause(Kind.MURMUR, (0x8014, 0x8015), alerts=70, devices=30)
    fleet = view([(0x8014, M1_104, "North", 70, 30)], first_at=DAY, last_at=3 * DAY - 1)
    made = forecast_of(causes=(murmur,), fleet=fleet)

    assert ([0] * 5, [0] * 5) == by_day(made, Rule.EACH_STORM)
    assert ([0, 1, 0, 0, 0], [0, 3, 0, 0, 0]) == by_day(made, Rule.PROBLEM)
    assert [0, 3, 3, 0, 0] == by_day(made, Rule.DIGEST)[1]


def test_what_nobody_is_known_for_is_counted_all_the_same():
    made = forecast_of(storm(1, product=None, recipient=""))

    assert {(rule, NOT_SAID, 1, 1) for rule in RULES} == {
        (it.rule, it.party, it.incidents, it.emails) for it in made.by_party
    }


def test_only_the_rules_asked_for_are_counted():
    as_columns = columns([storm(1)])
    problems = problems_of([], as_columns, attributes_in(as_columns), until=END)
    made = forecast(Spells(as_columns), problems, days_of(0, END), [Rule.PROBLEM])

    assert [Rule.PROBLEM] == list(made.loads)


def test_a_log_without_alerts_has_no_days():
    as_columns = columns([])
    problems = problems_of([], as_columns, {}, until=0)
    made = forecast(Spells(as_columns), problems, days_of(None, None))

    assert (0, 0) == (len(made.days), made.loads[Rule.DIGEST].all_emails)


def test_the_days_are_those_of_the_first_and_last_alert_and_all_between():
    assert [0, DAY, 2 * DAY] == list(days_of(DAY - 1, 2 * DAY))
    assert [DAY] == list(days_of(DAY, 2 * DAY - 1))


@given(
    st.lists(
        st.builds(
            storm,
            st.integers(0, 5),
            st.sampled_from(["8014", "8F75"]),
            recipient=st.sampled_from(["", "Network B", "Supplier 1"]),
            started_at=st.sampled_from([0, HOUR, DAY - 1, DAY, 2 * DAY + 1]),
            ended_at=st.sampled_from([None, 2 * DAY + 2, 3 * DAY, END - 1, END]),
            supplier=st.sampled_from(["", "Supplier 1", "Supplier 2"]),
        ),
        max_size=20,
    )
)
def test_the_sums_over_parties_are_those_over_days_and_ours_is_never_more(storms):
    made = forecast_of(*storms)

    for rule in RULES:
        parties = [it for it in made.by_party if it.rule is rule]
        assert made.loads[rule].all_emails == sum(it.emails for it in parties)
        assert made.loads[rule].all_incidents == sum(it.incidents for it in parties)
    assert len(storms) == made.loads[Rule.EACH_STORM].all_incidents
    assert made.loads[Rule.PROBLEM].all_incidents <= len(storms)


def test_the_finding_says_both_numbers():
    made = forecast_of(*(storm(device) for device in range(1_234)))

    assert "1,234 incidents become 1: one when a problem opens, not one for each storm" == incidents_in_words(
        made
    )
    assert (
        "1,234 e-mails become 2: one digest a day for each party, where one a day for each Device is still 1,234"
        == emails_in_words(made)
    )


def test_the_finding_is_honest_where_grouping_saves_nothing():
    assert "1 incident either way: each storm is a problem of its own" == incidents_in_words(
        forecast_of(storm(1))
    )
    assert "No incident either way: no Device stormed, and nothing murmurs" == incidents_in_words(
        forecast_of()
    )


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (TicketCost(), ""),
        (TicketCost(Decimal(45)), "£603,090"),
        (TicketCost(minutes=9), "2,010 h of work"),
        (TicketCost(Decimal("0.50"), 60), "£6,701 and 13,402 h of work"),
    ],
)
def test_cost_is_only_of_what_was_given(cost: TicketCost, expected: str):
    assert expected == cost_in_words(13_402, cost)


@pytest.mark.parametrize(
    ("minutes", "expected"), [(119, "119 min"), (120, "2 h"), (149, "2 h"), (150, "3 h")]
)
def test_work_is_told_in_hours_from_two_on(minutes: int, expected: str):
    assert f"{expected} of work" == cost_in_words(1, TicketCost(minutes=minutes))


@pytest.mark.parametrize(
    ("pounds", "expected"), [("4.50", "£4.50"), ("4", "£4"), ("99.99", "£99.99"), ("100.40", "£100")]
)
def test_the_pence_of_a_small_cost_are_told(pounds, expected):
    assert expected == cost_in_words(1, TicketCost(Decimal(pounds)))
