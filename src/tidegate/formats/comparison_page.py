"""comparison.html: policies side by side, as an annex to a reply.

Findings first; then what was compared, so that a reader can object: parameters, coverage of the data, what is
taken as given; then pictures and tables; last how to make it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidegate.formats.comparison_pictures import comparison_pictures
from tidegate.formats.page import Cell, Number, Page, Section, Table
from tidegate.formats.report_html import columns_in_words, excluded_rows, parameter_rows, period_in_words
from tidegate.formats.reproduction import Reproduction, reproduction_section
from tidegate.policy.changes import changes
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.wording import count_by_in_words, mode_in_words
from tidegate.reports.compared import Compared, Outcome
from tidegate.reports.compared_findings import bytes_in_words, compared_verdict
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.replayed import Totals
from tidegate.reports.verdict import hour_in_words, parameters_in_words, short_name
from tidegate.vocabulary.alert_codes import format_alert_code, name_of

MOST_CODES = 12
"""Of the codes that no policy holds back, those told on the page."""

MOST_RECIPIENTS = 50
"""Recipients told on the page; comparison.csv has all."""


def comparison_page(compared: Compared, made: Reproduction | None = None) -> Page:
    """The comparison as a page."""
    said, log = compared_verdict(compared), compared.log
    names = ", ".join(outcome.name for outcome in compared.outcomes)
    words = "; ".join(f"{outcome.name}: {_parameters(outcome)}" for outcome in compared.outcomes)
    return Page(
        title=f"{names} compared",
        about=f"Tidegate comparison of {names} over {log.source}, {period_in_words(log)}",
        headline=said.headline,
        numbers=[
            Number("Received", thousands(compared.decided), _by_the_day(compared)),
            *(
                Number(
                    f"Delivered: {outcome.name}",
                    thousands(outcome.delivered),
                    percent(outcome.delivered, compared.decided),
                    "held" if outcome.replayed.throttled else "passed",
                )
                for outcome in compared.outcomes
            ),
        ],
        sum=". ".join(_sum(outcome) for outcome in compared.outcomes) + ".",
        findings=said.findings,
        cautions=said.cautions,
        under_pictures=f"{words}. {period_in_words(log)}.",
        partial=f"Partial: interrupted after {int(100 * log.completed)}% of the input."
        if log.is_partial
        else "",
        sections=list(_sections(compared, made)),
    )


def totals_columns(compared: Compared) -> tuple[str, ...]:
    """The headings of `totals_rows`."""
    return ("", *(outcome.name for outcome in compared.outcomes))


def totals_rows(compared: Compared) -> list[tuple[Cell, ...]]:
    """Each total of each policy, a row for each total."""

    def row(name: str, *cells: Cell) -> tuple[Cell, ...]:
        return (name, *cells)

    outcomes = compared.outcomes
    return [
        row("Received", *(compared.decided for _ in outcomes)),
        row("Delivered", *(it.delivered for it in outcomes)),
        row("  of these excluded, always passed", *(it.replayed.excluded for it in outcomes)),
        row("Held back", *(it.replayed.throttled for it in outcomes)),
        row("Share held back", *(percent(it.replayed.throttled, compared.decided) for it in outcomes)),
        row("Storms (incidents, at one a storm)", *(len(it.replayed.storms) for it in outcomes)),
        row("Devices that stormed", *(it.replayed.devices_stormed for it in outcomes)),
        row("E-mails, one a day for each Device and recipient", *(it.device_days for it in outcomes)),
        row("Storms still running at the end", *(it.still_running for it in outcomes)),
        row(
            "Half of the storms detected within",
            *("none" if (took := it.time_to_detect) is None else length(took) for it in outcomes),
        ),
        row(
            f"Delivered, at {thousands(compared.alert_bytes)} bytes",
            *(bytes_in_words(it.delivered * compared.alert_bytes) for it in outcomes),
        ),
        row(
            f"Spared, at {thousands(compared.alert_bytes)} bytes",
            *(bytes_in_words(it.replayed.throttled * compared.alert_bytes) for it in outcomes),
        ),
    ]


def _sections(compared: Compared, made: Reproduction | None) -> Iterator[Section]:
    pictures = comparison_pictures(compared)
    yield Section("In all", pictures=pictures, tables=[_totals_table(compared)])
    yield Section("By Alert Code", tables=[_codes_table(compared)])
    yield Section("By recipient: what would it have done for us?", tables=[_recipients_table(compared)])
    yield Section(
        "What was compared",
        [
            (
                "A version decides the whole log, whenever it takes force; a history decides as it was in force. Each "
                "outcome is what a replay under that policy alone finds."
            )
        ],
        tables=[table for outcome in compared.outcomes for table in _policy_tables(outcome)],
    )
    yield from _changes(compared)
    yield Section("The data it rests on", tables=[_coverage_table(compared), _columns_table(compared)])
    if made is not None:
        yield reproduction_section(made)


def _totals_table(compared: Compared) -> Table:
    rows = [
        [thousands(cell) if isinstance(cell, int) else cell for cell in row] for row in totals_rows(compared)
    ]
    return Table(totals_columns(compared), rows)


def _codes_table(compared: Compared) -> Table:
    outcomes, codes = compared.outcomes, compared.codes
    held = {code for code in codes for it in outcomes if it.replayed.by_code[code].throttled}
    # What any policy holds back is told of every code; of the others the busiest are.
    shown = [code for place, code in enumerate(codes) if code in held or place < MOST_CODES]
    return Table(
        (
            "code",
            "name",
            "received",
            *(it.name for it in outcomes),
            *(f"{it.name}, share" for it in outcomes),
        ),
        [
            (
                format_alert_code(code),
                short_name(name_of(code)),
                compared.log.by_code[code].received,
                *(it.replayed.by_code[code].throttled for it in outcomes),
                *(_share(it.replayed.by_code[code]) for it in outcomes),
            )
            for code in shown
        ],
        caption="Held back under each policy, and its share of the code."
        + (
            f" {len(shown)} of {many(len(codes), 'code')}: those any policy holds back, and the {MOST_CODES} busiest; "
            "comparison.csv has all."
            if len(shown) < len(codes)
            else ""
        ),
    )


def _recipients_table(compared: Compared) -> Table:
    outcomes = compared.outcomes
    names = compared.recipients
    return Table(
        (
            "recipient",
            "raised for it",
            *(it.name for it in outcomes),
            *(f"{it.name}, share held" for it in outcomes),
        ),
        [
            (
                name or "not known",
                compared.log.by_recipient[name].received,
                *(_delivered(it.replayed.by_recipient[name]) for it in outcomes),
                *(_share(it.replayed.by_recipient[name]) for it in outcomes),
            )
            for name in names[:MOST_RECIPIENTS]
        ],
        caption="Delivered under each policy, and the share held back. comparison.csv has each recipient's codes too."
        + (
            f" The {MOST_RECIPIENTS} with most Alerts of {many(len(names), 'recipient')}."
            if len(names) > MOST_RECIPIENTS
            else ""
        ),
    )


def _policy_tables(outcome: Outcome) -> Iterator[Table]:
    for each in outcome.replayed.in_force:
        policy = each.policy
        force = "" if each.since is None else f", in force from {hour_in_words(each.since)}"
        label = f"{outcome.name}: {policy.version}" if policy.version != outcome.name else policy.version
        yield Table(
            ("codes", "parameters", "why"),
            [(row["codes"], row["words"], row["reason"]) for row in parameter_rows(policy)],
            heading=f"{label} ({policy.mode.value}{', illustrative values' if policy.is_illustrative else ''}){force}",
            caption=" ".join(
                [
                    mode_in_words(policy.mode),
                    count_by_in_words(policy.alert_storm.count_by),
                    f"Exclusion list: {_excluded(policy)}.",
                    _approval(policy),
                ]
            ).strip(),
        )


def _excluded(policy: MechanismDocument) -> str:
    return ", ".join(row["code"] for row in excluded_rows(policy)) or "empty"


def _approval(policy: MechanismDocument) -> str:
    approval = policy.approval
    if approval is None:
        return "Approved by no one: a draft."
    parts = [
        f"Approved by {approval.approved_by}" if approval.approved_by else "",
        approval.on,
        approval.reference,
    ]
    return f"{', '.join(part for part in parts if part)}."


def _changes(compared: Compared) -> Iterator[Section]:
    """What each version does otherwise than the first, in the words of `tidegate policy diff`."""
    first = _version(compared.first)
    if first is None:
        return
    paragraphs = []
    for other in compared.others:
        second = _version(other)
        if second is None:
            continue
        found = [change.sentence for change in changes(first, second)]
        said = " ".join(found) if found else "They say the same."
        paragraphs.append(f"From {first.version} to {second.version}: {said}")
    if paragraphs:
        yield Section("What the versions say otherwise", paragraphs)


def _version(outcome: Outcome) -> MechanismDocument | None:
    in_force = outcome.replayed.in_force
    return in_force[0].policy if len(in_force) == 1 else None


def _coverage_table(compared: Compared) -> Table:
    log = compared.log
    days = list(compared.first.days)
    rows: list[tuple[Cell, ...]] = [
        ("read", log.source),
        ("period", period_in_words(log)),
        ("days of UTC with any Alert", thousands(len(days))),
        ("rows received", thousands(log.received)),
        (
            "of these not used",
            f"{thousands(log.rejected)} ({percent(log.rejected, log.received)}); see rejected.csv",
        ),
        ("late, put in order", thousands(log.late)),
        ("outside the period asked for", thousands(log.outside_period)),
        ("Alert Codes", thousands(len(log.by_code))),
        ("recipients", thousands(len(log.by_recipient))),
    ]
    return Table(("what", "how much"), rows, caption="Data coverage: look at it before any finding.")


def _columns_table(compared: Compared) -> Table:
    return Table(("ours", "in the input", "how it was found"), columns_in_words(compared.log))


def _parameters(outcome: Outcome) -> str:
    parts: Sequence[str] = [
        f"{each.policy.version + ' ' if each.policy.version != outcome.name else ''}"
        f"{parameters_in_words(each.policy.alert_storm.default)}"
        for each in outcome.replayed.in_force
    ]
    return ", then ".join(parts) or "nothing in force"


def _sum(outcome: Outcome) -> str:
    log = outcome.replayed
    return (
        f"{outcome.name}: {thousands(log.received)} received = {thousands(log.forwarded)} forwarded + "
        f"{thousands(log.throttled)} held back + {thousands(log.excluded)} excluded + {thousands(log.rejected)} rejected"
    )


def _by_the_day(compared: Compared) -> str:
    return f"{thousands(round(compared.decided / compared.days))} a day" if compared.days >= 1 else ""


def _share(totals: Totals) -> str:
    return percent(totals.throttled, totals.received) if totals.throttled else ""


def _delivered(totals: Totals) -> int:
    return totals.forwarded + totals.excluded
