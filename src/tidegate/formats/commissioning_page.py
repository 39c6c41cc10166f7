"""report.html of Post Commissioning: the old rate and the true one, why they differ, and which Devices it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from fractions import Fraction
from pathlib import Path
from typing import Final

from tidegate.commissioning.assessment import Verdict
from tidegate.formats.page import Cell, Number, Page, Section, Table, write_page
from tidegate.formats.picture import Picture
from tidegate.formats.planned_reads_page import reads_section
from tidegate.reports.commissioning_findings import (
    commissioning_verdict,
    limit_in_words,
    sum_in_words,
    waterfall_title,
)
from tidegate.reports.commissioning_incidents import (
    DUE_FILE,
    NOT_DUE_FILE,
    PROBLEMS_FILE,
    IncidentIs,
    incident_problems,
)
from tidegate.reports.commissioning_savings import actions_of, savings_of
from tidegate.reports.commissioning_status import (
    DIMENSIONS,
    Change,
    Cohort,
    CommissioningStatus,
    DeviceStatus,
    Step,
)
from tidegate.reports.commissioning_tables import incidents, not_due, readings, responsible
from tidegate.reports.commissioning_waterfall import steps_in_order, waterfall
from tidegate.reports.commissioning_words import (
    CHANGES,
    NOT_KNOWN,
    VERDICTS,
    action_in_words,
    of_step,
    step_file,
)
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.planned_reads import PlannedReads
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Duration, format_duration, format_instant

MOST_PROBLEMS: Final = 25
MOST_PARTIES: Final = 25
MOST_STEPS: Final = 40
DEVICES_FILE: Final = "devices.csv"
"""The list of a recipient's own Devices."""

_FIRST: Final = ("waterfall", "true-failures")
_OVER_TIME: Final = ("by-month", "months-open")


class Beside(Enum):
    """What lists of Devices stand beside a page."""

    ALL_LISTS = auto()
    """Of each step (`step_file`), and of Incidents."""

    OWN_LISTS = auto()
    """Of all the Devices of a recipient in one (`DEVICES_FILE`), and of its Incidents."""

    NO_LISTS = auto()
    """None, but of the problems that Incidents are of: no Device is named."""


def write_commissioning_html(
    status: CommissioningStatus,
    pictures: Sequence[Picture],
    path: Path,
    *,
    cni_limit: Fraction | None = None,
    reads: PlannedReads | None = None,
) -> None:
    """Write the page; see `commissioning_page`."""
    write_page(commissioning_page(status, pictures, cni_limit=cni_limit, reads=reads), path)


def commissioning_page(
    status: CommissioningStatus,
    pictures: Sequence[Picture],
    *,
    cni_limit: Fraction | None = None,
    reads: PlannedReads | None = None,
    beside: Beside = Beside.ALL_LISTS,
) -> Page:
    """The page.

    pictures:   Those of `commissioning_pictures`.
    cni_limit:  As there.
    reads:      A plan of them; reads.csv stands beside the page.
    beside:     What lists of Devices stand beside the page.
    """
    said = commissioning_verdict(status)
    first, last = status.criteria[0].name, status.criteria[-1].name
    by_name = {picture.name: picture for picture in pictures}
    between = [by_name[name] for name in _FIRST if name in by_name]
    over_time = [by_name[name] for name in _OVER_TIME if name in by_name]
    others = [picture for name, picture in by_name.items() if name not in (*_FIRST, *_OVER_TIME)]
    sections = [_between(status, between)]
    sections += _lists(status, beside)
    if len(status.criteria) > 1 and status.devices:
        sections.append(_reconciliation(status))
    if others:
        sections.append(Section("Who and where", pictures=others))
    if over_time or cni_limit is not None:
        told = [] if cni_limit is None else [limit_in_words(status, cni_limit)]
        sections.append(Section("Month by month", told, over_time))
    sections += _actions(status)
    if reads is not None:
        sections.append(reads_section(reads))
    sections += _incidents(status, beside)
    sections += [_criteria(status), *_read(status), _words(status)]
    return Page(
        title=f"Post Commissioning: {status.recipient}" if status.recipient else "Post Commissioning",
        about=f"Post Commissioning{_for(status)} as at {_minute(status)} UTC: "
        f"{first if first == last else f'{first} against {last}'}",
        headline=said.headline,
        numbers=list(_numbers(status)),
        sum=sum_in_words(status),
        findings=said.findings,
        cautions=said.cautions,
        under_pictures=under_pictures(status),
        sections=sections,
    )


