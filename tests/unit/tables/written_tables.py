"""Tables written for a test, and what is read back of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidegate.columnar.batches import RejectedRow
from tidegate.tables.source import TableSource, open_tables
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.devices import format_device_id

HEADER = "received_at,device_id,alert_code,recipient"
DEVICE = "00-DB-12-34-56-78-90-A0"
USER = "90-B3-D5-1F-30-00-00-01"
GOOD = f"2026-03-01T12:00:00Z,{DEVICE},8F75,{USER}"


@dataclass
class Read:
    """All that came of a source: Alerts as tuples of text and time, their lines, and the rest."""

    source: TableSource
    alerts: list[tuple[int, str, str, str]] = field(default_factory=list)
    places: list[tuple[str, int]] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    originals: list[dict[str, Any]] = field(default_factory=list)
    batches: int = 0


def write(path: Path, text: str | bytes) -> Path:
    """Write a file as it is given."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def write_rows(path: Path, rows: Iterable[str], header: str = HEADER) -> Path:
    """Write a header and rows."""
    return write(path, "\n".join([header, *rows]) + "\n")


def read(*paths: Path, mapping: Mapping[str, str] | None = None, **options: Any) -> Read:
    """Read all of some tables."""
    source = open_tables(paths, mapping=mapping, **options)
    result = Read(source)
    progress = 0.0
    for batch in source.batches():
        alerts = batch.alerts
        result.batches += 1
        for row in range(len(alerts)):
            result.alerts.append(
                (
                    int(alerts.received_at[row]),
                    format_device_id(int(alerts.device_id[row])),
                    format_alert_code(int(alerts.alert_code[row])),
                    source.recipients.name_of(int(alerts.recipient[row])),
                )
            )
            result.places.append((Path(batch.source).name, batch.line_of(row)))
        result.rejected += batch.rejected
        if batch.original is not None:
            assert len(alerts) == batch.original.num_rows
            result.originals += batch.original.to_pylist()
        assert progress <= batch.progress <= 1
        progress = batch.progress
    return result
