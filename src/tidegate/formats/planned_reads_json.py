"""A plan of reads as plain values, for summary.json. Keys are only ever added."""

from __future__ import annotations

from typing import Any

from tidegate.reports.planned_reads import ILLUSTRATIVE_SHARE, READ, PlannedReads, UserReads
from tidegate.reports.planned_reads_words import reads_in_words
from tidegate.vocabulary.instants import format_duration, format_instant


def planned_reads_summary(plan: PlannedReads) -> dict[str, Any]:
    """The key `reads`; what each key in it means stands in docs/reference/results.md."""
    return {
        "srv": READ,
        "wanted": plan.wanted,
        "planned": plan.planned,
        "left": plan.wanted - plan.planned,
        "words": reads_in_words(plan),
        "nights": {
            "first": format_instant(plan.nights.first),
            "length": format_duration(plan.nights.length),
            "count": plan.nights.count,
        },
        "share_of_allocation": float(plan.share),
        "share_is_illustrative": plan.share == ILLUSTRATIVE_SHARE,
        "policy": plan.policy_version,
        "period": format_duration(plan.period_us),
        "by_user": [_of_user(plan, each) for each in plan.users],
    }


def _of_user(plan: PlannedReads, reads: UserReads) -> dict[str, Any]:
    return {
        "user": reads.user or None,
        "wanted": reads.wanted,
        "planned": reads.planned,
        "left": reads.left,
        "allocation": reads.allocation,
        "nights_needed": plan.nights_needed(reads),
    }