def under_pictures(status: CommissioningStatus) -> str:
    """What every picture has printed under it: the criteria, the date, how many Devices."""
    criteria = ", ".join(
        f"{each.name} ({_allowed(each.time_allowed_us)} allowed)" for each in status.criteria
    )
    return f"{criteria}. As at {_minute(status)} UTC, {many(status.devices, 'Device')}."


def _numbers(status: CommissioningStatus) -> Iterator[Number]:
    whole = status.devices
    yield Number("Devices", thousands(whole))
    found = status.by_criteria
    for criteria in status.criteria[:-1]:
        failed = found[criteria.name][Verdict.FAILED.name]
        yield Number(f"Failed by {criteria.name}", percent(failed, whole), thousands(failed))
    name = f"Failed by {status.criteria[-1].name}"
    true = status.true_failures
    yield Number(name, percent(true, whole), thousands(true), "held" if true else "")
    if len(status.criteria) > 1:
        yield Number("Called failed, and secure", thousands(status.false_failures), "", "passed")
        yield Number("Missed", thousands(status.missed_failures))
    yield Number("Cannot be told", thousands(status.undetermined))


def _between(status: CommissioningStatus, pictures: Sequence[Picture]) -> Section:
    fall = waterfall(status)
    if len(status.criteria) == 1:
        told = [] if status.true_failures else [f"{status.criteria[0].name} calls no Device failed."]
        return Section("What is wrong", told, pictures)
    heading = f"From {status.criteria[0].name} to {status.criteria[-1].name}"
    if pictures:
        return Section(heading, pictures=pictures)
    is_called = bool(fall.first or fall.strides)
    told = [f"{waterfall_title(status)}." if is_called else "No Device is called failed by either."]
    return Section(heading, told, pictures)


def _lists(status: CommissioningStatus, beside: Beside) -> list[Section]:
    steps = steps_in_order(status)
    if not steps:
        return []
    if beside is not Beside.ALL_LISTS:
        return [_steps(status, steps, beside)]
    tables: list[Table] = []
    for step, devices in steps[:MOST_STEPS]:
        is_next = not tables or step.change is not steps[len(tables) - 1][0].change
        tables.append(_list_of(status, step, devices, is_next=is_next))
    told = [
        (
            "Every reason with its Devices: the first of them here, all in the file it names. What was sent and read of one "
            "of them tells: tidegate explain-device."
        )
    ]
    if len(steps) > MOST_STEPS:
        told.append(f"The {MOST_STEPS} first of {thousands(len(steps))}; report.xlsx has all of them.")
    return [Section("Which Devices", told, tables=tables)]


def _steps(status: CommissioningStatus, steps: Sequence[tuple[Step, int]], beside: Beside) -> Section:
    rows: list[list[Cell]] = [
        [CHANGES[step.change], of_step(step), devices, percent(devices, status.devices)]
        for step, devices in steps[:MOST_STEPS]
    ]
    more = f"The {MOST_STEPS} first of {thousands(len(steps))}." if len(steps) > MOST_STEPS else ""
    saved = [DEVICES_FILE] if beside is Beside.OWN_LISTS else ()
    table = Table(["What becomes of them", "Because", "Devices", "Share"], rows, caption=more, saved_as=saved)
    return Section("What becomes of Devices, and why", tables=[table])


def _list_of(status: CommissioningStatus, step: Step, devices: int, *, is_next: bool) -> Table:
    shown = status.shown.get(step, ())
    change = CHANGES[step.change]
    first = f"The first {len(shown)} of {thousands(devices)}." if len(shown) < devices else ""
    columns = ["Device", "Supplier", "Region", "Type", "Maker", "Commissioned in", "Verdict", "Next"]
    return Table(
        columns,
        [_device_row(each) for each in shown],
        heading=f"{change[0].upper()}{change[1:]}" if is_next else "",
        caption=first,
        is_of_devices=True,
        folded=f"{many(devices, 'Device')}: {of_step(step)}",
        saved_as=[step_file(step)],
    )


