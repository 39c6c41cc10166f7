"""`tidegate offenders`: which manufacturer, model and firmware to call, and about what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tidegate.cli import arguments, console
from tidegate.vocabulary.alert_codes import AlertCode, parse_alert_code
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from tidegate.formats.pseudonyms import Pseudonyms


def offenders(
    alerts: list[Path] = arguments.ALERTS,
    inventory: Path | None = arguments.INVENTORY,
    by: str | None = typer.Option(
        None,
        "--by",
        metavar="NAMES",
        help=r"What to group Devices by. \[default: manufacturer,model,firmware]",
    ),
    code: str | None = typer.Option(
        None, "--code", metavar="CODE", help="Only this Alert Code, and what it is paired with."
    ),
    policy: str | None = arguments.POLICY,
    output: Path | None = arguments.OUTPUT,
    most: int = typer.Option(
        12, "--most", min=1, metavar="N", help="Rows on the screen; the files have all."
    ),
    since: str | None = arguments.SINCE,
    until: str | None = arguments.UNTIL,
    as_json: bool = arguments.SUMMARY,
    strict: bool = arguments.STRICT,
    look_back: str = arguments.LOOK_BACK,
    pseudonymise: bool = arguments.PSEUDONYMISE,
    pseudonym_key: Path = arguments.PSEUDONYM_KEY,
    sidecar: Path | None = arguments.SIDECAR,
) -> None:
    """Rank manufacturers, models and firmwares by Alerts per installed Device: whom to call, about what.

    Every product is compared with the rest of its Device type, region by region, by a stated test that is
    corrected for all comparisons. Murmur wants its firmware mended; shouters want throttling, and looking at.

    Example: tidegate offenders week/alerts.parquet --inventory week/inventory.parquet -o offenders
    """
    from tidegate import assembly  # noqa: PLC0415 - numba and pyarrow start slowly; --help does not wait
    from tidegate.assembly.offending import find_offenders_into  # noqa: PLC0415
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415
    from tidegate.cli.offenders_screen import show  # noqa: PLC0415
    from tidegate.formats.offenders_json import offending_summary  # noqa: PLC0415
    from tidegate.formats.offenders_tables import pseudonymised_offending  # noqa: PLC0415
    from tidegate.operations.find_offenders import OffenderOptions, find_offenders  # noqa: PLC0415

    options = OffenderOptions(
        *arguments.period(since, until, look_back),
        shards=assembly.shards(),
        is_strict=strict,
        by=_groupings(by, inventory),
        code=_code(code),
    )
    periods = assembly.policy_periods(policy, options)
    source = assembly.open_alerts(alerts, sidecar=sidecar)
    known = None
    if inventory is not None:
        with console.progress_bar("Reading the Inventory") as progress:
            known = open_inventory(inventory, progress)
    pseudonyms: Pseudonyms | None = arguments.pseudonyms(pseudonym_key) if pseudonymise else None
    with console.progress_bar("Finding offenders") as progress:
        if output is None:
            found = find_offenders(source, periods, known, options, progress=progress)
            if pseudonyms is not None:
                found = pseudonymised_offending(found, pseudonyms)
        else:
            found, _ = find_offenders_into(
                output, source, periods, known, options, pseudonyms=pseudonyms, progress=progress
            )
    if as_json:
        console.show_json(offending_summary(found))
    else:
        asked = arguments.asked(alerts, policy, inventory, since, until, look_back, sidecar)
        show(found, output, asked=asked, most=most, can_explain=pseudonyms is None)
    if found.replayed.is_partial:
        raise KeyboardInterrupt


def _groupings(text: str | None, inventory: Path | None) -> tuple[str, ...]:
    """What to group by, as it was written.

    Raises:
        InputError: it is none of what Devices can be grouped by; or there is no Inventory to say it.
    """
    from tidegate.operations.find_offenders import BY_PRODUCT  # noqa: PLC0415
    from tidegate.reports.offending import GROUPINGS  # noqa: PLC0415

    if text is None:
        return BY_PRODUCT
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in GROUPINGS]
    if wrong or not names:
        what = f"{', '.join(map(repr, wrong)) or repr(text)} is nothing that Devices can be grouped by"
        remedy = f"Write one or more of {', '.join(GROUPINGS)}, with commas between."
        raise InputError(Fault("--by", what, remedy))
    if inventory is None:
        raise InputError(
            Fault("--by", f"only an Inventory knows the {names[0]} of a Device", "Add --inventory FILE.")
        )
    return tuple(names)


def _code(text: str | None) -> AlertCode | None:
    if text is None:
        return None
    try:
        return parse_alert_code(text)
    except ValueError as error:
        what, _, remedy = str(error).partition(": write ")
        raise InputError(Fault("--code", what, f"Write {remedy}." if remedy else "")) from None
