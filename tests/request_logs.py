"""Logs of Service Requests: one that stands in memory, and tables written for a test."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from tidegate.columnar.batches import Columns, Names, RejectedRow
from tidegate.columnar.service_requests import ReadRequests, ServiceRequestBatch, fingerprint_of
from tidegate.vocabulary.service_requests import ServiceRequest

HEADER = "received_at,request_id,user,srv,preceding_request_id"


def as_requests(log: Sequence[ServiceRequest], users: Names, srvs: Names) -> ServiceRequestBatch:
    return ServiceRequestBatch(
        np.array([each.at for each in log], np.int64),
        np.array([fingerprint_of(each.request_id) for each in log], np.uint64),
        np.array([users.number_of(each.user) for each in log], np.uint32),
        np.array([srvs.number_of(each.srv) for each in log], np.uint32),
        np.array([fingerprint_of(each.preceding_request_id) for each in log], np.uint64),
    )


@dataclass
class RequestsInMemory:
    """Service Requests cut into batches; `original` of each is the list of its requests."""

    requests: Sequence[ServiceRequest]
    cuts: Sequence[int] = ()
    rejected: Sequence[RejectedRow] = ()
    name: str = "a log in memory"
    users: Names = field(default_factory=Names)
    srvs: Names = field(default_factory=Names)
    columns: Columns = field(default_factory=lambda: Columns({"user": "user", "srv": "srv"}))

    def batches(self) -> Generator[ReadRequests]:
        edges = sorted({0, len(self.requests), *(cut for cut in self.cuts if cut < len(self.requests))})
        if self.rejected:
            nothing = as_requests([], self.users, self.srvs)
            yield ReadRequests(nothing, self.name, rejected=self.rejected, original=[])
        for start, stop in pairwise(edges):
            part = self.requests[start:stop]
            received = as_requests(part, self.users, self.srvs)
            yield ReadRequests(
                received,
                self.name,
                original=list(part),
                first_line=start + 1,
                progress=stop / len(self.requests),
            )


def write_requests(path: Path, rows: Iterable[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path
