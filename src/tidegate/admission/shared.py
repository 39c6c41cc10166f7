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

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tidegate.admission.apportioning import Asking, part_for
from tidegate.admission.capacity_part import Part, Whole
from tidegate.vocabulary.instants import SECOND, Duration, Instant


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
    asking = Asking(report.offered, report.used, report.holds.allocations)
    asked = [Asking(it.report.offered, it.report.used, it.given.allocations) for it in others.live]
    part = part_for(report.whole, asking, asked, [it.holds for it in others.live], others.away)
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
