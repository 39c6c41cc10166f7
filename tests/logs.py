"""A log that stands in memory: an `AlertSource` over Alerts given as values."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.streams import as_batch
from tidegate.columnar.batches import Columns, ReadBatch, Recipients, RejectedRow
from tidegate.vocabulary.alerts import Alert


@dataclass
class LogInMemory:
    """Alerts cut into batches; `original` of each is the list of its Alerts."""

    alerts: Sequence[Alert]
    cuts: Sequence[int] = ()
    rejected: Sequence[RejectedRow] = ()
    name: str = "a log in memory"
    recipients: Recipients = field(default_factory=Recipients)
    columns: Columns = field(default_factory=lambda: Columns({}))

    def batches(self) -> Generator[ReadBatch]:
        edges = sorted({0, len(self.alerts), *(cut for cut in self.cuts if cut < len(self.alerts))})
        rejected = tuple(self.rejected)
        for start, stop in pairwise(edges):
            part = self.alerts[start:stop]
            yield ReadBatch(
                as_batch(part, self.recipients),
                self.name,
                rejected=rejected,
                original=list(part),
                first_line=start + 1,
                progress=stop / len(self.alerts),
            )
            rejected = ()
        if rejected:
            yield ReadBatch(as_batch([], self.recipients), self.name, rejected=rejected, progress=1.0)
