"""Who offends, and the folder of results it is written to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.operations.find_offenders import OffenderOptions, find_offenders
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.offending import Offending

if TYPE_CHECKING:
    from tidegate.columnar.inventory import Inventory
    from tidegate.formats.pseudonyms import Pseudonyms

OFFENDERS_RESULTS: Final = (
    "summary.json",
    "offenders.csv",
    "offenders.parquet",
    "devices.csv",
    "devices.parquet",
    "by_hour.csv",
    "offenders.html",
    "offenders.xlsx",
    "offenders.png",
    "kinds.png",
    "where.png",
    "rejected.csv",
)
"""What `tidegate offenders` writes."""


def find_offenders_into(
    directory: Path,
    source: AlertSource,
    periods: Sequence[PolicyPeriod],
    inventory: Inventory | None,
    options: OffenderOptions,
    *,
    pseudonyms: Pseudonyms | None = None,
    progress: Progress = no_progress,
) -> tuple[Offending, list[Path]]:
    """Find who offends, and write what was found; every file has its name only once all are complete.

    Raises:
        InputError: the input cannot be read, or the results cannot be written.
    """
    from tidegate.formats.fleet_pictures import fleet_pictures  # noqa: PLC0415 - --help waits for none of this
    from tidegate.formats.offenders_json import write_offending_summary  # noqa: PLC0415
    from tidegate.formats.offenders_page import write_offenders_html  # noqa: PLC0415
    from tidegate.formats.offenders_tables import (  # noqa: PLC0415
        pseudonymised_offending,
        write_devices,
        write_hours_csv,
        write_offenders_csv,
        write_offenders_parquet,
    )
    from tidegate.formats.offenders_xlsx import write_offenders_xlsx  # noqa: PLC0415
    from tidegate.formats.picture import write_png  # noqa: PLC0415
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415

    with ResultsFolder(directory, OFFENDERS_RESULTS) as folder:
        with RejectedWriter(folder.path("rejected.csv"), is_pseudonymised=pseudonyms is not None) as rejected:
            found = find_offenders(source, periods, inventory, options, rejected=rejected, progress=progress)
        if pseudonyms is not None:
            found = pseudonymised_offending(found, pseudonyms)
        write_offenders_csv(found, folder.path("offenders.csv"))
        write_offenders_parquet(found, folder.path("offenders.parquet"))
        write_devices(found, folder.path("devices.csv"), folder.path("devices.parquet"))
        write_hours_csv(found, folder.path("by_hour.csv"))
        write_offending_summary(found, folder.path("summary.json"))
        pictures = []
        if found.replayed.in_force:
            parameters = found.replayed.in_force[-1].policy.alert_storm.default
            unsaid = 0 if found.inventory is None else found.inventory.unsaid
            pictures = fleet_pictures(
                found.view, parameters, found.causes, found.replayed.excluded_codes, unsaid
            )
        for picture in pictures:
            write_png(picture, folder.path(f"{picture.name}.png"))
        write_offenders_html(found, pictures, folder.path("offenders.html"))
        write_offenders_xlsx(found, folder.path("offenders.xlsx"))
        return found, folder.commit(partial=found.replayed.is_partial)
