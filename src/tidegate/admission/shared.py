"""One capacity shared by several gateways: each has a part of it, and decides by the rule within its part.

A store that all of them reach keeps the `Pool`: who has which part. A gateway that
reports what came to it (`exchange`) is given another part, larger where more is
asked for. So no request waits for another gateway.

**The bound.** At every instant the parts of all gateways are together no more than
the whole, and so is what they admitted in any period, whatever is lost on the
way. For that a part is only given out of what no one holds any more: a gateway
holds the part that it had as it reported, until it has reported under the next
one, and whatever it admitted in the period. As in the rule itself, continuations
and claimed bookings are excepted, and so is what a gateway admitted that was
stopped and started again within a period: it has forgotten that, as one alone has.

While demand is steady the parts come to the whole, in the proportion of what is
asked of each gateway, and each decides with the same level of spare. After demand has
moved from one gateway to another, the parts follow within two exchanges of each and
a period; until then a User may be throttled at one gateway for what another has,
and what was admitted above the operating threshold is bounded by the maximum.

**Without the store.** A part holds for `lease_for`. Whoever cannot report falls to
its local share, an even part of the whole, or to its own part where that is
less; after three times as long and a period to the local share (`part_without`). By then
the others, if they still reach the store, have made room for it. All without
it come to the whole. Who is silent for `silent_for` is taken to be gone. If it is
not, what it admits, at most its local share, comes on top.

Every gateway has a least part, so that one that begins, or hears from a User for
the first time in a while, can decide at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tidegate.admission.capacity import CapacityRules, faults_of_allocations
from tidegate.admission.fair_share import fair_share
from tidegate.vocabulary.instants import SECOND, Duration, Instant

LEAST: Final = 16
"""The least part of a gateway is a sixteenth of its local share."""

HEADROOM: Final = 8
"""Who asks for less than its allocation has room for an eighth more, at the gateways where it asks."""

_FINE: Final = 1_000
"""Parts are reckoned in thousandths of a request before they are made whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a gateway may use in a period; of Users that are not named, nothing is allocated.

    The allocations come to the threshold at most, and that to the maximum.
    """

    maximum: int
    threshold: int
    allocations: Mapping[str, int]

    def at_most(self, other: Part) -> Part:
        """The lesser of two, in everything."""
        return Part(
            min(self.maximum, other.maximum),
            min(self.threshold, other.threshold),
            {user: min(it, other.allocations.get(user, 0)) for user, it in self.allocations.items()},
        )

    def at_least(self, other: Part) -> Part:
        """The greater of two, in everything: no part to use, but what must be kept for whoever may have either."""
        users = {**self.allocations, **other.allocations}
        return Part(
            max(self.maximum, other.maximum),
            max(self.threshold, other.threshold),
            {user: max(self.allocations.get(user, 0), other.allocations.get(user, 0)) for user in users},
        )


@dataclass(frozen=True, slots=True)
class Whole:
    """What is shared, and by how many; valid once built.

    capacity:  Of all gateways together.
    gateways:  At most so many share it; 1 or more, and no more than the operating threshold.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    capacity: Part
    period_us: Duration
    gateways: int

    def __post_init__(self) -> None:
        if not 1 <= self.gateways <= self.capacity.threshold:
            raise ValueError(
                f"gateways is {self.gateways}; it must be from 1 to the operating threshold "
                f"({self.capacity.threshold})"
            )

    @classmethod
    def of(cls, rules: CapacityRules, allocations: Mapping[str, int], gateways: int) -> Whole:
        """What a policy gives, shared by so many; raises as the constructor, and where allocations cannot be."""
        for fault in faults_of_allocations(allocations, rules):
            raise ValueError(fault)
        capacity = Part(rules.maximum_system_capacity, rules.operating_threshold, dict(allocations))
        return cls(capacity, rules.period_us, gateways)

    @property
    def local(self) -> Part:
        """The local share: of a gateway that knows nothing of the others."""
        return self._even(self.gateways)

    @property
    def least(self) -> Part:
        """What every gateway has in any case."""
        even = self._even(self.gateways * LEAST)
        threshold = max(1, even.threshold)
        return Part(max(threshold, even.maximum), threshold, even.allocations)

    def _even(self, parts: int) -> Part:
        its = self.capacity
        each = {user: allocation // parts for user, allocation in its.allocations.items()}
        return Part(its.maximum // parts, its.threshold // parts, each)


@dataclass(frozen=True, slots=True)
class SharingTerms:
    """How gateways share; the same for all of them; valid once built.

    lease_for:   How long a part holds without a report. More than 0.
    silent_for:  After so long without one, a gateway is taken to be gone. More than four times as long.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    lease_for: Duration = 5 * SECOND
    silent_for: Duration = 60 * SECOND

    def __post_init__(self) -> None:
        if self.lease_for <= 0:
            raise ValueError("lease_for must be longer than nothing")
        if self.silent_for <= 4 * self.lease_for:
            raise ValueError("silent_for must be more than four times lease_for")


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway tells of itself.

    gateway:   Its name, the same after a restart; `run`: another after each.
    whole:     What it takes to be shared.
    holds:     The part it decides by.
    used:      Requests it admitted in the period.
    offered:   Requests of each User in the period.
    """

    gateway: str
    run: str
    whole: Whole
    holds: Part
    used: int
    offered: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Lease:
    """What it is told.

    part:       The part it has from now on.
    gateways:   How many share it now, itself among them.
    agrees:     All of them take the same to be shared.
    """

    part: Part
    gateways: int
    agrees: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A gateway as the store knows it: its last report, and what it was given for it."""

    report: Report
    heard_at: Instant
    given: Part

    @property
    def holds(self) -> Part:
        """What it may use or have used, until it reports again."""
        held = self.given.at_least(self.report.holds)
        return replace(held, maximum=max(held.maximum, self.report.used))


@dataclass(frozen=True, slots=True)
class Pool:
    """What the store keeps.

    members:     By name.
    gone:        What runs of gateways that ended held, by name and run, and when that was seen: it may still be in use for
                 a period.
    changed_at:  When anyone last reported.
    resumed_at:  When someone reported after nobody had for a while: others may be there that have not yet.
    """

    members: Mapping[str, Member] = field(default_factory=dict)
    gone: Mapping[tuple[str, str], tuple[Instant, Part]] = field(default_factory=dict)
    changed_at: Instant | None = None
    resumed_at: Instant = 0


class NoPlaceError(Exception):
    """A gateway cannot share: there are more than were agreed on, or two of one name. It keeps to its local share."""


def part_without(whole: Whole, given: Part, silent: Duration, terms: SharingTerms) -> Part:
    """What a gateway has that was last given a part, so long after the report it was given it for."""
    if silent < terms.lease_for:
        return given
    if silent < 3 * terms.lease_for + whole.period_us:
        return given.at_most(whole.local)
    return whole.local


def exchange(pool: Pool, report: Report, now: Instant, terms: SharingTerms) -> tuple[Pool, Lease]:
    """A gateway reports: the pool after it, and the part it is given.

    now:  The store's own clock; where it seems to go back, it stands.

    Raises:
        NoPlaceError: it cannot share.
    """
    now = max(now, pool.changed_at or now)
    if pool.changed_at is None or now - pool.changed_at > terms.lease_for:
        pool = replace(pool, resumed_at=now)
    pool = _with_run(pool, report, now, terms)
    others = _Others(pool, report, now, terms)
    part = _part_for(report, others)
    members = {**pool.members, report.gateway: Member(report, now, part)}
    agrees = all(each.report.whole == report.whole for each in others.live)
    return replace(pool, members=members, changed_at=now), Lease(part, 1 + len(others.live), agrees)


def _with_run(pool: Pool, report: Report, now: Instant, terms: SharingTerms) -> Pool:
    """The pool without who is gone for good; an earlier run of the same gateway is gone, and what it held is kept."""
    if (report.gateway, report.run) in pool.gone:
        raise NoPlaceError(
            f"another gateway is named {report.gateway} too; every one needs a name of its own"
        )
    gone = {key: it for key, it in pool.gone.items() if now - it[0] <= terms.silent_for}
    members = {
        name: it
        for name, it in pool.members.items()
        if now - max(it.heard_at, pool.resumed_at) <= terms.silent_for
    }
    before = members.get(report.gateway)
    if before is not None and before.report.run != report.run:
        del members[report.gateway]
        gone[report.gateway, before.report.run] = now, before.holds
    if report.gateway not in members and len(members) >= report.whole.gateways:
        names = ", ".join(sorted(members))
        raise NoPlaceError(f"{report.whole.gateways} gateways share the capacity already: {names}")
    return replace(pool, members=members, gone=gone)


class _Others:
    """The other gateways as one of them reports.

    live:   Those that are heard.
    away:   What is kept for those that are not, or were never there.
    """

    def __init__(self, pool: Pool, report: Report, now: Instant, terms: SharingTerms) -> None:
        whole = report.whole
        self.live: list[Member] = []
        self.away: list[Part] = [
            holds for since, holds in pool.gone.values() if now - since <= whole.period_us
        ]
        settles = terms.lease_for + whole.period_us
        for name, it in pool.members.items():
            if name == report.gateway:
                continue
            if it.heard_at >= pool.resumed_at and now - it.heard_at <= terms.lease_for:
                self.live.append(it)
            elif now - max(it.heard_at, pool.resumed_at) <= settles:
                self.away.append(it.holds.at_least(whole.local))
            else:
                self.away.append(whole.local)
        known = len(pool.members.keys() | {report.gateway})
        is_settled = now - pool.resumed_at > settles
        kept = whole.least if is_settled else whole.local
        self.away += [kept] * (whole.gateways - known)


def _part_for(report: Report, others: _Others) -> Part:
    """What of the whole it is to have, as far as no one else holds it."""
    whole, least = report.whole.capacity, report.whole.least
    wanted = _wanted(report, others)
    held = [each.holds for each in others.live] + others.away
    maximum = max(least.maximum, min(wanted.maximum, whole.maximum - sum(it.maximum for it in held)))
    free = whole.threshold - sum(it.threshold for it in held)
    threshold = min(maximum, max(least.threshold, min(wanted.threshold, free)))
    allocations = {}
    for user, allocation in whole.allocations.items():
        left = allocation - sum(it.allocations.get(user, 0) for it in held)
        allocations[user] = max(0, min(wanted.allocations[user], left))
    return Part(maximum, threshold, _trimmed(allocations, threshold))


def _wanted(report: Report, others: _Others) -> Part:
    """Its part by what is asked of each gateway that is heard, were all of it free."""
    whole, least, members = report.whole.capacity, report.whole.least, len(others.live) + 1
    offered = [report.offered, *(each.report.offered for each in others.live)]
    had = [report.holds.allocations, *(each.given.allocations for each in others.live)]
    used = [report.used, *(each.report.used for each in others.live)]
    claims = _claims(whole, offered, had)

    free = whole.threshold - sum(it.threshold for it in others.away)
    thresholds = _spread(_asked_for(claims, whole.threshold, members), free, least.threshold)
    kept = sum(it.maximum - it.threshold for it in others.away)
    reserve = max(0, whole.maximum - whole.threshold - kept)
    beyond = [max(0, use - threshold) for use, threshold in zip(used, thresholds, strict=True)]
    reserves = _spread(
        _filled([_FINE * it for it in beyond], _FINE * reserve), reserve, least.maximum - least.threshold
    )
    unasked = sum(it.unasked[0] for it in claims)
    room = min(unasked, max(0, _FINE * thresholds[0] - sum(it.of_allocation[0] for it in claims)))
    part = {}
    for it in claims:
        if it.user in whole.allocations:
            fine = it.of_allocation[0] + (it.unasked[0] * room // unasked if unasked else 0)
            part[it.user] = max(least.allocations[it.user], -(-fine // _FINE))
    return Part(thresholds[0] + reserves[0], thresholds[0], part)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a User asks for at each gateway, in thousandths of requests.

    asked:          Its fair part of what it offers, with headroom.
    of_allocation:  What of that is of its allocation.
    unasked:        What of its allocation it does not ask for.
    """

    user: str
    asked: Sequence[int]
    of_allocation: Sequence[int]
    unasked: Sequence[int]


def _claims(
    whole: Part, offered: Sequence[Mapping[str, int]], had: Sequence[Mapping[str, int]]
) -> list[_Claim]:
    """Of each User: its fair part of the whole, where it asks for it; who asks for nothing, where it last had it."""
    users = sorted({*whole.allocations, *(user for each in offered for user in each)})
    of_user = {user: [each.get(user, 0) for each in offered] for user in users}
    offers = [(sum(of_user[user]), whole.allocations.get(user, 0)) for user in users]
    if sum(total for total, _ in offers) > whole.threshold:
        offers = [_with_headroom(*offer) for offer in offers]
    share = fair_share([it for it in offers if it[0]], whole.threshold)
    claims = []
    for user, (asks, allocation) in zip(users, offers, strict=True):
        total, fair = sum(of_user[user]), min(asks, share.limit(allocation))
        within = min(fair, allocation)
        # What it may yet ask for is kept where it asks, or last had it: it will most likely come there.
        near = [new + each.get(user, 0) for new, each in zip(of_user[user], had, strict=True)]
        if not any(near):
            near = [1] * len(offered)
        claims.append(
            _Claim(
                user,
                [_FINE * fair * it // max(1, total) for it in of_user[user]],
                [_FINE * within * it // max(1, total) for it in of_user[user]],
                [_FINE * (allocation - within) * it // sum(near) for it in near],
            )
        )
    return claims


def _with_headroom(offered: int, allocation: int) -> tuple[int, int]:
    """What a User asks for where not all can be met, and its allocation.

    Within its allocation that is a little more than came: no two periods are alike, and of its allocation it is sure.
    """
    if 0 < offered < allocation:
        return min(allocation, offered + offered // HEADROOM + 1), allocation
    return offered, allocation


def _asked_for(claims: Iterable[_Claim], threshold: int, members: int) -> list[int]:
    """What of the threshold each gateway asks for: what is offered; then what is allocated; then evenly what is left."""
    asked, unasked = [0] * members, [0] * members
    for it in claims:
        for member in range(members):
            asked[member] += it.asked[member]
            unasked[member] += it.unasked[member]
    # Who uses more than its allocation uses what others do not ask for, which is room for them all the same.
    over = [sum(it.asked[member] - it.of_allocation[member] for it in claims) for member in range(members)]
    missing = [max(0, each - spare) for each, spare in zip(unasked, over, strict=True)]
    left = max(0, _FINE * threshold - sum(asked))
    return [each + more for each, more in zip(asked, _filled(missing, left), strict=True)]


def _filled(wants: Sequence[int], there_is: int) -> list[int]:
    """To each what it wants, in proportion where there is less; evenly what is left."""
    total = sum(wants)
    if total > there_is:
        return [there_is * each // total for each in wants]
    return [each + (there_is - total) // len(wants) for each in wants]


def _spread(weights: Sequence[int], there_is: int, least: int) -> list[int]:
    """Whole requests in proportion to weights, none under the least; they come to what there is, where that is enough."""
    places = range(len(weights))
    at_least: set[int] = set()
    while True:
        free = [place for place in places if place not in at_least]
        left, total = there_is - least * len(at_least), sum(weights[place] for place in free)
        if not free or left <= least * len(free):
            return [least] * len(weights)
        exact = {place: left * weights[place] for place in free}
        below = {place for place in free if not total or exact[place] < least * total}
        if not below or not total:
            break
        at_least |= below
    if not total:
        return [left // len(free) if place in exact else least for place in places]
    down = {place: exact[place] // total for place in free}
    over = left - sum(down.values())
    first = sorted(free, key=lambda place: (-(exact[place] % total), place))[:over]
    return [least if place in at_least else down[place] + (place in first) for place in places]


def _trimmed(allocations: Mapping[str, int], most: int) -> dict[str, int]:
    """Allocations that come to no more, the largest cut first."""
    excess = sum(allocations.values()) - most
    if excess <= 0:
        return dict(allocations)
    total = sum(allocations.values())
    cut = {user: it * most // total for user, it in allocations.items()}
    left = most - sum(cut.values())
    first = sorted(cut, key=lambda user: (-(allocations[user] * most % total), user))[:left]
    return {user: it + (user in first) for user, it in cut.items()}
