"""`tidegate report requests`: a month of Service Requests, for the Panel and for each User."""

from __future__ import annotations

from pathlib import Path

import typer

from tidegate.cli import arguments, console
from tidegate.vocabulary.faults import Fault, InputError


def requests(
    requests: list[Path] = typer.Argument(
        metavar="REQUESTS...", help="Files, folders or globs of Service Requests: CSV or Parquet."
    ),
    users: Path = typer.Option(
        ..., "--users", metavar="USERS", help="The Users: CSV or Parquet, a row for each in each role."
    ),
    month: str = typer.Option(
        ..., "--month", metavar="MONTH", help="The month to report, of UTC, as 2026-10."
    ),
    policy: str | None = typer.Option(
        None,
        "--policy",
        metavar="FILE",
        help="A policy file or the name of a published one; of a folder of versions, the one in force as the month "
        r"begins. \[default: illustrative-2]",
    ),
    forecast: Path | None = typer.Option(
        None, "--forecast", metavar="CSV", help="What each User forecast for the month: user, srv, forecast."
    ),
    meters_per_day: int = typer.Option(
        0,
        "--meters-per-day",
        metavar="N",
        help="How many meters the roll-out adds a day, for the capacity forecast.",
    ),
    output: Path | None = arguments.OUTPUT,
    as_json: bool = typer.Option(
        False, "--json", help="Print the Panel's summary.json instead of the report."
    ),
    strict: bool = arguments.STRICT,
    look_back: str = typer.Option(
        "1h",
        "--look-back",
        metavar="DURATION",
        help="How late a request may stand in the log and be put in order.",
    ),
) -> None:
    """Report a month of Service Requests: capacity against use for the Panel, sent against forecast for each User.

    Made for every month, whether anyone was throttled or not. With -o there is a folder for the Panel and one for
    each User, which tells of no other.

    Example: tidegate report requests october.parquet --users users.csv --month 2026-10 -o october
    """
    from tidegate.assembly.admission import AdmissionInputs  # noqa: PLC0415 - --help waits for none of this
    from tidegate.assembly.request_month import (  # noqa: PLC0415
        MonthAsked,
        month_of_requests,
        month_of_requests_into,
    )
    from tidegate.cli.request_month_screen import show  # noqa: PLC0415
    from tidegate.formats.request_month_tables import panel_json  # noqa: PLC0415
    from tidegate.operations.ordered_log import ReadOptions  # noqa: PLC0415

    if meters_per_day < 0:
        raise InputError(
            Fault("--meters-per-day", f"{meters_per_day} is less than nothing", "Write 0 or more.")
        )
    options = ReadOptions(look_back_us=arguments.duration("--look-back", look_back), is_strict=strict)
    asked = MonthAsked(AdmissionInputs(requests, users, policy), month, options, forecast, meters_per_day)
    with console.progress_bar("Reporting") as progress:
        if output is None:
            found = month_of_requests(asked, progress)
        else:
            found, _ = month_of_requests_into(output, asked, progress)
    if as_json:
        console.show_json(panel_json(found))
    else:
        show(found, output, arguments.as_given())
    if found.found.is_partial:
        raise KeyboardInterrupt
