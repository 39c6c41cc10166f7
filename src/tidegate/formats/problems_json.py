"""summary.json of a report of problems: the replay's summary, and with it problems and forecast, but no Device.

It may stand where the replay's own stood: every key of that is in it. Keys are only ever added.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from tidegate.alert_storm.problems import Problem
from tidegate.formats.reproduction import Reproduction
from tidegate.formats.summary_json import summary
from tidegate.reports.forecast import Forecast
from tidegate.reports.problem_report import ProblemReport
from tidegate.reports.problems import remedy_of, title_of
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import Instant, format_duration, format_instant
from tidegate.vocabulary.products import Product


def problems_json(report: ProblemReport, made: Reproduction | None = None) -> dict[str, Any]:
    """The report as plain values."""
    problems = report.problems
    return {
        **summary(report.replayed),
        "problems_verdict": {
            "headline": report.headline,
            "findings": list(report.findings()),
            "cautions": list(report.cautions()),
        },
        "silent_for": format_duration(problems.silent_for),
        "problems": [_problem(problem) for problem in problems.problems],
        "forecast": forecast_json(report.forecast),
        "cost_per_ticket": None if report.cost.pounds is None else str(report.cost.pounds),
        "minutes_per_ticket": report.cost.minutes,
        **({"reproduce": made.as_json()} if made is not None else {}),
    }


def forecast_json(made: Forecast) -> dict[str, Any]:
    """A forecast as plain values; days are of UTC."""
    return {
        "days": [format_instant(day)[:10] for day in made.days],
        "rules": {
            str(rule): {
                "incidents": load.all_incidents,
                "emails": load.all_emails,
                "incidents_by_day": load.incidents.tolist(),
                "emails_by_day": load.emails.tolist(),
                "by_party": {
                    it.party: {"incidents": it.incidents, "emails": it.emails}
                    for it in made.by_party
                    if it.rule is rule
                },
            }
            for rule, load in made.loads.items()
        },
    }


def write_problems_json(report: ProblemReport, path: Path, made: Reproduction | None = None) -> None:
    """Write the report as JSON in UTF-8."""
    text = json.dumps(problems_json(report, made), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def _problem(problem: Problem) -> dict[str, Any]:
    cause = problem.cause
    return {
        "problem_id": problem.problem_id,
        "state": str(problem.state),
        "kind": str(cause.kind),
        "is_excluded": cause.is_excluded,
        "alert_codes": [format_alert_code(code) for code in cause.alert_codes],
        "product": dict(zip(Product._fields, cause.product, strict=True)) if cause.is_named else None,
        "responsible": [{"party": party, "devices": devices} for party, devices in problem.responsible],
        "informed": [{"party": party, "alerts": alerts} for party, alerts in problem.informed],
        "first_seen": _instant(problem.first_seen),
        "last_seen": _instant(problem.last_seen),
        "devices": problem.devices,
        "installed": cause.installed,
        "storms": problem.storms,
        "alerts": problem.alerts,
        "throttled": problem.throttled,
        "ratio": cause.ratio if cause.is_named and math.isfinite(cause.ratio) else None,
        "p_value": cause.p_value if cause.is_named else None,
        "title": title_of(problem),
        "remedy": remedy_of(problem),
    }


def _instant(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)
