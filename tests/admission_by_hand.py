"""The Service Request rule stated anew: nothing is kept but what happened, and for every request all is counted again.

Slow, and as near to the words as it can be; fair limits are Fractions, found from
where the sum of what is met bends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from tidegate.admission.capacity import CapacityRules
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_requests import ServiceRequest


@dataclass
class Past:
    """A request that was decided; `slot` only where it was booked anew, in the lane of its kind."""

    request: ServiceRequest
    outcome: int
    retry_at: int | None
    is_booked: bool
    slot: int | None
    is_prioritised: bool
    root: int
    is_warned: bool
    is_pre_command: bool = False

    @property
    def is_admitted(self) -> bool:
        return self.outcome != 1


def greatest_level(offers: list[tuple[int, int]], capacity: Fraction) -> Fraction | None:
    """The greatest level with sum of min(offered, level * weight) <= capacity; None: there is no greatest."""

    def met(level: Fraction) -> Fraction:
        return sum((min(Fraction(offered), level * weight) for offered, weight in offers), Fraction(0))

    bends = sorted({Fraction(offered, weight) for offered, weight in offers})
    if not bends or met(bends[-1]) <= capacity:
        return None
    below = max([Fraction(0), *(bend for bend in bends if met(bend) <= capacity)])
    return below + (capacity - met(below)) / sum(w for o, w in offers if Fraction(o, w) > below)


def fair_limit(
    offered: Mapping[str, int], shares: Mapping[str, int], user: str, threshold: int
) -> Fraction | None:
    """A User's fair limit; None: it has none."""
    if sum(offered.values()) <= threshold:
        return None
    asked = [(offered[u], shares.get(u, 0)) for u in offered]
    level = greatest_level([(o, a) for o, a in asked if a], Fraction(threshold))
    allocation = shares.get(user, 0)
    if allocation:
        return None if level is None else max(Fraction(allocation), level * allocation)
    if level is not None:
        return Fraction(0)
    left = threshold - sum(o for o, a in asked if a)
    return greatest_level([(o, 1) for o, a in asked if not a], Fraction(left))


