"""The daily report, and the folder of results it is written to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.operations.daily_report import DailyOptions, busiest_codes, daily_report
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import ReplayOptions
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.daily import Daily

if TYPE_CHECKING:
    from tidegate.columnar.inventory import Inventory
    from tidegate.formats.pseudonyms import Pseudonyms
    from tidegate.formats.reproduction import Reproduction
    from tidegate.operations.ordered_log import RejectedSink

FILES: Final = ("daily.html", "daily.csv", "daily.xlsx", "daily.json", "rejected.csv")
"""What a daily report writes, and a PNG of each picture."""


@dataclass(frozen=True, slots=True)
class DailyReport:
    """What to make a daily report of.

    open_source:  Opens the Alerts; twice where no code is asked for and the busiest are looked for first.
    pseudonyms:   Devices are written under these; None: as they are.
    inventory:    What the top talkers are; None: not asked for.
    """

    open_source: Callable[[], AlertSource]
    periods: Sequence[PolicyPeriod]
    options: ReplayOptions
    asked: DailyOptions
    pseudonyms: Pseudonyms | None = None
    inventory: Inventory | None = None


def report_daily(
    wanted: DailyReport, *, rejected: RejectedSink | None = None, progress: Progress = no_progress
) -> Daily:
    """Make a daily report.

    Raises:
        InputError: the input cannot be read.
        KeyboardInterrupt: interrupted while the busiest codes were looked for.
    """
    asked, is_busiest = wanted.asked, not wanted.asked.codes
    if is_busiest:
        codes = busiest_codes(wanted.open_source(), wanted.options, _first_half(progress))
        asked = replace(asked, codes=codes)
        progress = _second_half(progress)
    daily = daily_report(
        wanted.open_source(),
        wanted.periods,
        wanted.options,
        asked,
        is_busiest=is_busiest,
        inventory=wanted.inventory,
        rejected=rejected,
        progress=progress,
    )
    return daily if wanted.pseudonyms is None else _pseudonymised(daily, wanted.pseudonyms)


def report_daily_into(
    directory: Path,
    wanted: DailyReport,
    made: Reproduction,
    progress: Progress = no_progress,
) -> tuple[Daily, list[Path]]:
    """Make a daily report and write it into a folder; every file has its name only once all are complete.

    Raises:
        InputError: the input cannot be read, or the results cannot be written.
    """
    from tidegate.formats.daily_page import daily_page, daily_page_pictures  # noqa: PLC0415
    from tidegate.formats.daily_pictures import PREFIX  # noqa: PLC0415
    from tidegate.formats.daily_tables import (  # noqa: PLC0415
        write_daily_csv,
        write_daily_json,
        write_daily_xlsx,
    )
    from tidegate.formats.health_picture import NAME  # noqa: PLC0415
    from tidegate.formats.page import write_page  # noqa: PLC0415
    from tidegate.formats.picture import write_png  # noqa: PLC0415
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415

    # Pictures of an earlier report may be of other codes.
    earlier = [file.name for file in directory.glob(f"{PREFIX}*.png")] if directory.is_dir() else []
    with ResultsFolder(directory, [*FILES, f"{NAME}.png", *earlier]) as folder:
        with ExitStack() as open_files:
            rejected = open_files.enter_context(
                RejectedWriter(folder.path("rejected.csv"), is_pseudonymised=wanted.pseudonyms is not None)
            )
            daily = report_daily(wanted, rejected=rejected, progress=progress)
        write_page(daily_page(daily, made), folder.path("daily.html"))
        write_daily_csv(daily, folder.path("daily.csv"))
        write_daily_xlsx(daily, folder.path("daily.xlsx"), made)
        write_daily_json(daily, folder.path("daily.json"), made)
        for picture in daily_page_pictures(daily):
            write_png(picture, folder.path(f"{picture.name}.png"))
        return daily, folder.commit(partial=daily.replayed.is_partial)


def _pseudonymised(daily: Daily, pseudonyms: Pseudonyms) -> Daily:
    from tidegate.formats.pseudonyms import pseudonymised  # noqa: PLC0415

    return replace(
        daily,
        talkers=[replace(it, device_id=pseudonyms.text_for(it.device_id)) for it in daily.talkers],
        replayed=pseudonymised(daily.replayed, pseudonyms),
    )


def _first_half(progress: Progress) -> Progress:
    return lambda done, rows: progress(done / 2, rows)


def _second_half(progress: Progress) -> Progress:
    return lambda done, rows: progress(0.5 + done / 2, rows)
