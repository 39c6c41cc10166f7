"""How one capacity is apportioned among gateways: in the proportion of what is asked of each, in whole requests.

A part is only made of what no one holds: nothing that is given out comes to more
than the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.admission.capacity_part import Part, Whole
from tidegate.admission.fair_share import fair_share

HEADROOM: Final = 8
"""Who asks for less than its allocation has room for an eighth more, at the gateways where it asks."""

_FINE: Final = 1_000
"""Parts are reckoned in thousandths of a request before they are made whole."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a gateway asks for.

    offered:  Requests of each User in the period.
    used:     Requests it admitted in the period.
    had:      What of each User's allocation it last had.
    """

    offered: Mapping[str, int]
    used: int
    had: Mapping[str, int]


def part_for(
    shared: Whole, asking: Asking, others: Sequence[Asking], held: Sequence[Part], away: Sequence[Part]
) -> Part:
    """What of the whole a gateway is to have, as far as no one else holds it.

    Args:
        shared:  The whole.
        asking:  What it asks for.
        others:  What those ask for that are heard.
        held:    What these hold.
        away:    What is kept for those that are not heard.
    """
    whole, least = shared.capacity, shared.least
    wanted = _wanted(shared, [asking, *others], away)
    held = [*held, *away]
    maximum = max(least.maximum, min(wanted.maximum, whole.maximum - sum(it.maximum for it in held)))
    free = whole.threshold - sum(it.threshold for it in held)
    threshold = min(maximum, max(least.threshold, min(wanted.threshold, free)))
    allocations = {}
    for user, allocation in whole.allocations.items():
        left = allocation - sum(it.allocations.get(user, 0) for it in held)
        allocations[user] = max(0, min(wanted.allocations[user], left))
    return Part(maximum, threshold, _trimmed(allocations, threshold))


def _wanted(shared: Whole, asking: Sequence[Asking], away: Sequence[Part]) -> Part:
    """The part of the first by what is asked of each, were all of it free."""
    whole, least = shared.capacity, shared.least
    claims = _claims(whole, [each.offered for each in asking], [each.had for each in asking])

    free = whole.threshold - sum(it.threshold for it in away)
    thresholds = _spread(_asked_for(claims, whole.threshold, len(asking)), free, least.threshold)
    kept = sum(it.maximum - it.threshold for it in away)
    reserve = max(0, whole.maximum - whole.threshold - kept)
    beyond = [max(0, each.used - threshold) for each, threshold in zip(asking, thresholds, strict=True)]
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
