"""A replay, and the folder of results it is written to."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from numpy.typing import NDArray

from tidegate.operations.find_problems import problems_behind
from tidegate.operations.ordered_log import RejectedSink
from tidegate.operations.ports import AlertSource, Progress, RemembersBefore, no_progress
from tidegate.operations.replay import DecisionSink, ReplayOptions, replay
from tidegate.operations.replay_with_fleet import replay_with_fleet
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.replayed import Replayed

if TYPE_CHECKING:
    from tidegate.alert_storm.fleet import FleetView
    from tidegate.columnar.batches import Columns, ReadBatch, Recipients
    from tidegate.columnar.inventory import Inventory
    from tidegate.formats.page import Section
    from tidegate.formats.pseudonyms import Pseudonyms
    from tidegate.reports.problem_report import ProblemReport
    from tidegate.tables.decisions_writer import DecisionsWriter


@dataclass(frozen=True, slots=True)
class Results:
    """What a replay writes, and how.

    directory:      Where to.
    with_decisions: Also the row-level file.
    pseudonyms:     Devices are written under these; None: as they are.
    inventory:      What the Devices are; None: not asked for.
    """

    directory: Path
    with_decisions: bool = True
    pseudonyms: Pseudonyms | None = None
    inventory: Inventory | None = None


def replay_into(
    results: Results,
    source: AlertSource,
    periods: Sequence[PolicyPeriod],
    options: ReplayOptions,
    progress: Progress = no_progress,
) -> tuple[Replayed, list[Path]]:
    """Replay a log into a folder of results; every file has its name only once all are complete.

    The source must have been opened with `keep_original` where decisions are asked for.

    Raises:
        InputError: the input cannot be read, or the results cannot be written.
    """
    from tidegate.formats.problems_table import write_problems_csv, write_problems_parquet  # noqa: PLC0415
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.report_html import write_report_html  # noqa: PLC0415
    from tidegate.formats.report_xlsx import write_report_xlsx  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415
    from tidegate.formats.storms_parquet import write_amber, write_storms  # noqa: PLC0415
    from tidegate.formats.summary_json import write_summary  # noqa: PLC0415
    from tidegate.tables.decisions_writer import DecisionsWriter  # noqa: PLC0415

    options = _from_its_beginning(source, options)
    hidden = results.pseudonyms
    if hidden is not None:
        source = _PseudonymisedSource(source, hidden)
    with ResultsFolder(results.directory) as folder:
        with ExitStack() as open_files:
            rejected = open_files.enter_context(
                RejectedWriter(folder.path("rejected.csv"), is_pseudonymised=hidden is not None)
            )
            decisions = None
            if results.with_decisions:
                decisions = _Decisions(
                    open_files.enter_context(DecisionsWriter(folder.path("decisions.parquet")))
                )
            found = look_behind(
                source,
                periods,
                options,
                results.inventory,
                decisions=decisions,
                rejected=rejected,
                progress=progress,
            )
        if hidden is not None:
            found = found.under(hidden)
        shown = found.replayed
        write_storms(shown, folder.path("storms.parquet"))
        write_amber(shown, folder.path("amber.parquet"))
        write_summary(shown, folder.path("summary.json"))
        write_report_html(shown, folder.path("report.html"), found.sections())
        write_report_xlsx(shown, folder.path("report.xlsx"))
        if found.behind is not None:
            write_problems_parquet(found.behind.problems, folder.path("problems.parquet"))
            write_problems_csv(found.behind.problems, folder.path("problems.csv"))
        return shown, folder.commit(partial=shown.is_partial)


@dataclass(frozen=True, slots=True)
class Found:
    """A replay, and what lies behind it where an Inventory says what the Devices are.

    behind:  Its problems and what they make; None without an Inventory.
    view:    The whole fleet; None without an Inventory.
    """

    replayed: Replayed
    behind: ProblemReport | None = None
    view: FleetView | None = None

    def under(self, pseudonyms: Pseudonyms) -> Found:
        """The same, nothing in it naming a Device but by its pseudonym."""
        from tidegate.formats.problems_pseudonyms import pseudonymised_report  # noqa: PLC0415
        from tidegate.formats.pseudonyms import pseudonymised  # noqa: PLC0415

        if self.behind is None:
            return replace(self, replayed=pseudonymised(self.replayed, pseudonyms))
        hidden = pseudonymised_report(self.behind, pseudonyms)
        return replace(self, replayed=hidden.replayed, behind=hidden)

    def sections(self) -> list[Section]:
        """What a report says of what lies behind."""
        from tidegate.formats.behind_sections import behind_sections  # noqa: PLC0415

        if self.behind is None or self.view is None:
            return []
        return behind_sections(self.behind, self.view)


def look_behind(
    source: AlertSource,
    periods: Sequence[PolicyPeriod],
    options: ReplayOptions,
    inventory: Inventory | None,
    *,
    decisions: DecisionSink | None = None,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> Found:
    """Replay a log; with an Inventory, also say what lies behind its storms and its murmur.

    Raises:
        InputError: the input cannot be read; or the policy has suppressions, and there is no Inventory.
    """
    options = _from_its_beginning(source, options)
    if inventory is None:
        return Found(
            replay(source, periods, options, decisions=decisions, rejected=rejected, progress=progress)
        )
    made = replay_with_fleet(
        source, periods, inventory, options, decisions=decisions, rejected=rejected, progress=progress
    )
    behind = problems_behind(made)
    return Found(behind.replayed, behind, made.view)


def _from_its_beginning(source: AlertSource, options: ReplayOptions) -> ReplayOptions:
    """A journal whose beginning was pruned is decided from what was remembered there on."""
    if options.since is not None or not isinstance(source, RemembersBefore):
        return options
    return replace(options, remembered=source.remembered)


class _Decisions:
    """Writes decisions beside the columns they were read in, tables and documents alike."""

    def __init__(self, writer: DecisionsWriter) -> None:
        self._writer = writer

    def write(
        self,
        original: Any,
        outcome: NDArray[Any],
        sequence_id: NDArray[Any],
        count: NDArray[Any],
        kept: NDArray[Any],
    ) -> None:
        from tidegate.tables.original import as_table  # noqa: PLC0415

        self._writer.write(as_table(original), outcome, sequence_id, count, kept)


class _PseudonymisedSource:
    """A source whose original columns say nothing of Devices but their pseudonyms.

    Columns we do not know may name a household too: they are left out.
    """

    _KNOWN: Final = ("received_at", "device_id", "alert_code", "recipient")

    def __init__(self, source: AlertSource, pseudonyms: Pseudonyms) -> None:
        self._source = source
        self._pseudonyms = pseudonyms

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def recipients(self) -> Recipients:
        return self._source.recipients

    @property
    def columns(self) -> Columns:
        return self._source.columns

    def batches(self) -> Generator[ReadBatch]:
        from tidegate.tables.original import with_device_ids  # noqa: PLC0415

        for batch in self._source.batches():
            original = batch.original
            if original is not None:
                numbers = self._pseudonyms.numbers_for(batch.alerts.device_id)
                original = with_device_ids(original, numbers, keep=self._KNOWN)
            yield replace(batch, original=original)
