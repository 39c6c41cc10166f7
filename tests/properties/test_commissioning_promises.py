"""What the Post Commissioning rule promises of any evidence, registrations and criteria."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from tests.commissioning_by_hand import ByHand
from tests.evidence_drawn import DEVICE, LATEST, Drawn, drawn, row_of, seeds

from tidegate.commissioning.assessment import Verdict, assess
from tidegate.commissioning.evidence import REPLACING, Evidence, Kind, Outcome, Role
from tidegate.commissioning.truth import Truth

MANY = 20


def many(seed: int) -> list[Drawn]:
    """Some Devices, each with criteria of its own."""
    return [drawn(seed + number) for number in range(MANY)]


def commissioned(given_: Drawn) -> Drawn:
    return given_._replace(evidence=[*given_.evidence, Evidence(0, DEVICE, Kind.COMMISSIONED)])


@settings(max_examples=150)
@given(seeds)
def test_the_verdict_is_what_the_words_say(seed):
    for each in many(seed):
        assert ByHand(*each).verdict() == assess(*each).verdict, each


@given(seeds)
def test_order_and_repetition_change_nothing(seed):
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    for each in many(seed):
        mixed = [*each.evidence, *random.sample(each.evidence, len(each.evidence) // 2)]
        registered = [*each.registrations, *each.registrations]
        random.shuffle(mixed)
        random.shuffle(registered)

        assert assess(*each) == assess(*each._replace(evidence=mixed, registrations=registered))


@given(seeds)
def test_what_comes_later_is_not_known_yet(seed):
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    for each in many(seed):
        later = [row_of(random)._replace(at=each.as_at + 1 + number) for number in range(3)]

        assert assess(*each) == assess(*each._replace(evidence=[*each.evidence, *later]))


@given(seeds)
def test_a_success_more_makes_nothing_worse(seed):
    """Of a Device whose commissioning is known; what nobody asks for is an answer all the same."""
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    for each in map(commissioned, many(seed)):
        success = Evidence(
            random.randint(0, LATEST), DEVICE, Kind.SRV_RESPONSE, random.choice(["6.17", "6.15.2", "7.4"]),
            outcome=Outcome.SUCCESS,
        )  # fmt: skip

        assert assess(*each).verdict <= assess(*each._replace(evidence=[*each.evidence, success])).verdict


@given(seeds)
def test_a_check_more_that_succeeds_makes_nothing_worse(seed):
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    for each in map(commissioned, many(seed)):
        kind = random.choice([Kind.COMMUNICATION_CHECK, Kind.RECOVERY_CELL_CHECK])
        check = Evidence(random.randint(0, LATEST), DEVICE, kind, outcome=Outcome.SUCCESS)

        assert assess(*each).verdict <= assess(*each._replace(evidence=[*each.evidence, check])).verdict, each


@given(seeds)
def test_bringing_the_registered_suppliers_certificates_makes_nothing_worse(seed):
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    for each in map(commissioned, many(seed)):
        before = assess(*each)
        brought = Evidence(
            random.randint(0, LATEST), DEVICE, Kind.SRV_RESPONSE, random.choice(REPLACING), outcome=Outcome.SUCCESS,
            role=Role.SUPPLIER, party_id=before.supplier or "A",
        )  # fmt: skip

        assert before.verdict <= assess(*each._replace(evidence=[*each.evidence, brought])).verdict


@given(seeds)
def test_time_alone_makes_no_device_secure_and_none_pending(seed):
    for each in many(seed):
        known = [row for row in each.evidence if row.at <= each.as_at]
        registered = [one for one in each.registrations if one.since <= each.as_at]
        now = assess(*each)
        later = assess(
            *each._replace(evidence=known, registrations=registered, as_at=each.as_at + 10 * LATEST)
        )

        assert later.verdict is not Verdict.PENDING
        assert now.verdict is later.verdict or (
            now.verdict is Verdict.PENDING and not later.verdict.is_secure
        )


@given(seeds)
def test_every_obligation_is_met_unmet_excused_or_cannot_be_told(seed):
    for each in many(seed):
        found = assess(*each)
        parts = (found.met, found.unmet, found.cannot_be_told, found.excused)

        assert sorted(one.name for one in each.criteria.obligations) == sorted(
            one.name for part in parts for one in part
        )
        assert not found.unmet or not found.verdict.is_secure


@given(seeds)
def test_what_says_so_is_evidence_that_counts(seed):
    for each in many(seed):
        found = assess(*each)
        said = {row for one in (*found.obligations, *found.cells) for row in one.rows}

        assert said <= {row for row in each.evidence if row.at <= each.as_at} - set(found.before)


@given(seeds)
def test_what_was_read_outweighs_what_was_sent(seed):
    for each in many(seed):
        found = assess(*each)
        if any(one.truth is Truth.UNMET for one in found.cells):
            assert not found.verdict.is_secure
