"""summary.json of a sweep. Keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidegate import __version__
from tidegate.policy.swept_parameters import value_in_words
from tidegate.reports.recommendation import Recommendation
from tidegate.reports.sweep_table import recommended_records, sweep_record
from tidegate.reports.sweep_verdict import subject, sweep_verdict
from tidegate.reports.swept import Swept
from tidegate.vocabulary.instants import Instant, format_instant


def sweep_summary(swept: Swept, recommended: Sequence[Recommendation]) -> dict[str, Any]:
    """The summary as plain values; what each key means stands in docs/how-to/choose-a-threshold.md."""
    said = sweep_verdict(swept, recommended)
    chosen = {each.code: each.point for each in recommended}
    code = subject(swept)
    return {
        "tidegate": __version__,
        "source": swept.source,
        "inventory": swept.inventory or None,
        "partial": swept.is_partial,
        "completed": swept.completed,
        "policy_version": swept.base.version,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
        "received": swept.received,
        "rejected": swept.rejected,
        "outside_period": swept.outside_period,
        "late": swept.late,
        "first": _instant(swept.first),
        "last": _instant(swept.last),
        "swept": {one.name: [value_in_words(one.name, value) for value in one.values] for one in swept.swept},
        "policies": len(swept.points),
        "left_out": swept.left_out,
        "subject": swept.label(code),
        "recommended": [record._asdict() for record in recommended_records(swept, recommended)],
        "points": [
            sweep_record(swept, place, code, is_recommended=chosen.get(code) == place)._asdict()
            for place in range(len(swept.points))
        ],
    }


def write_sweep_summary(swept: Swept, recommended: Sequence[Recommendation], path: Path) -> None:
    """Write the summary as JSON in UTF-8."""
    text = json.dumps(sweep_summary(swept, recommended), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def _instant(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)
