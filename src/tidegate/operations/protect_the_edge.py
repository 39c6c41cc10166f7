"""The same rule at the Communications Hub, at the CSP or at the DSP: what each place would have spared.

One pass over a log. The DSP's rule is the policy as it stands, over every row.
The Hub's and the CSP's is the same parameters over events (`edge_events`),
counted by Device and code: there is no recipient before the DSP. It sees only
what comes over a CSP: no DCC Alerts, no SMETS1 Devices. What it throttles never
reaches the DSP.

Besides its decisions each kernel answers which Alerts were within a storm: a
second policy with the same thresholds that forwards none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.decision import Outcome
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy
from tidegate.alert_storm.plan import KernelPolicy
from tidegate.alert_storm.sharded import AlertStormKernel
from tidegate.alert_storm.suppressions import Scope
from tidegate.columnar.batches import AlertBatch
from tidegate.columnar.inventory import Inventory
from tidegate.operations.edge_events import EventPairs
from tidegate.operations.edge_rates import Rates
from tidegate.operations.edge_regions import Regions
from tidegate.operations.ordered_log import OrderedAlerts, OrderedLog, ReadOptions, RejectedSink
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import always
from tidegate.operations.replay_stage import policy_in_force
from tidegate.operations.suppressing import scoping_for
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.edge import (
    ALL,
    FIRST_SPARED,
    LINKS,
    NOT_IN_INVENTORY,
    NOT_SAID,
    PLACES,
    SMETS1,
    AtPlace,
    BusyHour,
    EdgeProtection,
    Flow,
    Link,
    Place,
    Reach,
    RegionEdge,
    WanCopies,
)
from tidegate.vocabulary.alert_codes import DCC_ALERT
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import MINUTE, SECOND, Duration

SAME_EVENT: Final[Duration] = SECOND
"""Copies to two recipients within this time are of one event; an illustrative value, the real lag is not public."""

Mask: TypeAlias = NDArray[np.bool_]

_FORWARDS_NONE: Final = 2**62
_THROTTLED: Final = 1
_IN_STORM: Final = 2
_TOLD: Final = 4

# What is counted over time: a series each.
_SENT, _PAST_EDGE, _MADE, _MADE_PAST_EDGE, _PAST_DSP = range(5)
_SERIES: Final[Mapping[tuple[Place, Link], int]] = {
    (Place.NOWHERE, Link.WAN): _SENT,
    (Place.NOWHERE, Link.CSP_TO_DSP): _SENT,
    (Place.NOWHERE, Link.DSP_TO_USER): _MADE,
    (Place.HUB, Link.WAN): _PAST_EDGE,
    (Place.HUB, Link.CSP_TO_DSP): _PAST_EDGE,
    (Place.HUB, Link.DSP_TO_USER): _MADE_PAST_EDGE,
    (Place.CSP, Link.WAN): _SENT,
    (Place.CSP, Link.CSP_TO_DSP): _PAST_EDGE,
    (Place.CSP, Link.DSP_TO_USER): _MADE_PAST_EDGE,
    (Place.DSP, Link.WAN): _SENT,
    (Place.DSP, Link.CSP_TO_DSP): _SENT,
    (Place.DSP, Link.DSP_TO_USER): _PAST_DSP,
}


@dataclass(frozen=True, slots=True)
class EdgeOptions(ReadOptions):
    """How to ask.

    shards:         Threads that decide; the answer is the same with any number.
    wan_copies:     How often an Alert with two recipients crosses the SM WAN.
    same_event_us:  Copies to two recipients received within this time are of one event.
    capacity_per_second: Alerts a second that a region's SM WAN can carry, by region; not public.
    """

    shards: int = 2
    wan_copies: WanCopies = WanCopies.EACH
    same_event_us: Duration = SAME_EVENT
    capacity_per_second: Mapping[str, float] = field(default_factory=dict)


def protect_the_edge(
    source: AlertSource,
    policy: MechanismDocument,
    inventory: Inventory,
    options: EdgeOptions = EdgeOptions(),
    *,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> EdgeProtection:
    """Ask what a policy's rule would have spared each link from each place, per CSP region.

    Interrupted by Ctrl-C, it returns what it had so far, marked partial.

    Raises:
        InputError: the input cannot be read; a row cannot be used and `is_strict` is set; or a capacity is
            of no region there is.
    """
    run = _Run(policy, inventory, options)
    log = OrderedLog(source, options, rejected=rejected)
    for batch in log.batches(progress):
        run.receive(batch)
    return run.result(log)


class _Run:
    """One question under way."""

    def __init__(self, policy: MechanismDocument, inventory: Inventory, options: EdgeOptions) -> None:
        self._policy = policy
        self._inventory = inventory
        self._regions = Regions(inventory)
        self._options = options
        self._names = [*(name or NOT_SAID for name in self._regions.texts), NOT_IN_INVENTORY]
        self._capacities = _capacities(options.capacity_per_second, self._names)
        self._has_csp = np.array([name.upper() != SMETS1 for name in self._names])
        in_force = policy_in_force(always(policy)[0])
        self._excluded = np.array(sorted(in_force.exclusion_list), np.uint32)
        self._scoping = scoping_for([in_force], inventory)
        scopes = self._scoping.scopes if self._scoping is not None else []
        self._dsp = _Rule(in_force, scopes, options.shards)
        self._edge = _EdgeRule(in_force, scopes, options)
        per_minute = [capacity * MINUTE / SECOND for capacity in self._capacities]
        self._rates = Rates(len({*_SERIES.values()}), per_minute)
        # (place, what, region): rows of `Reach`, in its order.
        self._reach = np.zeros((len(PLACES), 6, len(self._names)), np.int64)
        self._dcc_alerts = np.zeros(len(self._names), np.int64)
        self._events = 0

    def receive(self, batch: OrderedAlerts) -> None:
        """The next Alerts, in receipt order."""
        alerts = batch.received
        region = self._regions.places(alerts)
        is_dcc = alerts.alert_code >= DCC_ALERT
        is_seen = ~is_dcc & self._has_csp[region]
        is_excluded = np.isin(alerts.alert_code, self._excluded)
        scoped = alerts if self._scoping is None else self._scoping.scoped(alerts)
        at_dsp = self._dsp.receive(scoped)
        at_edge, is_event = self._edge.receive(alerts, scoped, is_seen)
        self._events += int(is_event.sum())
        self._dcc_alerts += np.bincount(region[is_dcc], minlength=len(self._names))
        everything = np.ones(len(alerts), np.bool_)
        for place, fate, seen in ((0, at_edge, is_seen), (1, at_edge, is_seen), (2, at_dsp, everything)):
            self._count(place, region, fate, seen, is_excluded)
        crosses = is_event if self._options.wan_copies is WanCopies.ONE else is_seen
        passes_edge = at_edge & _THROTTLED == 0
        series = [crosses, crosses & passes_edge, everything, passes_edge, at_dsp & _THROTTLED == 0]
        self._rates.add(alerts.received_at, region, series)

    def result(self, log: OrderedLog) -> EdgeProtection:
        """All that was found out."""
        self._dsp.stop()
        self._edge.stop()
        self._rates.finish()
        met = [n for n in range(len(self._names)) if self._rates.totals[_MADE, n]]
        met.sort(key=lambda n: (-int(self._rates.totals[_MADE, n]), self._names[n]))
        total = self._of_region(len(self._names))
        return EdgeProtection(
            source=log.name,
            inventory=self._inventory.source,
            policy=self._policy,
            first=log.first,
            last=log.last,
            received=total.alerts + log.rejected,
            rejected=log.rejected,
            outside_period=log.outside,
            late=log.late,
            wan_copies=self._options.wan_copies,
            same_event_us=self._options.same_event_us,
            events=self._events,
            regions=[self._of_region(n) for n in met],
            total=total,
            hours=[
                BusyHour(hour, self._names[n], int(busiest[_SENT, n]), int(busiest[_PAST_EDGE, n]))
                for hour, busiest in self._rates.busiest_minutes_by_hour()
                for n in met
                if busiest[_SENT, n]
            ],
            rejected_by_reason=log.reasons,
            completed=log.completed,
        )

    def _count(
        self, place: int, region: NDArray[np.int64], fate: NDArray[np.uint8], seen: Mask, excluded: Mask
    ) -> None:
        is_counted = seen & ~excluded
        throttled, in_storm = fate & _THROTTLED != 0, fate & _IN_STORM != 0
        kinds = (
            ~seen,
            seen & excluded,
            is_counted & ~in_storm,
            is_counted & in_storm & ~throttled,
            throttled,
            fate & _TOLD != 0,
        )
        for kind, mask in enumerate(kinds):
            self._reach[place, kind] += np.bincount(region[mask], minlength=len(self._names))

    def _of_region(self, n: int) -> RegionEdge:
        """The n-th region; after the last, all of them."""
        is_all = n == len(self._names)
        capacity = None if is_all or np.isinf(self._capacities[n]) else self._capacities[n]
        reach = self._reach.sum(axis=2) if is_all else self._reach[:, :, n]
        alerts = int(self._rates.totals[_MADE, n])
        return RegionEdge(
            region=ALL if is_all else self._names[n],
            alerts=alerts,
            dcc_alerts=int(self._dcc_alerts.sum() if is_all else self._dcc_alerts[n]),
            capacity_per_second=capacity,
            places={
                Place.NOWHERE: AtPlace(Reach(beyond=alerts), self._flows(Place.NOWHERE, n, capacity)),
                **{
                    place: AtPlace(Reach(*reach[number].tolist()), self._flows(place, n, capacity))
                    for number, place in enumerate(PLACES)
                },
            },
        )

    def _flows(self, place: Place, n: int, capacity: float | None) -> dict[Link, Flow]:
        flows = {}
        for link in LINKS:
            series = _SERIES[place, link]
            is_bounded = capacity is not None and link is Link.WAN
            flows[link] = Flow(
                int(self._rates.totals[series, n]),
                self._rates.busiest_minute(series, n),
                self._rates.busiest_hour(series, n),
                int(self._rates.minutes_over[series, n]) if is_bounded else None,
            )
        return flows


class _Rule:
    """A rule over rows: what it does to each, as flags."""

    def __init__(self, policy: KernelPolicy, scopes: Sequence[Scope], shards: int) -> None:
        silent = replace(policy, rules=_forwarding_none(policy.rules))
        self._kernel = AlertStormKernel([policy, silent], scopes=scopes, shards=shards)

    def receive(self, alerts: AlertBatch) -> NDArray[np.uint8]:
        if not len(alerts):
            return np.zeros(0, np.uint8)
        self._kernel.receive(alerts)
        self._kernel.take_ended()
        decided = self._kernel.decisions(0, alerts)
        silent = self._kernel.decisions(1, alerts)
        is_throttled = decided.outcome == Outcome.THROTTLED
        flags: NDArray[np.uint8] = is_throttled * np.uint8(_THROTTLED)
        flags |= (silent.outcome == Outcome.THROTTLED) * np.uint8(_IN_STORM)
        flags |= (decided.throttled_alert_count > 0) * np.uint8(_TOLD)
        return flags

    def stop(self) -> None:
        self._kernel.stop()


class _EdgeRule:
    """The rule over events: every copy has the fate of its event."""

    def __init__(self, policy: KernelPolicy, scopes: Sequence[Scope], options: EdgeOptions) -> None:
        by_event = replace(policy, rules=replace(policy.rules, count_by=CountBy.DEVICE_CODE))
        self._rule = _Rule(by_event, scopes, options.shards)
        self._pairs = EventPairs(options.same_event_us)
        self._carried = np.empty(0, np.uint8)

    def receive(
        self, alerts: AlertBatch, scoped: AlertBatch, is_seen: Mask
    ) -> tuple[NDArray[np.uint8], Mask]:
        """The flags of the rows, 0 for those not seen; and which of them hold an event of their own."""
        rows = np.flatnonzero(is_seen)
        seen = alerts if len(rows) == len(alerts) else alerts.take(rows)
        carried = self._pairs.carried
        event, is_kept = self._pairs.push(seen)
        flags = np.concatenate((self._carried, np.zeros(len(seen), np.uint8)))
        is_first = event[carried:] == np.arange(carried, len(event))
        flags[carried:][is_first] = self._rule.receive(scoped.take(rows[is_first]))
        flags = flags[event]
        self._carried = flags[is_kept]
        fate, is_event = np.zeros(len(alerts), np.uint8), np.zeros(len(alerts), np.bool_)
        fate[rows], is_event[rows] = flags[carried:], is_first
        # A count is told once, with the event.
        fate[~is_event] &= np.uint8(_THROTTLED | _IN_STORM)
        return fate, is_event

    def stop(self) -> None:
        self._rule.stop()


def _forwarding_none(rules: AlertStormRules) -> AlertStormRules:
    """The same storms, and nothing forwarded in them."""

    def none(parameters: AlertStormParameters) -> AlertStormParameters:
        return replace(parameters, forward_one_in=_FORWARDS_NONE, forward_at_least_every_us=None)

    codes = {code: none(each) for code, each in rules.codes.items()}
    return replace(rules, default=none(rules.default), codes=codes)


def _capacities(given: Mapping[str, float], names: list[str]) -> list[float]:
    folded = {name.casefold(): n for n, name in enumerate(names)}
    capacities = [float("inf")] * len(names)
    for region, capacity in given.items():
        if region.casefold() not in folded:
            there_are = ", ".join(names[:-1]) or "none"
            raise InputError(
                Fault("--capacity-per-second", f"there is no region {region}", f"There are: {there_are}.")
            )
        capacities[folded[region.casefold()]] = capacity
    return capacities


assert all(
    _SERIES[place, link] == _SERIES[Place.NOWHERE, link]
    for place in PLACES
    for link in LINKS[: LINKS.index(FIRST_SPARED[place])]
)
