"""Replay a log under a policy, or under the history of policies: files in, verdict out.

The log is read once, in batches; late Alerts are put in order; every version
decides the part of the period it was in force. When one version takes the
place of another, running storms end at that instant under the version that
started them, counting starts anew, and what was not told yet is told under the
new one (readings.md#6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.sieve import sieve_for
from tidegate.columnar.batches import AlertBatch
from tidegate.columnar.inventory import Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.ledger import DecisionLedger
from tidegate.operations.live_snapshot import Remembered, StaleSnapshotError
from tidegate.operations.ordered_log import OrderedAlerts, OrderedLog, ReadOptions, RejectedSink
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay_hours import Hours
from tidegate.operations.replay_stage import Stage, policy_in_force, spells_of
from tidegate.operations.suppressing import scoping_for
from tidegate.policy.history import PolicyPeriod
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.replayed import InForce, Replayed, Spells, Totals
from tidegate.vocabulary.instants import Instant


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


class AlertWatcher(Protocol):
    """Sees every Alert that is decided, in receipt order, whatever is decided on it."""

    def receive(self, alerts: AlertBatch) -> None:
        """The next Alerts."""


@dataclass(frozen=True, slots=True)
class ReplayOptions(ReadOptions):
    """How to replay.

    shards:        Threads that decide; the answer is the same with any number.
    remembered:    What was remembered when the log begins, of a journal whose beginning was pruned. Where the policies
                   are others now it is of no use, and all is decided from the first Alert on, as of any log.
    """

    shards: int = 2
    remembered: Remembered | None = None


def replay(
    source: AlertSource,
    periods: Sequence[PolicyPeriod],
    options: ReplayOptions = ReplayOptions(),
    *,
    decisions: DecisionSink | None = None,
    rejected: RejectedSink | None = None,
    watchers: Sequence[AlertWatcher] = (),
    inventory: Inventory | None = None,
    progress: Progress = no_progress,
) -> Replayed:
    """Replay a log; interrupted by Ctrl-C, it returns what it had so far, marked partial.

    `periods` says which policy decides when; they follow one another without gap
    (`always(policy)` for one policy over everything, `PolicyHistory.over` for a history).
    `inventory` says which Devices a policy's suppressions are about.

    Raises:
        InputError: the input cannot be read; or a row cannot be used and `is_strict` is set; or a policy
            has suppressions and there is no Inventory.
    """
    ledger = DecisionLedger(np.uint32, np.uint32) if decisions is not None else None
    log = OrderedLog(source, options, rejected=rejected, ledger=ledger)
    run = ReplayRun(periods, options.shards, ledger, decisions, inventory)
    if options.remembered is not None:
        run.take_up(options.remembered)
    for batch in log.batches(progress):
        for watcher in watchers:
            watcher.receive(batch.received)
        run.decide(batch)
    run.finish()
    return run.result(log)


def replayed_of(
    log: OrderedLog,
    by_code: Mapping[int, Totals],
    by_recipient: Mapping[str, Totals],
    in_force: Sequence[InForce],
    spells: Spells,
) -> Replayed:
    """What a log was, and what was decided of it; streams and hours are not told."""
    total = sum(by_code.values(), Totals())
    return Replayed(
        source=log.name,
        columns=log.columns,
        first=log.first,
        last=log.last,
        received=total.received + log.rejected,
        forwarded=total.forwarded,
        throttled=total.throttled,
        excluded=total.excluded,
        rejected=log.rejected,
        outside_period=log.outside,
        late=log.late,
        streams=0,
        by_code=by_code,
        by_recipient=by_recipient,
        in_force=in_force,
        spells=spells,
        hours=[],
        storm_hours=[],
        rejected_by_reason=log.reasons,
        completed=log.completed,
    )


class ReplayRun:
    """One replay under way: Alerts in, batch after batch in receipt order, and the result once finished."""

    def __init__(
        self,
        periods: Sequence[PolicyPeriod],
        shards: int,
        ledger: DecisionLedger | None,
        decisions: DecisionSink | None,
        inventory: Inventory | None,
    ) -> None:
        self._periods = periods
        self._shards = shards
        self._ledger = ledger
        self._decision_sink = decisions
        # Without decisions only totals and storms are asked for, and few Alerts have to do with any.
        in_force = [policy_in_force(period) for period in periods]
        self._scoping = scoping_for(in_force, inventory)
        self._scopes = self._scoping.scopes if self._scoping is not None else []
        self._sieve = sieve_for(in_force, self._scopes) if decisions is None else None
        self._stages: list[Stage] = []
        self._hours = Hours()

    def take_up(self, remembered: Remembered) -> None:
        """Go on from what was remembered before the first Alert."""
        said = remembered.stage
        period = None if said is None else next((it for it in self._periods if it.since == said.since), None)
        if period is None:
            return
        stage = Stage(period, 1, keep_decisions=self._ledger is not None, before=None, scopes=self._scopes)
        try:
            remembered.restore(stage.kernel)
        except StaleSnapshotError:
            return
        self._stages.append(stage)
        # A sieve knows only of Alerts it has seen.
        self._sieve = None

    def decide(self, batch: OrderedAlerts) -> None:
        """Decide the next Alerts, in receipt order."""
        alerts = batch.received if self._scoping is None else self._scoping.scoped(batch.received)
        if self._sieve is None:
            self._decide_pieces(alerts, batch.row, None)
        else:
            for rows, piece, passes in self._sieve.push(alerts, batch.row):
                self._decide_pieces(piece, rows, passes)
        self._hand_on()

    def finish(self) -> None:
        """The input is at its end."""
        if self._sieve is not None:
            for rows, alerts, passes in self._sieve.finish():
                self._decide_pieces(alerts, rows, passes)
        if self._stages:
            self._hours.close(self._stages[-1])
        self._hand_on()

    def result(self, log: OrderedLog) -> Replayed:
        """All that was found out."""
        recipients = log.recipients
        by_code: dict[int, Totals] = defaultdict(Totals)
        by_recipient: dict[str, Totals] = defaultdict(Totals)
        by_suppression: dict[str, Totals] = defaultdict(Totals)
        in_force = []
        for stage in self._stages:
            totals = Totals()
            for code, of_code in stage.totals_by_code().items():
                by_code[code] += of_code
                totals += of_code
            for number, of_recipient in stage.totals_by_recipient().items():
                by_recipient[recipients.name_of(number)] += of_recipient
            for name, of_suppression in stage.totals_by_suppression().items():
                by_suppression[name] += of_suppression
            in_force.append(InForce(stage.policy, stage.since, stage.until, totals))
        spells = spells_of([(stage.policy, stage.spells()) for stage in self._stages], recipients)
        return replace(
            replayed_of(log, dict(by_code), dict(by_recipient), in_force, spells),
            streams=self._stages[-1].streams_seen() if self._stages else 0,
            streams_by_code=self._stages[-1].streams_by_code(by_code) if self._stages else {},
            hours=self._hours.by_code,
            storm_hours=self._hours.storm_hours(self._stages, recipients),
            by_suppression=dict(by_suppression),
            of_not_known=0 if self._scoping is None else self._scoping.of_not_known,
        )

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
                self._ledger.decide(
                    rows[start:stop],
                    made.outcome,
                    made.throttled_alert_sequence_id,
                    made.throttled_alert_count,
                )
            start = stop

    def _stage_at(self, now: Instant) -> Stage:
        if self._stages and (self._stages[-1].until is None or now < self._stages[-1].until):
            return self._stages[-1]
        if self._stages:
            self._hours.close(self._stages[-1])
        period = next(p for p in self._periods if p.since <= now and (p.until is None or now < p.until))
        before = self._stages[-1] if self._stages else None
        stage = Stage(
            period,
            self._shards,
            keep_decisions=self._ledger is not None,
            before=before,
            scopes=self._scopes,
        )
        self._stages.append(stage)
        return stage

    def _hand_on(self) -> None:
        if self._ledger is None or self._decision_sink is None:
            return
        for whole in self._ledger.complete():
            sequence_id, count = whole.beside
            self._decision_sink.write(whole.original, whole.outcome, sequence_id, count, whole.kept)
