"""The Alert Storm rule, running: Alerts in receipt order in, decisions and storms out.

It decides as a replay of the same Alerts does (`tests/equivalence/test_live.py`):
each policy the Alerts of its period; when another takes its place, running
storms end at that instant, and what was not told yet is told under the new one
(readings.md#6). What a policy in shadow did not hold back is not told
afterwards: nothing was held back.

It reads no clock: `advance_to` says that time has passed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm import snapshot
from tidegate.alert_storm.decision import Outcome
from tidegate.alert_storm.kernel import NEVER, SPELL
from tidegate.alert_storm.shard import Spells
from tidegate.alert_storm.sharded import AlertStormKernel, storms_of
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.columnar.inventory import Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.live import LiveStorm
from tidegate.operations.live_snapshot import FORM, OF_KERNEL, StaleSnapshotError, read_snapshot
from tidegate.operations.replay_stage import is_told_after, policy_in_force
from tidegate.operations.suppressing import scoping_for
from tidegate.policy.history import PolicyPeriod
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, AlertCode
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class Piece:
    """Alerts start <= row < stop of a batch, decided by one policy."""

    start: int
    stop: int
    policy_version: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class LiveDecisions:
    """What was decided for a batch; arrays as long as it.

    outcome:  uint8, `Outcome`.      throttled_alert_sequence_id, throttled_alert_count:  uint32; 0: none.
    pieces:   Which policy decided which part; they cover the batch.
    started, ended: storms and amber spells since the batch before.
    """

    outcome: NDArray[np.uint8]
    throttled_alert_sequence_id: NDArray[np.uint32]
    throttled_alert_count: NDArray[np.uint32]
    pieces: Sequence[Piece]
    started: Sequence[LiveStorm]
    ended: Sequence[LiveStorm]


@dataclass(slots=True)
class LiveTotals:
    """Totals over all Alerts decided; arrays by number of the Alert Code.

    throttled:  By the rule, whether the policy was enforced or in shadow; in_shadow: those of them that went on.
    """

    received: NDArray[np.int64]
    throttled: NDArray[np.int64]
    excluded: NDArray[np.int64]
    in_shadow: int = 0

    @classmethod
    def none(cls) -> LiveTotals:
        """Before the first Alert."""
        received, throttled, excluded = np.zeros((3, NUMBER_OF_CODES), np.int64)
        return cls(received, throttled, excluded)

    def by_code(self) -> dict[AlertCode, tuple[int, int, int]]:
        """Received, throttled and excluded of each code met."""
        met = np.flatnonzero(self.received)
        columns = (met, self.received[met], self.throttled[met], self.excluded[met])
        return {
            code: (received, throttled, excluded)
            for code, received, throttled, excluded in zip(*(it.tolist() for it in columns), strict=True)
        }


class LiveProtection:
    """Alert Storm Protection over Alerts as they come.

    recipients:  Batches refer to them by number.
    now:         The last instant it was told of; none may be before it.
    totals:      Over all Alerts so far, those before a snapshot included.

    Raises:
        InputError: a policy has suppressions, and there is no Inventory.
    """

    def __init__(self, periods: Sequence[PolicyPeriod], inventory: Inventory | None = None) -> None:
        self._inventory = inventory
        self.recipients = Recipients()
        self.now: Instant = BEFORE_ALL
        self.totals = LiveTotals.none()
        self._stage: _Stage | None = None
        self._periods: Sequence[PolicyPeriod] = ()
        self.put_in_force(periods)

    def put_in_force(self, periods: Sequence[PolicyPeriod]) -> None:
        """Other periods from now on; up to `now` they must be as they were.

        Raises:
            InputError: a policy has suppressions, and there is no Inventory; nothing has changed then.
        """
        for period in periods:
            scoping_for([policy_in_force(period)], self._inventory)
        self._periods = periods

    def policy_at(self, at: Instant) -> MechanismDocument | None:
        """The policy in force at an instant; None: nothing is."""
        return self._period_at(at).policy

    def decide(self, alerts: AlertBatch) -> LiveDecisions:
        """Decide the next Alerts, in receipt order."""
        outcome = np.zeros(len(alerts), np.uint8)
        sequence_id = np.zeros(len(alerts), np.uint32)
        count = np.zeros(len(alerts), np.uint32)
        pieces: list[Piece] = []
        started: list[LiveStorm] = []
        ended: list[LiveStorm] = []
        start = 0
        while start < len(alerts):
            ended += self.advance_to(int(alerts.received_at[start]))
            stage = self._stage_at(int(alerts.received_at[start]))
            until = self._until(stage)
            stop = len(alerts) if until is None else int(np.searchsorted(alerts.received_at, until))
            piece = alerts.slice(start, stop)
            here = slice(start, stop)
            made = stage.decide(piece, self.recipients)
            outcome[here], sequence_id[here], count[here] = made.outcome, made.sequence_id, made.count
            self._tally(piece, made.outcome, stage.mode)
            pieces.append(Piece(start, stop, stage.version, stage.mode))
            started += made.started
            ended += made.ended
            self.now = int(piece.received_at[-1])
            start = stop
        return LiveDecisions(outcome, sequence_id, count, pieces, started, ended)

    def advance_to(self, instant: Instant) -> list[LiveStorm]:
        """Time has come to an instant without another Alert: the storms that have ended by then."""
        assert instant >= self.now, "instants must not go back"
        self.now = instant
        if self._stage is None or self._stage.is_over:
            return []
        until = self._until(self._stage)
        if until is not None and until <= instant:
            return self._stage.end(until, self.recipients)
        return self._stage.advance_to(instant, self.recipients)

    def running(self) -> list[LiveStorm]:
        """The storms and amber spells running now, with what they came to so far."""
        return [] if self._stage is None else self._stage.running(self.recipients)

    @property
    def running_count(self) -> int:
        """How many storms and amber spells run now."""
        return 0 if self._stage is None or self._stage.is_over else self._stage.kernel.running_count

    @property
    def streams_remembered(self) -> int:
        """How many streams are remembered: those active within a window."""
        return 0 if self._stage is None else self._stage.kernel.streams_remembered

    def snapshot(self) -> bytes:
        """All it remembers, as octets; see `restored`."""
        stage = self._stage
        met = np.flatnonzero(self.totals.received)
        said = {
            "form": FORM,
            "now": self.now,
            "recipients": [self.recipients.name_of(number) for number in range(1, len(self.recipients))],
            "in_shadow": self.totals.in_shadow,
            "stage": None if stage is None else [stage.since, stage.is_over, stage.last, sorted(stage.told)],
        }
        arrays: snapshot.Arrays = {
            "said": np.frombuffer(json.dumps(said).encode(), np.uint8),
            "codes": met,
            "totals": np.stack(
                [self.totals.received[met], self.totals.throttled[met], self.totals.excluded[met]]
            ),
        }
        if stage is not None:
            arrays.update(
                {f"{OF_KERNEL}{name}": array for name, array in snapshot.saved(stage.kernel).items()}
            )
        octets = io.BytesIO()
        np.savez(octets, **arrays)  # type: ignore[arg-type]
        return octets.getvalue()

    @classmethod
    def restored(
        cls, state: bytes, periods: Sequence[PolicyPeriod], inventory: Inventory | None = None
    ) -> LiveProtection:
        """One that decides on as the one did that the snapshot is of.

        Raises:
            StaleSnapshotError: the rules, the Inventory or the form of the snapshot are others now.
            InputError: a policy has suppressions, and there is no Inventory.
        """
        live = cls(periods, inventory)
        remembered = read_snapshot(state)
        live.now = remembered.now
        live.recipients = Recipients(remembered.recipients)
        totals, met = live.totals, remembered.codes
        totals.received[met], totals.throttled[met], totals.excluded[met] = remembered.totals
        totals.in_shadow = remembered.in_shadow
        said = remembered.stage
        if said is not None:
            stage = live._new_stage(said.since)
            if stage.since != said.since:
                raise StaleSnapshotError("the policy it is of was not in force then")
            stage.is_over, stage.last, stage.told = said.is_over, said.last, set(said.told)
            remembered.restore(stage.kernel)
            live._stage = stage
        return live

    def _stage_at(self, at: Instant) -> _Stage:
        """The stage that decides at an instant. Periods without an Alert have none, as in a replay."""
        before = self._stage
        if before is not None and not before.is_over:
            return before
        stage = self._new_stage(at)
        if before is not None and is_told_after(before.policy):
            stage.kernel.take_over(0, before.kernel.untold(0))
        self._stage = stage
        return stage

    def _new_stage(self, at: Instant) -> _Stage:
        return _Stage(self._period_at(at), self._inventory)

    def _period_at(self, at: Instant) -> PolicyPeriod:
        return next(it for it in self._periods if it.since <= at and (it.until is None or at < it.until))

    def _until(self, stage: _Stage) -> Instant | None:
        return self._period_at(stage.since).until

    def _tally(self, alerts: AlertBatch, outcome: NDArray[np.uint8], mode: Mode) -> None:
        np.add.at(self.totals.received, alerts.alert_code, 1)
        is_throttled = outcome == Outcome.THROTTLED
        np.add.at(self.totals.throttled, alerts.alert_code[is_throttled], 1)
        np.add.at(self.totals.excluded, alerts.alert_code[outcome == Outcome.EXCLUDED], 1)
        if mode is Mode.SHADOW:
            self.totals.in_shadow += int(is_throttled.sum())


def make_ready() -> None:
    """Have the kernels compiled, or loaded where they were before: else the first Alert of all waits for seconds."""
    live = LiveProtection([PolicyPeriod(BEFORE_ALL, None, None)])
    batch = AlertBatch(
        np.zeros(1, np.int64), np.zeros(1, np.uint64), np.zeros(1, np.uint32), np.zeros(1, np.uint32)
    )
    live.decide(batch)
    live.advance_to(1)
    live.running()


@dataclass(frozen=True, slots=True)
class _Made:
    outcome: NDArray[np.uint8]
    sequence_id: NDArray[np.uint32]
    count: NDArray[np.uint32]
    started: list[LiveStorm]
    ended: list[LiveStorm]


class _Stage:
    """A policy while it is in force.

    last, told:  The last instant an Alert was decided at, and the storms told of that started at it.
    """

    def __init__(self, period: PolicyPeriod, inventory: Inventory | None) -> None:
        self.since = period.since
        self.policy = period.policy
        self.is_over = False
        self.last: Instant = BEFORE_ALL
        self.told: set[tuple[int, ...]] = set()
        rule = policy_in_force(period)
        self._scoping = scoping_for([rule], inventory)
        self.kernel = AlertStormKernel(
            [rule],
            scopes=() if self._scoping is None else self._scoping.scopes,
            shards=1,
            keep_decisions=True,
            counts_streams=False,
        )

    @property
    def version(self) -> str:
        return "" if self.policy is None else self.policy.version

    @property
    def mode(self) -> Mode:
        return Mode.OFF if self.policy is None else self.policy.mode

    def decide(self, piece: AlertBatch, recipients: Recipients) -> _Made:
        ran = self.kernel.running_count
        alerts = piece if self._scoping is None else self._scoping.scoped(piece)
        self.kernel.receive(alerts)
        made = self.kernel.decisions(0, alerts)
        ended = self.kernel.take_ended()
        started = ended[:0]
        if self.kernel.running_count + len(ended) > ran:
            started = self._not_told(np.concatenate([self.kernel.running(looks_back=False), ended]))
        self._remember(int(piece.received_at[-1]), started)
        return _Made(
            made.outcome,
            made.throttled_alert_sequence_id,
            made.throttled_alert_count,
            self._told(_as_started(started), recipients),
            self._told(ended, recipients),
        )

    def advance_to(self, instant: Instant, recipients: Recipients) -> list[LiveStorm]:
        self.kernel.advance_to(instant)
        return self._told(self.kernel.take_ended(), recipients)

    def end(self, until: Instant, recipients: Recipients) -> list[LiveStorm]:
        """Another policy takes force: what runs ends there."""
        self.kernel.advance_to(until)
        running = self.kernel.running().copy()
        running["ended_at"] = until
        ended = np.concatenate([self.kernel.take_ended(), running])
        self.kernel.stop()
        self.is_over = True
        return self._told(ended, recipients)

    def running(self, recipients: Recipients) -> list[LiveStorm]:
        return [] if self.is_over else self._told(self.kernel.running(), recipients)

    def _not_told(self, spells: Spells) -> Spells:
        """Those that started since the batch before; of those at its last instant, the ones not told of then."""
        spells = spells[spells["started_at"] >= self.last]
        is_new = np.array([_key(it) not in self.told for it in spells], np.bool_)
        return spells[is_new]

    def _remember(self, last: Instant, started: Spells) -> None:
        if last > self.last:
            self.told = set()
        self.last = last
        self.told |= {_key(it) for it in started[started["started_at"] == last]}

    def _told(self, spells: Spells, recipients: Recipients) -> list[LiveStorm]:
        if not len(spells):
            return []
        order = np.lexsort((spells["level"], spells["recipient"], spells["device_id"], spells["started_at"]))
        return [
            LiveStorm(
                storm if storm.counting_since != NEVER else replace(storm, counting_since=storm.started_at),
                self.version,
                self.mode,
            )
            for storm in storms_of(spells[order], recipients)
        ]


def _key(spell: Any) -> tuple[int, ...]:
    names = ("device_id", "alert_code", "recipient", "level", "started_at")
    return tuple(int(spell[name]) for name in names)


def _as_started(spells: Spells) -> Spells:
    """As they stood when they started, for those that have ended since."""
    running: Spells = np.array(spells, SPELL)
    running["ended_at"] = NEVER
    return running
