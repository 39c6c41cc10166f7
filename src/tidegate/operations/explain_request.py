"""Explain one Service Request: it was refused because ..., and came back when ...

The whole log is decided as `admit` decides it; what was in the period of the
request, each time it came, is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.admission.decision import Outcome, Reason
from tidegate.admission.fair_share import fair_share
from tidegate.admission.kernel import NEVER
from tidegate.columnar.batches import Names
from tidegate.columnar.service_requests import ServiceRequestBatch, fingerprint_of
from tidegate.operations.admit import AdmitUnder, RequestSource, admit
from tidegate.operations.ordered_log import ReadOptions
from tidegate.operations.ports import Progress, no_progress
from tidegate.reports.request_story import Judged, RequestStory, UseOfUser, request_story
from tidegate.vocabulary.faults import Fault, InputError


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """Which request: its RequestID, and its User; None: of whichever User."""

    request_id: str
    user: str | None = None


def explain_request(
    source: RequestSource,
    under: AdmitUnder,
    asked: AskedRequest,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - a frozen value
    progress: Progress = no_progress,
) -> list[RequestStory]:
    """The story of a RequestID, one for each User that used it.

    Raises:
        InputError: the log has no such request, or cannot be read.
    """
    watch = _Watch(under, asked, source.users, source.srvs)
    found = admit(source, under, options, watchers=[watch], progress=progress)
    if not watch.judged:
        raise InputError(_not_found(source.name, asked, watch.others, found.outside_period))
    assert found.last is not None
    return [
        request_story(user, asked.request_id, judged, under.rules, under.policy_version, found.last)
        for user, judged in watch.judged.items()
    ]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Requests in receipt order, as far as a period can still reach them."""

    at: NDArray[np.int64]
    user: NDArray[np.uint32]
    outcome: NDArray[np.uint8]

    def followed_by(self, later: _Rows) -> _Rows:
        return _Rows(
            np.concatenate([self.at, later.at]),
            np.concatenate([self.user, later.user]),
            np.concatenate([self.outcome, later.outcome]),
        )

    def part(self, start: int, stop: int) -> _Rows:
        return _Rows(self.at[start:stop], self.user[start:stop], self.outcome[start:stop])


class _Watch:
    """Sees every decision, and keeps what is asked for.

    judged:  By User, in order.
    others:  Users that use the RequestID and are not the one asked for.
    """

    def __init__(self, under: AdmitUnder, asked: AskedRequest, users: Names, srvs: Names) -> None:
        self._under = under
        self._asked = asked
        self._fingerprint = np.uint64(fingerprint_of(asked.request_id))
        self._users, self._srvs = users, srvs
        self._before = _Rows(np.empty(0, np.int64), np.empty(0, np.uint32), np.empty(0, np.uint8))
        self.judged: dict[str, list[Judged]] = {}
        self.others: dict[str, None] = {}

    def receive(self, requests: ServiceRequestBatch, decided: Any) -> None:
        """The next requests, in receipt order."""
        if not len(requests):
            return
        rules = self._under.rules
        rows = self._before.followed_by(_Rows(requests.received_at, requests.user, decided.outcome))
        first = len(self._before.at)
        for row in np.flatnonzero(requests.request == self._fingerprint).tolist():
            user = self._users.name_of(int(requests.user[row]))
            if self._asked.user not in (None, user):
                self.others[user] = None
                continue
            srv = self._srvs.name_of(int(requests.srv[row]))
            self.judged.setdefault(user, []).append(self._judge(rows, first + row, row, srv, decided))
        # A limit is of the whole period before a tick, which is at most a tick ago.
        reach = int(rows.at[-1]) - rules.period_us - rules.tick_us
        self._before = rows.part(int(np.searchsorted(rows.at, reach)), len(rows.at))

    def _judge(self, rows: _Rows, place: int, row: int, srv: str, decided: Any) -> Judged:
        rules, at = self._under.rules, int(rows.at[place])
        begins = int(np.searchsorted(rows.at, at - rules.period_us, "right"))
        in_period = rows.part(begins, place)
        tick = at // rules.tick_us * rules.tick_us
        since, until = np.searchsorted(rows.at, [tick - rules.period_us, tick]).tolist()
        user, back = self._users.name_of(int(rows.user[place])), int(decided.retry_at[row])
        continued = in_period.outcome == Outcome.CONTINUATION
        return Judged(
            at=at,
            srv=srv,
            outcome=Outcome(int(decided.outcome[row])),
            reason=Reason(int(decided.reason[row])),
            offered=int(decided.offered[row]),
            fair_limit=self._limit(rows.part(since, until), user),
            in_period=self._use(in_period, user),
            prioritised=int((in_period.outcome == Outcome.PRIORITISED).sum()),
            continuations=int(continued.sum()),
            retry_at=None if back == NEVER else back,
            is_booked=bool(decided.is_booked[row]),
        )

    def _limit(self, before_tick: _Rows, user: str) -> int:
        """A User's fair limit, from the requests of the period before the tick."""
        threshold, given = self._under.rules.operating_threshold, self._under.allocations
        numbers, counts = np.unique(before_tick.user, return_counts=True)
        offers = [
            (count, given.get(self._users.name_of(number), 0))
            for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
        ]
        share = fair_share(offers if len(before_tick.at) > threshold else (), threshold)
        return share.limit(given.get(user, 0))

    def _use(self, in_period: _Rows, asked: str) -> Sequence[UseOfUser]:
        """Every User with a request in a period, and the one asked for."""
        given = self._under.allocations
        is_admitted = in_period.outcome != Outcome.THROTTLED
        size = len(self._users)
        offered = np.bincount(in_period.user, minlength=size).tolist()
        admitted = np.bincount(in_period.user[is_admitted], minlength=size).tolist()
        names = [self._users.name_of(number) for number in range(size)]
        return [
            UseOfUser(name, offered[number], admitted[number], given.get(name, 0))
            for number, name in enumerate(names)
            if offered[number] or name == asked
        ]


def _not_found(
    where: str, asked: AskedRequest, others: Sequence[str] | dict[str, None], outside: int
) -> Fault:
    what = f"there is no Service Request with the RequestID {asked.request_id!r}"
    if others:
        return Fault(
            where, f"{what} of {asked.user}", f"It is of {', '.join(others)}: name one, or leave out --user."
        )
    if outside:
        return Fault(where, f"{what} in this period", "Widen --since and --until.")
    return Fault(where, what, "Write it as it stands in the log. Is it the right log?")
