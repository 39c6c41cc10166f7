"""problems.xlsx: problems, their Devices and the forecast as a workbook to sort, filter and pivot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tidegate import __version__
from tidegate.formats.report_html import period_in_words
from tidegate.formats.reproduction import Reproduction
from tidegate.formats.workbook import MOST_ROWS, Book, Cell, open_book
from tidegate.reports.forecast import cost_in_words
from tidegate.reports.numerals import length
from tidegate.reports.problem_report import ProblemReport
from tidegate.reports.problems import ROW_COLUMNS, rows_of
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import format_instant

MOST_DEVICES: Final = 100_000
"""Devices in the workbook; problem_devices.csv has all."""

_TOLD: Final = tuple(name for name in ROW_COLUMNS if name not in ("rate", "rest", "ratio", "p_value"))
_WIDTHS: Final = {
    "problem_id": 13,
    "name": 30,
    "responsible_parties": 40,
    "informed": 30,
    "title": 60,
    "remedy": 60,
}
_INSTANTS: Final = ("first_seen", "last_seen")


def write_problems_xlsx(
    report: ProblemReport, path: Path, made: Reproduction | None = None, *, most_rows: int = MOST_ROWS
) -> None:
    """Write the workbook; a sheet has `most_rows` rows at most, and says what did not fit.

    Raises:
        OSError: it cannot be written.
    """
    title, last = f"Problems of {report.replayed.source}", report.replayed.last
    with open_book(path, title, last, most_rows=most_rows) as book:
        rows = rows_of(report.problems)
        book.table(
            "Problems",
            [(name, _WIDTHS.get(name, 14)) for name in _TOLD],
            ([_cell(getattr(row, name), name) for name in _TOLD] for row in rows),
            count=len(rows),
        )
        book.table(
            "Devices",
            [
                ("problem_id", 13),
                ("device_id", 25),
                ("responsible", 24),
                ("storms", 10),
                ("alerts", 12),
                ("throttled", 12),
            ],
            _device_rows(report),
            count=len(report.problems.members),
            most=MOST_DEVICES,
            note="All of them are in problem_devices.csv.",
        )
        _write_forecast(book, report)
        about = list(_about(report, made))
        book.table("About", [("what", 24), ("value", 100)], about)


def _write_forecast(book: Book, report: ProblemReport) -> None:
    made = report.forecast
    headings = [(f"{rule}: {what}", 22) for rule in made.loads for what in ("incidents", "e-mails")]
    book.table(
        "By day",
        [("day", 12), *headings],
        (
            [
                format_instant(day)[:10],
                *(
                    int(column[at])
                    for load in made.loads.values()
                    for column in (load.incidents, load.emails)
                ),
            ]
            for at, day in enumerate(made.days)
        ),
        count=len(made.days),
    )
    book.table(
        "By party",
        [("counted by", 20), ("party", 30), ("incidents", 12), ("e-mails", 12)],
        ((str(it.rule), it.party, it.incidents, it.emails) for it in made.by_party),
        count=len(made.by_party),
    )


def _device_rows(report: ProblemReport) -> Iterator[Sequence[Cell | None]]:
    members = report.problems.members
    ids = [problem.problem_id for problem in report.problems.problems]
    for at in range(min(len(members), MOST_DEVICES)):
        yield (
            ids[int(members.problem[at])],
            format_device_id(int(members.device_id[at])),
            members.responsible[at],
            int(members.storms[at]),
            int(members.alerts[at]),
            int(members.throttled[at]),
        )


def _about(report: ProblemReport, made: Reproduction | None) -> Iterator[tuple[str, str]]:
    yield "found", report.headline
    for finding in report.findings():
        yield "found", finding
    for caution in report.cautions():
        yield "before you use this", caution
    yield "tidegate", __version__
    yield "source", report.replayed.source
    yield "period", period_in_words(report.replayed)
    yield "policy", report.replayed.policy_version
    yield "closed", f"silent for {length(report.problems.silent_for)} at the end of the log"
    yield "cost of a ticket", cost_in_words(1, report.cost) or "not given"
    if made is not None:
        yield "made by", made.command
        for it in made.inputs:
            yield "input", f"{it.name} (SHA-256 {it.sha256 or it.why_not})"


def _cell(value: str | float, name: str) -> Cell:
    if name in _INSTANTS:
        assert isinstance(value, int)
        return format_instant(value)
    return value
