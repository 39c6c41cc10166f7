"""A report of problems, and the folder of results it is written to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.operations.find_problems import ProblemOptions, report_problems
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.problem_report import ProblemReport

if TYPE_CHECKING:
    from tidegate.columnar.inventory import Inventory
    from tidegate.formats.pseudonyms import Pseudonyms
    from tidegate.formats.reproduction import Reproduction
    from tidegate.operations.ordered_log import RejectedSink

PICTURES: Final = ("forecast-incidents.png", "forecast-emails.png")

FILES: Final = (
    "problems.parquet",
    "problems.csv",
    "problem_devices.parquet",
    "problem_devices.csv",
    "problems_servicenow.csv",
    "problems_jira.csv",
    "problems.html",
    "problems.xlsx",
    "summary.json",
    "rejected.csv",
    *PICTURES,
)
"""What a report of problems writes."""


@dataclass(frozen=True, slots=True)
class ProblemsOf:
    """What to find the problems of.

    pseudonyms:  Devices are written under these; None: as they are.
    """

    source: AlertSource
    periods: Sequence[PolicyPeriod]
    inventory: Inventory | None
    options: ProblemOptions
    pseudonyms: Pseudonyms | None = None


def problems_report(
    wanted: ProblemsOf, *, rejected: RejectedSink | None = None, progress: Progress = no_progress
) -> ProblemReport:
    """Find the problems of a log.

    Raises:
        InputError: the input cannot be read.
    """
    from tidegate.formats.problems_pseudonyms import pseudonymised_report  # noqa: PLC0415

    report = report_problems(
        wanted.source, wanted.periods, wanted.inventory, wanted.options, rejected=rejected, progress=progress
    )
    return report if wanted.pseudonyms is None else pseudonymised_report(report, wanted.pseudonyms)


def problems_report_into(
    directory: Path, wanted: ProblemsOf, made: Reproduction, progress: Progress = no_progress
) -> tuple[ProblemReport, list[Path]]:
    """Find the problems of a log and write them into a folder; every file has its name only once all are complete.

    Raises:
        InputError: the input cannot be read, or the results cannot be written.
    """
    from tidegate.formats.jira_csv import write_jira_csv  # noqa: PLC0415
    from tidegate.formats.page import write_page  # noqa: PLC0415
    from tidegate.formats.picture import write_png  # noqa: PLC0415
    from tidegate.formats.problems_json import write_problems_json  # noqa: PLC0415
    from tidegate.formats.problems_page import page_pictures, problems_page  # noqa: PLC0415
    from tidegate.formats.problems_table import (  # noqa: PLC0415
        write_problem_devices_csv,
        write_problem_devices_parquet,
        write_problems_csv,
        write_problems_parquet,
    )
    from tidegate.formats.problems_xlsx import write_problems_xlsx  # noqa: PLC0415
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415
    from tidegate.formats.servicenow_csv import write_servicenow_csv  # noqa: PLC0415

    with ResultsFolder(directory, FILES) as folder:
        with ExitStack() as open_files:
            rejected = open_files.enter_context(
                RejectedWriter(folder.path("rejected.csv"), is_pseudonymised=wanted.pseudonyms is not None)
            )
            report = problems_report(wanted, rejected=rejected, progress=progress)
        problems = report.problems
        write_problems_parquet(problems, folder.path("problems.parquet"))
        write_problems_csv(problems, folder.path("problems.csv"))
        write_problem_devices_parquet(problems, folder.path("problem_devices.parquet"))
        write_problem_devices_csv(problems, folder.path("problem_devices.csv"))
        write_servicenow_csv(problems, folder.path("problems_servicenow.csv"))
        write_jira_csv(problems, folder.path("problems_jira.csv"))
        write_page(problems_page(report, made), folder.path("problems.html"))
        write_problems_xlsx(report, folder.path("problems.xlsx"), made)
        write_problems_json(report, folder.path("summary.json"), made)
        for picture in page_pictures(report):
            write_png(picture, folder.path(f"{picture.name}.png"))
        return report, folder.commit(partial=report.replayed.is_partial)
