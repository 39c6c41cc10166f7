"""Decide a log of Service Requests under a policy: what would fair shares have done to it?

The log is read once, in batches; late requests are put in order; every request is
decided by the rule over columns (`admission.batches`), as the gateway decides it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tidegate.admission.batches import AdmissionKernel, RequestBatch
from tidegate.admission.capacity import CapacityRules
from tidegate.columnar.batches import Columns, Names
from tidegate.columnar.service_requests import ReadRequests, ServiceRequestBatch
from tidegate.operations.admission_tally import AdmissionTally
from tidegate.operations.ledger import Complete, DecisionLedger
from tidegate.operations.ordered_log import ReadOptions, ReceiptLog, RejectedSink
from tidegate.operations.ports import Progress, no_progress
from tidegate.reports.admitted import Admitted, RequestTotals, UserAdmitted
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.service_request_classes import ServiceRequestClass, class_of

MOST_USERS: Final = 10_000
"""Different Users of a log; a column of more holds something else."""

MOST_SRVS: Final = 2_000
"""Different Service Reference Variants of a log; the same."""


class RequestSource(Protocol):
    """Service Requests to be read once, from start to end, in batches of bounded size."""

    @property
    def name(self) -> str:
        """What a person would call the input."""

    @property
    def users(self) -> Names:
        """The Users met so far, those of the table of Users first; batches refer to them by number."""

    @property
    def srvs(self) -> Names:
        """The Service Reference Variants met so far; batches refer to them by number."""

    @property
    def columns(self) -> Columns:
        """Which columns were found, and how."""

    def batches(self) -> Generator[ReadRequests]:
        """Read on."""


class AdmissionSink(Protocol):
    """Takes decisions, batch by batch, in the order of the input."""

    def write(self, original: Any, values: Sequence[NDArray[Any]], kept: NDArray[np.bool_]) -> None:
        """Columns as they were read, the decisions (outcome, reason, retry_at), and which rows those are on."""


class AdmissionWatcher(Protocol):
    """Sees every request in receipt order, with its decision."""

    def receive(self, requests: ServiceRequestBatch, decided: Any) -> None:
        """The next requests."""


@dataclass(frozen=True, slots=True)
class AdmitUnder:
    """What decides.

    allocations:  What each User may use of the operating threshold in a period, whatever others do.
    """

    rules: CapacityRules
    allocations: Mapping[str, int]
    policy_version: str
    is_illustrative: bool


def admit(
    source: RequestSource,
    under: AdmitUnder,
    options: ReadOptions,
    *,
    decisions: AdmissionSink | None = None,
    rejected: RejectedSink | None = None,
    watchers: Sequence[AdmissionWatcher] = (),
    progress: Progress = no_progress,
) -> Admitted:
    """Decide a log; interrupted by Ctrl-C, it returns what it had so far, marked partial.

    Raises:
        InputError: the input cannot be read; or a row cannot be used and `is_strict` is set; or a column holds
            something else than it is named for.
    """
    users, srvs = source.users, source.srvs
    for user in under.allocations:
        users.number_of(user)
    given = [under.allocations.get(users.name_of(number), 0) for number in range(len(users))]
    kernel = AdmissionKernel(under.rules, given)
    tally = AdmissionTally(users, srvs)
    ledger = DecisionLedger(np.uint8, np.int64) if decisions is not None else None
    log = ReceiptLog(source, options, noun="a request", rejected=rejected, ledger=ledger)
    for batch in log.batches(progress):
        _refuse_what_is_no_name(source)
        received = batch.received
        decided = kernel.receive(
            RequestBatch(
                received.received_at,
                received.user,
                _is_prioritised(under.rules, srvs)[received.srv],
                received.request,
                received.preceding,
            )
        )
        tally.receive(received, decided)
        for watcher in watchers:
            watcher.receive(received, decided)
        if ledger is not None and decisions is not None:
            ledger.decide(batch.row, decided.outcome, decided.reason, decided.retry_at)
            _hand_on(ledger.complete(), decisions)
    if ledger is not None and decisions is not None:
        _hand_on(ledger.complete(), decisions)
    return _result(log, source, under, tally)


def _hand_on(complete: Any, decisions: AdmissionSink) -> None:
    each: Complete
    for each in complete:
        decisions.write(each.original, [each.outcome, *each.beside], each.kept)


def _is_prioritised(rules: CapacityRules, srvs: Names) -> NDArray[np.bool_]:
    return np.array([srvs.name_of(number) in rules.prioritised for number in range(len(srvs))], np.bool_)


def _refuse_what_is_no_name(source: RequestSource) -> None:
    for ours, names, most in (("user", source.users, MOST_USERS), ("srv", source.srvs, MOST_SRVS)):
        if len(names) > most:
            theirs = source.columns.mapping[ours]
            what = f"its column {theirs} holds over {most:,} different values; as {ours} that is too many"
            remedy = f'Say which it is under [request_columns] in tidegate.toml: {ours} = "..."'
            raise InputError(Fault(source.name, what, remedy))


def _result(
    log: ReceiptLog[ServiceRequestBatch], source: RequestSource, under: AdmitUnder, tally: AdmissionTally
) -> Admitted:
    of_both = tally.by_user_and_srv()
    by_user: dict[str, RequestTotals] = {}
    by_srv: dict[str, RequestTotals] = {}
    by_class: dict[ServiceRequestClass, RequestTotals] = {}
    for (user, srv), totals in of_both.items():
        by_user[user] = by_user.get(user, RequestTotals()) + totals
        by_srv[srv] = by_srv.get(srv, RequestTotals()) + totals
        kind = class_of(srv)
        by_class[kind] = by_class.get(kind, RequestTotals()) + totals
    numbers = range(1, len(source.users))
    users = [_user(source.users.name_of(number), number, under, by_user, tally) for number in numbers]
    return Admitted(
        source=source.name,
        columns=source.columns,
        policy_version=under.policy_version,
        is_illustrative=under.is_illustrative,
        rules=under.rules,
        first=log.first,
        last=log.last,
        completed=log.completed,
        totals=sum(by_user.values(), RequestTotals()),
        rejected=log.rejected,
        rejected_by_reason=log.reasons,
        outside_period=log.outside,
        late=log.late,
        users=users,
        by_srv=by_srv,
        by_user_and_srv=of_both,
        by_class=by_class,
        reasons=tally.reasons(),
        early_warnings=sum(user.early_warnings for user in users),
        minutes_active=tally.minutes_active,
        most_used=tally.most_used,
        most_offered=tally.most_offered,
        busiest_at=tally.busiest_at,
        spells=tally.spells(),
        spells_in_all=tally.spells_in_all,
        over_time=tally.over_time(),
        days=tally.days(),
        refused=tally.refused.result(),
        unknown_users=[user for user in by_user if user not in under.allocations],
    )


def _user(
    name: str, number: int, under: AdmitUnder, by_user: Mapping[str, RequestTotals], tally: AdmissionTally
) -> UserAdmitted:
    warnings, spare, most = tally.of_user(number)
    totals = by_user.get(name, RequestTotals())
    allocation = under.allocations.get(name, 0)
    return UserAdmitted(name, allocation, totals, warnings, spare, most, tally.breach_days_of(number))
