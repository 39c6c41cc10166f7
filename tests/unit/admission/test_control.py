"""Admission control, by cases: what is booked, continued, warned of, and changed while it runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.control import AdmissionControl
from tidegate.admission.decision import Admission, Outcome, Reason
from tidegate.vocabulary.service_requests import ServiceRequest

RULES = CapacityRules(
    period_us=100,
    maximum_system_capacity=12,
    operating_threshold=10,
    prioritised=frozenset({"2.2"}),
    horizon_us=1_000,
    grace_us=20,
    continues_within_us=500,
    longest_sequence=2,
)
SHARES = {"alpha": 6, "beta": 4}


class Traffic:
    """A control, and a way to send it requests in few words."""

    def __init__(self, rules: CapacityRules = RULES, **shares: int) -> None:
        self.control = AdmissionControl(rules, shares or SHARES)
        self.sent = 0

    def send(self, user: str, at: int, count: int = 1, srv: str = "4.8.1") -> list[Admission]:
        answers = []
        for _ in range(count):
            self.sent += 1
            answers.append(self.control.receive(ServiceRequest(at, f"{user}:{self.sent}", user, srv)))
        return answers

    def again(self, request_id: str, at: int, preceding: str = "", srv: str = "4.8.1") -> Admission:
        return self.control.receive(
            ServiceRequest(at, request_id, request_id.partition(":")[0], srv, preceding)
        )


def reasons(answers: list[Admission]) -> list[Reason]:
    return [answer.reason for answer in answers]


def test_who_is_over_its_share_is_told_to_come_back_just_when_its_use_leaves_the_period():
    traffic = Traffic()
    traffic.send("beta", 1_000, 4)
    traffic.send("alpha", 1_030, 6)
    first, second = traffic.send("beta", 1_040, 2)

    assert (Reason.OVER_SHARE, Reason.OVER_SHARE) == (first.reason, second.reason)
    assert (1_100, 1_101) == (first.retry_at, second.retry_at)
    assert first.is_booked
    assert first.is_held_back
    assert (4, 4, 10) == (first.user_used, first.allocation, first.used)


def test_the_return_times_of_the_page_on_fair_shares_are_those_of_the_rule():
    """docs/explanation/fair-shares.md: admitted at 0.0, 0.2 and 0.4 s of an allocation of 3, refused five times at 0.5 s."""
    traffic = Traffic(replace(RULES, operating_threshold=10, horizon_us=6_000), beta=3, others=7)
    for at in (0, 20, 40):
        traffic.send("beta", at)
    traffic.send("others", 45, 8)
    answers = traffic.send("beta", 50, 5)

    assert [100, 120, 140, 200, 220] == [answer.retry_at for answer in answers]


@pytest.mark.parametrize(("at", "limit"), [(1_099, 10), (1_100, 5), (1_109, 5), (1_110, 10)])
def test_fair_limits_are_reckoned_at_ticks_over_the_whole_period_before(at, limit):
    """Alpha asked for 5 at 1,000, beta for 20 at 1,095: at the tick of 1,100 both count, and alpha's have left at the next."""
    traffic = Traffic()
    traffic.send("alpha", 1_000, 5)
    traffic.send("beta", 1_095, 20)

    assert limit == traffic.send("beta", at)[0].user_limit


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (1_099, Reason.OVER_SHARE),
        (1_100, Reason.BOOKING),
        (1_120, Reason.BOOKING),
        (1_121, Reason.OVER_SHARE),
    ],
)
def test_a_booking_is_claimed_from_its_instant_to_the_end_of_its_grace(at, reason):
    traffic = Traffic()
    traffic.send("beta", 1_000, 4)
    traffic.send("alpha", 1_030, 6)
    traffic.send("beta", 1_040)
    traffic.send("beta", 1_100, 4) if at >= 1_100 else None

    assert reason is traffic.again("beta:11", at).reason


