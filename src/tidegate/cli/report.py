"""`tidegate report`: reports that are made again and again, as of a day or a month."""

from __future__ import annotations

from pathlib import Path

import typer

from tidegate.cli import arguments, console
from tidegate.cli.report_edge import edge
from tidegate.cli.report_problems import problems
from tidegate.cli.report_requests import requests
from tidegate.vocabulary.alert_codes import AlertCode, parse_alert_code
from tidegate.vocabulary.faults import Fault, InputError

report_app = typer.Typer(name="report", help="Reports that are made again and again.", no_args_is_help=True)


@report_app.callback()
def reports() -> None:
    """Reports that are made again and again."""


report_app.command()(edge)
report_app.command()(problems)
report_app.command()(requests)


@report_app.command()
def daily(
    alerts: list[Path] = arguments.ALERTS,
    code: list[str] = typer.Option(
        [],
        "--code",
        metavar="CODE",
        help=r"An Alert Code to report, as 8F75; may be given several times. \[default: the five busiest]",
    ),
    policy: str | None = arguments.POLICY,
    output: Path | None = arguments.OUTPUT,
    local: bool = typer.Option(
        False, "--local", help="Days of Europe/London, of 23 or 25 hours when the clocks change, not of UTC."
    ),
    change: list[str] = typer.Option(
        [],
        "--change",
        metavar="INSTANT",
        help="Compare before and after this instant too; may be given several times.",
    ),
    flood: int | None = typer.Option(
        None,
        "--flood",
        metavar="N",
        help="More Alerts than this to one recipient in ten minutes are a flood. "
        r"\[default: 3 times the recipient's own middle ten minutes (illustrative)]",
    ),
    since: str | None = arguments.SINCE,
    until: str | None = arguments.UNTIL,
    as_json: bool = typer.Option(False, "--json", help="Print daily.json instead of the report."),
    strict: bool = arguments.STRICT,
    look_back: str = arguments.LOOK_BACK,
    inventory: Path | None = arguments.INVENTORY,
    pseudonymise: bool = arguments.PSEUDONYMISE,
    pseudonym_key: Path = arguments.PSEUDONYM_KEY,
    sidecar: Path | None = arguments.SIDECAR,
) -> None:
    """Report Alert Codes day by day: how many, from which Devices, under which policy, and what its changes did.

    Example: tidegate report daily october.parquet --code 8F75 --policy policies/ -o daily
    """
    from tidegate import assembly  # noqa: PLC0415 - numba and pyarrow start slowly; --help does not wait
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415
    from tidegate.assembly.provenance import provenance  # noqa: PLC0415
    from tidegate.assembly.reporting import DailyReport, report_daily, report_daily_into  # noqa: PLC0415
    from tidegate.cli.daily_screen import show  # noqa: PLC0415
    from tidegate.formats.daily_tables import daily_json  # noqa: PLC0415
    from tidegate.operations.daily_report import DailyOptions  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions  # noqa: PLC0415
    from tidegate.vocabulary.days import Days  # noqa: PLC0415

    options = ReplayOptions(
        *arguments.period(since, until, look_back),
        shards=assembly.shards(),
        is_strict=strict,
    )
    if flood is not None and flood < 1:
        raise InputError(Fault("--flood", f"{flood} is less than 1", "Write how many Alerts in ten minutes."))
    asked = DailyOptions(
        codes=_codes(code),
        days=Days.LOCAL if local else Days.UTC,
        changes=[at for text in change if (at := arguments.instant("--change", text)) is not None],
        flood_line=flood,
    )
    wanted = DailyReport(
        lambda: assembly.open_alerts(alerts, sidecar=sidecar),
        assembly.policy_periods(policy, options),
        options,
        asked,
        arguments.pseudonyms(pseudonym_key) if pseudonymise else None,
        None if inventory is None else open_inventory(inventory),
    )
    made = None
    with console.progress_bar("Reporting") as progress:
        if output is None:
            found = report_daily(wanted, progress=progress)
        else:
            read: list[Path | str] = [*alerts, policy or "", inventory or ""]
            made = provenance(arguments.as_given(), read)
            found, _ = report_daily_into(output, wanted, made, progress)
    if as_json:
        console.show_json(daily_json(found, made))
    else:
        asked_for = arguments.asked(alerts, policy, inventory, since, until, look_back, sidecar)
        show(found, output, asked=asked_for)
    if found.replayed.is_partial:
        raise KeyboardInterrupt


def _codes(texts: list[str]) -> list[AlertCode]:
    """The codes asked for, each once.

    Raises:
        InputError: one is not an Alert Code; carries all that are not.
    """
    codes, faults = [], []
    for text in texts:
        try:
            codes.append(parse_alert_code(text))
        except ValueError as error:
            what, _, remedy = str(error).partition(": write ")
            faults.append(Fault("--code", what, f"Write {remedy}."))
    if faults:
        raise InputError(*faults)
    return list(dict.fromkeys(codes))
