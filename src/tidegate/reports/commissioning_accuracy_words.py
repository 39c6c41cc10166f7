"""How right sets of criteria are, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.reports.commissioning_accuracy import Accuracy, CommissioningAccuracy
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.verdict import Verdict


def accuracy_verdict(found: CommissioningAccuracy) -> Verdict:
    """Say how right they are."""
    everybody = found.criteria[0].everybody
    truth = f"{percent(everybody.in_truth, everybody.devices)} of the Devices are not securely commissioned"
    said = "; ".join(
        f"by {each.criteria} {percent(each.everybody.failed, each.everybody.devices)} have failed"
        for each in found.criteria
    )
    return Verdict(f"{truth}; {said}.", tuple(_findings(found)), ())


def precision_in_words(accuracy: Accuracy) -> str:
    """The part of the failed that is not secure; `-` where none has failed."""
    return percent(accuracy.true_failures, accuracy.failed) if accuracy.failed else "-"


def recall_in_words(accuracy: Accuracy) -> str:
    """The part of those that are not secure that has failed; `-` where there is none whose time is up."""
    return percent(accuracy.true_failures, accuracy.due) if accuracy.due else "-"


def _findings(found: CommissioningAccuracy) -> Iterator[str]:
    for each in found.criteria:
        everybody = each.everybody
        untold = percent(everybody.undetermined, everybody.devices)
        yield (
            f"{each.criteria}: {thousands(everybody.true_failures)} of {thousands(everybody.failed)} that failed are not "
            f"secure, and {thousands(everybody.missed_failures)} are called secure that are not; {untold} cannot be told. "
            f"Of {many(each.read.devices, 'Device')} whose cells were read {_of_read(each.read)}."
        )


def _of_read(read: Accuracy) -> str:
    if not read.false_failures and not read.missed_failures:
        return "none failed wrongly and none is missed"
    return f"{thousands(read.false_failures)} failed wrongly and {thousands(read.missed_failures)} are missed"
