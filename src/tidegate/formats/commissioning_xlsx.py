"""report.xlsx of Post Commissioning: every table of the page whole, and all Devices counted by what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, TypeAlias

from tidegate import __version__
from tidegate.commissioning.assessment import Verdict
from tidegate.formats.planned_reads_page import NOBODY
from tidegate.formats.workbook import MOST_ROWS, Book, Cell, open_book
from tidegate.reports.commissioning_ageing import ages
from tidegate.reports.commissioning_findings import (
    NOUNS,
    commissioning_verdict,
    limit_in_words,
    sum_in_words,
)
from tidegate.reports.commissioning_incidents import incident_problems
from tidegate.reports.commissioning_rates import rates
from tidegate.reports.commissioning_savings import actions_of, savings_of
from tidegate.reports.commissioning_status import DIMENSIONS, Change, CommissioningStatus
from tidegate.reports.commissioning_tables import BY_USE, counted, readings, responsible
from tidegate.reports.commissioning_waterfall import steps_in_order, waterfall
from tidegate.reports.commissioning_words import (
    CHANGES,
    NOT_KNOWN,
    VERDICTS,
    action_in_words,
    of_step,
    step_file,
)
from tidegate.reports.planned_reads import PlannedReads
from tidegate.vocabulary.instants import format_duration, format_instant

_Row: TypeAlias = list[Cell | None]

MOST_COUNTED: Final = 50_000
"""Rows of the sheet to make a pivot table of."""

_IN_MEMORY: Final = 20_000
"""Rows up to which a sheet is put together in memory."""


def write_commissioning_xlsx(
    status: CommissioningStatus,
    path: Path,
    *,
    cni_limit: Fraction | None = None,
    reads: PlannedReads | None = None,
    most_rows: int = MOST_ROWS,
) -> None:
    """Write the workbook; what does not fit on a sheet is said on it. Arguments as those of the page.

    Raises:
        OSError: it cannot be written.
    """
    is_long = len(status.cohorts) > _IN_MEMORY
    with open_book(path, "Post Commissioning", status.as_at, most_rows=most_rows, is_long=is_long) as book:
        _summary(book, status, cni_limit)
        _verdicts(book, status)
        if len(status.criteria) > 1:
            _between(book, status)
        _steps(book, status)
        for dimension in DIMENSIONS:
            _rates(book, status, dimension)
        _open(book, status)
        _actions(book, status)
        if reads is not None:
            _reads(book, reads)
        _incidents(book, status)
        _notes(book, status, _data(book, status))


def _summary(book: Book, status: CommissioningStatus, limit: Fraction | None) -> None:
    said = commissioning_verdict(status)
    if limit is not None:
        said = replace(said, findings=(*said.findings, limit_in_words(status, limit)))
    as_at = f"As at {format_instant(status.as_at)}. tidegate {__version__}"
    book.front(said, sum_in_words(status), as_at)


def _verdicts(book: Book, status: CommissioningStatus) -> None:
    found, whole = status.by_criteria, status.devices
    rows: list[_Row] = [
        [
            criteria.name,
            *(cell for verdict in Verdict for cell in _counted(found[criteria.name][verdict.name], whole)),
        ]
        for criteria in status.criteria
    ]
    columns = [("criteria", 24)]
    for words in VERDICTS.values():
        columns += [(words, 20), (f"share {words}", 12)]
    book.table("verdicts", columns, rows)


def _between(book: Book, status: CommissioningStatus) -> None:
    first, last = status.criteria[0].name, status.criteria[-1].name
    counts = status.reconciliation()
    matrix: list[_Row] = [[VERDICTS[one], *(counts[one, other] for other in Verdict)] for one in Verdict]
    book.table(
        "reconciliation",
        [(f"by {first}, by {last}:", 40), *((words, 20) for words in VERDICTS.values())],
        matrix,
        count=len(matrix),
    )
    read: list[_Row] = [
        [it.what, it.devices, _share(it.devices, status.devices), it.meaning] for it in readings(status)
    ]
    book.table(
        "how to read it",
        [("which are", 50), ("devices", 14), ("share", 10), ("meaning", 60)],
        read,
        count=len(read),
    )
    fall = waterfall(status)
    walked: list[_Row] = [
        [f"failed by {first}", "", fall.first, _share(fall.first, fall.devices), fall.first]
    ]
    walked += [
        [
            CHANGES[each.change],
            "smaller reasons" if each.reason is None else each.reason.text,
            each.after - each.before,
            _share(each.after - each.before, fall.devices),
            each.after,
        ]
        for each in fall.strides
    ]
    walked.append([f"failed by {last}", "", fall.last, _share(fall.last, fall.devices), fall.last])
    columns = [("change", 26), ("reason", 50), ("devices", 14), ("share", 10), ("failed after", 14)]
    book.table("waterfall", columns, walked, count=len(walked))


def _steps(book: Book, status: CommissioningStatus) -> None:
    rows: list[_Row] = [
        [
            CHANGES[step.change],
            step.place,
            step.reason.text,
            devices,
            _share(devices, status.devices),
            step_file(step),
        ]
        for step, devices in steps_in_order(status)
    ]
    columns = [("change", 18), ("what", 34), ("reason", 44), ("devices", 14), ("share", 10), ("list", 60)]
    book.table("steps", columns, rows)


def _rates(book: Book, status: CommissioningStatus, dimension: str) -> None:
    found = rates(status, dimension)
    first, last = status.criteria[0].name, status.criteria[-1].name
    rows: list[_Row] = [
        [
            it.value or NOT_KNOWN,
            it.devices,
            *_counted(it.first, it.devices),
            *_counted(it.last, it.devices),
            *(float(end) for end in it.interval),
            it.cleared,
            it.missed,
        ]
        for it in found
    ]
    columns = [
        (NOUNS[dimension], 28),
        ("devices", 14),
        (f"failed by {first}", 22),
        ("share", 10),
        (f"truly failed, by {last}", 22),
        ("true share", 12),
        ("95% from", 10),
        ("95% to", 10),
        ("called failed, and secure", 24),
        ("missed", 12),
    ]
    book.table(f"by {NOUNS[dimension]}", columns, rows)


def _open(book: Book, status: CommissioningStatus) -> None:
    rows: list[_Row] = [[age.text, *age[1:]] for age in ages(status)]
    columns = [("months open", 16), ("failed", 14), ("undetermined", 14), ("pending", 14)]
    book.table("months open", columns, rows)


def _actions(book: Book, status: CommissioningStatus) -> None:
    actions = sorted(actions_of(status).items(), key=lambda each: (-each[1], each[0]))
    rows: list[_Row] = [
        [action.words, devices, _share(devices, status.devices)] for action, devices in actions
    ]
    book.table(
        "what to do next", [("next", 60), ("devices", 14), ("share of all", 14)], rows, count=len(rows)
    )
    parties: list[_Row] = [
        [it.party or NOT_KNOWN, it.failed, it.undetermined, it.pending] for it in responsible(status)
    ]
    columns = [("whose it is", 40), ("failed", 14), ("undetermined", 14), ("pending", 14)]
    book.table("whose it is", columns, parties, count=len(parties))


def _reads(book: Book, plan: PlannedReads) -> None:
    rows: list[_Row] = [
        [it.user or NOBODY, it.wanted, it.planned, it.left, it.allocation, plan.nights_needed(it)]
        for it in plan.users
    ]
    columns = [
        ("user", 40),
        ("reads", 12),
        ("planned", 12),
        ("left", 12),
        (f"allocation in {format_duration(plan.period_us)}", 18),
        ("nights needed", 14),
    ]
    book.table("reads", columns, rows, count=len(rows))


def _incidents(book: Book, status: CommissioningStatus) -> None:
    rows: list[_Row] = [
        [
            number,
            it.incident.value,
            it.step.place,
            it.step.reason.text,
            it.csp_region or NOT_KNOWN,
            it.devices,
        ]
        for number, it in enumerate(incident_problems(status), 1)
    ]
    columns = [
        ("problem", 10),
        ("incident", 12),
        ("what", 34),
        ("reason", 44),
        ("CSP region", 16),
        ("hubs", 10),
    ]
    book.table("incidents", columns, rows)


def _data(book: Book, status: CommissioningStatus) -> list[str]:
    """The sheet to make a pivot table of; the fields that it leaves out, so as not to be too long."""
    fields, counts = counted(status, MOST_COUNTED)
    columns = [each for name in fields for each in _columns(status, name)]
    rows: list[_Row] = [
        [*(cell for name, value in zip(fields, values, strict=True) for cell in _cells(name, value)), devices]
        for values, devices in counts
    ]
    book.table("data", [*columns, ("devices", 12)], rows)
    return [name for name in BY_USE if name not in fields]


def _columns(status: CommissioningStatus, field: str) -> list[tuple[str, int]]:
    if field == "verdicts":
        return [(criteria.name, 22) for criteria in status.criteria]
    return [("change", 18), ("reason", 50)] if field == "step" else [(field, 22)]


def _cells(field: str, value: Any) -> list[Cell]:
    if field == "verdicts":
        return [VERDICTS[verdict] for verdict in value]
    if field == "step":
        return [CHANGES[value.change], of_step(value) if value.change is not Change.NONE else ""]
    if field == "action":
        return [action_in_words(value)]
    return [value or NOT_KNOWN] if field in DIMENSIONS else [value]


def _notes(book: Book, status: CommissioningStatus, left_out: Sequence[str]) -> None:
    read, saved = status.evidence, savings_of(status)
    rows: list[_Row] = [
        ["rows of evidence read", read.read],
        ["counted", read.counted],
        ["the same as another", read.doubled],
        ["after the date of the report", read.future],
        ["before the Device was commissioned", read.before],
        ["could not be used, in rejected.csv", read.rejected],
        ["Devices without any evidence, not assessed", read.without_evidence],
        ["Devices not in the Inventory", read.not_in_inventory],
        ["visits saved at most: Devices called failed that need none", saved.visits_saved],
        ["reads saved at most, against reading each that is called failed", saved.reads_saved],
    ]
    if left_out:
        rows.append([f"not in data, which would be too long: {', '.join(left_out)}", None])
    rows += [[f"{criteria.name}: {criteria.note}", None] for criteria in status.criteria if criteria.note]
    rows += [
        ["share: of all Devices of the row; an interval takes Devices to fail independently", None],
        ["undetermined: it is not known; pending: the time allowed has not passed", None],
        ["secure by credentials: the cells were read; by Commands: all that was sent succeeded", None],
    ]
    book.table("notes", [("what", 60), ("rows", 16)], rows)


def _counted(part: int, whole: int) -> tuple[int, float]:
    return part, _share(part, whole)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
