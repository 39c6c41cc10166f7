"""The pacer: what goes first, what waits, what goes again, and what never does."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings, strategies as st

from tidegate.client.answers import Answer, Meaning, Share
from tidegate.client.pacer import Ended, Ending, Full, Held, Pacer
from tidegate.client.requests import Request
from tidegate.client.terms import Terms
from tidegate.vocabulary.service_request_classes import ServiceRequestClass

WINDOW = 1_000
INSTALL, TOP_UP, READING, FIRMWARE = "8.1.1", "2.2", "4.8.1", "11.1"


def request(
    srv: str = READING, number: int = 0, *, continues: bool = False, useful: int | None = None
) -> Request:
    return Request(b"<signed/>", f"{srv} {number}", srv, "serviceS", continues, useful)


def terms(**others) -> Terms:
    said = {
        "aim": 1_000,
        "first_wait_us": 100,
        "longest_wait_us": 1_600,
        "trickle_us": 5_000,
        "resume_over_us": 0,
        "useful_for_us": 10**6,
    }
    return Terms(**{**said, **others})


def pacer(chance: float = 1.0, **others) -> Pacer:
    """A pacer that was answered once, so that it knows the system is there."""
    it = silent_pacer(chance, **others)
    it.submit(request(number=-1), 0)
    first = it.next(0)
    assert first is not None
    it.answered(first, ACCEPTED, 0)
    return it


def silent_pacer(chance: float = 1.0, **others) -> Pacer:
    drawn = random.Random()  # noqa: S311 - it is not drawn from
    drawn.random = lambda: chance  # type: ignore[method-assign]
    return Pacer(terms(**others), drawn)


ACCEPTED = Answer(Meaning.ACCEPTED, 200)
OUTAGE = Answer(Meaning.OUTAGE, 503)
UNKNOWN = Answer(Meaning.UNKNOWN, 504)
REPEATED = Answer(Meaning.REPEATED, 409)
REFUSED = Answer(Meaning.REFUSED, 400)


def within(limit: int, left: int = 1) -> Answer:
    return Answer(Meaning.ACCEPTED, 200, None, Share(limit, WINDOW, limit, left, is_warned=False))


def throttled(wait: int | None, limit: int = 10) -> Answer:
    return Answer(Meaning.THROTTLED, 503, wait, Share(limit, WINDOW, limit, 0, is_warned=False))


def all_now(it: Pacer, now: int) -> list[str]:
    sent = []
    while (held := it.next(now)) is not None:
        sent.append(held.request.request_id)
    return sent


def one(it: Pacer, now: int) -> Held:
    held = it.next(now)
    assert held is not None
    return held


# What goes first.


def test_classes_go_in_the_order_a_customer_waits_for_them_and_each_in_its_own_order():
    it = pacer()
    for number, srv in enumerate((FIRMWARE, READING, INSTALL, TOP_UP, INSTALL)):
        it.submit(request(srv, number), 0)

    assert ["8.1.1 2", "8.1.1 4", "2.2 3", "4.8.1 1", "11.1 0"] == all_now(it, 0)


def test_until_the_system_was_heard_one_request_asks_for_all():
    it = silent_pacer()
    for number in range(3):
        it.submit(request(number=number), 0)
    first = one(it, 0)
    assert [] == all_now(it, 10)

    it.answered(first, ACCEPTED, 10)

    assert ["4.8.1 1", "4.8.1 2"] == all_now(it, 10)


def test_no_more_are_on_the_way_than_may_be():
    it = pacer(at_once=2)
    for number in range(3):
        it.submit(request(number=number), 0)

    assert 2 == len(all_now(it, 0))
    assert it.wakes_at(0) == 10**6  # only its answers, or its end


# The share.


def test_requests_keep_to_the_share_and_what_passes_does_not_wait_for_it():
    it = pacer(prioritised={TOP_UP})
    it.submit(request(number=0), 0)
    it.answered(one(it, 0), within(2), 0)
    for number in (1, 2):
        it.submit(request(number=number), 0)
    it.submit(request(TOP_UP, 3), 0)
    it.submit(request(FIRMWARE, 4, continues=True), 0)

    assert ["2.2 3", "11.1 4"] == all_now(it, 0)
    assert 2 * 500 == it.wakes_at(0)  # of two in a window, these were two
    assert ["4.8.1 1"] == all_now(it, 1_000)
    assert 1_500 == it.wakes_at(1_000)


def test_who_is_throttled_comes_back_at_its_time_and_not_before():
    it = pacer()
    it.submit(request(number=0), 0)
    it.answered(one(it, 0), throttled(700), 50)
    assert it.next(749) is None
    assert 750 == it.wakes_at(749)

    held = one(it, 750)

    assert ("4.8.1 0", 2) == (held.request.request_id, held.tries)


def test_while_throttled_what_waits_for_the_share_waits_and_the_prioritised_pass():
    it = pacer(prioritised={TOP_UP})
    it.submit(request(number=0), 0)
    it.answered(one(it, 0), throttled(700), 0)
    it.submit(request(number=1), 1)
    it.submit(request(TOP_UP, 2), 1)

    assert ["2.2 2"] == all_now(it, 1)
    assert [] == all_now(it, 699)
    assert "4.8.1 0" == all_now(it, 700)[0]


def test_a_return_far_away_keeps_the_others_for_a_window_only():
    it = pacer()
    it.submit(request(number=0), 0)
    it.answered(one(it, 0), throttled(60 * WINDOW), 0)
    it.submit(request(number=1), 0)

    assert WINDOW == it.wakes_at(0)
    assert ["4.8.1 1"] == all_now(it, WINDOW)


# Outages.


def test_in_an_outage_one_request_asks_now_and_then_ever_more_seldom():
    it = pacer(chance=0.999)
    for number in range(3):
        it.submit(request(number=number), 0)
    now, waits = 0, []
    held = one(it, now)
    for _ in range(6):
        it.answered(held, OUTAGE, now)
        assert it.standing().is_out
        asks_at = it.wakes_at(now)
        assert asks_at is not None
        waits.append(asks_at - now)
        assert it.next(asks_at - 1) is None
        now = asks_at
        held = one(it, now)
        assert it.next(now) is None  # the others wait for what this one is answered

    assert [100, 200, 400, 800, 1599, 1599] == waits


def test_what_was_on_the_way_as_the_outage_began_does_not_lengthen_it():
    it = pacer()
    for number in range(3):
        it.submit(request(number=number), 0)
    on_the_way = [one(it, 0) for _ in range(3)]
    for held in on_the_way:
        it.answered(held, OUTAGE, 5)

    assert 5 + 101 == it.wakes_at(5)


def test_an_outage_that_says_how_long_is_waited_for():
    it = pacer(chance=0.5)
    it.submit(request(), 0)
    it.answered(one(it, 0), Answer(Meaning.OUTAGE, 503, 2_000), 0)

    assert 3_000 == it.wakes_at(0)


def test_after_an_outage_the_backlog_goes_at_the_pace_of_the_share():
    it = pacer(chance=0.0)
    for number in range(40):
        it.submit(request(number=number), 0)
    it.answered(one(it, 0), OUTAGE, 0)

    it.answered(one(it, 1), within(20), 2)

    assert 3 == len(all_now(it, 2))  # one, and the tenth of a window that may be saved up
    assert 2 + 56 == it.wakes_at(2)
    assert not it.standing().is_out


def test_silence_is_an_outage_when_it_is_several_times_in_a_row():
    it = pacer(outage_after=2)
    for number in range(3):
        it.submit(request(number=number), 0)
    first, second, third = one(it, 0), one(it, 0), one(it, 0)
    it.answered(first, UNKNOWN, 1)
    it.answered(second, ACCEPTED, 1)
    it.answered(third, UNKNOWN, 1)
    assert not it.standing().is_out

    it.submit(request(number=4), 1)
    it.answered(one(it, 1), UNKNOWN, 1)

    assert it.standing().is_out


# What may have been accepted.


def test_what_may_have_been_taken_goes_again_and_a_repeat_says_that_it_was():
    it = pacer()
    it.submit(request(), 0)
    held = one(it, 0)
    assert it.answered(held, UNKNOWN, 0) is None
    again = one(it, 5_000)
    assert again is held

    assert Ended(Ending.ACCEPTED, REPEATED, 2) == it.answered(again, REPEATED, 5_001)


def test_a_repeat_of_what_cannot_have_been_taken_is_refused():
    it = pacer()
    it.submit(request(), 0)
    it.answered(one(it, 0), throttled(10), 0)

    assert Ended(Ending.REFUSED, REPEATED, 2) == it.answered(one(it, 10), REPEATED, 11)


def test_who_does_not_repeat_is_told_that_nobody_knows():
    it = pacer(repeats_unknown=False)
    it.submit(request(), 0)

    assert Ended(Ending.UNKNOWN, UNKNOWN, 1) == it.answered(one(it, 0), UNKNOWN, 1)


def test_what_is_refused_for_what_it_says_is_not_sent_again():
    it = pacer()
    it.submit(request(), 0)

    assert Ended(Ending.REFUSED, REFUSED, 1) == it.answered(one(it, 0), REFUSED, 1)
    assert it.wakes_at(1) is None


# The end of its use.


def test_what_is_of_no_use_any_more_is_given_up_and_what_may_be_taken_is_unknown():
    it = pacer()
    kept = it.submit(request(number=0, useful=100), 0)
    it.answered(one(it, 0), throttled(500), 0)
    assert [] == it.give_up(99)
    assert [(kept, Ended(Ending.GIVEN_UP, kept.last, 1))] == it.give_up(100)

    it.submit(request(number=1, useful=100), 200)
    held = one(it, 1_200)
    assert Ended(Ending.UNKNOWN, UNKNOWN, 1) == it.answered(held, UNKNOWN, 1_200)


def test_what_is_on_the_way_is_not_given_up():
    it = pacer()
    it.submit(request(useful=100), 0)
    held = one(it, 0)

    assert [] == it.give_up(100)
    assert Ended(Ending.ACCEPTED, ACCEPTED, 1) == it.answered(held, ACCEPTED, 150)


def test_what_was_withdrawn_is_not_sent():
    it = pacer()
    it.withdraw(it.submit(request(), 0))

    assert it.next(0) is None
    assert it.wakes_at(0) is None


# Bounds.


def test_a_full_class_makes_its_own_wait_and_no_other():
    it = pacer(most_waiting=2)
    it.submit(request(number=0), 0)
    it.submit(request(number=1), 0)
    with pytest.raises(Full, match="2 requests are held of the class readings"):
        it.submit(request(number=2), 0)
    it.submit(request(INSTALL), 0)

    it.answered(one(it, 0), ACCEPTED, 0)
    it.answered(one(it, 0), ACCEPTED, 0)

    assert it.has_room(request())


def test_retries_of_ourselves_are_held_to_a_budget_of_their_class():
    """Ten of each are unheard of: installs may all go again, of readings one in ten."""
    it = pacer(chance=0.0, at_once=40, outage_after=100, retries={ServiceRequestClass.INSTALL: 1_000})
    for number in range(10):
        it.submit(request(number=number), 0)
        it.submit(request(INSTALL, number), 0)
    for held in [one(it, 0) for _ in range(20)]:
        it.answered(held, UNKNOWN, 0)

    sent = all_now(it, 1)

    assert 10 == sum(srv.startswith(INSTALL) for srv in sent)
    assert 2 == sum(srv.startswith(READING) for srv in sent)  # its part, and the trickle
    assert 5_001 == it.wakes_at(1)


@settings(max_examples=60)
@given(st.data())
def test_every_request_ends_once_and_none_goes_again_that_was_taken(data):
    it = silent_pacer(at_once=3, most_waiting=6, useful_for_us=4_000, prioritised={TOP_UP})
    answers = [ACCEPTED, within(4), throttled(300), throttled(None), OUTAGE, UNKNOWN, REPEATED, REFUSED]
    now = 0
    on_the_way: list[Held] = []
    held: dict[Held, bool] = {}
    ended: list[Held] = []
    for number in range(data.draw(st.integers(1, 60))):
        now += data.draw(st.sampled_from([0, 0, 1, 99, 300, WINDOW, 4_000]))
        ended += [each for each, _ in it.give_up(now)]
        asked = request(
            data.draw(st.sampled_from([INSTALL, TOP_UP, READING])), number, continues=number % 7 == 0
        )
        if it.has_room(asked):
            held[it.submit(asked, now)] = False
        while (sent := it.next(now)) is not None:
            assert sent not in ended
            assert not held[sent], "it was taken"
            on_the_way.append(sent)
            assert len(on_the_way) <= 3
        if on_the_way:
            answered = on_the_way.pop(data.draw(st.integers(0, len(on_the_way) - 1)))
            answer = data.draw(st.sampled_from(answers))
            held[answered] = answer.meaning is Meaning.ACCEPTED
            if it.answered(answered, answer, now) is not None:
                ended.append(answered)
        if not on_the_way and len(ended) < len(held):
            assert it.wakes_at(now) is not None, "it would sleep for ever"

    for each in on_the_way:
        if it.answered(each, REFUSED, now) is not None:
            ended.append(each)
    ended += [each for each, _ in it.give_up(now + 4_000)]
    assert len(held) == len(ended) == len(set(ended))
    assert 0 == it.standing().held
