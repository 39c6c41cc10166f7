"""`tidegate report problems`: what storms and murmur come down to, whose it is to mend, and the tickets it makes."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import typer

from tidegate.cli import arguments, console
from tidegate.vocabulary.faults import Fault, InputError

_POUNDS = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
"""Pounds as they are written here: a comma between thousands, a point before pence."""

_DECIMAL_COMMA = re.compile(r"(\d+),(\d{1,2})")


def problems(
    alerts: list[Path] = arguments.ALERTS,
    inventory: Path | None = arguments.INVENTORY,
    policy: str | None = arguments.POLICY,
    output: Path | None = arguments.OUTPUT,
    cost_per_ticket: str | None = typer.Option(
        None,
        "--cost-per-ticket",
        metavar="POUNDS",
        help="What one incident costs you, as 45 or 37.50; there is no default.",
    ),
    minutes_per_ticket: int | None = typer.Option(
        None, "--minutes-per-ticket", metavar="MINUTES", help="And how long someone works on it."
    ),
    silent_for: str = typer.Option(
        "24h",
        "--silent-for",
        metavar="DURATION",
        help="A problem silent for this long at the end of the log is closed.",
    ),
    since: str | None = arguments.SINCE,
    until: str | None = arguments.UNTIL,
    as_json: bool = typer.Option(False, "--json", help="Print summary.json instead of the report."),
    strict: bool = arguments.STRICT,
    look_back: str = arguments.LOOK_BACK,
    pseudonymise: bool = arguments.PSEUDONYMISE,
    pseudonym_key: Path = arguments.PSEUDONYM_KEY,
    sidecar: Path | None = arguments.SIDECAR,
) -> None:
    """Group storms and murmur by cause: one problem for one party to mend, and the incidents and e-mails that saves.

    Example:  tidegate report problems october.parquet --inventory devices.csv --cost-per-ticket 45 -o problems
    """
    from tidegate import assembly  # noqa: PLC0415 - numba and pyarrow start slowly; --help does not wait
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415
    from tidegate.assembly.problems import (  # noqa: PLC0415
        ProblemsOf,
        problems_report,
        problems_report_into,
    )
    from tidegate.assembly.provenance import provenance  # noqa: PLC0415
    from tidegate.cli.problems_screen import show  # noqa: PLC0415
    from tidegate.formats.problems_json import problems_json  # noqa: PLC0415
    from tidegate.operations.find_problems import ProblemOptions  # noqa: PLC0415
    from tidegate.reports.forecast import TicketCost  # noqa: PLC0415

    options = ProblemOptions(
        *arguments.period(since, until, look_back),
        shards=assembly.shards(),
        is_strict=strict,
        silent_for=arguments.duration("--silent-for", silent_for),
        cost=TicketCost(_pounds(cost_per_ticket), _minutes(minutes_per_ticket)),
    )
    wanted = ProblemsOf(
        assembly.open_alerts(alerts, sidecar=sidecar),
        assembly.policy_periods(policy, options),
        None if inventory is None else open_inventory(inventory),
        options,
        arguments.pseudonyms(pseudonym_key) if pseudonymise else None,
    )
    made = None
    with console.progress_bar("Reporting") as progress:
        if output is None:
            found = problems_report(wanted, progress=progress)
        else:
            read: list[Path | str] = [
                *alerts,
                *([policy] if policy else []),
                *([inventory] if inventory else []),
            ]
            made = provenance(arguments.as_given(), read)
            found, _ = problems_report_into(output, wanted, made, progress)
    if as_json:
        console.show_json(problems_json(found, made))
    else:
        asked = arguments.asked(alerts, policy, inventory, since, until, look_back, sidecar)
        show(found, output, asked=asked)
    if found.replayed.is_partial:
        raise KeyboardInterrupt


def _pounds(text: str | None) -> Decimal | None:
    """The cost given.

    Raises:
        InputError: it is no amount of pounds.
    """
    if text is None:
        return None
    amount = text.strip().removeprefix("£").strip()
    if _POUNDS.fullmatch(amount):
        return Decimal(amount.replace(",", ""))
    remedy = "Write 45 or 37.50."
    if comma := _DECIMAL_COMMA.fullmatch(amount):
        remedy = f"Write {comma[1]}.{comma[2]}: pence stand behind a point, a comma between thousands."
    raise InputError(Fault("--cost-per-ticket", f"{text!r} is no amount of pounds", remedy))


def _minutes(minutes: int | None) -> int | None:
    """The minutes given.

    Raises:
        InputError: they are fewer than none.
    """
    if minutes is not None and minutes < 0:
        raise InputError(Fault("--minutes-per-ticket", f"{minutes} is less than 0", "Write a whole number."))
    return minutes
