"""The suppression register: what an entry must say, how it stands at an instant, and how it changes in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.policy.policies import a_policy

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.approval import Approval
from tidegate.policy.changes import changes
from tidegate.policy.explanation import explain
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.suppressions import EXPIRY_IS_NEAR, FixStatus, RegisterEntry, Status, status_at
from tidegate.policy.wording import fix_in_words, harder_in_words, suppressed_in_words
from tidegate.policy.worked_example import worked_example
from tidegate.vocabulary.instants import DAY
from tidegate.vocabulary.products import Product

CODE = 0x8F3E
PRODUCTS = (Product("CHF", "Maker C", "E4", "3.0"), Product("CHF", "Maker C", "E4", "3.0.1"))
ONE = Suppression("S-1", (CODE,), PRODUCTS, 100 * DAY, threshold=1, forward_one_in=5)
ENTRY = RegisterEntry("hardware", FixStatus.NOT_FIXABLE, approval=Approval("", "SEC Panel", "2026-01-23"))


def with_register(*suppressions: Suppression, entry: RegisterEntry = ENTRY) -> MechanismDocument:
    policy = a_policy()
    return replace(
        policy,
        alert_storm=replace(policy.alert_storm, suppressions=suppressions),
        register={each.id: entry for each in suppressions},
    )


@pytest.mark.parametrize(
    ("at", "status"),
    [
        (100 * DAY - EXPIRY_IS_NEAR - 1, Status.ACTIVE),
        (100 * DAY - EXPIRY_IS_NEAR, Status.EXPIRES_SOON),
        (100 * DAY - 1, Status.EXPIRES_SOON),
        (100 * DAY, Status.EXPIRED),
        (100 * DAY + 1, Status.EXPIRED),
    ],
)
def test_how_a_suppression_stands_at_an_instant(at, status):
    assert status is status_at(ONE, at)


def test_an_entry_says_why_and_its_fix_goes_with_its_status():
    for reason, status, fixed_in in (
        (" ", FixStatus.NOT_FIXABLE, ""),
        ("why", FixStatus.FIXED_IN, ""),
        ("why", FixStatus.IN_PROGRESS, "3.1"),
    ):
        with pytest.raises(ValueError, match=r"reason|fixed_in"):
            RegisterEntry(reason, status, fixed_in)


@pytest.mark.parametrize(
    ("approval", "is_approved"),
    [
        (None, False),
        (Approval(), False),
        (Approval(approved_by="SEC Panel"), False),
        (Approval(on="2026-01-23"), False),
        (Approval(approved_by="SEC Panel", on="2026-01-23"), True),
    ],
)
def test_an_approval_is_by_someone_on_a_day(approval, is_approved):
    assert is_approved is RegisterEntry("why", FixStatus.NOT_FIXABLE, approval=approval).is_approved


def test_every_suppression_is_in_the_register_and_nothing_else_is():
    policy = with_register(ONE)
    with pytest.raises(ValueError, match="in the register or suppressed, and not both: S-1"):
        replace(policy, register={})
    with pytest.raises(ValueError, match="in the register or suppressed, and not both: S-2"):
        replace(policy, register={"S-1": ENTRY, "S-2": ENTRY})


def test_an_excluded_code_cannot_be_suppressed():
    with pytest.raises(ValueError, match="excluded and yet suppressed by S-1: 8F3E"):
        replace(with_register(ONE), exclusion_list=ExclusionList({CODE: "why"}))


@pytest.mark.parametrize("products", [(PRODUCTS[0]._replace(firmware=""),), (*PRODUCTS[:1], PRODUCTS[1])])
def test_the_firmware_that_mends_the_fault_is_not_suppressed(products):
    entry = RegisterEntry("why", FixStatus.FIXED_IN, "3.0.1")
    with pytest.raises(ValueError, match="S-1 is about the firmware that mends its fault"):
        with_register(replace(ONE, products=products), entry=entry)


def test_a_suppression_in_words():
    assert "8F3E of CHF Maker C E4 3.0 or 3.0.1" == suppressed_in_words(ONE)
    assert "8014, 8015 and AD1 of E4" == suppressed_in_words(
        replace(ONE, codes=(0x8014, 0x8015, 0x10000), products=(Product(model="E4"),))
    )
    assert "firmware 3.1 mends it" == fix_in_words(RegisterEntry("why", FixStatus.FIXED_IN, "3.1"))


def test_codes_with_other_parameters_of_their_own_are_told_apart():
    policy = with_register(replace(ONE, codes=(CODE, 0x8014), threshold=None))
    own = replace(policy.alert_storm.default, threshold=2)
    several = harder_in_words(
        policy.alert_storm.suppressions[0], replace(policy.alert_storm, codes={CODE: own})
    )

    assert ["8F3E: More than 2 in", "8014: More than 3 in"] == [
        sentence.split(" any")[0] for sentence in several
    ]


def test_a_suppression_that_comes_is_told_with_what_it_does_until_when_and_why():
    (change,) = changes(a_policy(), with_register(ONE))

    assert ("alert_storm.suppressions.S-1", None) == (change.key, change.before)
    assert change.sentence.startswith(
        "S-1 suppresses 8F3E of CHF Maker C E4 3.0 or 3.0.1 until 1970-04-11T00:00:00Z. More than 1 in any 10us"
    )
    assert change.sentence.endswith("The reason: hardware")


def test_a_suppression_that_lapses_is_told_with_its_reason():
    (change,) = changes(with_register(ONE), a_policy())

    assert change.after is None
    assert change.sentence.startswith("S-1 lapses: 8F3E of CHF Maker C E4 3.0 or 3.0.1 has the ordinary")
    assert change.sentence.endswith("because: hardware")


@pytest.mark.parametrize(
    ("changed", "key", "sentence"),
    [
        (
            {"threshold": 2},
            ".threshold",
            "threshold for S-1 (8F3E of CHF Maker C E4 3.0 or 3.0.1) is 2; it was 1.",
        ),
        (
            {"threshold": None},
            ".threshold",
            "threshold for S-1 (8F3E of CHF Maker C E4 3.0 or 3.0.1) is dropped",
        ),
        ({"forward_one_in": 9}, ".forward_one_in", "is 9; it was 5."),
        ({"forward_at_least_every_us": DAY}, ".forward_at_least_every", "is 1d; there was none."),
        ({"clear_threshold": 0}, ".clear_threshold", "is 0; there was none."),
        (
            {"expires": 101 * DAY},
            ".expires",
            "S-1 expires at 1970-04-12T00:00:00Z; it was 1970-04-11T00:00:00Z.",
        ),
        ({"products": PRODUCTS[:1]}, "", "S-1 is about 8F3E of CHF Maker C E4 3.0; it was about"),
        ({"codes": (CODE, 0x8014)}, "", "S-1 is about 8F3E and 8014 of CHF"),
    ],
)
def test_each_value_that_changes_is_a_change_of_its_own(changed, key, sentence):
    (change,) = changes(with_register(ONE), with_register(replace(ONE, **changed)))

    assert f"alert_storm.suppressions.S-1{key}" == change.key
    assert sentence in change.sentence


def test_a_reason_and_a_fix_are_changes_and_an_approval_is_none():
    later = RegisterEntry("told anew", FixStatus.FIXED_IN, "3.1", Approval("", "someone else", "2026-02-01"))
    found = changes(with_register(ONE), with_register(ONE, entry=later))

    assert [
        ("alert_storm.suppressions.S-1.reason", "hardware", "told anew"),
        ("alert_storm.suppressions.S-1.fix_status", "not_fixable", "fixed_in"),
    ] == [(change.key, change.before, change.after) for change in found]
    assert "firmware 3.1 mends it; it was: it cannot be mended in firmware." in found[1].sentence
    assert [] == changes(with_register(ONE), with_register(ONE, entry=replace(ENTRY, approval=None)))


def test_a_code_is_explained_with_the_suppressions_it_is_under():
    told = " ".join(explain(with_register(ONE), CODE).sentences)

    assert "More than 3 in any 10us starts" in told
    assert (
        "S-1 suppresses 8F3E of CHF Maker C E4 3.0 or 3.0.1 until 1970-04-11T00:00:00Z. More than 1" in told
    )
    assert "The reason: hardware" in told
    assert "S-1" not in " ".join(explain(with_register(ONE), 0x8014).sentences)
    assert "S-1 suppresses" in " ".join(explain(with_register(ONE)).sentences)


def test_the_example_under_a_suppression_is_of_its_parameters_even_after_it_expired():
    ordinary = worked_example(with_register(ONE), CODE)
    under = worked_example(with_register(ONE), CODE, ONE)

    assert worked_example(a_policy(), CODE) == ordinary
    assert "more than 1 in 10us: an Alert Storm starts. Throttled" in [
        moment.text for moment in under.moments
    ]
