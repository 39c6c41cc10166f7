"""The edge what-if, and the folder of results it is written to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.protect_the_edge import EdgeOptions, protect_the_edge
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.edge import EdgeProtection

if TYPE_CHECKING:
    from tidegate.columnar.inventory import Inventory

EDGE_RESULTS: Final = (
    "summary.json",
    "edge.csv",
    "edge.html",
    "edge.xlsx",
    "spared-by-place.png",
    "busiest-minutes.png",
    "rejected.csv",
)
"""What an edge what-if writes."""


def protect_the_edge_into(
    directory: Path,
    source: AlertSource,
    policy: MechanismDocument,
    inventory: Inventory,
    options: EdgeOptions,
    progress: Progress = no_progress,
    *,
    is_pseudonymised: bool = False,
) -> tuple[EdgeProtection, list[Path]]:
    """Ask, and write what was found; every file has its name only once all are complete.

    No Device is named in the results but in rejected rows, which are withheld under pseudonyms.

    Raises:
        InputError: the input cannot be read, or the results cannot be written.
    """
    from tidegate.formats.edge_json import write_edge_summary  # noqa: PLC0415 - --help waits for none of this
    from tidegate.formats.edge_page import write_edge_html  # noqa: PLC0415
    from tidegate.formats.edge_pictures import edge_pictures  # noqa: PLC0415
    from tidegate.formats.edge_tables import write_edge_csv, write_edge_xlsx  # noqa: PLC0415
    from tidegate.formats.picture import write_png  # noqa: PLC0415
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415

    with ResultsFolder(directory, EDGE_RESULTS) as folder:
        with RejectedWriter(folder.path("rejected.csv"), is_pseudonymised=is_pseudonymised) as rejected:
            found = protect_the_edge(source, policy, inventory, options, rejected=rejected, progress=progress)
        write_edge_summary(found, folder.path("summary.json"))
        write_edge_csv(found, folder.path("edge.csv"))
        pictures = tuple(edge_pictures(found))
        write_edge_html(found, pictures, folder.path("edge.html"))
        write_edge_xlsx(found, folder.path("edge.xlsx"))
        for picture in pictures:
            write_png(picture, folder.path(f"{picture.name}.png"))
        return found, folder.commit(partial=found.is_partial)