def test_who_comes_too_early_is_told_the_same_again_and_has_no_second_slot():
    traffic = Traffic()
    traffic.send("beta", 1_000, 4)
    traffic.send("alpha", 1_030, 6)
    told = traffic.send("beta", 1_040)[0].retry_at
    again = traffic.again("beta:11", 1_060)

    assert told == again.retry_at
    assert 1 == traffic.control.standing_of("beta").booked


def test_an_early_caller_that_is_admitted_gives_its_slot_back():
    traffic = Traffic(replace(RULES, operating_threshold=6, maximum_system_capacity=6), alpha=3, beta=3)
    traffic.send("alpha", 1_000, 6)
    traffic.send("beta", 1_010)
    traffic.again("beta:7", 1_101)

    assert 0 == traffic.control.standing_of("beta").booked


def test_beyond_the_horizon_callers_are_spread_and_nothing_is_promised():
    traffic = Traffic(replace(RULES, horizon_us=150))
    traffic.send("alpha", 1_000, 6)
    traffic.send("beta", 1_010, 4)
    answers = traffic.send("alpha", 1_010, 10)
    beyond = [answer for answer in answers if not answer.is_booked]

    assert [1_100, 1_101, 1_102, 1_103, 1_104, 1_105] == [a.retry_at for a in answers if a.is_booked]
    assert 4 == len({answer.retry_at for answer in beyond})
    assert all(1_160 < (answer.retry_at or 0) <= 1_310 for answer in beyond)


def test_a_user_without_an_allocation_is_promised_nothing():
    traffic = Traffic()
    traffic.send("alpha", 1_000, 6)
    traffic.send("beta", 1_000, 4)
    answer = traffic.send("no-one", 1_000)[0]

    assert (Outcome.THROTTLED, False, 0) == (answer.outcome, answer.is_booked, answer.allocation)
    assert 1_000 + RULES.horizon_us < (answer.retry_at or 0)


def test_at_the_maximum_a_prioritised_caller_is_booked_from_its_share_of_the_maximum():
    """Alpha has filled the system. Beta, which used nothing, has a slot at the next tick, and its share is 4 * 12 / 10."""
    traffic = Traffic()
    traffic.send("alpha", 1_000, 12, srv="2.2")
    answers = traffic.send("beta", 1_001, 5, srv="2.2")

    assert [Reason.SYSTEM_FULL] * 5 == reasons(answers)
    assert [1_011, 1_012, 1_013, 1_014, 1_111] == [answer.retry_at for answer in answers]
    assert Outcome.CONTINUATION is traffic.again("beta:13", 1_011, srv="2.2").outcome


@pytest.mark.parametrize(
    ("prioritised", "apart"), [(0, 1), (2, 1), (3, 19), (7, 34), (11, 167), (12, None), (13, None)]
)
def test_ordinary_return_times_lie_as_far_apart_as_the_prioritised_leave_room_for(prioritised, apart):
    """Of 12 they leave the threshold of 10, or 12 - n; alpha has six tenths of that in a period of 100."""
    assert apart == RULES.apart_us(6, prioritised)


@pytest.mark.parametrize(("after", "apart"), [(99, 21), (100, 1)])
def test_the_prioritised_count_against_return_times_while_they_are_in_the_period(after, apart):
    """Of beta's seven, four: its share of the maximum."""
    traffic = Traffic()
    traffic.send("beta", 1_000, 7, srv="2.2")
    traffic.send("alpha", 1_000 + after, 6)
    traffic.send("beta", 1_000 + after, 6)
    first, second = traffic.send("alpha", 1_000 + after, 2)

    assert (True, True) == (first.is_booked, second.is_booked)
    assert apart == (second.retry_at or 0) - (first.retry_at or 0)


