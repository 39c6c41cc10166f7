"""A policy is changed, backed out and overridden while it is in force; the records say what was in force when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.policy_book import EXCLUDED, A, B, Book, a_version

from tidegate.operations.back_out_plan import back_out_plan
from tidegate.operations.change_policy import OVERRIDE_EXPIRED
from tidegate.operations.override_exclusion import audit_log
from tidegate.operations.policy_requests import (
    ApplyPolicy,
    BackOutPolicy,
    OverrideExclusion,
    by_caller,
    request_as_json,
    request_from_json,
)
from tidegate.policy.mechanism import Mode
from tidegate.policy.override import LONGEST
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import HOUR


def test_a_version_is_in_force_from_its_instant_on_and_not_before():
    book = Book(a_version("v1"))

    book.apply(a_version("v2", supersedes="v1"), at=100, now=50)

    assert ["v1", "v2"] == [book.version_at(99), book.version_at(100)]


def test_now_is_the_instant_of_the_change_whatever_the_file_says():
    book = Book(a_version("v1"))

    book.apply(a_version("v2", supersedes="v1", effective_from=7_000), now=50)

    assert ["v1", "v2"] == [book.version_at(49), book.version_at(50)]


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"who": " "}, "--by"),
        ({"reason": ""}, "--reason"),
        ({"at": 49}, "--at"),
        ({"approval": ""}, "--approval"),
    ],
)
def test_a_change_is_refused_without_who_why_approval_or_a_time_to_come(said, where):
    book = Book(a_version("v1"))

    with pytest.raises(InputError) as refused:
        book.apply(a_version("v2", supersedes="v1"), now=50, **said)

    assert [where] == [fault.where for fault in refused.value.faults]
    assert "v1" == book.version_at(10_000)


def test_every_fault_of_a_change_is_told_at_once():
    book = Book(a_version("v1"))

    with pytest.raises(InputError) as refused:
        book.apply(a_version("v3", supersedes="v2"), now=50, at=1, who="", reason="", approval="")

    assert 5 == len(refused.value.faults)


def test_a_version_in_shadow_needs_no_approval_and_the_reference_of_the_file_will_do():
    book = Book(a_version("v1"))

    book.apply(a_version("v2", supersedes="v1", mode=Mode.SHADOW), now=50, approval="")
    book.apply(a_version("v3", supersedes="v2", reference="SEC Panel 12"), now=60, approval="")

    assert ["v1", "v2", "v3"] == [record.version for record in book.records]
    assert "SEC Panel 12" == book.records[-1].approval


def test_a_version_that_supersedes_another_than_the_one_in_force_is_refused_with_what_to_write():
    book = Book(a_version("v1"))

    with pytest.raises(InputError) as refused:
        book.apply(a_version("v2", supersedes="v0"), now=50)

    (fault,) = refused.value.faults
    assert "it supersedes v0, but v1 is in force" == fault.what
    assert 'supersedes = "v1"' in fault.remedy


def test_nothing_is_put_in_force_before_a_version_that_waits_already():
    book = Book(a_version("v1"))
    book.apply(a_version("v2", supersedes="v1"), at=100, now=50)

    with pytest.raises(InputError, match="v2 is to take force"):
        book.apply(a_version("v3", supersedes="v1"), at=99, now=60)
    with pytest.raises(InputError, match="was put in force before"):
        book.apply(a_version("v2", supersedes="v1"), at=101, now=60)


def test_the_first_version_of_a_journal_may_supersede_what_it_never_knew():
    book = Book(a_version("v2", supersedes="v1"))

    book.apply(a_version("v3", supersedes="v2"), now=50)
    book.back_out(now=60)

    assert ["v2", "v3", "v2-again"] == [book.version_at(at) for at in (0, 50, 60)]


def test_a_back_out_puts_the_content_of_the_version_before_in_force_again():
    book = Book(a_version("v1", threshold=3))
    book.apply(a_version("v2", supersedes="v1", threshold=9), now=50)

    change = book.back_out(now=60)

    restored = book.policy_at(60)
    assert ("v1-again", "v2", 3) == (
        restored.version,
        restored.supersedes,
        restored.alert_storm.default.threshold,
    )
    assert ["threshold for every code without an override is 3; it was 9."] == change.sentences
    assert ("policy.backed_out", "v2", "v1") == (
        book.log[-1].action,
        book.log[-1].details["backs_out"],
        book.log[-1].details["restores"],
    )


def test_backing_out_twice_goes_forward_again_and_every_version_has_a_name_of_its_own():
    book = Book(a_version("v1", threshold=3))
    book.apply(a_version("v2", supersedes="v1", threshold=9), now=50)

    for now in (60, 70, 80):
        book.back_out(now=now)

    assert ["v1", "v2", "v1-again", "v2-again", "v1-again-2"] == [it.version for it in book.records]


def test_a_back_out_goes_to_any_earlier_version_by_name():
    book = Book(a_version("v1", threshold=3))
    book.apply(a_version("v2", supersedes="v1", threshold=9), now=50)
    book.apply(a_version("v3", supersedes="v2", threshold=8), now=60)

    book.back_out(now=70, to="v1")

    assert 3 == book.policy_at(70).alert_storm.default.threshold
    with pytest.raises(InputError, match="no earlier version v9"):
        book.back_out(now=80, to="v9")


def test_there_is_nothing_to_back_out_before_a_second_version():
    book = Book(a_version("v1"))

    with pytest.raises(InputError, match="first version"):
        book.back_out(now=60)


def test_a_version_that_waits_is_withdrawn_by_name_and_never_takes_force():
    book = Book(a_version("v1"))
    book.apply(a_version("v2", supersedes="v1"), at=100, now=50)

    with pytest.raises(InputError, match="v2 waits to take force"):
        book.back_out(now=60)
    book.back_out(now=60, version="v2")

    assert "v1" == book.version_at(100)
    assert "policy.withdrawn" == book.log[-1].action
    book.apply(a_version("v3", supersedes="v1"), at=90, now=70)
    assert "v3" == book.version_at(100)


def test_an_override_takes_a_code_off_the_list_and_ends_by_itself():
    book = Book(a_version("v1"))

    book.override(A, lasts=10, now=50)

    assert [True, False, False, True] == [A in book.policy_at(at).exclusion_list for at in (49, 50, 59, 60)]
    assert all(B in book.policy_at(at).exclusion_list for at in (49, 50, 59, 60))
    assert "v1-without-8F75" == book.version_at(50)


def test_two_overrides_each_end_at_their_own_time():
    book = Book(a_version("v1"))
    book.override(A, lasts=10, now=50)

    book.override(B, lasts=20, now=55)

    assert [set(), {A}, {A}, {A, B}, {A, B}, {B}, {B}, set()] == [
        book.off_at(at) for at in (49, 50, 54, 55, 59, 60, 74, 75)
    ]


def test_one_of_two_overrides_is_ended_early_and_the_other_runs_on():
    book = Book(a_version("v1"))
    book.override(A, lasts=10, now=50)
    book.override(B, lasts=20, now=55)

    book.override(A, lasts=0, now=57)

    assert [{A, B}, {B}, {B}, set()] == [book.off_at(at) for at in (56, 57, 74, 75)]
    assert [(B, 55, 75)] == [(it.code, it.since, it.until) for it in book.register().running_overrides(57)]


def test_an_override_is_made_longer_by_asking_again():
    book = Book(a_version("v1"))
    book.override(A, lasts=10, now=50)

    book.override(A, lasts=10, now=58)

    assert [{A}, {A}, set()] == [book.off_at(at) for at in (60, 67, 68)]


def test_an_override_runs_on_above_a_version_that_takes_force_beneath_it():
    book = Book(a_version("v1", threshold=3))
    book.override(A, lasts=10, now=50)

    book.apply(a_version("v2", supersedes="v1", threshold=9), at=55, now=52)

    assert [(3, {A}), (9, {A}), (9, {A}), (9, set())] == [
        (book.policy_at(at).alert_storm.default.threshold, book.off_at(at)) for at in (54, 55, 59, 60)
    ]


def test_a_back_out_under_an_override_and_the_withdrawal_of_a_version_leave_the_override_running():
    book = Book(a_version("v1", threshold=3))
    book.apply(a_version("v2", supersedes="v1", threshold=9), now=40)
    book.override(A, lasts=20, now=50)
    book.apply(a_version("v3", supersedes="v2", threshold=7), at=60, now=52)

    book.back_out(now=54, version="v3")
    book.back_out(now=55)

    assert [(9, {A}), (3, {A}), (3, {A}), (3, set())] == [
        (book.policy_at(at).alert_storm.default.threshold, book.off_at(at)) for at in (54, 55, 69, 70)
    ]


def test_a_version_that_counts_the_code_for_good_ends_its_override():
    book = Book(a_version("v1"))
    book.override(A, lasts=20, now=50)

    book.apply(a_version("v2", supersedes="v1", excluded={B: "B"}), now=55)

    assert ["v1-without-8F75", "v2", "v2"] == [book.version_at(at) for at in (54, 55, 80)]


@pytest.mark.parametrize(
    ("code", "lasts", "says"),
    [
        (0x8014, 5, "not on the exclusion list"),
        (A, LONGEST + 1, "longer than 3d"),
        (B, 0, "no override of it runs"),
    ],
)
def test_an_override_is_refused_where_it_means_nothing(code, lasts, says):
    book = Book(a_version("v1"))
    book.override(A, lasts=10, now=50)

    with pytest.raises(InputError, match=says):
        book.override(code, lasts=lasts, now=55)


def test_an_override_is_not_made_longer_than_it_may_be_by_asking_again():
    book = Book(a_version("v1"))
    book.override(A, lasts=LONGEST, now=50)

    with pytest.raises(InputError, match="that is a change"):
        book.override(A, lasts=LONGEST, now=51)


def test_the_audit_log_tells_when_an_override_expired_and_not_when_it_was_ended():
    book = Book(a_version("v1"))
    book.override(A, lasts=HOUR, now=50)
    book.override(B, lasts=HOUR, now=60)
    book.override(B, lasts=0, now=70)

    at_the_end = audit_log(book.log, 50 + HOUR)
    before = audit_log(book.log, 49 + HOUR)

    assert (OVERRIDE_EXPIRED, 50 + HOUR, "8F75") == (
        at_the_end[0].action,
        at_the_end[0].at,
        at_the_end[0].details["code"],
    )
    assert ["policy.override_ended", "policy.overridden", "policy.overridden", "policy.applied"] == [
        entry.action for entry in before
    ]


def test_an_override_made_longer_expires_once():
    book = Book(a_version("v1"))
    book.override(A, lasts=10 * HOUR, now=50)
    book.override(A, lasts=12 * HOUR, now=60)

    told = [entry.at for entry in audit_log(book.log, 20 * HOUR) if entry.action == OVERRIDE_EXPIRED]

    assert [60 + 12 * HOUR] == told


def test_the_audit_log_says_who_why_and_what_changes():
    book = Book(a_version("v1"))

    book.override(A, lasts=10, now=50)

    entry = book.log[-1] if book.log[-1].action == "policy.overridden" else book.log[-2]
    assert ("ops", "flood") == (entry.who, entry.details["reason"])
    assert "leaves the exclusion list and is counted" in str(entry.details["changes"])


def test_a_crash_between_the_parts_of_a_change_leaves_nothing_in_force_that_nobody_asked_for():
    whole = Book(a_version("v1"))
    whole.override(A, lasts=10, now=50)
    whole.override(B, lasts=20, now=55)
    cut = Book(a_version("v1"))
    cut.override(A, lasts=10, now=50)

    cut.stop_after = 1
    with pytest.raises(ConnectionError):
        cut.override(B, lasts=20, now=55)

    assert [whole.off_at(at) for at in (54, 55, 59)] == [cut.off_at(at) for at in (54, 55, 59)]


def test_the_plan_says_in_words_what_a_back_out_would_change_and_changes_nothing():
    book = Book(a_version("v1"))
    book.apply(a_version("v2", supersedes="v1", excluded={B: "B"}), now=50)

    plan = back_out_plan(book.register(), 60)

    assert plan.startswith("# Back-out plan for v2\n")
    assert "It was put in force by ops: a reason" in plan
    assert "8F75 (Unauthorised Physical Access - Strong Magnetic field) joins the exclusion list" in plan
    assert 2 == len(book.records)


@pytest.mark.parametrize(
    "request_",
    [
        ApplyPolicy("who", "why", "text", at=5, approval="ref"),
        ApplyPolicy("who", "why", "text"),
        BackOutPolicy("who", "why", version="v2"),
        OverrideExclusion("who", "why", "8F75", 4 * HOUR),
    ],
)
def test_a_request_goes_over_the_wire_and_back(request_):
    assert request_ == request_from_json(request_as_json(request_))


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ([], ["action"]),
        ({"action": "drop"}, ["action"]),
        ({"action": "override", "who": 3, "code": "8F75", "more": 1}, ["lasts_us", "more", "reason", "who"]),
        ({"action": "back_out", "who": "a", "reason": "b", "to": 3}, ["to"]),
        ({"action": "override", "who": "a", "reason": "b", "code": "8F75", "lasts_us": True}, ["lasts_us"]),
    ],
)
def test_what_is_no_request_is_refused_with_everything_wrong_with_it(body, places):
    with pytest.raises(InputError) as refused:
        request_from_json(body)

    assert places == [fault.where for fault in refused.value.faults]


def test_who_asked_over_the_wire_is_kept_beside_who_they_say_they_are():
    asked = BackOutPolicy("Ann", "why")

    assert "Ann (token ops)" == by_caller(asked, "token ops").who
    assert "" == by_caller(replace(asked, who=""), "token ops").who


def test_the_policies_of_the_tests_exclude_both_codes():
    assert {A, B} == set(EXCLUDED)
