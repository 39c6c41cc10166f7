"""Tables that no Device is named in: who has what part of a report, rates by what Devices are, how each party does."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from tidegate.commissioning.assessment import Verdict
from tidegate.formats.page import Cell, Section, Table
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.reports.commissioning_rates import rates
from tidegate.reports.commissioning_recipients import Recipient
from tidegate.reports.commissioning_status import DIMENSIONS, CommissioningStatus
from tidegate.reports.commissioning_words import NOT_KNOWN
from tidegate.reports.numerals import thousands
from tidegate.reports.party_performance import party_performance

RECIPIENTS: Final = "recipients.csv"
RATES: Final = "rates.csv"
PERFORMANCE: Final = "performance.csv"
MOST_PARTIES: Final = 50


def write_recipients_csv(found: Sequence[Recipient], path: Path) -> None:
    """Write recipients.csv: a row for each part; those of one kind sum to the whole, a part of nobody has no folder."""
    columns = (
        "kind",
        "recipient",
        "folder",
        "devices",
        "failed_by_first",
        "failed_by_last",
        "undetermined",
        "pending",
    )
    _write(path, columns, (_part(each) for each in found))


def _part(recipient: Recipient) -> Sequence[Any]:
    status = recipient.status
    first, last = (status.by_criteria[each.name] for each in (status.criteria[0], status.criteria[-1]))
    counts = (last[each.name] for each in (Verdict.FAILED, Verdict.UNDETERMINED, Verdict.PENDING))
    failed = first[Verdict.FAILED.name]
    return (
        recipient.kind.value, as_text(recipient.name), recipient.folder, status.devices, failed, *counts,
    )  # fmt: skip


def write_rates_csv(status: CommissioningStatus, path: Path) -> None:
    """Write rates.csv: of each value of each dimension, how many are failed, with the 95 % interval of the last."""
    columns = (
        "by", "value", "devices", "failed_by_first", "failed_by_last", "rate_by_first", "rate_by_last", "low", "high",
        "not_failures", "missed",
    )  # fmt: skip
    rows = (
        (
            dimension, as_text(it.value), it.devices, it.first, it.last, *_rounded(
                it.first / it.devices, it.last / it.devices, *it.interval
            ), it.cleared, it.missed,
        )
        for dimension in DIMENSIONS
        for it in rates(status, dimension)
    )  # fmt: skip
    _write(path, columns, rows)


def write_performance_csv(status: CommissioningStatus, path: Path) -> None:
    """Write performance.csv: of each party, what is its to mend and how long it has been open."""
    columns = (
        "party", "failed", "undetermined", "pending", "half_open_for_months", "longest_open_months", "most_often",
    )  # fmt: skip
    rows = (
        (as_text(it.devices.party), *it.devices[1:], it.open_for, it.longest, as_text(it.most_often))
        for it in party_performance(status)
    )
    _write(path, columns, rows)


def performance_section(status: CommissioningStatus) -> Section:
    """The same on a page."""
    found = party_performance(status)
    rows: list[list[Cell]] = [
        [it.devices.party or NOT_KNOWN, *it.devices[1:], it.open_for, it.longest, it.most_often]
        for it in found[:MOST_PARTIES]
    ]
    more = f" The {MOST_PARTIES} first of {thousands(len(found))}." if len(found) > MOST_PARTIES else ""
    table = Table(
        ["Party", "Failed", "Undetermined", "Pending", "Half open for", "Longest", "Most often"],
        rows,
        caption=f"Open in whole months since the time allowed began, of all that is not secure.{more}",
        saved_as=[PERFORMANCE],
    )
    told = [] if rows else ["Nothing is any party's to mend."]
    return Section("How each party does", told, tables=[table] if rows else [])


def _rounded(*shares: float) -> Iterable[float]:
    return (round(share, 6) for share in shares)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(columns)
        lines.writerows(rows)