def test_while_the_prioritised_leave_nothing_no_ordinary_return_time_is_booked():
    traffic = Traffic(alpha=5, beta=5)
    traffic.send("alpha", 1_000, 6, srv="2.2")
    traffic.send("beta", 1_000, 6, srv="2.2")

    assert [False] == [answer.is_booked for answer in traffic.send("alpha", 1_000)]
    assert [True] == [answer.is_booked for answer in traffic.send("alpha", 1_000, srv="2.2")]


def test_the_return_times_of_the_page_on_fair_shares_are_a_sixtieth_of_a_second_apart():
    """docs/explanation/fair-shares.md: 120 prioritised leave 180 of 300, of which B's part is 90 of 270."""
    rules = CapacityRules(1_000_000, 300, 270)

    assert [1, 1, -(-1_000_000 // 60), None] == [rules.apart_us(90, n) for n in (0, 30, 120, 300)]


def test_a_prioritised_caller_does_not_wait_behind_ordinary_ones_but_they_behind_it():
    traffic = Traffic()
    traffic.send("alpha", 1_000, 12, srv="2.2")
    traffic.send("beta", 1_001, 30)
    prioritised = traffic.send("beta", 1_001, srv="2.2")[0]
    traffic.send("alpha", 1_001, 40, srv="2.2")
    ordinary = traffic.send("alpha", 1_001)[0]

    assert 1_011 == prioritised.retry_at
    assert ordinary.retry_at is not None
    assert ordinary.retry_at > 1_400


def test_a_transform_that_was_admitted_is_followed_by_its_pre_command_whatever_the_load():
    traffic = Traffic()
    traffic.send("alpha", 1_000)
    traffic.send("beta", 1_000, 30)
    answer = traffic.again("alpha:1", 1_010)

    assert (Outcome.CONTINUATION, Reason.PRE_COMMAND) == (answer.outcome, answer.reason)


def test_a_request_id_has_one_pre_command_and_what_comes_again_is_judged_as_any_other():
    traffic = Traffic(alpha=1, beta=1)
    traffic.send("alpha", 1_000)
    traffic.send("beta", 1_000, 30)

    assert Reason.PRE_COMMAND is traffic.again("alpha:1", 1_010).reason
    assert Outcome.THROTTLED is traffic.again("alpha:1", 1_020).outcome


def test_a_pre_command_that_was_not_done_after_all_may_come_once_more():
    traffic = Traffic(alpha=1, beta=1)
    traffic.send("alpha", 1_000)
    traffic.send("beta", 1_000, 30)
    traffic.again("alpha:1", 1_010)
    traffic.control.reopen("alpha", "alpha:1")

    assert Reason.PRE_COMMAND is traffic.again("alpha:1", 1_020).reason
    assert Outcome.THROTTLED is traffic.again("alpha:1", 1_030).outcome


def test_a_request_id_that_was_forgotten_begins_anew():
    traffic = Traffic()
    traffic.send("alpha", 1_000)
    traffic.again("alpha:1", 1_010)
    traffic.again("alpha:1", 1_500)

    assert Reason.PRE_COMMAND is traffic.again("alpha:1", 1_510).reason


def test_a_sequence_goes_on_so_often_and_so_long_and_for_its_own_user_only():
    traffic = Traffic(alpha=1, beta=1)
    traffic.send("alpha", 1_000)
    traffic.send("beta", 1_000, 20)

    assert Reason.SEQUENCE is traffic.again("alpha:a", 1_010, "alpha:1").reason
    assert Reason.SEQUENCE is traffic.again("alpha:b", 1_020, "alpha:a").reason
    assert Outcome.THROTTLED is traffic.again("alpha:c", 1_030, "alpha:b").outcome
    assert Outcome.THROTTLED is traffic.again("beta:d", 1_030, "alpha:1").outcome


@pytest.mark.parametrize(("after", "is_remembered"), [(499, True), (500, False)])
def test_what_was_admitted_long_ago_is_continued_no_more(after, is_remembered):
    traffic = Traffic()
    traffic.send("alpha", 1_000)

    assert is_remembered == (Reason.SEQUENCE is traffic.again("alpha:a", 1_000 + after, "alpha:1").reason)


def test_a_user_is_warned_once_as_it_nears_its_allocation_and_the_system_its_threshold():
    """Of 6 and 10 at 80 %: its 5th request, once 8 were admitted in all."""
    traffic = Traffic()
    traffic.send("alpha", 1_000, 5)
    traffic.send("beta", 1_001, 3)
    near, still_near = traffic.send("alpha", 1_002, 2)

    assert (True, True) == (near.is_warned, near.early_warning)
    assert (True, False) == (still_near.is_warned, still_near.early_warning)


def test_a_user_alone_in_an_idle_system_is_not_warned():
    assert not any(answer.is_warned for answer in Traffic().send("alpha", 1_000, 7))


@pytest.mark.parametrize(("left", "warnings"), [(14, 0), (13, 1)])
def test_a_warning_is_over_when_use_has_fallen_by_an_eighth_of_it(left, warnings):
    """Of 20 it warns at 16 and is over below 14: three more make it 16 again."""
    rules = replace(RULES, operating_threshold=20, maximum_system_capacity=24)
    traffic = Traffic(rules, alpha=20)
    traffic.send("alpha", 1_000, 16 - left)
    traffic.send("alpha", 1_050, left)
    answers = traffic.send("alpha", 1_100, 3)

    assert warnings == sum(answer.early_warning for answer in answers)


@pytest.mark.parametrize("allocation", [1, 2, 3])
def test_who_has_a_small_allocation_and_hovers_at_it_is_warned_once(allocation):
    """Of 2 and 3, 80 % and 70 % are the same whole request: just as one leaves the period, another comes."""
    traffic = Traffic(alpha=7, beta=allocation)
    sendings = [(at, "alpha", 8, "2.2") for at in range(1_000, 2_000, 100)]
    sendings += [(at, "beta", 1, "4.8.1") for at in range(1_001, 2_000, 100 // allocation + 1)]
    answers = [
        answer for at, user, count, srv in sorted(sendings) for answer in traffic.send(user, at, count, srv)
    ]
    of_beta = [answer for answer in answers if answer.allocation == allocation]

    assert 1 == sum(answer.early_warning for answer in of_beta)
    assert of_beta[-1].is_warned


def test_a_change_counts_on_keeps_what_was_promised_and_shares_out_anew():
    traffic = Traffic()
    traffic.send("beta", 1_000, 4)
    traffic.send("alpha", 1_000, 6)
    promised = traffic.send("beta", 1_010)[0].retry_at
    traffic.control.change(replace(RULES, operating_threshold=11), {"alpha": 11}, 1_020)
    standing = traffic.control.standing_of("beta")

    assert (4, 0, 10, 1) == (standing.user_used, standing.allocation, standing.used, standing.booked)
    assert promised is not None
    assert Reason.BOOKING is traffic.again("beta:11", promised + 20).reason


def test_what_cannot_be_is_refused_and_changes_nothing():
    control = AdmissionControl(RULES, SHARES)
    with pytest.raises(ValueError, match="the allocations come to 11, more than the operating threshold"):
        control.change(RULES, {"alpha": 11}, 0)
    with pytest.raises(ValueError, match="the allocation of beta is -1"):
        control.change(RULES, {"beta": -1}, 0)

    assert 6 == control.standing_of("alpha").allocation


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("period_us", 0),
        ("maximum_system_capacity", 1_000_000_001),
        ("operating_threshold", 13),
        ("horizon_us", 0),
        ("grace_us", -1),
        ("continues_within_us", 0),
        ("longest_sequence", -1),
    ],
)
def test_rules_out_of_range_are_refused_by_name(field: str, value: int):
    with pytest.raises(ValueError, match=field.removesuffix("_us")):
        replace(RULES, **{field: value})  # type: ignore[arg-type]
