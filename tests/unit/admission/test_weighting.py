"""Meters become weight by role and by payment mode; what a role does not count is told."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tidegate.admission.weighting import Basis, Weighting
from tidegate.vocabulary.users import User, UserRole

RULE = Weighting(Fraction(2), Fraction(1, 10))


@pytest.mark.parametrize("role", ["IS", "ES", "GS"])
def test_a_supplier_weighs_by_its_credit_meters_and_a_multiple_of_its_prepayment_meters(role):
    assert 100 + 2 * 30 == RULE.weight_of(User("S", UserRole(role), credit_meters=100, prepayment_meters=30))


@pytest.mark.parametrize("role", ["ED", "GT"])
def test_a_network_weighs_by_the_meters_on_it(role):
    assert Fraction(25, 10) == RULE.weight_of(User("N", UserRole(role), network_meters=25))


@pytest.mark.parametrize("role", ["RSA", "OU"])
def test_others_have_no_weight_whatever_their_meters(role):
    other = User("O", UserRole(role), credit_meters=7, network_meters=7)

    assert 0 == RULE.weight_of(other)
    assert ("credit_meters", "network_meters") == RULE.passed_over(other)


def test_a_user_without_meters_weighs_nothing():
    assert 0 == RULE.weight_of(User("S", UserRole.IS)) == RULE.weight_of(User("N", UserRole.ED))


@pytest.mark.parametrize(("share", "weight"), [("0", 10), ("1/4", Fraction(25, 2)), ("1", 20)])
def test_meters_of_unknown_payment_mode_count_as_credit_up_to_the_share_that_is_said(share, weight):
    rule = Weighting(Fraction(2), Fraction(1, 10), Fraction(share))

    assert weight == rule.weight_of(User("S", UserRole.IS, unknown_meters=10))


def test_by_charges_a_prepayment_meter_is_no_more_than_another_and_a_network_keeps_its_weight():
    rule = Weighting(Fraction(2), Fraction(1, 10), basis=Basis.CHARGED)

    assert 500 == rule.weight_of(User("S", UserRole.IS, prepayment_meters=300, charged_mpans=500))
    assert 240 == rule.weight_of(User("N", UserRole.ED, network_meters=60, charged_mpans=2_400))


def test_by_forecast_every_role_counts():
    rule = Weighting(Fraction(2), Fraction(1, 10), basis=Basis.FORECAST)

    assert {Fraction(5, 2)} == {rule.weight_of(User("U", r, forecast=Fraction(5, 2))) for r in UserRole}


@pytest.mark.parametrize(
    ("multiplier", "network", "unknown", "named"),
    [(-1, 0, 0, "prepayment multiplier"), (0, -1, 0, "network weight"), (0, 0, 2, "unknown meters")],
)
def test_weights_out_of_range_are_refused_by_name(multiplier, network, unknown, named):
    with pytest.raises(ValueError, match=named):
        Weighting(Fraction(multiplier), Fraction(network), Fraction(unknown))


@pytest.mark.parametrize(
    ("arguments", "said"), [({"user": " "}, "a name"), ({"credit_meters": -1}, "0 or more")]
)
def test_a_user_is_valid_once_built(arguments, said):
    with pytest.raises(ValueError, match=said):
        User(**{"user": "S", "role": UserRole.IS, **arguments})
