"""summary.json of a Post Commissioning report. Keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from tidegate import __version__
from tidegate.formats.planned_reads_json import planned_reads_summary
from tidegate.formats.reproduction import Reproduction
from tidegate.reports.commissioning_findings import commissioning_verdict, limit_in_words
from tidegate.reports.commissioning_incidents import cni_indicator
from tidegate.reports.commissioning_status import CommissioningStatus, EvidenceRead
from tidegate.reports.commissioning_waterfall import steps_in_order
from tidegate.reports.commissioning_words import step_file
from tidegate.reports.planned_reads import PlannedReads
from tidegate.vocabulary.instants import format_duration, format_instant


def commissioning_summary(
    status: CommissioningStatus,
    hashes: Mapping[str, str],
    made: Reproduction | None = None,
    *,
    cni_limit: Fraction | None = None,
    reads: PlannedReads | None = None,
) -> dict[str, Any]:
    """The summary as plain values; what each key means stands in docs/reference/results.md.

    hashes:     The SHA-256 of each set of criteria, by its name.
    cni_limit:  A share of Devices that may be failed, to hold the rates against.
    reads:      A plan of them.
    """
    said = commissioning_verdict(status)
    return {
        "tidegate": __version__,
        **({"recipient": status.recipient} if status.recipient else {}),
        "as_at": format_instant(status.as_at),
        "as_at_is_last_evidence": status.is_of_last,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
        "devices": status.devices,
        "by_criteria": status.by_criteria,
        "false_failures": status.false_failures,
        "true_failures": status.true_failures,
        "missed_failures": status.missed_failures,
        "undetermined": status.undetermined,
        "reconciliation": [
            {"first": first.name, "last": last.name, "devices": devices}
            for (first, last), devices in sorted(status.reconciliation().items())
        ],
        "steps": [
            {
                "change": step.change.value,
                "place": step.place,
                "reason": step.reason.name,
                "words": step.reason.text,
                "devices": devices,
                **({} if status.recipient else {"file": step_file(step)}),
            }
            for step, devices in steps_in_order(status)
        ],
        **(_evidence(status.evidence) if not status.is_part else {}),
        "criteria": [
            {
                "name": each.name,
                "time_allowed": format_duration(each.time_allowed_us),
                "note": each.note,
                "sha256": hashes.get(each.name),
            }
            for each in status.criteria
        ],
        **({} if cni_limit is None else {"cni": _cni(status, cni_limit)}),
        **({} if reads is None else {"reads": planned_reads_summary(reads)}),
        **({"reproduce": made.as_json()} if made is not None else {}),
    }


def _evidence(read: EvidenceRead) -> dict[str, Any]:
    return {
        "evidence": {
            "read": read.read,
            "counted": read.counted,
            "doubled": read.doubled,
            "future": read.future,
            "before_commissioned": read.before,
            "rejected": read.rejected,
            "rejected_by_reason": dict(read.rejected_by_reason),
            "devices_without_evidence": read.without_evidence,
            "devices_not_in_inventory": read.not_in_inventory if read.has_inventory else None,
            "devices_not_registered": read.not_registered if read.has_registrations else None,
            "devices_contradictory": read.contradictory,
        },
        "rejected": read.rejected,
    }


def _cni(status: CommissioningStatus, limit: Fraction) -> dict[str, Any]:
    found = cni_indicator(status, limit)
    told = {"limit": float(limit), "words": limit_in_words(status, limit)}
    if found is None:
        return told
    return {
        **told,
        "rate_by_first": float(found.first),
        "rate_by_last": float(found.last),
        "rate_may_be": float(found.may_be),
        "is_breached_by_first": found.first > limit,
        "is_breached_by_last": found.last > limit,
        "is_breached_on_paper": found.is_breached_on_paper,
    }


def write_commissioning_summary(summary: Mapping[str, Any], path: Path) -> None:
    """Write the summary as JSON in UTF-8."""
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")
