"""summary.json of the edge what-if. Keys are only ever added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tidegate import __version__
from tidegate.reports.edge import PLACES, EdgeProtection, Place, RegionEdge
from tidegate.reports.edge_words import edge_row, edge_verdict
from tidegate.vocabulary.instants import Instant, format_duration, format_instant


def edge_summary(found: EdgeProtection) -> dict[str, Any]:
    """The summary as plain values; what each key means stands in docs/how-to/protect-the-edge.md."""
    said = edge_verdict(found)
    return {
        "tidegate": __version__,
        "source": found.source,
        "inventory": found.inventory,
        "partial": found.is_partial,
        "completed": found.completed,
        "policy_version": found.policy.version,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
        "received": found.received,
        "rejected": found.rejected,
        "outside_period": found.outside_period,
        "late": found.late,
        "first": _instant(found.first),
        "last": _instant(found.last),
        "events": found.events,
        "assumptions": {
            "wan_copies": found.wan_copies.value,
            "same_event": format_duration(found.same_event_us),
        },
        "regions": {region.region: _region(region) for region in found.regions},
        "all": _region(found.total),
    }


def write_edge_summary(found: EdgeProtection, path: Path) -> None:
    """Write the summary as JSON in UTF-8."""
    text = json.dumps(edge_summary(found), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def _region(region: RegionEdge) -> dict[str, Any]:
    return {place.value: _place(region, place) for place in (Place.NOWHERE, *PLACES)}


def _place(region: RegionEdge, place: Place) -> dict[str, Any]:
    row = edge_row(region, place)._asdict()
    return {name: value for name, value in row.items() if name not in {"region", "place"}}


def _instant(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)
