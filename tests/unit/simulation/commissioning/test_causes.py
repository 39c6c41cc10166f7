"""What befalls a Device leaves the evidence it should: each cause by the Code's criteria, and by outcome unread and read."""

import pytest
from tests.unit.simulation.commissioning.assessed import of_cause, run

from tidegate.commissioning.assessment import Verdict
from tidegate.simulation.commissioning.causes import CAUSES_BY_TEXT, Cause

FAILED, UNTOLD, COMMANDS, READ = (
    Verdict.FAILED,
    Verdict.UNDETERMINED,
    Verdict.SECURE_BY_COMMANDS,
    Verdict.SECURE_BY_CREDENTIALS,
)

# By the Code's criteria; by outcome where nobody reads; and where everybody is read that can be.
FATES = {
    Cause.ANOTHER_TRY: (COMMANDS, {COMMANDS}, {READ}),
    Cause.OUTCOME_LATER: (FAILED, {COMMANDS}, {READ}),
    Cause.OUTCOME_NOT_TOLD: (FAILED, {UNTOLD}, {READ}),
    Cause.TIMED_OUT: (FAILED, {UNTOLD}, {READ}),
    Cause.HANDED_OVER: (FAILED, {COMMANDS}, {READ}),
    Cause.SUPPLIER_CHANGED: (FAILED, {COMMANDS}, {READ, COMMANDS}),
    Cause.NOT_CHECKED: (FAILED, {UNTOLD}, {READ}),
    Cause.LOST_CONTACT: (FAILED, {FAILED}, {FAILED}),
    Cause.OUTCOME_FAILED: (FAILED, {FAILED}, {FAILED}),
    Cause.FAILURE_NOT_TOLD: (FAILED, {UNTOLD}, {FAILED}),
    Cause.TIMED_OUT_FOR_GOOD: (FAILED, {UNTOLD}, {FAILED}),
    Cause.STOPPED: (FAILED, {FAILED}, {FAILED}),
    Cause.NOTHING_SENT: (FAILED, {FAILED}, {FAILED}),
    Cause.NEVER_COMMUNICATED: (FAILED, {FAILED}, {FAILED}),
    Cause.NEXT_SUPPLIER_MISSING: (COMMANDS, {FAILED}, {FAILED}),
    Cause.WRONG_NETWORK_OPERATOR: (COMMANDS, {COMMANDS}, {FAILED}),
    Cause.WRONG_RECOVERY: (FAILED, {FAILED}, {FAILED}),
    Cause.WRONG_RECOVERY_UNSEEN: (FAILED, {UNTOLD}, {READ}),
    Cause.OLD_KEYS: (FAILED, {FAILED}, {READ}),
}


def test_every_cause_that_a_scenario_may_name_is_told_of_here():
    assert set(CAUSES_BY_TEXT.values()) == set(FATES)


@pytest.mark.parametrize("cause", FATES, ids=lambda cause: cause.text)
def test_a_cause_is_judged_as_its_words_say(cause: Cause):
    by_codes, unread, read = FATES[cause]
    of_nobody = run(of_cause(cause))
    of_all = run(of_cause(cause, read=1.0, read_of_suspects=1.0))
    codes, outcome = of_nobody.verdicts(cause)

    assert {by_codes} == codes
    assert unread == outcome - {Verdict.PENDING}
    # Who was installed in the last days could not be read yet, nor could a hub, which has no such cell.
    assert read <= of_all.verdicts(cause)[1] <= read | unread | {Verdict.PENDING}


@pytest.mark.parametrize("cause", FATES, ids=lambda cause: cause.text)
def test_the_truth_of_a_cause_is_what_it_says(cause: Cause):
    truth = run(of_cause(cause)).truth
    befell = truth.cause == cause

    assert befell.any()
    assert {cause.is_secure} == set(truth.is_secure[befell].tolist())


def test_a_device_that_does_not_answer_is_not_read():
    for cause in (Cause.NEVER_COMMUNICATED, Cause.LOST_CONTACT):
        truth = run(of_cause(cause, read=1.0, read_of_suspects=1.0)).truth

        assert not truth.was_read[truth.cause == cause].any()
