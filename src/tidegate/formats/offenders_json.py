"""summary.json of `tidegate offenders`. Keys are only ever added."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tidegate import __version__
from tidegate.alert_storm import causes, trials
from tidegate.alert_storm.fleet_activity import MURMUR_RATE
from tidegate.reports.offending import Offending
from tidegate.reports.offending_rows import INSTANT, OFFENDER_COLUMNS, cause_rows, offender_rows
from tidegate.reports.offending_words import offending_verdict
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import format_instant

MOST_ROWS: Final = 1_000
"""Offenders in the summary, the first; all of them are in offenders.csv."""


def offending_summary(found: Offending) -> dict[str, Any]:
    """The summary as plain values; what each key means stands in docs/how-to/find-the-offender.md."""
    said = offending_verdict(found)
    replayed = found.replayed
    rows = list(offender_rows(found))
    return {
        "tidegate": __version__,
        "source": replayed.source,
        "partial": replayed.is_partial,
        "completed": replayed.completed,
        "policy_version": replayed.policy_version,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
        "by": list(found.by),
        "code": None if found.code is None else format_alert_code(found.code),
        "received": replayed.received,
        "rejected": replayed.rejected,
        "outside_period": replayed.outside_period,
        "alerts": found.alerts,
        "first": None if replayed.first is None else format_instant(replayed.first),
        "last": None if replayed.last is None else format_instant(replayed.last),
        "inventory": None if found.inventory is None else asdict(found.inventory),
        "storms": len(replayed.storms),
        "devices_stormed": replayed.devices_stormed,
        "devices_listed": len(found.devices),
        "comparisons": found.comparisons,
        "criteria": {
            "level": trials.LEVEL,
            "least_ratio": trials.LEAST_RATIO,
            "least_devices": trials.LEAST_DEVICES,
            "least_excess_per_device_day": trials.LEAST_EXCESS,
            "least_share": trials.LEAST_SHARE,
            "least_stormed": trials.LEAST_STORMED,
            "murmur_rate": MURMUR_RATE,
            "murmur_share_without_product": causes.MURMUR_SHARE,
            "murmur_part_of_code_without_product": causes.MURMUR_PART,
            "murmur_devices_without_product": causes.MURMUR_DEVICES,
            "murmur_rate_of_any_place": causes.MURMUR_ANY_PLACE,
        },
        "causes": list(cause_rows(found)),
        "offenders": [_plain(row) for row in rows[:MOST_ROWS]],
        "offenders_left_out": max(len(rows) - MOST_ROWS, 0),
    }


def write_offending_summary(found: Offending, path: Path) -> None:
    """Write the summary as JSON in UTF-8."""
    text = json.dumps(offending_summary(found), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: format_instant(value) if OFFENDER_COLUMNS[name] == INSTANT else value
        for name, value in row.items()
    }
