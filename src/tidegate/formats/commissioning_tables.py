"""Tables of a Post Commissioning report as CSV."""

from __future__ import annotations

import csv
from pathlib import Path

from tidegate.reports.commissioning_status import CommissioningStatus


def write_reconciliation(status: CommissioningStatus, path: Path) -> None:
    """Write reconciliation.csv: how many Devices have which verdict by the first set of criteria and by the last."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow((status.criteria[0].name, status.criteria[-1].name, "devices"))
        for (first, last), devices in sorted(status.reconciliation().items()):
            rows.writerow((first.name, last.name, devices))
