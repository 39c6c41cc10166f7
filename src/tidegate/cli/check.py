"""`tidegate check`: what was read of a log, before anything is made of it."""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Final

import typer
from rich.markup import escape
from rich.table import Table

from tidegate.cli import arguments, console
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, Duration, Instant, format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tidegate.columnar.batches import Columns
    from tidegate.reports.log_quality import LogQuality

_SHOWN: Final = 5
_MOST_CODES: Final = 8
_WIDEST_NAME: Final = 42


def check(
    files: list[Path] = typer.Argument(
        ..., metavar="FILE...", help="Alerts: tables or DUIS documents; files, folders or globs."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the findings as JSON."),
    sidecar: Path | None = arguments.SIDECAR,
    save: bool = typer.Option(
        True, "--save/--no-save", help="Save guessed columns to tidegate.toml in this folder."
    ),
) -> None:
    """Say what is in a log: rows, period, gaps, duplicates, late rows, unknown codes, columns, bad rows.

    Example:  tidegate check our_alerts_oct.csv
    """
    # Readers start a compiler; `tidegate --help` need not.
    from tidegate import assembly  # noqa: PLC0415
    from tidegate.operations.check_log import check_log  # noqa: PLC0415
    from tidegate.tables.mapping_file import FILE_NAME, read_mapping, write_mapping  # noqa: PLC0415

    mapping_path = Path(FILE_NAME)
    mapping = read_mapping(mapping_path)
    source = assembly.open_alerts(files, mapping=mapping, sidecar=sidecar)
    with console.progress_bar("Checking") as progress:
        quality = check_log(source, progress=progress)
    saves = save and bool(quality.columns.guessed)
    if saves:
        write_mapping(mapping_path, {**mapping, **_worth_saving(quality.columns)})
    if as_json:
        console.show_json(quality.as_json())
    else:
        _show(quality)
        if saves:
            console.out.print(f"Saved the columns to {FILE_NAME}. ", end="")
        console.out.print("Nothing left this computer.")
        if quality.usable:
            named = " ".join(str(each) for each in files)
            console.out.print(f"\nNext:  tidegate replay {escape(named)} -o replayed", soft_wrap=True)
    if not quality.is_complete:
        console.talk.print("Interrupted: this is what was read until then.")
        raise typer.Exit(console.INTERRUPTED)


def _worth_saving(columns: Columns) -> dict[str, str]:
    return {ours: theirs for ours, theirs in columns.mapping.items() if ours != theirs.strip().casefold()}


def _show(quality: LogQuality) -> None:
    from tidegate.reports.damaged_text import damaged_in_words  # noqa: PLC0415

    console.out.print(f"[bold]{escape(quality.source)}[/]", soft_wrap=True)
    facts = Table.grid(padding=(0, 2), pad_edge=True)
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    for label, text in (*_volume(quality), *_faults(quality), *_columns(quality.columns)):
        facts.add_row(label, escape(text))
    console.out.print(facts)
    if quality.suspicions:
        console.out.print("\n[bold yellow]Look at the instants[/]")
        _show_list(quality.suspicions)
    if quality.damaged:
        console.out.print("\n[bold yellow]Look at the text[/]")
        _show_list([damaged_in_words(quality.source, quality.damaged)])
    if quality.reasons:
        console.out.print(f"\n[bold red]Rejected {_rows(quality.rejected)}[/]")
        bad = Table.grid(padding=(0, 2), pad_edge=True)
        bad.add_column(justify="right", no_wrap=True)
        bad.add_column(overflow="fold")
        for each in quality.reasons[:_MOST_CODES]:
            bad.add_row(f"{each.count:,}", escape(f"{each.reason}\n{_places(each.first, each.count)}"))
        if len(quality.reasons) > _MOST_CODES:
            bad.add_row("", f"and {len(quality.reasons) - _MOST_CODES} more reasons; --json has them all")
        console.out.print(bad)
    console.out.print()


def _show_list(sentences: Sequence[str]) -> None:
    points = Table.grid(padding=(0, 2), pad_edge=True)
    points.add_column(no_wrap=True)
    points.add_column(overflow="fold")
    for sentence in sentences:
        points.add_row("!", escape(sentence))
    console.out.print(points)


def _volume(quality: LogQuality) -> Iterator[tuple[str, str]]:
    yield "rows", f"{quality.usable + quality.rejected:,}; {quality.usable:,} are Alerts"
    if quality.first is None or quality.last is None:
        return
    yield (
        "period",
        f"{_instant(quality.first)} to {_instant(quality.last)} ({_length(quality.last - quality.first)})",
    )
    rate = f"{quality.per_hour:,.0f} an hour"
    if quality.busiest_hour is not None:
        rate += f"; most in the hour from {_instant(quality.busiest_hour[0])}: {quality.busiest_hour[1]:,}"
    yield "rate", rate
    if quality.gaps == 0:
        yield "gaps", "none over 1 h"
    else:
        longest = [
            f"{_instant(gap.start)} to {_instant(gap.end)} ({_length(gap.end - gap.start)})"
            for gap in quality.longest_gaps[:_SHOWN]
        ]
        more = "; the longest:" if quality.gaps > 1 else ":"
        yield "gaps", "\n  ".join([f"{quality.gaps:,} over 1 h{more}", *longest])


def _faults(quality: LogQuality) -> Iterator[tuple[str, str]]:
    if quality.usable == 0:
        return
    yield "duplicates", f"{_rows(quality.duplicates)} exactly like another" if quality.duplicates else "none"
    if quality.late + quality.too_late == 0:
        yield "late", "none: the log is in receipt order"
    else:
        late = f"{_rows(quality.late + quality.too_late)} after a younger one"
        yield (
            "late",
            late + (f"; {quality.too_late:,} by over 1 h, too late for a replay" if quality.too_late else ""),
        )
    unknown = quality.unknown_codes
    known = [each for each in quality.codes if not each.is_unknown]
    most = [
        f"{format_alert_code(each.alert_code)} {each.count:>12,}  {shorten(each.name, _WIDEST_NAME, placeholder='...')}"
        for each in known[:_SHOWN]
    ]
    yield (
        "codes",
        "\n".join([f"{len(quality.codes):,}" + ("; the most frequent published:" if most else ""), *most]),
    )
    if unknown:
        shown = ", ".join(
            f"{format_alert_code(each.alert_code)} {each.count:,}" for each in unknown[:_MOST_CODES]
        )
        more = ", ..." if len(unknown) > _MOST_CODES else ""
        yield (
            "unknown",
            f"{len(unknown)} {'codes' if len(unknown) > 1 else 'code'} not published: {shown}{more}",
        )
    else:
        yield "unknown", "none: every code is published"
    if quality.mangled:
        what = "was" if quality.mangled == 1 else "were"
        yield (
            "spreadsheet",
            f"{quality.mangled:,} EUI-64s {what} made numbers of: export the column again as text",
        )


def _columns(columns: Columns) -> Iterator[tuple[str, str]]:
    found = [
        ours if theirs == ours else f"{theirs} = {ours}{' (guessed)' if ours in columns.guessed else ''}"
        for ours, theirs in columns.mapping.items()
    ]
    yield "columns", ", ".join(found)
    if "recipient" in columns.missing:
        yield "missing", "recipient, so Alerts are counted by Device and code alone"
    if columns.ignored:
        yield "ignored", ", ".join(columns.ignored)


def _places(first: Sequence[tuple[str, int]], count: int) -> str:
    sources = {source for source, _ in first}
    numbers = [f"{line:,}" for _, line in first]
    if len(sources) > 1:
        where = ", ".join(f"{Path(source).name} line {line:,}" for source, line in first)
    elif first[0][1] == 0:
        where = Path(first[0][0]).name
    else:
        where = f"line{'s' * (len(numbers) > 1)} {', '.join(numbers)}"
    return where + (", ..." if count > len(first) else "")


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _instant(at: Instant) -> str:
    """To the minute, as a person says it."""
    return format_instant(at - at % MINUTE).replace("T", " ").replace(":00Z", "Z")


def _length(duration: Duration) -> str:
    if duration >= 2 * DAY:
        return f"{duration / DAY:,.0f} days"
    if duration >= HOUR:
        return f"{duration // HOUR} h {duration % HOUR // MINUTE} min"
    return f"{duration // MINUTE} min"
