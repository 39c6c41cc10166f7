"""A sweep, and the folder of results it is written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.operations.ordered_log import OrderedLog, ReadOptions
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.sweep import sweep
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.swept_parameters import SweptParameter
from tidegate.reports.recommendation import Recommendation, recommendations
from tidegate.reports.swept import Swept
from tidegate.vocabulary.alert_codes import AlertCode

if TYPE_CHECKING:
    from tidegate.columnar.inventory import Inventory
    from tidegate.formats.reproduction import Reproduction
    from tidegate.operations.ordered_log import RejectedSink

RESULTS: Final = (
    "summary.json",
    "sweep.csv",
    "sweep.parquet",
    "recommended.csv",
    "recommended.toml",
    "sweep.html",
    "sweep.xlsx",
    "rejected.csv",
)
"""What a sweep writes, and a PNG of each picture."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What to sweep.

    base:    The policy it begins from.
    code:    The only code whose parameters vary; None: every code's.
    shards:  Threads that decide.
    """

    base: MechanismDocument
    swept: Sequence[SweptParameter]
    options: ReadOptions
    code: AlertCode | None = None
    inventory: Inventory | None = None
    shards: int = 2


def run_sweep(
    wanted: Sweep,
    source: AlertSource,
    *,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> tuple[Swept, list[Recommendation]]:
    """Sweep a log, and say what it recommends.

    Raises:
        InputError: the input cannot be read, or the grid is at fault.
    """
    swept = sweep(
        OrderedLog(source, wanted.options, rejected=rejected),
        wanted.base,
        wanted.swept,
        shards=wanted.shards,
        code=wanted.code,
        inventory=wanted.inventory,
        progress=progress,
    )
    return swept, recommendations(swept)


def sweep_into(
    directory: Path,
    wanted: Sweep,
    source: AlertSource,
    made: Reproduction,
    progress: Progress = no_progress,
    *,
    is_pseudonymised: bool = False,
) -> tuple[Swept, list[Recommendation], list[Path]]:
    """Sweep a log into a folder of results; every file has its name only once all are complete.

    No Device is named in the results but in rejected rows, which are withheld under pseudonyms.

    Raises:
        InputError: the input cannot be read, the grid is at fault, or the results cannot be written.
    """
    from tidegate.formats.picture import write_png  # noqa: PLC0415 - --help waits for none of this
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415
    from tidegate.formats.sweep_json import write_sweep_summary  # noqa: PLC0415
    from tidegate.formats.sweep_page import write_sweep_html  # noqa: PLC0415
    from tidegate.formats.sweep_pictures import sweep_pictures  # noqa: PLC0415
    from tidegate.formats.sweep_tables import (  # noqa: PLC0415
        write_recommended_csv,
        write_sweep_csv,
        write_sweep_parquet,
        write_sweep_xlsx,
    )
    from tidegate.policy_files.writing import write_policy  # noqa: PLC0415
    from tidegate.reports.recommended_policy import recommended_policy  # noqa: PLC0415

    # Pictures of an earlier sweep may be of other codes.
    earlier = [file.name for file in directory.glob("sweep*.png")] if directory.is_dir() else []
    with ResultsFolder(directory, [*RESULTS, *earlier]) as folder:
        with RejectedWriter(folder.path("rejected.csv"), is_pseudonymised=is_pseudonymised) as rejected:
            swept, recommended = run_sweep(wanted, source, rejected=rejected, progress=progress)
        write_sweep_summary(swept, recommended, folder.path("summary.json"))
        write_sweep_csv(swept, recommended, folder.path("sweep.csv"))
        write_sweep_parquet(swept, recommended, folder.path("sweep.parquet"))
        write_recommended_csv(swept, recommended, folder.path("recommended.csv"))
        draft = recommended_policy(swept, recommended)
        if draft is not None:
            folder.path("recommended.toml").write_text(write_policy(draft), encoding="utf-8")
        pictures = sweep_pictures(swept, recommended)
        write_sweep_html(swept, recommended, pictures, made, folder.path("sweep.html"))
        write_sweep_xlsx(swept, recommended, folder.path("sweep.xlsx"))
        for picture in pictures:
            write_png(picture, folder.path(f"{picture.name}.png"))
        return swept, recommended, folder.commit(partial=swept.is_partial)
