"""summary.json: the totals of a replay, for programs. Keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tidegate import __version__
from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.alert_storm.suppressions import Suppression
from tidegate.columnar.batches import RejectedRow
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.replayed import InForce, Replayed, Totals
from tidegate.reports.verdict import verdict
from tidegate.vocabulary.alert_codes import format_alert_code, name_of
from tidegate.vocabulary.instants import Instant, format_duration, format_instant


def summary(replayed: Replayed) -> dict[str, Any]:
    """The summary as plain values; what each key means stands in docs/reference/results.md."""
    said = verdict(replayed)
    amber = replayed.spells.at_level(Level.AMBER)
    return {
        "tidegate": __version__,
        "source": replayed.source,
        "partial": replayed.is_partial,
        "completed": replayed.completed,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
        "received": replayed.received,
        "forwarded": replayed.forwarded,
        "throttled": replayed.throttled,
        "excluded": replayed.excluded,
        "rejected": replayed.rejected,
        "outside_period": replayed.outside_period,
        "late": replayed.late,
        "first": _instant(replayed.first),
        "last": _instant(replayed.last),
        "streams": replayed.streams,
        "storms": len(replayed.storms),
        "devices_stormed": replayed.devices_stormed,
        "amber": len(amber),
        "inventory": None if replayed.inventory is None else asdict(replayed.inventory),
        "policy_version": replayed.policy_version,
        "by_code": {
            format_alert_code(code): {"name": name_of(code), **_totals(totals)}
            for code, totals in sorted(replayed.by_code.items())
        },
        "by_recipient": {name: _totals(totals) for name, totals in sorted(replayed.by_recipient.items())},
        **_by_suppression(replayed),
        "in_force": [_in_force(each) for each in replayed.in_force],
        "columns": {
            "mapping": dict(replayed.columns.mapping),
            "guessed": list(replayed.columns.guessed),
            "missing": list(replayed.columns.missing),
            "ignored": list(replayed.columns.ignored),
        },
        "rejected_by_reason": _reasons(replayed.rejected_by_reason),
    }


def write_summary(replayed: Replayed, path: Path) -> None:
    """Write the summary as JSON in UTF-8."""
    text = json.dumps(summary(replayed), indent=2, ensure_ascii=False)
    # A file name may hold what is not text; it is written as escapes.
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def _instant(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)


def _totals(totals: Totals) -> dict[str, int]:
    return {
        "received": totals.received,
        "forwarded": totals.forwarded,
        "throttled": totals.throttled,
        "excluded": totals.excluded,
    }


def _by_suppression(replayed: Replayed) -> dict[str, Any]:
    """Only where a policy has suppressions."""
    if not replayed.by_suppression:
        return {}
    return {
        "by_suppression": {name: _totals(totals) for name, totals in replayed.by_suppression.items()},
        "of_not_known": replayed.of_not_known,
    }


def _in_force(each: InForce) -> dict[str, Any]:
    return {
        "policy_version": each.policy.version,
        "mode": each.policy.mode.value,
        "is_illustrative": each.policy.is_illustrative,
        "since": _instant(each.since),
        "until": _instant(each.until),
        **_totals(each.totals),
        "alert_storm": _rules(each.policy),
    }


def _rules(policy: MechanismDocument) -> dict[str, Any]:
    rules = policy.alert_storm
    return {
        "count_by": rules.count_by.value,
        "default": _parameters(rules.default),
        "codes": {format_alert_code(code): _parameters(each) for code, each in sorted(rules.codes.items())},
        "code_groups": [[format_alert_code(code) for code in group] for group in rules.code_groups],
        "exclusion_list": {
            format_alert_code(code): reason for code, reason in sorted(policy.exclusion_list.reasons.items())
        },
        **(
            {"suppressions": [_suppression(each) for each in rules.suppressions]}
            if rules.suppressions
            else {}
        ),
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    """What it is about and when it expires, with its parameters as they stand in a policy file."""
    every = suppression.forward_at_least_every_us
    values = {
        "threshold": suppression.threshold,
        "forward_one_in": suppression.forward_one_in,
        "forward_at_least_every": None if every is None else format_duration(every),
        "clear_threshold": suppression.clear_threshold,
    }
    return {
        "id": suppression.id,
        "codes": [format_alert_code(code) for code in suppression.codes],
        "products": [product._asdict() for product in suppression.products],
        "expires": format_instant(suppression.expires),
        **{name: value for name, value in values.items() if value is not None},
    }


def _parameters(parameters: AlertStormParameters) -> dict[str, Any]:
    """As they stand in a policy file; what is not set is left out."""
    p = parameters
    every = p.forward_at_least_every_us
    values = {
        "threshold": p.threshold,
        "window": format_duration(p.window_us),
        "amber_threshold": p.amber_threshold,
        "forward_one_in": p.forward_one_in,
        "forward_at_least_every": None if every is None else format_duration(every),
        "clear_threshold": p.clear_threshold,
    }
    return {name: value for name, value in values.items() if value is not None}


def _reasons(reasons: Mapping[str, tuple[int, RejectedRow]]) -> dict[str, Any]:
    ranked = sorted(reasons.items(), key=lambda item: (-item[1][0], item[0]))
    return {
        reason: {
            "rows": count,
            "first": {"source": first.source, "line": first.line, "reason": first.reason, "text": first.text},
        }
        for reason, (count, first) in ranked
    }