class ByHand:
    def __init__(self, rules: CapacityRules, shares: Mapping[str, int]) -> None:
        self.rules, self.shares = rules, shares
        self.past: list[Past] = []

    def decide(self, request: ServiceRequest) -> Past:
        decided = self._decided(request)
        self.past.append(decided)
        return decided

    def _decided(self, request: ServiceRequest) -> Past:
        r, at, user = self.rules, request.at, request.user
        allocation = self.shares.get(user, 0)
        in_period = [p for p in self.past if at - r.period_us < p.request.at]
        offered = len(in_period) + 1
        used = sum(p.is_admitted for p in in_period)
        mine = [p.request.at for p in in_period if p.request.user == user and p.is_admitted]
        is_prioritised = request.srv in r.prioritised
        booked = self._outstanding(user, at)
        own = [p for p in booked if p.request.request_id == request.request_id]
        continued = self._continued(request)
        root = None if continued is None else continued[0]

        def admitted(outcome: int) -> Past:
            kept = len(self.past) if root is None or r.mode is Mode.OFF else root
            warned = self._is_warned(user, len(mine), 1, used)
            is_pre_command = r.mode is not Mode.OFF and continued is not None and continued[1]
            return Past(request, outcome, None, False, None, is_prioritised, kept, warned, is_pre_command)

        if r.mode is Mode.OFF:
            return admitted(0)
        if root is not None or (own and own[0].slot is not None and own[0].slot <= at):
            return admitted(3)
        if is_prioritised and used < r.maximum_system_capacity:
            return admitted(2)
        limit = self._limit(user, at)
        if offered <= r.operating_threshold or (
            used < r.operating_threshold and (limit is None or len(mine) < limit)
        ):
            return admitted(0)
        if len(mine) < allocation and used < r.maximum_system_capacity:
            return admitted(0)

        warned = self._is_warned(user, len(mine), 0, used)
        if own:
            return Past(request, 1, own[0].slot, True, None, is_prioritised, -1, warned)
        of_each = Counter(p.request.user for p in in_period if p.is_prioritised)
        prioritised = sum(min(n, self._share_of_maximum(self.shares.get(u, 0))) for u, n in of_each.items())
        slot = self._next_free(at, mine, booked, allocation, None if is_prioritised else prioritised)
        if slot is not None and slot <= at + r.horizon_us:
            return Past(request, 1, slot, True, slot, is_prioritised, -1, warned)
        return Past(request, 1, self._spread(user, at), False, None, is_prioritised, -1, warned)

    def _limit(self, user: str, at: int) -> Fraction | None:
        tick = at // self.rules.tick_us * self.rules.tick_us
        offered = Counter(
            p.request.user for p in self.past if tick - self.rules.period_us <= p.request.at < tick
        )
        return fair_limit(offered, self.shares, user, self.rules.operating_threshold)

    def _outstanding(self, user: str, at: int) -> list[Past]:
        """What was booked, is not past its grace, and whose caller was not admitted since."""
        return [
            p
            for number, p in enumerate(self.past)
            if p.slot is not None
            and p.request.user == user
            and at <= p.slot + self.rules.grace_us
            and not any(
                q.is_admitted and (q.request.user, q.request.request_id) == (user, p.request.request_id)
                for q in self.past[number:]
            )
        ]

    def _next_free(
        self, at: int, mine: list[int], booked: list[Past], allocation: int, beside: int | None
    ) -> int | None:
        """The earliest instant with room in the period that ends there, and nothing booked after it.

        For an ordinary request, beside so many prioritised ones; None: for a prioritised one.
        """
        r = self.rules
        is_prioritised = beside is None
        share, apart = allocation, Fraction(0)
        if beside is None:
            share = self._share_of_maximum(allocation)
        elif beside >= r.maximum_system_capacity:
            return None
        if share == 0:
            return None
        if beside is not None and r.maximum_system_capacity - beside < r.operating_threshold:
            part = Fraction(allocation, r.operating_threshold)
            apart = r.period_us / (part * (r.maximum_system_capacity - beside))
        slots = [p.slot for p in booked if p.slot is not None and p.is_prioritised == is_prioritised]
        before = [p.slot for p in booked if p.slot is not None and p.is_prioritised]
        counted = [*mine, *(max(slot, at) for slot in slots)]
        earliest = max([at + r.tick_us, *(slot + max(1, ceil(apart)) for slot in slots), *before])
        return min(
            s
            for s in (earliest, *(instant + r.period_us for instant in counted))
            if s >= earliest and sum(s - r.period_us < instant <= s for instant in counted) < share
        )

    def _share_of_maximum(self, allocation: int) -> int:
        return allocation * self.rules.maximum_system_capacity // self.rules.operating_threshold

    def _spread(self, user: str, at: int) -> int:
        r = self.rules
        step = max(1, r.horizon_us * 618_034 // 1_000_000)
        answers, latest = 1, None
        for p in self.past:
            if p.request.user == user:
                if latest is not None and latest <= p.request.at - r.period_us:
                    answers = 1
                answers += p.outcome == 1 and not p.is_booked
                latest = p.request.at
        if latest is None or latest <= at - r.period_us:
            answers = 1
        return at + r.horizon_us + 1 + answers * step % r.horizon_us

    def _continued(self, request: ServiceRequest) -> tuple[int, bool] | None:
        """The request that was once admitted, which this one continues, counting what did so already; and whether as
        its signed pre-command, of which there is one."""
        r = self.rules
        remembered: dict[tuple[str, str], tuple[int, int]] = {}
        continued: Counter[int] = Counter()
        completed: set[tuple[str, str]] = set()
        for number, p in enumerate(self.past):
            if p.is_admitted:
                key = (p.request.user, p.request.request_id)
                since = remembered.get(key)
                if since is None or since[0] <= p.request.at - r.continues_within_us:
                    remembered[key] = (p.request.at, p.root)
                    completed.discard(key)
                if p.is_pre_command:
                    completed.add(key)
                continued[p.root] += p.root != number
        for name, is_own in ((request.request_id, True), (request.preceding_request_id, False)):
            since = remembered.get((request.user, name)) if name else None
            if (
                since is not None
                and not (is_own and (request.user, name) in completed)
                and since[0] > request.at - r.continues_within_us
                and continued[since[1]] < r.longest_sequence
            ):
                return since[1], is_own
        return None

    def _is_warned(self, user: str, mine: int, one: int, used: int) -> bool:
        allocation, threshold = self.shares.get(user, 0), self.rules.operating_threshold
        at = self.rules.early_warning_at
        if allocation == 0:
            return False

        def stays(count: int, whole: int) -> bool:
            """Not down by an eighth, or by one request only."""
            return count >= at * Fraction(7, 8) * whole or count >= ceil(at * whole) - 1

        before = next((p.is_warned for p in reversed(self.past) if p.request.user == user), False)
        if before and stays(mine, allocation) and used > 0 and stays(used, threshold):
            return True
        return mine + one >= at * allocation and used + one >= at * threshold
