"""`accuracy.json`: how right sets of criteria are about simulated Devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.commissioning.assessment import Verdict
from tidegate.reports.commissioning_accuracy import Accuracy, CommissioningAccuracy
from tidegate.vocabulary.instants import format_instant


def accuracy_document(found: CommissioningAccuracy) -> dict[str, Any]:
    """All of it, fit for JSON; a share of nothing is null."""
    return {
        "as_at": format_instant(found.as_at),
        "criteria": {
            each.criteria: {"all": _of(each.everybody), "read": _of(each.read)} for each in found.criteria
        },
        "causes": [
            {
                "cause": each.cause,
                "devices": each.devices,
                "not_secure": each.not_secure,
                "verdicts": {
                    criteria.criteria: _by_name(verdicts)
                    for criteria, verdicts in zip(found.criteria, each.verdicts, strict=True)
                },
            }
            for each in found.causes
        ],
    }


def _of(accuracy: Accuracy) -> dict[str, Any]:
    return {
        "devices": accuracy.devices,
        "not_secure": accuracy.in_truth,
        "failed": accuracy.failed,
        "true_failures": accuracy.true_failures,
        "false_failures": accuracy.false_failures,
        "missed_failures": accuracy.missed_failures,
        "undetermined": accuracy.undetermined,
        "pending": accuracy.pending,
        "precision": _share(accuracy.precision),
        "recall": _share(accuracy.recall),
        "verdicts": {
            "secure": _by_name(accuracy.secure),
            "not_secure": _by_name(accuracy.not_secure),
        },
    }


def _by_name(counts: Mapping[Verdict, int]) -> dict[str, int]:
    return {verdict.name: counts[verdict] for verdict in sorted(counts, reverse=True)}


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
