"""The fair limit: what of the operating threshold a User may use, given what the others ask for.

The SEC page throttles a User "down to either their stated allocation or the
operating threshold (whichever is greater)". Made exact: weighted max-min. There
is one number, lambda, for all Users, the greatest for which

    sum over Users of min(offered, lambda * allocation) <= operating threshold

and a User's fair limit is lambda times its allocation, never less than its
allocation. Who asks for less than that has what it asks for, and what it leaves
is shared by the others in proportion to their allocations. While all that is
offered is within the threshold there is no limit. As whole requests are counted,
being below a limit that is no whole number is being below the next one.

Users without an allocation share equally what all the others leave
(readings.md#39). All is in whole numbers: lambda is a numerator and a denominator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple


class Level(NamedTuple):
    """How far requests for something scarce can be met: `numerator / denominator` per unit of weight; 0 / 0: all."""

    numerator: int
    denominator: int

    def share_of(self, weight: int, most: int) -> int:
        """How many whole requests one may begin at this level; `most` where all is met."""
        if self.denominator == 0:
            return most
        return min(most, -(-self.numerator * weight // self.denominator))


class FairShare(NamedTuple):
    """The fair limits of every User, until the next tick.

    level:      Lambda.
    rest:       The same for Users without an allocation, each weighing 1, over what the others leave.
    threshold:  The operating threshold: the limit of who has none.
    """

    level: Level
    rest: Level
    threshold: int

    def limit(self, allocation: int) -> int:
        """How many requests a User with this allocation may have admitted in a period."""
        if allocation == 0:
            return self.rest.share_of(1, self.threshold)
        return max(allocation, self.level.share_of(allocation, self.threshold))


MET: Final = Level(0, 0)
NOTHING: Final = Level(0, 1)


def fair_share(offers: Sequence[tuple[int, int]], threshold: int) -> FairShare:
    """The fair limits for what each User offers in a period, as (offered, allocation), in any order."""
    with_allocation = [offer for offer in offers if offer[1]]
    level = level_of(with_allocation, threshold)
    if level != MET:
        return FairShare(level, NOTHING, threshold)
    without = [(offered, 1) for offered, allocation in offers if not allocation]
    left = threshold - sum(offered for offered, _ in with_allocation)
    return FairShare(MET, level_of(without, left), threshold)


def level_of(offers: Sequence[tuple[int, int]], capacity: int) -> Level:
    """The greatest level with sum of min(offered, level * weight) <= capacity; offers as (offered, weight > 0)."""
    left, weights = capacity, sum([weight for _, weight in offers])
    pending = offers
    while pending:
        unmet, met, of_met = [], 0, 0
        for offer in pending:
            offered, weight = offer
            if offered * weights > left * weight:
                unmet.append(offer)
            else:
                met += offered
                of_met += weight
        if not of_met:
            return Level(left, weights)
        # Whoever asks for less than its part leaves the rest to the others: the level can only rise.
        pending, left, weights = unmet, left - met, weights - of_met
    return MET
