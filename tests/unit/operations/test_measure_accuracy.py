"""Verdicts beside the truth: what is counted as what, by hand."""

import numpy as np

from tidegate.commissioning.assessment import Verdict
from tidegate.formats.commissioning_accuracy_json import accuracy_document
from tidegate.operations.measure_accuracy import AccuracyTally
from tidegate.operations.simulate_commissioning import TruthRows
from tidegate.reports.commissioning_accuracy import CommissioningAccuracy
from tidegate.reports.commissioning_accuracy_words import accuracy_verdict

FAILED, UNTOLD, PENDING, COMMANDS, READ = Verdict

# Whether it is secure, what befell it, whether it was read, and what two sets of criteria say.
DEVICES = [
    (True, 0, False, FAILED, COMMANDS),
    (True, 0, True, FAILED, READ),
    (True, 0, False, FAILED, UNTOLD),
    (True, 0, False, COMMANDS, COMMANDS),
    (False, 1, True, FAILED, FAILED),
    (False, 1, False, FAILED, UNTOLD),
    (False, 1, False, COMMANDS, COMMANDS),
    (False, 2, False, FAILED, PENDING),
]


def measured() -> CommissioningAccuracy:
    is_secure, cause, was_read, one, other = zip(*DEVICES, strict=True)
    device_id = np.arange(10, 10 + len(DEVICES), dtype=np.uint64)
    truth = TruthRows(
        device_id,
        np.array(is_secure),
        np.array(cause, np.uint8),
        np.array(was_read),
    )
    tally = AccuracyTally(truth, ["one", "other"], ["fine", "bad", "late", "never"])
    for some in (slice(4, 8), slice(0, 4)):
        tally.take(device_id[some], [np.array(one[some], np.uint8), np.array(other[some], np.uint8)])
    return tally.accuracy(0)


def test_failures_are_true_false_or_missed():
    one, other = (each.everybody for each in measured().criteria)

    assert (8, 4) == (one.devices, one.in_truth) == (other.devices, other.in_truth)
    assert (3, 3, 1) == (one.true_failures, one.false_failures, one.missed_failures)
    assert (1, 0, 1) == (other.true_failures, other.false_failures, other.missed_failures)
    assert (0, 0) == (one.undetermined, one.pending)
    assert (2, 1) == (other.undetermined, other.pending)


def test_who_still_has_time_need_not_be_found():
    one, other = (each.everybody for each in measured().criteria)

    assert (3 / 6, 3 / 4) == (one.precision, one.recall)
    assert (1.0, 1 / 3) == (other.precision, other.recall)


def test_those_that_were_read_are_counted_apart():
    other = measured().criteria[1].read

    assert (2, 1, 1, 0, 0) == (
        other.devices,
        other.in_truth,
        other.true_failures,
        other.false_failures,
        other.missed_failures,
    )


def test_every_cause_that_befell_a_device_is_told_with_its_verdicts():
    causes = measured().causes

    assert [("fine", 4, 0), ("bad", 3, 3), ("late", 1, 1)] == [
        (each.cause, each.devices, each.not_secure) for each in causes
    ]
    assert {FAILED: 1, UNTOLD: 1, PENDING: 0, COMMANDS: 1, READ: 0} == causes[1].verdicts[1]


def test_a_share_of_nothing_is_no_share():
    found = accuracy_document(measured())

    assert 0.3333 == found["criteria"]["other"]["all"]["recall"]
    assert 1.0 == found["criteria"]["other"]["read"]["precision"]
    truth = TruthRows(np.zeros(1, np.uint64), *(np.zeros(1, np.uint8) for _ in range(3)))  # type: ignore[arg-type]
    nothing = accuracy_document(AccuracyTally(truth, ["one"], ["fine"]).accuracy(0))

    assert (None, None) == tuple(nothing["criteria"]["one"]["all"][name] for name in ("precision", "recall"))


def test_it_is_said_in_words():
    said = accuracy_verdict(measured())

    assert (
        "50.0% of the Devices are not securely commissioned; by one 75.0% have failed; by other 12.5% have failed."
        == said.headline
    )
    assert said.findings[1].endswith(
        "Of 2 Devices whose cells were read none failed wrongly and none is missed."
    )
    assert said.findings[0].endswith("Of 2 Devices whose cells were read 1 failed wrongly and 0 are missed.")
