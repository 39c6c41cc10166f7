"""Capacity shared out: whole Service Requests in a period for every User.

Each User has its floor, and of what is left over a part in proportion to its
weight. The exact shares are rounded down, and what that leaves goes one by one
to the largest remainders. So every User has its exact share rounded down or
up. The price is that with one more to share out a User may have one less,
though its exact share grows (the Alabama paradox): docs/decisions/0022.

Remainders that are alike are a draw: SHA-256 over the name of the draw, the
role and the User says who comes first. The draw is named for the policy's
version, so that no name is favoured for good, and anyone can do it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tidegate.vocabulary.users import UserRole


@dataclass(frozen=True, slots=True)
class Claim:
    """What a User in a role goes into the sharing with: its floor (requests) and its weight; both 0 or more."""

    user: str
    role: UserRole
    weight: Fraction
    floor: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a User comes out with.

    claim:          What it went in with.
    exact:          Its share before it is made whole, in requests per period.
    requests:       Its allocation: `exact` rounded down, or up where `is_rounded_up`.
    """

    claim: Claim
    exact: Fraction
    requests: int

    @property
    def remainder(self) -> Fraction:
        """What rounding down leaves of the exact share."""
        return self.exact % 1

    @property
    def is_rounded_up(self) -> bool:
        """Whether its remainder was among the largest."""
        return self.requests > self.exact


def allocate(capacity: int, claims: Sequence[Claim], draw: str) -> list[Allocation]:
    """Share a capacity (requests per period) out among Users, no two alike in name and role; in their order.

    The result, for every capacity that is no less than the floors together:
      1. sums to the capacity where anyone has weight, and to the floors where no one has;
      2. gives each User its exact share rounded down or up;
      3. gives no more to the lighter of two Users with the same floor than to the heavier;
      4. does not depend on the order of the claims, nor on the unit that weights are in.

    Raises:
        ValueError: the floors together are more than the capacity.
    """
    floors = sum(claim.floor for claim in claims)
    if floors > capacity:
        raise ValueError(f"the floors are {floors} together, more than the capacity of {capacity}")
    assert len({(claim.user, claim.role) for claim in claims}) == len(claims)
    weights = sum((claim.weight for claim in claims), Fraction(0))
    if not weights:
        return [Allocation(claim, Fraction(claim.floor), claim.floor) for claim in claims]
    each = Fraction(capacity - floors) / weights
    down = [Allocation(claim, exact := claim.floor + each * claim.weight, int(exact)) for claim in claims]
    left = capacity - sum(allocation.requests for allocation in down)
    first = sorted(range(len(down)), key=lambda place: (-down[place].remainder, _lot(draw, claims[place])))
    rounded_up = set(first[:left])
    return [
        Allocation(one.claim, one.exact, one.requests + (place in rounded_up))
        for place, one in enumerate(down)
    ]


def by_user(allocations: Iterable[Allocation]) -> dict[str, int]:
    """The allocation of each User, of all its roles together."""
    found: dict[str, int] = {}
    for each in allocations:
        found[each.claim.user] = found.get(each.claim.user, 0) + each.requests
    return found


def _lot(draw: str, claim: Claim) -> bytes:
    return hashlib.sha256(f"{draw}\n{claim.role}\n{claim.user}".encode()).digest()
