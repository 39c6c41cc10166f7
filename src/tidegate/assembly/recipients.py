"""A folder for each recipient of a Post Commissioning report, ready to publish: its own Devices, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.formats.commissioning_json import commissioning_summary, write_commissioning_summary
from tidegate.formats.commissioning_page import DEVICES_FILE, Beside, commissioning_page
from tidegate.formats.commissioning_pictures import commissioning_pictures
from tidegate.formats.incident_lists import write_incident_lists, write_problems
from tidegate.formats.page import write_page
from tidegate.formats.reads_csv import write_reads_csv
from tidegate.formats.recipient_lists import RecipientLists
from tidegate.formats.recipient_tables import (
    PERFORMANCE,
    RATES,
    RECIPIENTS,
    performance_section,
    write_performance_csv,
    write_rates_csv,
    write_recipients_csv,
)
from tidegate.reports.commissioning_incidents import (
    DUE_FILE,
    NOT_DUE_FILE,
    PROBLEMS_FILE,
    ProblemKey,
    incident_problems,
    problem_numbers,
)
from tidegate.reports.commissioning_recipients import (
    NO_DEVICES,
    SECURITY_SUB_COMMITTEE,
    Recipient,
    RecipientKind,
    recipients,
)
from tidegate.reports.commissioning_status import Change, CommissioningStatus

if TYPE_CHECKING:
    from fractions import Fraction

    from tidegate.formats.picture import Picture
    from tidegate.operations.gathered_incidents import IncidentsGathered
    from tidegate.reports.planned_reads import PlannedReads

FOLDER: Final = "recipients"

_RESULTS: Final = (
    "summary.json", "report.html", DEVICES_FILE, DUE_FILE, NOT_DUE_FILE, PROBLEMS_FILE, "reads.csv", RATES, PERFORMANCE,
)  # fmt: skip

MOST_DRAWN: Final = 20
FEWEST_DRAWN: Final = 100
"""Pages with pictures: of so many recipients, those with most Devices called failed, and with so many at least. To draw
them takes about a second; every page has its tables."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """What the folders are made of, besides the report.

    hashes:     The SHA-256 of each set of criteria, by its name.
    pictures:   Those of the whole report.
    incidents:  Communications Hub Functions called failed.
    lists:      The Devices of each recipient.
    reads:      The plan, where one was asked for.
    cni_limit:  For the Panel and the SSC: it is of the whole.
    path_of:    Where a result is written now.
    """

    hashes: Mapping[str, str]
    pictures: Sequence[Picture]
    incidents: IncidentsGathered
    lists: RecipientLists
    reads: PlannedReads | None
    cni_limit: Fraction | None
    path_of: Callable[[str], Path]

    def publish(self, status: CommissioningStatus, written: Callable[[], None]) -> None:
        """Write them all, and recipients.csv; `written` is called after each folder."""
        found = recipients(status)
        write_recipients_csv(found, self.path_of(RECIPIENTS))
        numbers = problem_numbers(status)
        most = sorted((_called_failed(each.status) for each in found if each.name), reverse=True)
        drawn_from = max(FEWEST_DRAWN, most[MOST_DRAWN - 1] if len(most) >= MOST_DRAWN else 0)
        for each in found:
            if each.name:
                is_drawn = _called_failed(each.status) >= drawn_from
                self._party(each, numbers, is_drawn=is_drawn)
                written()
        for name, called in NO_DEVICES.items():
            self._without_devices(name, replace(status, shown={}, recipient=called))
            written()

    def _party(self, recipient: Recipient, numbers: Mapping[ProblemKey, int], *, is_drawn: bool) -> None:
        status = recipient.status
        self.lists.write_list(recipient.kind, recipient.name, self._path(recipient.folder, DEVICES_FILE))
        hubs = self.incidents.of(recipient.kind.dimension, recipient.name)
        if hubs:
            write_incident_lists(
                hubs, incident_problems(status), numbers, lambda name: self._path(recipient.folder, name)
            )
        reads = None
        if self.reads is not None and recipient.kind is not RecipientKind.CSP:
            reads = self.reads.of(recipient.name)
            write_reads_csv(reads, self._path(recipient.folder, "reads.csv"))
        summary = commissioning_summary(status, self.hashes, reads=reads)
        write_commissioning_summary(summary, self._path(recipient.folder, "summary.json"))
        pictures = tuple(commissioning_pictures(status)) if is_drawn else ()
        page = commissioning_page(status, pictures, reads=reads, beside=Beside.OWN_LISTS)
        write_page(page, self._path(recipient.folder, "report.html"))

    def _without_devices(self, folder: str, status: CommissioningStatus) -> None:
        summary = commissioning_summary(status, self.hashes, cni_limit=self.cni_limit)
        write_commissioning_summary(summary, self._path(folder, "summary.json"))
        write_rates_csv(status, self._path(folder, RATES))
        problems = incident_problems(status)
        if problems:
            write_problems(problems, problem_numbers(status), self._path(folder, PROBLEMS_FILE))
        page = commissioning_page(status, self.pictures, cni_limit=self.cni_limit, beside=Beside.NO_LISTS)
        if folder == SECURITY_SUB_COMMITTEE:
            write_performance_csv(status, self._path(folder, PERFORMANCE))
            page = replace(page, sections=[*page.sections, performance_section(status)])
        write_page(page, self._path(folder, "report.html"))

    def _path(self, folder: str, name: str) -> Path:
        return self.path_of(f"{FOLDER}/{folder}/{name}")


def owned(directory: Path) -> Iterable[str]:
    """What an earlier report may have left for recipients."""
    yield RECIPIENTS
    for name in _RESULTS:
        yield from (path.relative_to(directory).as_posix() for path in directory.glob(f"{FOLDER}/*/{name}"))


def _called_failed(status: CommissioningStatus) -> int:
    return status.count(lambda each: each.step.change not in (Change.NONE, Change.FOUND), "step")
