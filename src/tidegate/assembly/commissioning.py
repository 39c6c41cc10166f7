"""Post Commissioning: evidence, registrations and criteria from files, and the folder of results they are assessed into."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tidegate.columnar.batches import Names
from tidegate.operations.assess_devices import AssessOptions, DevicesSink, assess_devices
from tidegate.operations.explain_device import explain_device
from tidegate.operations.ordered_log import RejectedSink
from tidegate.operations.ports import Progress, no_progress
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_incidents import incident_problems, problem_numbers
from tidegate.reports.commissioning_status import DIMENSIONS, CommissioningStatus
from tidegate.reports.device_story import DeviceStory
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from fractions import Fraction

    from tidegate.assembly.planning_reads import ReadsAsked
    from tidegate.columnar.evidence import RecordSource
    from tidegate.columnar.inventory import Inventory
    from tidegate.commissioning.criteria import Criteria
    from tidegate.formats.pseudonyms import Pseudonyms
    from tidegate.formats.reproduction import Reproduction
    from tidegate.reports.planned_reads import PlannedReads

COMMISSIONING_RESULTS: Final = (
    "summary.json",
    "verdicts.parquet",
    "verdicts.csv",
    "reconciliation.csv",
    "evidence-notes.csv",
    "rejected.csv",
    "reads.csv",
    "incidents.csv",
    "incidents-not-due.csv",
    "incident-problems.csv",
    "report.html",
    "report.xlsx",
    "waterfall.png",
    "true-failures.png",
    *(f"by-{name.replace('_', '-')}.png" for name in DIMENSIONS),
    "months-open.png",
)
"""What `tidegate commissioning` writes, beside `steps/`."""


@dataclass(frozen=True, slots=True)
class CommissioningAsked:
    """What is assessed, and by what.

    evidence:       Tables or DUIS documents: files, folders, globs.
    registrations:  Tables of who is registered; None: nobody is known to be, unless the evidence says so.
    inventory:      What the Devices are.
    criteria:       Files or published names, the first what reports count now; empty: the published ones.
    as_at:          The date of the report; None: that of the last evidence.
    is_strict:      Stop at the first row that cannot be used.
    mapping:        A file of what the columns are called; None: `tidegate.toml` in this folder, if it is there.
    pseudonyms:     Of Devices, in all that is written.
    cni_limit:      A share of Devices that may be failed, to hold the rates against; more than 0, at most 1.
    reads:          How the reads that would settle Devices are to be planned; None: they are not.
    has_recipients: Whether each recipient gets a folder of its own.
    """

    evidence: Sequence[Path]
    registrations: Sequence[Path] = ()
    inventory: Path | None = None
    criteria: Sequence[str] = field(default=())
    as_at: Instant | None = None
    is_strict: bool = False
    mapping: Path | None = None
    pseudonyms: Pseudonyms | None = None
    cni_limit: Fraction | None = None
    reads: ReadsAsked | None = None
    has_recipients: bool = False


class CommissioningReported(NamedTuple):
    """What was found, and its summary.json.

    reads:  The plan, where one was asked for.
    """

    status: CommissioningStatus
    reads: PlannedReads | None
    summary: dict[str, Any]


def read_sets_of_criteria(names: Sequence[str]) -> list[Criteria]:
    """Sets of criteria, by file or published name; both published ones where none is named.

    Raises:
        InputError: one cannot be read, or two have one name, or one that a column of the lists has; carries all faults.
    """
    from tidegate.formats.commissioning_lists import RESERVED  # noqa: PLC0415
    from tidegate.policy_files import CODES_CRITERIA, OUTCOME_CRITERIA, find_criteria  # noqa: PLC0415

    criteria: list[Criteria] = []
    faults: list[Fault] = []
    for name in names or (CODES_CRITERIA, OUTCOME_CRITERIA):
        try:
            criteria.append(find_criteria(name))
        except InputError as error:
            faults += error.faults
    called = [each.name for each in criteria]
    for name in sorted({each for each in called if called.count(each) > 1}):
        what = f"two sets of criteria are called {name}"
        faults.append(Fault("--criteria", what, 'Give each its own: name = "..." in its file.'))
    for name in sorted(RESERVED & set(called)):
        what = f"a set of criteria is called {name}, as a column of the lists is"
        faults.append(Fault("--criteria", what, 'Call it otherwise: name = "..." in its file.'))
    if faults:
        raise InputError(*faults)
    return criteria


def hashes_of(criteria: Iterable[Criteria]) -> dict[str, str]:
    """The SHA-256 of each set of criteria as tidegate writes it: the same whatever its comments and order of keys."""
    from tidegate.policy_files import write_criteria  # noqa: PLC0415

    return {each.name: hashlib.sha256(write_criteria(each).encode()).hexdigest() for each in criteria}


def assess_commissioning(
    asked: CommissioningAsked,
    *,
    sinks: Sequence[DevicesSink] = (),
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> CommissioningStatus:
    """Assess Devices, and write nothing but what `sinks` do.

    Raises:
        InputError: an input cannot be read; carries all faults of the criteria.
    """
    criteria = read_sets_of_criteria(asked.criteria)
    return _assess(asked, criteria, _inventory_of(asked), sinks, rejected, progress)


def report_commissioning(
    asked: CommissioningAsked, progress: Progress = no_progress
) -> CommissioningReported:
    """Assess Devices and plan the reads that were asked for; write nothing.

    Raises:
        InputError: an input cannot be read; carries all faults of the criteria.
    """
    criteria = read_sets_of_criteria(asked.criteria)
    inventory, reads = _inventory_of(asked), _Reads(asked)
    status = _assess(asked, criteria, inventory, reads.sinks, None, progress)
    return _reported(asked, status, reads.plan(status))


def assess_commissioning_into(
    directory: Path,
    asked: CommissioningAsked,
    made: Reproduction,
    progress: Progress = no_progress,
    *,
    with_verdicts: bool = True,
) -> CommissioningReported:
    """Assess Devices into a folder of results; every file has its name only once all are complete.

    What is written after all were assessed takes as long: progress is told between files, so that it can be stopped.

    Raises:
        InputError: an input cannot be read, or the results cannot be written.
    """
    from tidegate.assembly.recipients import Publishing  # noqa: PLC0415
    from tidegate.formats.commissioning_json import write_commissioning_summary  # noqa: PLC0415
    from tidegate.formats.commissioning_lists import DeviceLists  # noqa: PLC0415
    from tidegate.formats.commissioning_page import under_pictures, write_commissioning_html  # noqa: PLC0415
    from tidegate.formats.commissioning_pictures import commissioning_pictures  # noqa: PLC0415
    from tidegate.formats.commissioning_tables import write_reconciliation  # noqa: PLC0415
    from tidegate.formats.commissioning_xlsx import write_commissioning_xlsx  # noqa: PLC0415
    from tidegate.formats.incident_lists import write_incident_lists  # noqa: PLC0415
    from tidegate.formats.picture import write_png  # noqa: PLC0415
    from tidegate.formats.reads_csv import write_reads_csv  # noqa: PLC0415
    from tidegate.formats.recipient_lists import RecipientLists  # noqa: PLC0415
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415
    from tidegate.operations.gathered_incidents import IncidentsGathered  # noqa: PLC0415

    criteria = read_sets_of_criteria(asked.criteria)
    inventory, reads, incidents = _inventory_of(asked), _Reads(asked), IncidentsGathered()
    with ResultsFolder(directory, list(_owned(directory))) as folder:
        with ExitStack() as open_files:
            rejected = open_files.enter_context(
                RejectedWriter(folder.path("rejected.csv"), is_pseudonymised=asked.pseudonyms is not None)
            )
            lists = open_files.enter_context(
                DeviceLists(
                    folder.path,
                    [each.name for each in criteria],
                    wants_all=with_verdicts,
                    checks_inventory=inventory is not None,
                    checks_registrations=bool(asked.registrations),
                )
            )
            sinks: list[DevicesSink] = [lists, incidents, *reads.sinks]
            own = RecipientLists(folder.scratch, [each.name for each in criteria])
            if asked.has_recipients:
                sinks.append(own)
            status = _assess(asked, criteria, inventory, sinks, rejected, progress)
        written = partial(progress, 1.0, status.evidence.read)
        written()
        write_reconciliation(status, folder.path("reconciliation.csv"))
        plan = reads.plan(status)
        if plan is not None:
            write_reads_csv(plan, folder.path("reads.csv"))
        if incidents.hubs:
            problems = incident_problems(status)
            numbers = problem_numbers(status)
            write_incident_lists(incidents.parts, problems, numbers, folder.path)
        reported = _reported(asked, status, plan, made)
        write_commissioning_summary(reported.summary, folder.path("summary.json"))
        pictures = tuple(commissioning_pictures(status, asked.cni_limit))
        written()
        limit = asked.cni_limit
        write_commissioning_html(status, pictures, folder.path("report.html"), cni_limit=limit, reads=plan)
        written()
        write_commissioning_xlsx(status, folder.path("report.xlsx"), cni_limit=limit, reads=plan)
        for picture in pictures:
            written()
            write_png(picture, folder.path(f"{picture.name}.png"), under_pictures(status))
        if asked.has_recipients:
            hashes = hashes_of(criteria)
            Publishing(hashes, pictures, incidents, own, plan, limit, folder.path).publish(status, written)
        written()
        folder.commit(partial=False)
    return reported


class _Reads:
    """Gathers the reads that are wanted, if a plan of them was asked for; what is at fault with it is said at once."""

    def __init__(self, asked: CommissioningAsked) -> None:
        from tidegate.assembly.planning_reads import ReadsPlanner  # noqa: PLC0415
        from tidegate.operations.wanted_reads import WantedReadsGathered  # noqa: PLC0415

        self._planner = None if asked.reads is None else ReadsPlanner(asked.reads)
        self._gathered = WantedReadsGathered()

    @property
    def sinks(self) -> Sequence[DevicesSink]:
        """What is to be told of Devices."""
        return () if self._planner is None else (self._gathered,)

    def plan(self, status: CommissioningStatus) -> PlannedReads | None:
        """The plan."""
        return None if self._planner is None else self._planner.plan(self._gathered.by_user(), status.as_at)


def _reported(
    asked: CommissioningAsked,
    status: CommissioningStatus,
    reads: PlannedReads | None,
    made: Reproduction | None = None,
) -> CommissioningReported:
    from tidegate.formats.commissioning_json import commissioning_summary  # noqa: PLC0415

    hashes = hashes_of(status.criteria)
    summary = commissioning_summary(status, hashes, made, cni_limit=asked.cni_limit, reads=reads)
    return CommissioningReported(status, reads, summary)


def _assess(
    asked: CommissioningAsked,
    criteria: Sequence[Criteria],
    inventory: Inventory | None,
    sinks: Sequence[DevicesSink],
    rejected: RejectedSink | None,
    progress: Progress,
) -> CommissioningStatus:
    from tidegate.assembly.opening import shards as threads  # noqa: PLC0415
    from tidegate.tables.evidence_shards import evidence_shards  # noqa: PLC0415

    names, evidence, registrations = _opened(asked)
    if asked.pseudonyms is not None:
        sinks = [_Pseudonymised(sinks, asked.pseudonyms)]
    status = assess_devices(
        evidence,
        registrations,
        evidence_shards,
        names,
        AssessOptions(criteria, asked.as_at, asked.is_strict, threads()),
        inventory=inventory,
        sinks=sinks,
        rejected=rejected,
        progress=progress,
    )
    return status if asked.pseudonyms is None else _shown_as(status, asked.pseudonyms)


def explain_commissioning(
    asked: CommissioningAsked, device_id: DeviceId, progress: Progress = no_progress
) -> DeviceStory:
    """The story of one Device.

    Raises:
        InputError: an input cannot be read, or none has the Device; carries all faults of the criteria.
    """
    criteria = read_sets_of_criteria(asked.criteria)
    inventory = _inventory_of(asked)
    names, evidence, registrations = _opened(asked)
    options = AssessOptions(criteria, asked.as_at)
    return explain_device(
        device_id, evidence, registrations, names, options, inventory=inventory, progress=progress
    )


def _opened(asked: CommissioningAsked) -> tuple[Names, RecordSource, RecordSource | None]:
    """The evidence and the registrations, and the names of the parties of both."""
    from tidegate.assembly.opening_evidence import open_evidence, open_registrations  # noqa: PLC0415

    names = Names()
    of_evidence, of_registrations = _mappings(asked.mapping)
    evidence = open_evidence(asked.evidence, names, of_evidence)
    if not asked.registrations:
        return names, evidence, None
    return names, evidence, open_registrations(asked.registrations, names, of_registrations)


@dataclass(frozen=True, slots=True)
class _Pseudonymised:
    """Hands Devices on under their pseudonyms."""

    sinks: Sequence[DevicesSink]
    pseudonyms: Pseudonyms

    def write(self, devices: DevicesAssessed) -> None:
        shown = replace(devices, device_id=self.pseudonyms.numbers_for(devices.device_id))
        for sink in self.sinks:
            sink.write(shown)


def _shown_as(status: CommissioningStatus, pseudonyms: Pseudonyms) -> CommissioningStatus:
    shown = {
        step: [each._replace(device_id=pseudonyms.number_for(each.device_id)) for each in listed]
        for step, listed in status.shown.items()
    }
    return replace(status, shown=shown)


def _mappings(path: Path | None) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """What the columns of evidence and of registrations are called, by a file; None: what is usual says it."""
    from tidegate.tables.evidence_columns import EVIDENCE_TABLE, REGISTRATIONS_TABLE  # noqa: PLC0415
    from tidegate.tables.mapping_file import read_mapping  # noqa: PLC0415

    if path is None:
        return None, None
    if not path.exists():
        raise InputError(Fault(str(path), "there is no such file", "Name one with [evidence_columns] in it."))
    return read_mapping(path, EVIDENCE_TABLE.wanted), read_mapping(path, REGISTRATIONS_TABLE.wanted)


def _inventory_of(asked: CommissioningAsked) -> Inventory | None:
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415

    return None if asked.inventory is None else open_inventory(asked.inventory)


def _owned(directory: Path) -> Iterable[str]:
    """What an earlier report may have left."""
    from tidegate.assembly.recipients import owned  # noqa: PLC0415

    yield from COMMISSIONING_RESULTS
    yield from (path.relative_to(directory).as_posix() for path in directory.glob("steps/*.csv"))
    yield from owned(directory)