def _device_row(each: DeviceStatus) -> list[Cell]:
    cohort = each.cohort

    def about(dimension: str) -> str:
        return _of(cohort, dimension) or NOT_KNOWN

    until = "" if each.pending_until is None else f" ({format_instant(each.pending_until)[:10]})"
    return [
        format_device_id(each.device_id),
        about("supplier"),
        about("csp_region"),
        about("device_type"),
        about("manufacturer"),
        about("month"),
        VERDICTS[cohort.verdicts[-1]],
        f"{action_in_words(cohort.action)}{until}",
    ]


def _reconciliation(status: CommissioningStatus) -> Section:
    first, last = status.criteria[0].name, status.criteria[-1].name
    counts = status.reconciliation()
    rows: list[list[Cell]] = [
        [
            VERDICTS[down],
            *(counts[across, down] for across in Verdict),
            sum(counts[across, down] for across in Verdict),
        ]
        for down in Verdict
    ]
    rows.append(
        ["all", *(sum(counts[across, down] for down in Verdict) for across in Verdict), status.devices]
    )
    matrix = Table(
        ["Devices", *VERDICTS.values(), "all"],
        rows,
        caption=f"Across: by {first}. Down: by {last}.",
    )
    told = Table(
        ["Devices", "Share", "Which are", "What that says"],
        [[it.devices, percent(it.devices, status.devices), it.what, it.meaning] for it in readings(status)],
        heading="How to read it",
    )
    return Section("Verdict by verdict", tables=[matrix, told])


def _actions(status: CommissioningStatus) -> list[Section]:
    actions = actions_of(status)
    if not actions:
        return []
    saved = savings_of(status)
    open_ = sum(actions.values())
    told = []
    if len(status.criteria) > 1 and saved.called_failed:
        told = [
            (
                f"{status.criteria[0].name} calls {many(saved.called_failed, 'Device')} failed. Were each visited, "
                f"{many(saved.visits_saved, 'visit')} would be saved; were each read, {many(saved.reads_saved, 'read')}. How "
                "many are visited or read now is not public, so that is the most it can be."
            )
        ]
    rows: list[list[Cell]] = [
        [action.words, devices, percent(devices, open_)]
        for action, devices in sorted(actions.items(), key=lambda each: (-each[1], each[0]))
    ]
    settles = Table(
        ["Next", "Devices", "Share"],
        rows,
        caption="What settles a Device soonest and costs least; a visit only where no Command reaches it.",
    )
    return [Section("What to do next", told, tables=[settles, *_parties(status)])]


def _parties(status: CommissioningStatus) -> list[Table]:
    if status.is_part:
        return []
    parties = responsible(status)
    rows: list[list[Cell]] = [
        [it.party or NOT_KNOWN, it.failed, it.undetermined, it.pending] for it in parties[:MOST_PARTIES]
    ]
    is_all = len(parties) <= MOST_PARTIES
    more = "" if is_all else f"The {MOST_PARTIES} first of {thousands(len(parties))}; report.xlsx has all."
    columns = ["Whose it is", "Failed", "Undetermined", "Pending"]
    return [Table(columns, rows, heading="Whose it is to do", caption=more)]


def _incidents(status: CommissioningStatus, beside: Beside) -> list[Section]:
    found = incidents(status)
    if not any(found.values()):
        return []
    last = status.criteria[-1].name
    problems = [it for it in incident_problems(status) if it.incident is IncidentIs.DUE]
    told = [_incidents_in_words(status, found)]
    rows: list[list[Cell]] = [
        [of_step(it.step), it.csp_region or NOT_KNOWN, it.devices] for it in problems[:MOST_PROBLEMS]
    ]
    more = (
        f" The {MOST_PROBLEMS} largest of {thousands(len(problems))}."
        if len(problems) > MOST_PROBLEMS
        else ""
    )
    tables = []
    if rows:
        tables.append(
            Table(
                ["What is wrong", "Region", "Hubs"],
                rows,
                heading=f"{many(found[IncidentIs.DUE], 'Incident')} of {many(len(problems), 'problem')}",
                caption=f"Communications Hub Functions failed by {last}, by what is wrong and by whose region.{more}",
                saved_as=[PROBLEMS_FILE] if beside is Beside.NO_LISTS else [DUE_FILE, PROBLEMS_FILE],
            )
        )
    false: list[list[Cell]] = [
        [incident.value, of_step(Step(Change.NONE, place, reason)), devices]
        for incident, place, reason, devices in not_due(status)
    ]
    if false:
        tables.append(
            Table(
                ["Incident", "Why", "Hubs"],
                false,
                heading="No Incident is due",
                caption=f"Communications Hub Functions that {status.criteria[0].name} calls failed.",
                saved_as=() if beside is Beside.NO_LISTS else [NOT_DUE_FILE],
            )
        )
    return [Section("Incidents for Communications Hubs", told, tables=tables)]


