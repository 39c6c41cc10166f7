"""Policies compared, and the evidence pack it is written to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.assembly.opening import policy_periods
from tidegate.operations.compare_policies import Contender, compare_policies
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import ReplayOptions
from tidegate.reports.compared import ALERT_BYTES, Compared

if TYPE_CHECKING:
    from tidegate.columnar.inventory import Inventory
    from tidegate.formats.pseudonyms import Pseudonyms
    from tidegate.formats.reproduction import Reproduction
    from tidegate.operations.ordered_log import ReadOptions, RejectedSink
    from tidegate.reports.replayed import Replayed

FILES: Final = (
    "comparison.html",
    "comparison.xlsx",
    "comparison.csv",
    "summary.json",
    "storms.parquet",
    "rejected.csv",
)
"""What an evidence pack has, and a PNG of each picture."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to compare.

    alert_bytes:  Bytes of an Alert, for traffic and storage; None: the illustrative value.
    inventory:    What the Devices are: joined to the storms, and asked by suppressions; None: not asked for.
    pseudonyms:   Devices are written under these; None: as they are.
    """

    source: AlertSource
    contenders: Sequence[Contender]
    options: ReplayOptions
    alert_bytes: int | None = None
    inventory: Inventory | None = None
    pseudonyms: Pseudonyms | None = None


def contenders(policies: Sequence[str], options: ReadOptions) -> list[Contender]:
    """The policies as they are named on the command line: files, published names, or folders that are histories.

    Raises:
        InputError: there is no such policy, or it has faults.
    """
    found = []
    for policy in policies:
        periods = policy_periods(policy, options)
        document = periods[0].policy
        is_history = Path(policy).is_dir()
        found.append(Contender(policy if is_history or document is None else document.version, periods))
    return found


def compare(
    wanted: Comparison, *, rejected: RejectedSink | None = None, progress: Progress = no_progress
) -> Compared:
    """Compare policies.

    Raises:
        InputError: two have the same name, or the input cannot be read.
    """
    compared = compare_policies(
        wanted.source,
        wanted.contenders,
        wanted.options,
        inventory=wanted.inventory,
        rejected=rejected,
        progress=progress,
    )
    return replace(
        compared,
        outcomes=[
            replace(outcome, replayed=_shown(outcome.replayed, wanted)) for outcome in compared.outcomes
        ],
        alert_bytes=ALERT_BYTES if wanted.alert_bytes is None else wanted.alert_bytes,
        is_size_given=wanted.alert_bytes is not None,
    )


def compare_into(
    directory: Path, wanted: Comparison, made: Reproduction, progress: Progress = no_progress
) -> tuple[Compared, list[Path]]:
    """Compare policies into an evidence pack; every file has its name only once all are complete.

    Raises:
        InputError: two have the same name, the input cannot be read, or the results cannot be written.
    """
    from tidegate.formats.comparison_page import comparison_page  # noqa: PLC0415
    from tidegate.formats.comparison_pictures import PICTURES, comparison_pictures  # noqa: PLC0415
    from tidegate.formats.comparison_tables import (  # noqa: PLC0415
        write_compared_storms,
        write_comparison_csv,
        write_comparison_summary,
        write_comparison_xlsx,
    )
    from tidegate.formats.page import write_page  # noqa: PLC0415
    from tidegate.formats.picture import write_png  # noqa: PLC0415
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415

    with ResultsFolder(directory, [*FILES, *(f"{name}.png" for name in PICTURES)]) as folder:
        with ExitStack() as open_files:
            rejected = open_files.enter_context(
                RejectedWriter(folder.path("rejected.csv"), is_pseudonymised=wanted.pseudonyms is not None)
            )
            compared = compare(wanted, rejected=rejected, progress=progress)
        write_page(comparison_page(compared, made), folder.path("comparison.html"))
        write_comparison_xlsx(compared, folder.path("comparison.xlsx"), made)
        write_comparison_csv(compared, folder.path("comparison.csv"))
        write_comparison_summary(compared, folder.path("summary.json"), made)
        write_compared_storms(compared, folder.path("storms.parquet"))
        for picture in comparison_pictures(compared):
            write_png(picture, folder.path(f"{picture.name}.png"))
        return compared, folder.commit(partial=compared.log.is_partial)


def _shown(replayed: Replayed, wanted: Comparison) -> Replayed:
    """With what the Devices that stormed are, and under pseudonyms, where either was asked for."""
    from tidegate.formats.pseudonyms import pseudonymised  # noqa: PLC0415
    from tidegate.operations.join_inventory import join_inventory  # noqa: PLC0415

    if wanted.inventory is not None:
        replayed = join_inventory(replayed, wanted.inventory)
    return replayed if wanted.pseudonyms is None else pseudonymised(replayed, wanted.pseudonyms)
