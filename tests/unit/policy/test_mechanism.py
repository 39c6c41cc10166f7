"""A policy that exists is valid."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from tests.unit.policy.policies import a_policy

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.policy.mechanism import ServiceRequestRules, faults_of_service_requests
from tidegate.vocabulary.service_requests import is_service_reference_variant

RULES = ServiceRequestRules(
    period_us=1,
    maximum_system_capacity=10,
    operating_threshold=10,
    prepayment_multiplier=Fraction(2),
    network_weight=Fraction(0),
    floor=0,
    early_warning_at=Fraction(1),
)
OVERRIDDEN = AlertStormRules(AlertStormParameters(3, 10), codes={0x8F75: AlertStormParameters(1, 10)})
GROUPED = AlertStormRules(AlertStormParameters(3, 10), code_groups=((0x8014, 0x8015),))


def test_an_excluded_code_cannot_be_overridden_as_well():
    with pytest.raises(ValueError, match="excluded and yet overridden: 8F75"):
        replace(a_policy(), alert_storm=OVERRIDDEN, exclusion_list=ExclusionList({0x8F75: "why"}))


def test_an_excluded_code_cannot_be_in_a_group_as_well():
    with pytest.raises(ValueError, match="excluded and yet in a code group: 8015"):
        replace(a_policy(), alert_storm=GROUPED, exclusion_list=ExclusionList({0x8015: "why"}))


def test_a_reason_belongs_to_an_override():
    with pytest.raises(ValueError, match="a reason without an override: 8F76"):
        replace(a_policy(), alert_storm=OVERRIDDEN, reasons={0x8F75: "why", 0x8F76: "why"})


def test_a_version_has_a_name():
    with pytest.raises(ValueError, match="a version needs a name"):
        a_policy(version=" ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("period_us", 0),
        ("maximum_system_capacity", 0),
        ("operating_threshold", 0),
        ("operating_threshold", 11),
        ("prepayment_multiplier", Fraction(-1, 2)),
        ("network_weight", Fraction(-1)),
        ("floor", -1),
        ("early_warning_at", Fraction(0)),
        ("early_warning_at", Fraction(101, 100)),
        ("prioritised", {"8": "a Service Reference has no variant"}),
    ],
)
def test_a_service_request_section_out_of_range_is_refused_by_name(field: str, value: object):
    with pytest.raises(ValueError, match=field.removesuffix("_us")):
        replace(RULES, **{field: value})  # type: ignore[arg-type]


def test_a_service_request_section_at_the_edges_of_its_ranges_has_no_faults():
    assert [] == faults_of_service_requests(replace(RULES, operating_threshold=1))


@pytest.mark.parametrize("srv", ["7.4", "1.1.1", "8.14.2", "12.1"])
def test_service_reference_variants_are_known_by_their_form(srv: str):
    assert is_service_reference_variant(srv)


@pytest.mark.parametrize("text", ["", "8", "8.", "0.1", "8.7.1.1", "8,7", "8F75"])
def test_what_has_another_form_is_no_variant(text: str):
    assert not is_service_reference_variant(text)
