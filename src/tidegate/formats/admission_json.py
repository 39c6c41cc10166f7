"""summary.json of Service Requests that were decided. Keys are only ever added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tidegate import __version__
from tidegate.reports.admitted import Admitted, RequestTotals
from tidegate.reports.admitted_words import admitted_verdict, greatest_spells
from tidegate.vocabulary.instants import Instant, format_duration, format_instant

MOST_SPELLS = 100


def admission_summary(found: Admitted) -> dict[str, Any]:
    """The summary as plain values; what each key means stands in docs/reference/service-requests.md."""
    said = admitted_verdict(found)
    return {
        "tidegate": __version__,
        "source": found.source,
        "partial": found.is_partial,
        "completed": found.completed,
        "policy_version": found.policy_version,
        "mode": found.rules.mode.value,
        "period": format_duration(found.rules.period_us),
        "operating_threshold": found.rules.operating_threshold,
        "maximum_system_capacity": found.rules.maximum_system_capacity,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
        "received": found.received,
        "admitted": found.totals.admitted,
        "prioritised": found.totals.prioritised,
        "continuations": found.totals.continuations,
        "throttled": found.totals.throttled,
        "rejected": found.rejected,
        "rejected_by_reason": {reason: count for reason, (count, _) in found.rejected_by_reason.items()},
        "outside_period": found.outside_period,
        "late": found.late,
        "first": _instant(found.first),
        "last": _instant(found.last),
        "early_warnings": found.early_warnings,
        "minutes_active": found.minutes_active,
        "most_used": found.most_used,
        "most_offered": found.most_offered,
        "busiest_at": _instant(found.busiest_at),
        "reasons": dict(found.reasons),
        "refused": {
            "requests": found.refused.requests,
            "came_back": found.refused.came_back,
            "lost": found.refused.lost,
            "retries": found.refused.retries,
        },
        "storms_of_503": found.spells_in_all,
        "greatest_storms_of_503": [
            {
                "started_at": format_instant(spell.started_at),
                "ended_at": format_instant(spell.ended_at),
                "throttled": spell.throttled,
                "by_user": dict(spell.by_user),
            }
            for spell in greatest_spells(found, MOST_SPELLS)
        ],
        "by_user": {
            user.user: {
                **totals_json(user.totals),
                "allocation": user.allocation,
                "early_warnings": user.early_warnings,
                "spare_used": user.spare_used,
                "most_used": user.most_used,
            }
            for user in found.users
        },
        "by_srv": {srv: totals_json(totals) for srv, totals in sorted(found.by_srv.items())},
        "by_class": {of.value: totals_json(totals) for of, totals in found.by_class.items()},
    }


def totals_json(totals: RequestTotals) -> dict[str, int]:
    """Totals as plain values."""
    return {
        "received": totals.received,
        "admitted": totals.admitted,
        "prioritised": totals.prioritised,
        "continuations": totals.continuations,
        "throttled": totals.throttled,
    }


def write_admission_summary(found: Admitted, path: Path) -> None:
    """Write the summary as JSON in UTF-8."""
    text = json.dumps(admission_summary(found), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def decided_by(summary: Path) -> tuple[str, int, int] | None:
    """By which policy, operating threshold and maximum a folder was decided; None where its summary does not say."""
    try:
        told = json.loads(summary.read_text(encoding="utf-8"))
        return told["policy_version"], told["operating_threshold"], told["maximum_system_capacity"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _instant(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)
