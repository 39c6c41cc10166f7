"""Replay a log under a policy, or under the history of policies: files in, verdict out.

The log is read once, in batches; late Alerts are put in order; every version
decides the part of the period it was in force. When one version takes the
place of another, running storms end at that instant under the version that
started them, counting starts anew, and what was not told yet is told under the
new one (readings.md#6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.sieve import sieve_for
from tidegate.columnar.batches import AlertBatch, ReadBatch, RejectedRow
from tidegate.columnar.ordering import BEFORE_ALL, OrderedBatch, ReceiptOrder
from tidegate.operations.ledger import DecisionLedger
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay_hours import Hours
from tidegate.operations.replay_stage import Stage, policy_in_force, spells_of
from tidegate.policy.history import PolicyPeriod
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.log_quality import kind_of
from tidegate.reports.replayed import InForce, Replayed, Totals
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import HOUR, Duration, Instant, format_duration, format_instant

DEFAULT_LOOK_BACK: Duration = HOUR
"""An Alert up to this much older than the youngest before it is put in order (readings.md#7)."""


def always(policy: MechanismDocument) -> list[PolicyPeriod]:
    """One policy over everything, whenever it takes force: what would it have done?"""
    return [PolicyPeriod(BEFORE_ALL, None, policy)]


class DecisionSink(Protocol):
    """Takes the decisions, batch by batch, in the order of the input."""

    def write(
        self,
        original: Any,
        outcome: NDArray[Any],
        sequence_id: NDArray[Any],
        count: NDArray[Any],
        kept: NDArray[Any],
    ) -> None:
        """Columns as they were read, which of their rows are kept, and the decisions on those."""


class RejectedSink(Protocol):
    """Takes the rows that could not be used."""

    def write(self, row: RejectedRow) -> None:
        """One row."""


MOST_REASONS = 100
"""Kinds of reasons told apart; every row stands in rejected.csv with its own all the same."""


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How to replay.

    since, until:  Only Alerts received from `since` on and before `until`.
    look_back_us:  How late an Alert may be and still be put in order.
    shards:        Threads that decide; the answer is the same with any number.
    is_strict:     Stop at the first row that cannot be used.
    """

    since: Instant | None = None
    until: Instant | None = None
    look_back_us: Duration = DEFAULT_LOOK_BACK
    shards: int = 2
    is_strict: bool = False

    def is_within_period(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which instants were asked about: from `since` on and before `until`."""
        is_within = np.ones(len(at), np.bool_) if self.since is None else at >= self.since
        return is_within if self.until is None else is_within & (at < self.until)


def replay(
    source: AlertSource,
    periods: Sequence[PolicyPeriod],
    options: ReplayOptions = ReplayOptions(),
    *,
    decisions: DecisionSink | None = None,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> Replayed:
    """Replay a log; interrupted by Ctrl-C, it returns what it had so far, marked partial.

    `periods` says which policy decides when; they follow one another without gap
    (`always(policy)` for one policy over everything, `PolicyHistory.over` for a history).

    Raises:
        InputError: the input cannot be read; or a row cannot be used and `is_strict` is set.
    """
    run = _Run(source, periods, options, decisions, rejected)
    completed = 0.0
    try:
        # Closed here, whatever happens: a reader has files open, and perhaps threads reading ahead.
        with closing(source.batches()) as batches:
            for batch in batches:
                run.take(batch)
                completed = batch.progress
                progress(completed, run.rows_read)
        run.finish()
        completed = 1.0
    except KeyboardInterrupt:
        # All that was read is decided, as if the log ended here.
        run.finish()
        completed = min(completed, 0.999)
    return run.result(completed)


class _Run:
    """One replay under way."""

    def __init__(
        self,
        source: AlertSource,
        periods: Sequence[PolicyPeriod],
        options: ReplayOptions,
        decisions: DecisionSink | None,
        rejected: RejectedSink | None,
    ) -> None:
        self._source = source
        self._options = options
        self._order = ReceiptOrder(options.look_back_us)
        self._ledger = DecisionLedger() if decisions is not None else None
        self._decision_sink = decisions
        self._rejected_sink = rejected
        self._periods = periods
        # Without decisions only totals and storms are asked for, and few Alerts have to do with any.
        in_force = [policy_in_force(period) for period in periods]
        self._sieve = sieve_for(in_force) if decisions is None else None
        self._stages: list[Stage] = []
        self._hours = Hours()
        self.rows_read = 0
        self._rejected = 0
        self._outside = 0
        self._reasons: dict[str, tuple[int, RejectedRow]] = {}
        self._first: Instant | None = None
        self._last: Instant | None = None

    def take(self, batch: ReadBatch) -> None:
        """Take the next batch of the input."""
        first_row = self.rows_read
        self.rows_read += len(batch.alerts)
        for row in batch.rejected:
            self._reject(row)
        if self._ledger is not None:
            self._ledger.expect(len(batch.alerts), batch.original)
        within = self._within_period(batch.alerts.received_at)
        alerts = batch.alerts if len(within) == len(batch.alerts) else batch.alerts.take(within)
        youngest = self._order.youngest
        too_late = self._order.push(alerts, first_row + within)
        if len(too_late):
            self._reject_too_late(batch, alerts, within, too_late, youngest)
        if self._ledger is not None:
            left_out = np.ones(len(batch.alerts), np.bool_)
            left_out[within] = False
            left_out[within[too_late]] = True
            self._ledger.leave_out(first_row + np.flatnonzero(left_out))
        self._decide_all(self._order.release())

    def finish(self) -> None:
        """The input is at its end."""
        self._decide_all(self._order.release_all())
        if self._sieve is not None:
            for rows, alerts, passes in self._sieve.finish():
                self._decide_pieces(alerts, rows, passes)
        if self._stages:
            self._hours.close(self._stages[-1])
        self._hand_on()

    def result(self, completed: float) -> Replayed:
        """All that was found out."""
        recipients = self._source.recipients
        by_code: dict[int, Totals] = defaultdict(Totals)
        by_recipient: dict[str, Totals] = defaultdict(Totals)
        in_force = []
        streams = 0
        for stage in self._stages:
            totals = Totals()
            for code, of_code in stage.totals_by_code().items():
                by_code[code] += of_code
                totals += of_code
            for number, of_recipient in stage.totals_by_recipient().items():
                by_recipient[recipients.name_of(number)] += of_recipient
            in_force.append(InForce(stage.policy, stage.since, stage.until, totals))
            streams = stage.streams_seen()
        total = sum(by_code.values(), Totals())
        return Replayed(
            source=self._source.name,
            columns=self._source.columns,
            first=self._first,
            last=self._last,
            received=total.received + self._rejected,
            forwarded=total.forwarded,
            throttled=total.throttled,
            excluded=total.excluded,
            rejected=self._rejected,
            outside_period=self._outside,
            late=self._order.late,
            streams=streams,
            by_code=dict(by_code),
            by_recipient=dict(by_recipient),
            in_force=in_force,
            spells=spells_of(self._stages, recipients),
            hours=self._hours.by_code,
            storm_hours=self._hours.storm_hours(self._stages, recipients),
            rejected_by_reason=self._reasons,
            completed=completed,
        )

    def _within_period(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of a batch that were asked about; what is outside the period makes no other row late."""
        is_within = self._options.is_within_period(at)
        within = np.flatnonzero(is_within)
        self._outside += len(at) - len(within)
        return within

    def _decide_all(self, batches: Iterator[OrderedBatch]) -> None:
        for batch in batches:
            if self._sieve is None:
                self._decide_pieces(batch.alerts, batch.row, None)
            else:
                for rows, alerts, passes in self._sieve.push(batch.alerts, batch.row):
                    self._decide_pieces(alerts, rows, passes)
        self._hand_on()

    def _decide_pieces(
        self, alerts: AlertBatch, rows: NDArray[np.int64], passes: NDArray[np.bool_] | None
    ) -> None:
        """Decide a batch in pieces, cut where the hour or the policy in force changes."""
        at = alerts.received_at
        start = 0
        while start < len(at):
            now = int(at[start])
            stage = self._stage_at(now)
            hour_ends = self._hours.begin(now, stage)
            ends = hour_ends if stage.until is None else min(hour_ends, stage.until)
            stop = start + int(np.searchsorted(at[start:], ends))
            made = stage.receive(alerts.slice(start, stop), None if passes is None else passes[start:stop])
            if made is not None and self._ledger is not None:
                self._ledger.decide(rows[start:stop], made)
            if self._first is None:
                self._first = now
            self._last = int(at[stop - 1])
            start = stop

    def _stage_at(self, now: Instant) -> Stage:
        if self._stages and (self._stages[-1].until is None or now < self._stages[-1].until):
            return self._stages[-1]
        if self._stages:
            self._hours.close(self._stages[-1])
        period = next(p for p in self._periods if p.since <= now and (p.until is None or now < p.until))
        before = self._stages[-1] if self._stages else None
        stage = Stage(period, self._options.shards, keep_decisions=self._ledger is not None, before=before)
        self._stages.append(stage)
        return stage

    def _hand_on(self) -> None:
        if self._ledger is None or self._decision_sink is None:
            return
        for original, kept, made in self._ledger.complete():
            self._decision_sink.write(
                original, made.outcome, made.throttled_alert_sequence_id, made.throttled_alert_count, kept
            )

    def _reject(self, row: RejectedRow) -> None:
        if self._options.is_strict:
            raise InputError(
                Fault(f"{row.source}, line {row.line}", row.reason, "Mend the row, or leave out --strict.")
            )
        self._rejected += 1
        kind = kind_of(row.reason)
        if kind not in self._reasons and len(self._reasons) >= MOST_REASONS:
            kind = "other reasons"
        count, first = self._reasons.get(kind, (0, row))
        self._reasons[kind] = (count + 1, first)
        if self._rejected_sink is not None:
            self._rejected_sink.write(row)

    def _reject_too_late(
        self,
        batch: ReadBatch,
        alerts: AlertBatch,
        within: NDArray[np.int64],
        too_late: NDArray[np.int64],
        youngest: Instant,
    ) -> None:
        """Reject these of the Alerts that were asked about; `within` are their rows in the batch."""
        at = alerts.received_at
        before = np.maximum(np.maximum.accumulate(at), youngest)
        for row in too_late.tolist():
            behind = format_duration(int(before[row] - at[row]))
            reason = (
                f"older than an Alert above it by more than the look-back of "
                f"{format_duration(self._options.look_back_us)}: sort the log, or give --look-back '{behind}'"
            )
            line = batch.line_of(int(within[row]))
            self._reject(RejectedRow(batch.source, line, reason, format_instant(int(at[row]))))
