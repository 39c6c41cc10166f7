"""Service Requests from files under a policy and a table of Users, and the folder of results they are decided into."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.admission.allocation import by_user
from tidegate.assembly.opening import MAPPING_FILE
from tidegate.operations.admit import AdmitUnder, admit
from tidegate.operations.allocate import AllocateOptions, allocate_capacity
from tidegate.operations.explain_request import AskedRequest, explain_request
from tidegate.operations.ordered_log import ReadOptions
from tidegate.operations.ports import Progress, no_progress
from tidegate.operations.request_control import capacity_rules
from tidegate.reports.admitted import Admitted
from tidegate.reports.request_story import RequestStory
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from tidegate.tables.requests import RequestSource
    from tidegate.vocabulary.users import UsersTable

DECISIONS: Final = "decisions.parquet"
ADMISSION_RESULTS: Final = (
    "summary.json",
    DECISIONS,
    "rejected.csv",
    "report.html",
    "report.xlsx",
    "share-of-allocation.png",
    "refusals-by-class.png",
    "use-of-the-spare.png",
)
"""What `tidegate admit` writes."""


@dataclass(frozen=True, slots=True)
class AdmissionInputs:
    """What is decided, and by what.

    requests:  Tables of Service Requests: files, folders, globs.
    users:     The table of Users.
    policy:    A file or a published name; of a folder of versions, the one in force when the log begins; None: the default.
    capacity:  Requests per period instead of the policy's operating threshold; the maximum keeps its ratio to it.
    """

    requests: Sequence[Path]
    users: Path
    policy: str | None = None
    capacity: int | None = None


def open_requests(paths: Sequence[Path], *, keep_original: bool = False) -> RequestSource:
    """Open tables of Service Requests; a mapping of columns in `tidegate.toml` in this folder is used.

    Raises:
        InputError: nothing is there, or it is no table of Service Requests.
    """
    from tidegate.tables.mapping_file import read_mapping  # noqa: PLC0415 - --help waits for none of this
    from tidegate.tables.request_columns import REQUESTS  # noqa: PLC0415
    from tidegate.tables.requests import RequestSource  # noqa: PLC0415

    mapping = read_mapping(MAPPING_FILE, REQUESTS) if MAPPING_FILE.exists() else None
    return RequestSource(paths, mapping=mapping, keep_original=keep_original)


def read_users_of(inputs: AdmissionInputs) -> UsersTable:
    """The table of Users.

    Raises:
        InputError: it cannot be read.
    """
    from tidegate.tables.users import read_users  # noqa: PLC0415

    return read_users(inputs.users)


def under(inputs: AdmissionInputs, table: UsersTable, at: Instant) -> AdmitUnder:
    """What decides: the policy in force at an instant, and what it gives each User of the table.

    Raises:
        InputError: the policy cannot be read, says nothing of Service Requests, or cannot be shared out.
    """
    from tidegate.policy_files import DEFAULT_POLICY, find_policy_at  # noqa: PLC0415

    policy = find_policy_at(inputs.policy or DEFAULT_POLICY, at)
    allocated = allocate_capacity(table, policy, AllocateOptions(inputs.capacity))
    rules = capacity_rules(policy)
    assert rules is not None, "allocate_capacity refuses a policy without"
    if inputs.capacity is not None:
        maximum = inputs.capacity * rules.maximum_system_capacity // rules.operating_threshold
        try:
            rules = replace(rules, operating_threshold=inputs.capacity, maximum_system_capacity=maximum)
        except ValueError as error:
            raise InputError(Fault("--capacity", str(error), "Write a smaller number.")) from None
    return AdmitUnder(rules, by_user(allocated.allocations), policy.version, policy.is_illustrative)


def admit_requests(
    inputs: AdmissionInputs, options: ReadOptions, now: Instant, progress: Progress = no_progress
) -> Admitted:
    """Decide Service Requests and write nothing.

    Raises:
        InputError: an input cannot be read.
    """
    source = open_requests(inputs.requests)
    return admit(
        source,
        under(inputs, read_users_of(inputs), _begins(source, options, now)),
        options,
        progress=progress,
    )


def admit_requests_into(
    directory: Path,
    inputs: AdmissionInputs,
    options: ReadOptions,
    now: Instant,
    progress: Progress = no_progress,
    *,
    with_decisions: bool = True,
) -> tuple[Admitted, list[Path]]:
    """Decide Service Requests into a folder of results; every file has its name only once all are complete.

    Raises:
        InputError: an input cannot be read, or the results cannot be written.
    """
    from tidegate.formats.admission_json import write_admission_summary  # noqa: PLC0415
    from tidegate.formats.admission_page import write_admission_html  # noqa: PLC0415
    from tidegate.formats.admission_pictures import admission_pictures  # noqa: PLC0415
    from tidegate.formats.admission_xlsx import write_admission_xlsx  # noqa: PLC0415
    from tidegate.formats.picture import write_png  # noqa: PLC0415
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415
    from tidegate.tables.admissions_writer import AdmissionsWriter  # noqa: PLC0415

    source = open_requests(inputs.requests, keep_original=with_decisions)
    by = under(inputs, read_users_of(inputs), _begins(source, options, now))
    with ResultsFolder(directory, ADMISSION_RESULTS) as folder:
        with ExitStack() as open_files:
            rejected = open_files.enter_context(RejectedWriter(folder.path("rejected.csv")))
            decisions = None
            if with_decisions:
                decisions = open_files.enter_context(AdmissionsWriter(folder.path(DECISIONS)))
            found = admit(source, by, options, decisions=decisions, rejected=rejected, progress=progress)
        write_admission_summary(found, folder.path("summary.json"))
        pictures = tuple(admission_pictures(found))
        write_admission_html(found, pictures, folder.path("report.html"))
        write_admission_xlsx(found, folder.path("report.xlsx"))
        for picture in pictures:
            write_png(picture, folder.path(f"{picture.name}.png"))
        return found, folder.commit(partial=found.is_partial)


def explain_requests(
    inputs: AdmissionInputs,
    asked: AskedRequest,
    options: ReadOptions,
    now: Instant,
    progress: Progress = no_progress,
) -> list[RequestStory]:
    """The story of one Service Request; a folder of results of `tidegate admit` is read by its decisions.

    Raises:
        InputError: an input cannot be read, or has no such request; or a folder's decisions are those of other rules.
    """
    found = [path / DECISIONS if (path / DECISIONS).is_file() else path for path in inputs.requests]
    source = open_requests(found)
    by = under(inputs, read_users_of(inputs), _begins(source, options, now))
    for folder in set(inputs.requests) - set(found):
        _refuse_other_rules(folder / "summary.json", by)
    return explain_request(source, by, asked, options, progress)


def _refuse_other_rules(summary: Path, by: AdmitUnder) -> None:
    """Nothing is told of decisions that other rules made."""
    from tidegate.formats.admission_json import decided_by  # noqa: PLC0415

    rules = by.rules
    theirs = decided_by(summary)
    ours = by.policy_version, rules.operating_threshold, rules.maximum_system_capacity
    if theirs is not None and theirs != ours:
        told = [
            f"{version}, {threshold:,} of {maximum:,} requests"
            for version, threshold, maximum in (theirs, ours)
        ]
        what = f"these requests were decided by {told[0]}, not by {told[1]}"
        raise InputError(Fault(str(summary.parent), what, "Write the same --policy and --capacity as then."))


def _begins(source: RequestSource, options: ReadOptions, now: Instant) -> Instant:
    """When what is asked about begins: which version of a history that is."""
    if options.since is not None:
        return options.since
    return now if source.first_instant is None else source.first_instant
