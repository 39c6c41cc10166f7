"""Compare policies: what each would have done to the same log, in one pass over it.

A version decides everything, whenever it takes force, as in a replay under one
policy; a history decides as it was in force. Each outcome is what `replay`
finds with it alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.parameters import CountBy
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.columnar.inventory import Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.ordered_log import OrderedLog, RejectedSink
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import ReplayOptions, ReplayRun, replayed_of
from tidegate.operations.replay_stage import spells_of
from tidegate.operations.several_policies import SeveralPolicies
from tidegate.policy.history import PolicyPeriod
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.reports.compared import Cells, Compared, Outcome
from tidegate.reports.replayed import InForce, Replayed, Totals
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, AlertCode, parse_alert_code
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import DAY, Instant


@dataclass(frozen=True, slots=True)
class Contender:
    """One of the policies compared.

    name:     Its version; of a history the versions, or what a person calls it.
    periods:  Which version decides when: one without end for a version, several for a history.
    """

    name: str
    periods: Sequence[PolicyPeriod]

    @property
    def version(self) -> MechanismDocument | None:
        """The one version that decides everything; None for a history."""
        return self.periods[0].policy if len(self.periods) == 1 else None


def compare_policies(
    source: AlertSource,
    contenders: Sequence[Contender],
    options: ReplayOptions,
    *,
    inventory: Inventory | None = None,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> Compared:
    """Compare policies; interrupted by Ctrl-C, they are compared over what was read, marked partial.

    `inventory` says which Devices the suppressions of a policy are about.

    Raises:
        InputError: two have the same name; the input cannot be read; a row cannot be used and `is_strict` is
            set; or a policy has suppressions and there is no Inventory.
    """
    _refuse_same_names(contenders)
    log = OrderedLog(source, options, rejected=rejected)
    versions = [each.version for each in contenders if each.version is not None]
    several = (
        SeveralPolicies(versions, shards=options.shards, by_day=True, inventory=inventory)
        if versions
        else None
    )
    histories = {
        number: ReplayRun(each.periods, options.shards, None, None, inventory)
        for number, each in enumerate(contenders)
        if each.version is None
    }
    pairs = CodesAndRecipients(_cuts(contenders))
    for batch in log.batches(progress):
        pairs.receive(batch.received)
        if several is not None:
            several.receive(batch)
        for run in histories.values():
            run.decide(batch)
    if several is not None:
        several.finish()
    for run in histories.values():
        run.finish()
    places = iter(range(len(versions)))
    spells = several.spells() if several is not None else []
    outcomes = []
    for number, contender in enumerate(contenders):
        if number in histories:
            replayed = histories[number].result(log)
            days = _days_of(replayed)
        else:
            assert several is not None
            place = next(places)
            replayed = _replayed(log, several, place, versions[place], spells[place])
            days = _sum_by_day((each.day, each.totals) for each in several.days(place))
        cells = _cells(contender, replayed, pairs, log.recipients)
        outcomes.append(Outcome(contender.name, replayed, days, cells))
    return Compared(outcomes)


class CodesAndRecipients:
    """Counts Alerts by code and recipient in each of the stretches that instants cut time into."""

    def __init__(self, cuts: Sequence[Instant]) -> None:
        self._cuts = np.array(sorted(cuts), np.int64)
        self._number_of = np.full(NUMBER_OF_CODES, -1, np.int64)
        self._codes: list[AlertCode] = []
        self._counts: list[NDArray[np.int64]] = [np.zeros((0, 0), np.int64) for _ in range(len(cuts) + 1)]

    def receive(self, alerts: AlertBatch) -> None:
        """The next Alerts, in receipt order."""
        at, start = alerts.received_at, 0
        while start < len(at):
            stretch = int(np.searchsorted(self._cuts, at[start], side="right"))
            stop = len(at)
            if stretch < len(self._cuts):
                stop = start + int(np.searchsorted(at[start:], self._cuts[stretch]))
            self._add(stretch, alerts.slice(start, stop))
            start = stop

    def counts(self, since: Instant, until: Instant | None) -> dict[tuple[AlertCode, int], int]:
        """Alerts by code and number of the recipient from `since` on and before `until`, both of them cuts."""
        first = int(np.searchsorted(self._cuts, since, side="right"))
        last = len(self._cuts) + 1
        if until is not None:
            last = int(np.searchsorted(self._cuts, until, side="right"))
        found: dict[tuple[AlertCode, int], int] = defaultdict(int)
        for counts in self._counts[first:last]:
            for code, recipient in zip(*(places.tolist() for places in np.nonzero(counts)), strict=True):
                found[self._codes[code], recipient] += int(counts[code, recipient])
        return found

    def _add(self, stretch: int, alerts: AlertBatch) -> None:
        numbers = self._number_of[alerts.alert_code]
        if len(new := np.unique(alerts.alert_code[numbers < 0])):
            self._number_of[new] = np.arange(len(self._codes), len(self._codes) + len(new))
            self._codes += new.tolist()
            numbers = self._number_of[alerts.alert_code]
        before = self._counts[stretch]
        recipients = max(before.shape[1], int(alerts.recipient.max()) + 1)
        size = (len(self._codes), recipients)
        counts = np.bincount(numbers * recipients + alerts.recipient, minlength=size[0] * size[1]).reshape(
            size
        )
        counts[: before.shape[0], : before.shape[1]] += before
        self._counts[stretch] = counts


def _refuse_same_names(contenders: Sequence[Contender]) -> None:
    names = [each.name for each in contenders]
    if same := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            *(
                Fault(
                    "--policy",
                    f"{names.count(name)} of the policies are named {name}",
                    "Give each file's `version` a name of its own, for results are told apart by it; name a folder once.",
                )
                for name in same
            )
        )


def _cuts(contenders: Sequence[Contender]) -> list[Instant]:
    """The instants at which any history changes its version."""
    return sorted({period.since for each in contenders for period in each.periods} - {BEFORE_ALL})


def _replayed(
    log: OrderedLog, several: SeveralPolicies, place: int, policy: MechanismDocument, spells: NDArray[np.void]
) -> Replayed:
    """What a replay under one of the versions finds, but for streams and hours, which are not asked for."""
    by_recipient = {
        log.recipients.name_of(number): totals for number, totals in several.by_recipient(place).items()
    }
    by_code = several.by_code(place)
    in_force = [InForce(policy, None, None, sum(by_code.values(), Totals()))]
    found = replayed_of(log, by_code, by_recipient, in_force, spells_of([(policy, spells)], log.recipients))
    return replace(found, by_suppression=several.by_suppression(place))


def _days_of(replayed: Replayed) -> dict[Instant, Totals]:
    return _sum_by_day((each.hour - each.hour % DAY, each.totals) for each in replayed.hours)


def _sum_by_day(totals_by_day: Iterable[tuple[Instant, Totals]]) -> dict[Instant, Totals]:
    days: dict[Instant, Totals] = defaultdict(Totals)
    for day, totals in totals_by_day:
        days[day] += totals
    return dict(sorted(days.items()))


def _cells(
    contender: Contender, replayed: Replayed, pairs: CodesAndRecipients, recipients: Recipients
) -> Cells | None:
    """Totals by code and recipient together; None where a version counts over codes or recipients.

    An Alert is throttled only in a storm, and a storm has one code and one recipient where these are counted apart.
    """
    policies = [period.policy for period in contender.periods if period.policy is not None]
    if not all(_counts_apart(policy) for policy in policies):
        return None
    excluded: dict[tuple[AlertCode, int], int] = defaultdict(int)
    for period in contender.periods:
        policy = period.policy
        if policy is not None and policy.mode is not Mode.OFF:
            for key, count in pairs.counts(period.since, period.until).items():
                if key[0] in policy.exclusion_list:
                    excluded[key] += count
    throttled: dict[tuple[AlertCode, str], int] = defaultdict(int)
    columns = replayed.storms.columns
    for label, recipient, count in zip(
        *(columns[name].tolist() for name in ("alert_code", "recipient", "throttled")), strict=True
    ):
        throttled[parse_alert_code(label), recipient] += count
    cells = {}
    for (code, number), count in pairs.counts(BEFORE_ALL, None).items():
        name = recipients.name_of(number)
        held, passed = throttled[code, name], excluded[code, number]
        cells[code, name] = Totals(count, count - held - passed, held, passed)
    return cells


def _counts_apart(policy: MechanismDocument) -> bool:
    rules = policy.alert_storm
    return policy.mode is Mode.OFF or (
        rules.count_by is CountBy.DEVICE_CODE_RECIPIENT and not rules.code_groups
    )
