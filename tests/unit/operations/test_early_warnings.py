"""Early warnings as notices: told to whom they concern, at once and once, and no more than one a minute."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tidegate.operations.early_warnings import EarlyWarning
from tidegate.operations.messages import EVERYONE, Audience, NoticeParty
from tidegate.operations.notify import Notices
from tidegate.vocabulary.instants import HOUR, MINUTE, SECOND, parse_instant

NOON = parse_instant("2026-01-07T12:00:00Z")
SEVEN = parse_instant("2026-01-08T07:00:00Z")


def near(user="A", at=NOON, used=8):
    return EarlyWarning(at, user, used, 10, 240, 270, SECOND, "v1")


def notices(*parties):
    return Notices(parties or (NoticeParty("A"),), NOON)


def machines(messages):
    return [it for it in messages if it.audience is Audience.MACHINES]


def people(messages):
    return [it for it in messages if it.audience is Audience.PEOPLE]


def test_the_user_and_the_operator_are_told_at_once_and_nobody_else():
    told = notices(NoticeParty("A"), NoticeParty("B"), NoticeParty(EVERYONE))

    messages = told.early_warning(near())

    assert ["A", EVERYONE] == [it.party for it in machines(messages)]
    assert ["A", EVERYONE] == [it.party for it in people(messages)]
    (text,) = {it.text for it in people(messages)}
    assert "8 of its 10 Service Requests in 1s were admitted, and 240 of the 270 of all Users" in text


def test_a_party_that_wants_none_gets_none():
    told = notices(NoticeParty("A", early_warnings=False), NoticeParty(EVERYONE))

    assert {EVERYONE} == {it.party for it in told.early_warning(near())}
    assert {EVERYONE} == {it.party for it in told.advance_to(SEVEN) if it.kind.endswith("digest")}


def test_what_comes_within_a_minute_is_told_as_it_ends_with_how_many_and_the_last_of_them():
    told = notices()
    told.early_warning(near())

    again = [
        told.early_warning(near(at=NOON + second * SECOND, used=8 + second % 3)) for second in (1, 2, 59)
    ]

    assert [[], [], []] == again
    assert [] == told.advance_to(NOON + MINUTE - 1)
    (message,) = told.advance_to(NOON + MINUTE)
    assert (3, 10, "2026-01-07T12:00:59Z") == tuple(
        message.data[name] for name in ("crossings", "used", "at")
    )
    assert [] == told.early_warning(near(at=NOON + MINUTE + 1)), "a minute has begun anew"


def test_after_a_minute_without_one_the_next_is_told_at_once():
    told = notices()
    told.early_warning(near())
    told.advance_to(NOON + MINUTE)

    (message,) = told.early_warning(near(at=NOON + MINUTE))

    assert Audience.MACHINES is message.audience, "people are told of the first in a day"


def test_people_are_told_at_once_of_the_first_in_a_day_and_of_how_many_in_the_digest():
    told = notices(NoticeParty("A"), NoticeParty(EVERYONE))
    for at in range(NOON, NOON + 3 * HOUR, HOUR):
        told.early_warning(near(at=at))
        told.advance_to(at + MINUTE)
    told.early_warning(near("B", NOON + 3 * HOUR))

    digests = {it.party: it.text for it in told.advance_to(SEVEN)}
    next_day = told.early_warning(near(at=SEVEN))

    assert digests["A"].endswith("Early warnings: 3 of A.")
    assert digests[EVERYONE].endswith("Early warnings: 4 of 2 Users, most of A (3).")
    assert ["A", EVERYONE] == [it.party for it in people(next_day)]


def test_in_quiet_hours_only_machines_are_told_and_people_of_the_first_after_them():
    told = notices(NoticeParty("A", quiet_from=12 * HOUR, quiet_until=13 * HOUR))

    in_them = told.early_warning(near())
    told.advance_to(NOON + HOUR)
    after = told.early_warning(near(at=NOON + HOUR))

    assert ([], 1) == (people(in_them), len(people(after)))


def test_an_operator_of_many_users_is_told_at_once_ten_times_an_hour():
    told = notices(NoticeParty(EVERYONE))

    messages = [it for user in range(100) for it in told.early_warning(near(str(user)))]

    assert (100, 10) == (len(machines(messages)), len(people(messages)))


@pytest.mark.parametrize("gap", [1, SECOND, MINUTE - 1, MINUTE, MINUTE + 1])
@given(st.lists(st.sampled_from("AB"), max_size=60))
def test_every_crossing_is_told_of_and_no_user_more_than_once_a_minute(gap, users):
    told, messages, at = notices(NoticeParty("A"), NoticeParty("B")), [], NOON
    for user in users:
        messages += told.advance_to(at) + told.early_warning(near(user, at))
        at += gap
    messages += told.advance_to(at + MINUTE)

    for user in "AB":
        mine = [it for it in machines(messages) if it.party == user]
        assert users.count(user) == sum(it.data["crossings"] for it in mine)
        assert len(mine) <= (at - NOON) // MINUTE + 2
