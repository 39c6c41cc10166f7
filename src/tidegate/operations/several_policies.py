"""Several policies over one log in one pass: what each would have done, each as if alone.

Policies that count alike over the same windows share their counts; those of a
lane (`alert_storm.plan`) have a kernel and, where it is exact, a sieve of
their own. The log is read once whatever there are. Each policy's outcome is
what `replay` finds with it alone (`tests/unit/operations/test_several_policies.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.kernel import SPELL
from tidegate.alert_storm.plan import KernelPolicy, lanes_of
from tidegate.alert_storm.shard import Spells as KernelSpells
from tidegate.alert_storm.sharded import AlertStormKernel, Tallies
from tidegate.alert_storm.sieve import sieve_for
from tidegate.alert_storm.suppressions import Scope
from tidegate.columnar.batches import AlertBatch
from tidegate.columnar.inventory import Inventory
from tidegate.operations.ordered_log import OrderedAlerts, OrderedLog
from tidegate.operations.ports import Progress, no_progress
from tidegate.operations.replay import AlertWatcher, always
from tidegate.operations.replay_stage import policy_in_force, spells_of, totals_by_number
from tidegate.operations.suppressing import scoping_for, totals_by_suppression
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.replayed import Spells, Totals
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import DAY, Instant


@dataclass(frozen=True, slots=True)
class DayOfCode:
    """One Alert Code on one day of UTC; `day` is the instant it begins."""

    day: Instant
    alert_code: AlertCode
    totals: Totals


@dataclass(frozen=True, slots=True)
class PolicyOutcome:
    """What one of the policies would have done to the log; received is the same for all.

    policy:        The policy, over everything, whenever it takes force.
    by_code:       Totals by Alert Code.
    by_recipient:  Totals by recipient; "" is not known.
    spells:        Storms and amber spells, as a replay has them.
    by_suppression: Totals of the Alerts under each of its suppressions, by its id.
    days:          Totals by day and code, in order of the day; empty where days were not asked for.
    """

    policy: MechanismDocument
    by_code: Mapping[AlertCode, Totals]
    by_recipient: Mapping[str, Totals]
    spells: Spells
    days: Sequence[DayOfCode]
    by_suppression: Mapping[str, Totals] = field(default_factory=dict)


def several_policies(
    log: OrderedLog,
    policies: Sequence[MechanismDocument],
    *,
    shards: int,
    watchers: Sequence[AlertWatcher] = (),
    by_day: bool = False,
    inventory: Inventory | None = None,
    progress: Progress = no_progress,
) -> list[PolicyOutcome]:
    """Decide a log under several policies, each over everything; their outcomes, in the order given.

    Interrupted by Ctrl-C, they are of what was read so far, and `log.completed` is less than 1.
    `inventory` says which Devices the suppressions of a policy are about.

    Raises:
        InputError: the input cannot be read; or a row cannot be used and the log is strict; or a policy
            has suppressions and there is no Inventory.
    """
    run = SeveralPolicies(policies, shards=shards, by_day=by_day, inventory=inventory)
    for batch in log.batches(progress):
        for watcher in watchers:
            watcher.receive(batch.received)
        run.receive(batch)
    run.finish()
    return [
        PolicyOutcome(
            policy,
            run.by_code(number),
            {log.recipients.name_of(it): totals for it, totals in run.by_recipient(number).items()},
            spells_of([(policy, spells)], log.recipients),
            run.days(number),
            run.by_suppression(number),
        )
        for number, (policy, spells) in enumerate(zip(policies, run.spells(), strict=True))
    ]


class SeveralPolicies:
    """Policies decided together, batch after batch in receipt order; totals and storms once finished."""

    def __init__(
        self,
        policies: Sequence[MechanismDocument],
        *,
        shards: int,
        by_day: bool = False,
        counts_streams: bool = False,
        inventory: Inventory | None = None,
    ) -> None:
        in_force = [policy_in_force(always(policy)[0]) for policy in policies]
        self._in_force = in_force
        self._scoping = scoping_for(in_force, inventory)
        self._scopes = self._scoping.scopes if self._scoping is not None else []
        self._lanes = [
            _Lane(
                [in_force[number] for number in lane.policies],
                lane.policies,
                shards,
                by_day=by_day,
                # A stream is the same in every lane of a sweep; the first counts for all.
                counts_streams=counts_streams and place == 0,
                scopes=self._scopes,
            )
            for place, lane in enumerate(lanes_of(in_force))
        ]
        self._lane_of = {number: lane for lane in self._lanes for number in lane.numbers}

    def receive(self, batch: OrderedAlerts) -> None:
        """The next Alerts."""
        alerts = batch.received if self._scoping is None else self._scoping.scoped(batch.received)
        for lane in self._lanes:
            lane.receive(alerts)

    def finish(self) -> None:
        """No more will come."""
        for lane in self._lanes:
            lane.finish()

    def by_code(self, policy: int) -> dict[AlertCode, Totals]:
        """Totals of a policy by Alert Code."""
        return self._lane_of[policy].by_code(policy)

    def by_recipient(self, policy: int) -> dict[int, Totals]:
        """Totals of a policy by number of the recipient."""
        tallies = self._lane_of[policy].tallies(policy)
        return totals_by_number(
            tallies.received_by_recipient, tallies.throttled_by_recipient, tallies.excluded_by_recipient
        )

    def by_suppression(self, policy: int) -> Mapping[str, Totals]:
        """Totals of a policy by suppression."""
        tallies = self._lane_of[policy].tallies(policy)
        return totals_by_suppression(self._in_force[policy].rules, self._scopes, tallies)

    def streams_by_code(self) -> dict[AlertCode, int]:
        """Different streams by counted code, as the first policy counts, where they were to be counted."""
        return self._lanes[0].streams_by_code()

    def days(self, policy: int) -> Sequence[DayOfCode]:
        """Totals of a policy by day and code, where days were asked for."""
        return self._lane_of[policy].days[policy]

    def spells(self) -> list[KernelSpells]:
        """Every storm and amber spell of each policy, ended or running, in no order that means anything."""
        return [
            spells
            for _, spells in sorted(
                (item for lane in self._lanes for item in lane.spells()), key=lambda item: item[0]
            )
        ]


class _Lane:
    """The policies of one lane; `numbers` are theirs among all."""

    def __init__(
        self,
        policies: Sequence[KernelPolicy],
        numbers: Sequence[int],
        shards: int,
        *,
        by_day: bool,
        counts_streams: bool,
        scopes: Sequence[Scope],
    ) -> None:
        self.numbers = numbers
        self.days: dict[int, list[DayOfCode]] = {number: [] for number in numbers}
        self._kernel = AlertStormKernel(
            policies, scopes=scopes, shards=shards, keep_decisions=False, counts_streams=counts_streams
        )
        self._sieve = sieve_for(policies, scopes)
        self._counts_streams = counts_streams
        self._streams_by_code: dict[AlertCode, int] = {}
        self._ended: list[KernelSpells] = []
        self._is_by_day = by_day
        self._day: Instant | None = None
        self._until_day: dict[int, dict[AlertCode, Totals]] = {number: {} for number in numbers}

    def receive(self, alerts: AlertBatch) -> None:
        if self._sieve is None:
            self._decide(alerts, None)
            return
        for _, piece, passes in self._sieve.push(alerts, range(len(alerts))):
            self._decide(piece, passes)

    def finish(self) -> None:
        if self._sieve is not None:
            for _, piece, passes in self._sieve.finish():
                self._decide(piece, passes)
        self._close_day()
        if self._counts_streams:
            met = np.flatnonzero(self._kernel.tallies(0).received_by_code).tolist()
            self._streams_by_code = self._kernel.streams_by_code(met)
        # What runs is asked for after the threads have gone: it stands in the tables.
        self._kernel.stop()

    def tallies(self, policy: int) -> Tallies:
        return self._kernel.tallies(self.numbers.index(policy))

    def by_code(self, policy: int) -> dict[AlertCode, Totals]:
        tallies = self.tallies(policy)
        return totals_by_number(tallies.received_by_code, tallies.throttled_by_code, tallies.excluded_by_code)

    def streams_by_code(self) -> dict[AlertCode, int]:
        return self._streams_by_code

    def spells(self) -> Iterator[tuple[int, KernelSpells]]:
        spells = np.concatenate([np.empty(0, SPELL), *self._ended, self._kernel.running()])
        of_policy = np.argsort(spells["policy"], kind="stable")
        edges = np.searchsorted(spells["policy"][of_policy], np.arange(len(self.numbers) + 1))
        for place, number in enumerate(self.numbers):
            yield number, spells[of_policy[edges[place] : edges[place + 1]]]

    def _decide(self, alerts: AlertBatch, passes: NDArray[np.bool_] | None) -> None:
        start = 0
        while start < len(alerts):
            stop = self._end_of_day(alerts, start) if self._is_by_day else len(alerts)
            self._kernel.receive(alerts.slice(start, stop), None if passes is None else passes[start:stop])
            self._ended.append(self._kernel.take_ended())
            start = stop

    def _end_of_day(self, alerts: AlertBatch, start: int) -> int:
        now = int(alerts.received_at[start])
        day = now - now % DAY
        if day != self._day:
            self._close_day()
            self._day = day
        return start + int(np.searchsorted(alerts.received_at[start:], day + DAY))

    def _close_day(self) -> None:
        """A day is over: what happened in it is the difference between totals at its end and at its beginning."""
        if self._day is None:
            return
        for number in self.numbers:
            now = self.by_code(number)
            before = self._until_day[number]
            for code, totals in now.items():
                on_day = totals - before.get(code, Totals())
                if on_day.received:
                    self.days[number].append(DayOfCode(self._day, code, on_day))
            self._until_day[number] = now