def _incidents_in_words(status: CommissioningStatus, found: dict[IncidentIs, int]) -> str:
    first, last = status.criteria[0].name, status.criteria[-1].name
    due = found[IncidentIs.DUE]
    if len(status.criteria) == 1:
        return f"By {first} an Incident is due for {many(due, 'Communications Hub Function')}."
    missed = sum(
        it.devices
        for it in incident_problems(status)
        if it.incident is IncidentIs.DUE and it.step.change is Change.FOUND
    )
    raised = sum(found.values()) - missed
    parts = [f"{thousands(found[IncidentIs.NOT_DUE])} are securely commissioned"]
    if found[IncidentIs.READ_FIRST]:
        parts.append(f"{thousands(found[IncidentIs.READ_FIRST])} should be read first")
    if found[IncidentIs.NOT_YET]:
        parts.append(f"{thousands(found[IncidentIs.NOT_YET])} have time yet")
    also = f", {thousands(missed)} of them missed by {first}" if missed else ""
    return (
        f"By {first} an Incident is raised for {many(raised, 'Communications Hub Function')}: {', '.join(parts)}. "
        f"By {last} one is due for {thousands(due)}{also}."
    )


def _criteria(status: CommissioningStatus) -> Section:
    found = status.by_criteria
    rows: list[list[Cell]] = [
        [
            criteria.name,
            _allowed(criteria.time_allowed_us),
            *(found[criteria.name][verdict.name] for verdict in Verdict),
            criteria.note,
        ]
        for criteria in status.criteria
    ]
    columns = ["Criteria", "Time allowed", *VERDICTS.values(), "What they are"]
    return Section(
        "The criteria it was judged by", tables=[Table(columns, rows, caption="Devices of each verdict.")]
    )


def _read(status: CommissioningStatus) -> list[Section]:
    read = status.evidence
    if status.is_part:
        return []
    rows: list[list[Cell]] = [
        ["counted", read.counted, "Rows that were looked at."],
        ["the same as another", read.doubled, "One of them counts."],
        ["after the date of the report", read.future, "Not known to it."],
        [
            "before the Device was commissioned",
            read.before,
            "Of its earlier life; a change of Supplier counts.",
        ],
        [
            "could not be used",
            read.rejected,
            "" if status.recipient else "Each is in rejected.csv with its reason.",
        ],
    ]
    told = f"{thousands(read.read)} rows of evidence were read, and {thousands(read.rejected)} besides could not be used."
    return [Section("What was read", [told], tables=[Table(["Rows", "How many", "Why"], rows)])]


def _words(status: CommissioningStatus) -> Section:
    last = status.criteria[-1].name
    return Section(
        "How to read this",
        [
            f"A true failure is a Device that {last} calls failed: something is known to be wrong, or was never done.",
            (
                "Undetermined means that it is not known, not that it is half secure. Pending means that the time allowed has "
                "not passed."
            ),
            (
                "Secure by credentials: its Trust Anchor Cells were read, and hold the certificates of who is registered now. "
                "Secure by Commands: all that was to be sent succeeded, by whatever way leads there."
            ),
            (
                "Rates are of the Devices of which there is evidence. An interval takes Devices to fail independently of one "
                "another; where one cause fails many it is too narrow."
            ),
        ],
    )


def _allowed(time: Duration) -> str:
    return format_duration(time) if time else "no time"


def _of(cohort: Cohort, dimension: str) -> str:
    return cohort.dimensions[DIMENSIONS.index(dimension)]


def _for(status: CommissioningStatus) -> str:
    return f" for {status.recipient}" if status.recipient else ""


def _minute(status: CommissioningStatus) -> str:
    return format_instant(status.as_at)[:16].replace("T", " ")
