"""The worked table of an allocation: the capacity it is of, the other bases, what would change it, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tidegate.admission.weighting import Basis
from tidegate.formats.allocation_json import allocation_list
from tidegate.operations.allocate import AllocateOptions, allocate_capacity
from tidegate.policy_files import published
from tidegate.reports.allocation_words import (
    basis_findings,
    cautions,
    findings,
    headline,
    number_in_words,
    share_in_words,
    weight_in_words,
    what_if_findings,
)
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.users import User, UserRole, UsersTable

POLICY = published("illustrative-2")

USERS = (
    User("Larch", UserRole.IS, credit_meters=600_000, prepayment_meters=100_000, charged_mpans=700_000),
    User("Larch", UserRole.GS, unknown_meters=80_000, charged_mpans=80_000),
    User("Moor", UserRole.ED, network_meters=60_000, charged_mpans=2_400_000),
    User("Fitter", UserRole.RSA),
)


def worked(users=USERS, policy=POLICY, missing=(), passed_over=(), **options):
    table = UsersTable("users.csv", tuple(users), missing, passed_over)
    return allocate_capacity(table, policy, AllocateOptions(**options))


def under(**changed):
    assert POLICY.service_requests is not None
    return replace(POLICY, service_requests=replace(POLICY.service_requests, **changed))


def requests(allocated):
    return [each.requests for each in allocated.allocations]


def test_the_capacity_is_the_operating_threshold_unless_another_is_asked_for():
    assert [270, 100] == [sum(requests(worked())), sum(requests(worked(capacity=100)))]
    assert "Capacity: 270, the operating threshold of illustrative-2." in findings(worked())
    assert "Capacity: 100, as asked for; the operating threshold of illustrative-2 is 270." in findings(
        worked(capacity=100)
    )


def test_the_json_is_a_list_of_users_with_weight_fraction_and_allocation():
    listed = allocation_list(worked(capacity=1_004))

    assert [
        {"user": "Larch", "role": "IS", "weight": 800_000},
        {"user": "Larch", "role": "GS", "weight": 80_000},
        {"user": "Moor", "role": "ED", "weight": 6_000},
        {"user": "Fitter", "role": "RSA", "weight": 0},
    ] == [{key: each[key] for key in ("user", "role", "weight")} for each in listed]
    assert {"user", "role", "weight", "fraction", "allocation"} == {*listed[0]}
    assert [904, 91, 8, 1] == [each["allocation"] for each in listed]
    assert 1 == pytest.approx(sum(each["fraction"] for each in listed))
    assert float((1 + 1_000 * Fraction(800, 886)) / 1_004) == listed[0]["fraction"]


def test_a_weight_that_is_not_whole_is_a_decimal_in_json():
    assert 0.7 == allocation_list(worked([User("Moor", UserRole.ED, network_meters=7)]))[0]["weight"]


def test_the_arithmetic_of_a_share_is_told_in_words():
    allocated = worked(capacity=1_004)

    assert [
        "600,000 + 2 x 100,000 = 800,000",
        "80,000",
        "0.1 x 60,000 = 6,000",
        "no weight",
    ] == [weight_in_words(allocated, user) for user in USERS]
    assert [
        "1 + 1,000 x 800,000 / 886,000 = 903.93, up to 904",
        "1 + 1,000 x 80,000 / 886,000 = 91.29, down to 91",
        "1 + 1,000 x 6,000 / 886,000 = 7.77, up to 8",
        "its floor, 1",
    ] == [share_in_words(allocated, each) for each in allocated.allocations]


@pytest.mark.parametrize(
    ("value", "words"),
    [("4", "4"), ("3999/1000", "3.99"), ("1/100", "0.01"), ("1/1000", "0.001"), ("1234567/100", "12,345.67")],
)
def test_a_number_in_words_is_never_rounded_to_another(value, words):
    assert words == number_in_words(Fraction(value))


def test_other_bases_stand_beside_where_the_table_has_their_column():
    allocated = worked(missing=("forecast",))

    assert [Basis.ENROLLED, Basis.CHARGED] == list(allocated.by_basis)
    assert allocated.by_basis[Basis.ENROLLED] == allocated.allocations
    assert [
        "By metering points charged for: Moor ED would have 64 in place of 3 and Larch IS would have 183 in place of 241."
    ] == basis_findings(allocated)
    assert 64 == requests(worked(missing=("forecast",), basis=Basis.CHARGED))[2]


def test_what_if_tells_what_one_more_and_another_multiplier_would_do():
    allocated = worked()

    assert ["+1", "+27", "x1", "x3"] == [each.label for each in allocated.what_ifs]
    assert [271, 297, 270, 270] == [each.capacity for each in allocated.what_ifs]
    assert "One more in a period: more for Larch IS (+1)." == what_if_findings(allocated)[0]
    assert what_if_findings(allocated)[3].startswith("A multiplier of 3 in place of 2: more for Larch IS (+")


def test_a_multiplier_of_one_is_compared_with_two_alone():
    allocated = worked(policy=under(prepayment_multiplier=Fraction(1)), capacity=9)

    assert ["+1", "x2"] == [each.label for each in allocated.what_ifs]


def test_where_the_rounding_takes_a_request_back_it_is_said():
    """The Alabama paradox: of ten C has two, of eleven one."""
    users = [User(name, UserRole.IS, credit_meters=meters) for name, meters in (("A", 6), ("B", 6), ("C", 2))]
    allocated = worked(users, under(floor=0), capacity=10)

    assert [4, 4, 2] == requests(allocated)
    assert (
        "One more in a period: more for A IS (+1) and B IS (+1); fewer for C IS (-1). "
        "No exact share shrinks: it is the rounding that takes a request back."
    ) == what_if_findings(allocated)[0]


def test_lots_that_were_drawn_are_told():
    users = [User(name, UserRole.IS, credit_meters=1) for name in ("A", "B", "C")]
    told = [each for each in findings(worked(users, capacity=4)) if each.startswith("Lots")]

    assert ["A IS, B IS and C IS have the same remainder"] == [
        each.split(": ")[1].split(";")[0] for each in told
    ]
    assert not [each for each in findings(worked(users, capacity=6)) if each.startswith("Lots")]


def test_a_capacity_that_the_floors_fill_is_shared_and_one_less_is_refused_with_what_to_write():
    assert [1, 1, 1, 1] == requests(worked(capacity=4))
    with pytest.raises(InputError) as caught:
        worked(capacity=3)

    (fault,) = caught.value.faults
    assert "4 Users with a floor of 1 have 4 together, more than the capacity of 3" == fault.what
    assert "Write --capacity 4 or more, or a floor of 0 or less" in fault.remedy


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"capacity": 0}, "a capacity of 0 is none"),
        ({"policy": replace(POLICY, service_requests=None)}, "says nothing of Service Requests"),
        ({"missing": ("forecast",), "basis": Basis.FORECAST}, "no column forecast"),
    ],
)
def test_what_cannot_be_shared_is_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        worked(**arguments)


def test_where_nobody_has_weight_there_are_floors_alone_and_it_is_said():
    allocated = worked([User("Fitter", UserRole.RSA), User("Larch", UserRole.IS, credit_meters=0)])

    assert [1, 1] == requests(allocated)
    assert "2 requests in a period of 1s are shared among 2 Users." == headline(allocated)
    assert any(each.startswith("Nobody has any weight") for each in cautions(allocated))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "are illustrative: the real ones are not public."),
        ({}, "The payment mode of 80,000 meters is not known: they count as credit meters."),
        ({"unknown_prepayment": Fraction(13, 100)}, "they count with 13.0% prepayment."),
        ({"capacity": 271}, "271 is more than the operating threshold of illustrative-2, 270"),
        ({"missing": ("network_meters",)}, "There is no column network_meters"),
        ({"missing": ("prepayment_meters", "unknown_meters")}, "There is no column prepayment_meters"),
        ({"passed_over": ("prepay_meters", "note")}, "Columns passed over: prepay_meters, note."),
        (
            {"users": [*USERS, User("Alder", UserRole.OU, credit_meters=5)]},
            "Alder OU: credit_meters does not count",
        ),
        ({"users": [*USERS, User("Alder", UserRole.GT)]}, "No enrolled meters of Alder GT: the floor alone."),
    ],
)
def test_what_a_reader_should_know_first_is_said(arguments, said):
    assert any(said in each for each in cautions(worked(**arguments)))


def test_meters_of_unknown_mode_weigh_by_the_share_that_is_said():
    assert (
        Fraction(80_000) * Fraction(113, 100)
        == worked(unknown_prepayment=Fraction(13, 100)).allocations[1].claim.weight
    )


def test_too_little_room_above_the_threshold_for_a_request_of_each_user_is_a_caution_that_says_what_to_write():
    """Larch is one User in two roles: there are three."""
    enough, short = (cautions(worked(policy=under(maximum_system_capacity=270 + room))) for room in (3, 2))

    assert not any("fair limits" in it for it in enough)
    (said,) = [it for it in short if "fair limits" in it]
    assert said.startswith(
        "Between the operating threshold (270) and the maximum (272) there is room for 2; 3 Users need 3"
    )
    assert said.endswith("write maximum_system_capacity = 273 or more, or operating_threshold = 269 or less.")


def test_a_maximum_too_small_for_its_users_is_only_told_to_grow():
    (said,) = [
        it
        for it in cautions(
            worked(policy=under(maximum_system_capacity=3, operating_threshold=3, floor=0), capacity=3)
        )
        if "fair limits" in it
    ]

    assert said.endswith("write maximum_system_capacity = 6 or more.")
