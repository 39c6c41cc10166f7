"""All the results of a replay that are written when it is over."""

from __future__ import annotations

from tidegate.formats.pseudonyms import Pseudonyms, pseudonymised
from tidegate.formats.report_html import write_report_html
from tidegate.formats.report_xlsx import write_report_xlsx
from tidegate.formats.results_folder import ResultsFolder
from tidegate.formats.storms_parquet import write_amber, write_storms
from tidegate.formats.summary_json import write_summary
from tidegate.reports.replayed import Replayed


def write_results(replayed: Replayed, folder: ResultsFolder, pseudonyms: Pseudonyms | None = None) -> None:
    """Write summary.json, storms.parquet, amber.parquet if there is amber, report.html and report.xlsx.

    decisions.parquet and rejected.csv are written while the replay runs, by their own writers, at
    `folder.path(...)` too. Nothing has its final name before `folder.commit`.

    Raises:
        OSError: a file cannot be written; within the folder's `with` block it becomes an InputError.
    """
    shown = replayed if pseudonyms is None else pseudonymised(replayed, pseudonyms)
    write_summary(shown, folder.path("summary.json"))
    write_storms(shown, folder.path("storms.parquet"))
    write_amber(shown, folder.path("amber.parquet"))
    write_report_html(shown, folder.path("report.html"))
    write_report_xlsx(shown, folder.path("report.xlsx"))
