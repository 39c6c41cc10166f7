"""Assess Devices: who is securely commissioned, by each set of criteria, and what lies between them.

Evidence is read once and dealt into shards of whole Devices; each is assessed by the
rule over columns, told to whoever writes lists, and counted. Evidence of a Device may stand
anywhere, so half of it shows nothing: a run that is interrupted has no result.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from numpy.typing import NDArray

from tidegate.columnar.batches import Names, RejectedRow
from tidegate.columnar.evidence import ReadRows, RecordSource
from tidegate.columnar.inventory import Inventory
from tidegate.commissioning.columns import asked_of
from tidegate.commissioning.criteria import Criteria
from tidegate.operations.assessed_shard import AssessedShard, ShardAssessor
from tidegate.operations.cohort_tally import CohortTally
from tidegate.operations.ordered_log import MOST_REASONS, RejectedSink
from tidegate.operations.ports import Progress, no_progress
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_status import CommissioningStatus, EvidenceRead
from tidegate.reports.log_quality import kind_of
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

READING: Final = 0.6
"""Share of the work that is reading."""

Shard: TypeAlias = tuple[NDArray[Any], NDArray[Any]]

Deal: TypeAlias = Callable[
    [RecordSource, RecordSource | None, Callable[[RejectedRow], None], Callable[[float], None]],
    Generator[Shard],
]
"""Deals evidence and registrations into shards of whole Devices (`tables.evidence_shards`); what it holds it lets
go of when it is closed."""


class DevicesSink(Protocol):
    """Takes Devices as they are assessed; each comes once."""

    def write(self, devices: DevicesAssessed) -> None:
        """Some Devices."""


@dataclass(frozen=True, slots=True)
class AssessOptions:
    """How to assess.

    criteria:   Sets of criteria: the first is what reports count now, the last what they are compared with.
    as_at:      The date of the report; None: the last instant of evidence.
    is_strict:  Stop at the first row that cannot be used.
    threads:    Shards that are assessed at once.
    """

    criteria: Sequence[Criteria]
    as_at: Instant | None = None
    is_strict: bool = False
    threads: int = 1


def assess_devices(
    evidence: RecordSource,
    registrations: RecordSource | None,
    deal: Deal,
    names: Names,
    options: AssessOptions,
    *,
    inventory: Inventory | None = None,
    sinks: Sequence[DevicesSink] = (),
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> CommissioningStatus:
    """Assess every Device that there is evidence of.

    Args:
        evidence:       Read once.
        registrations:  Who is registered; read once. None: nobody is known to be, unless the evidence says so.
        deal:           Makes shards of both.
        names:          Of the parties of both.
        options:        How.
        inventory:      What the Devices are.
        sinks:          Told of every Device.
        rejected:       Told of every row that could not be used.
        progress:       Told how far it has come.

    Raises:
        InputError: a table cannot be read; or a row cannot be used and `is_strict` is set; or there is no evidence
            that can be used.
    """
    read = _Read(evidence, options, rejected)
    shards = deal(read, registrations, read.reject, lambda done: progress(READING * done, read.rows_read))
    tally = CohortTally(options.criteria, names, inventory)
    with closing(shards):
        first = next(shards, None)
        last = read.last
        if first is None or last is None:
            raise InputError(read.nothing_usable())
        as_at = last if options.as_at is None else options.as_at
        for criteria in options.criteria:
            asked_of(criteria, names, as_at)  # numbers the parties that they list, which no thread may do
        assessor = ShardAssessor(options.criteria, names, as_at, inventory)
        for found in _ahead(_chained(first, shards), assessor.assess, options.threads):
            tally.take(found)
            for sink in sinks:
                sink.write(found.devices)
            progress(READING + (1 - READING) * tally.rows / max(1, read.rows_read), read.rows_read)
    known = 0 if inventory is None else inventory.devices
    return CommissioningStatus(
        as_at=as_at,
        criteria=tuple(options.criteria),
        evidence=EvidenceRead(
            read=read.rows_read,
            rejected=read.rejected,
            doubled=tally.doubled,
            future=tally.future,
            before=tally.before,
            not_in_inventory=0 if inventory is None else tally.devices - tally.in_inventory,
            without_evidence=known - tally.in_inventory + tally.without_evidence,
            not_registered=0 if registrations is None else tally.devices - tally.registered,
            contradictory=tally.contradictory,
            has_registrations=registrations is not None,
            has_inventory=inventory is not None,
            rejected_by_reason=dict(read.reasons.most_common()),
        ),
        cohorts=tally.cohorts(),
        shown=tally.shown(),
        is_of_last=options.as_at is None,
    )


class _Read:
    """Evidence as it is read, watched: how much of it there is, its last instant, what cannot be used."""

    def __init__(self, source: RecordSource, options: AssessOptions, sink: RejectedSink | None) -> None:
        self._source = source
        self._is_strict = options.is_strict
        self._sink = sink
        self._first_rejected: RejectedRow | None = None
        self.rows_read = 0
        self.last: Instant | None = None
        self.rejected = 0
        self.reasons: Counter[str] = Counter()

    def rows(self) -> Iterator[ReadRows]:
        for part in self._source.rows():
            if len(part.records):
                self.rows_read += len(part.records)
                last = int(part.records["at"].max())
                self.last = last if self.last is None else max(self.last, last)
            yield part

    def reject(self, row: RejectedRow) -> None:
        if self._is_strict:
            what = Fault(f"{row.source}, line {row.line}", row.reason, "Mend the row, or leave out --strict.")
            raise InputError(what)
        self._first_rejected = self._first_rejected or row
        self.rejected += 1
        kind = kind_of(row.reason)
        if kind not in self.reasons and len(self.reasons) >= MOST_REASONS:
            kind = "other reasons"
        self.reasons[kind] += 1
        if self._sink is not None:
            self._sink.write(row)

    def nothing_usable(self) -> Fault:
        row = self._first_rejected
        if row is None:
            return Fault("the evidence", "there is no row in it", "Give a table with one row at least.")
        return Fault(
            f"{row.source}, line {row.line}",
            f"no row of evidence can be used; here {row.reason}",
            "docs/reference/evidence.md says what a row is.",
        )


def _ahead(
    shards: Iterable[Shard], assess: Callable[[Shard], AssessedShard], threads: int
) -> Iterator[AssessedShard]:
    """Shards assessed, in their order, some at once."""
    if threads <= 1:
        yield from map(assess, shards)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[AssessedShard]] = deque()
        for shard in shards:
            waiting.append(pool.submit(assess, shard))
            if len(waiting) == threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _chained(first: Shard, rest: Iterator[Shard]) -> Iterator[Shard]:
    yield first
    yield from rest
