"""An allocation in words: where the capacity is from, how each share comes about, what else would have been.

What ENWL, SSEN and EDF asked of the fair share and were not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from tidegate.admission.allocation import Allocation
from tidegate.admission.weighting import Basis
from tidegate.policy.headroom import headroom_caution
from tidegate.reports.allocated import Allocated
from tidegate.reports.numerals import many, percent, thousands
from tidegate.vocabulary.instants import format_duration
from tidegate.vocabulary.users import User

_MOST_NAMED: Final = 4

BASIS_NAMES: Final = {
    Basis.ENROLLED: "enrolled meters",
    Basis.CHARGED: "metering points charged for",
    Basis.FORECAST: "requests forecast",
}
"""What each basis counts."""


def number_in_words(value: Fraction) -> str:
    """A number whole, or its first two decimals: `6,600,000`, `40.10`; what is not nothing is not written 0.00.

    Cut off and not rounded: 3.996 is 3.99, for it is not 4.
    """
    if value.denominator == 1:
        return thousands(value.numerator)
    hundredths = int(100 * value)
    return f"{hundredths // 100:,}.{hundredths % 100:02}" if hundredths else f"{float(value):.2g}"


def share_of_capacity(allocated: Allocated, allocation: Allocation) -> str:
    """An exact share in per cent of the capacity."""
    fraction = allocated.fraction(allocation)
    return percent(fraction.numerator, fraction.denominator)


def name_in_role(allocation: Allocation) -> str:
    """A User and its role: `Larch Energy IS`."""
    return f"{allocation.claim.user} {allocation.claim.role}"


def headline(allocated: Allocated) -> str:
    """What is shared, and among how many."""
    given = sum(each.requests for each in allocated.allocations)
    users = len({each.claim.user for each in allocated.allocations})
    period = format_duration(allocated.rules.period_us)
    are = "is" if given == 1 else "are"
    return f"{many(given, 'request')} in a period of {period} {are} shared among {many(users, 'User')}."


def findings(allocated: Allocated) -> list[str]:
    """How the shares come about, each in a sentence that begins with what it is about."""
    return [
        _capacity(allocated),
        _floors(allocated),
        _weights(allocated),
        *_rounding(allocated),
    ]


def weight_in_words(allocated: Allocated, user: User) -> str:
    """How a User's weight comes about: `5,000,000 + 2 x 800,000 = 6,600,000`."""
    parts = [
        thousands_of(value) if factor == 1 else f"{float(factor):g} x {thousands_of(value)}"
        for column, factor in allocated.weighting.factors(user.role).items()
        if (value := getattr(user, column))
    ]
    if not parts:
        return "no weight"
    weight = number_in_words(allocated.weighting.weight_of(user))
    said = " + ".join(parts)
    return said if said == weight else f"{said} = {weight}"


def thousands_of(value: Fraction | int) -> str:
    """A count, or a forecast that is not whole."""
    return number_in_words(Fraction(value))


def share_in_words(allocated: Allocated, allocation: Allocation) -> str:
    """How a User's share comes about: `1 + 256 x 6,600,000 / 43,210,000 = 40.10, so 40`."""
    weight = allocation.claim.weight
    if not weight:
        return f"its floor, {allocated.rules.floor}"
    left = thousands(allocated.capacity - allocated.floors)
    sum_of = f"{left} x {number_in_words(weight)} / {number_in_words(allocated.weights)}"
    if allocated.rules.floor:
        sum_of = f"{allocated.rules.floor} + {sum_of}"
    exact = number_in_words(allocation.exact)
    if allocation.remainder == 0:
        return f"{sum_of} = {exact}"
    return f"{sum_of} = {exact}, {'up' if allocation.is_rounded_up else 'down'} to {allocation.requests}"


def cautions(allocated: Allocated) -> list[str]:
    """What a reader should know before using the numbers."""
    return [
        *_about_capacity(allocated),
        *_about_headroom(allocated),
        *_about_columns(allocated),
        *_about_payment_mode(allocated),
        *_about_users(allocated),
    ]


def basis_findings(allocated: Allocated) -> list[str]:
    """Who would have most more, and who most fewer, by each basis that was not used."""
    found = []
    for basis, others in allocated.by_basis.items():
        if basis is allocated.weighting.basis:
            continue
        moved = sorted(
            zip(allocated.differences(others), others, allocated.allocations, strict=True), key=_first
        )
        least, most = moved[0], moved[-1]
        told = [
            f"{name_in_role(then)} would have {then.requests} in place of {now.requests}"
            for difference, then, now in (most, least)
            if difference
        ]
        found.append(f"By {BASIS_NAMES[basis]}: {' and '.join(told) or 'the allocations would be the same'}.")
    return found


def what_if_findings(allocated: Allocated) -> list[str]:
    """What each change would do, and where the rounding goes against it."""
    found = []
    for each in allocated.what_ifs:
        more = each.capacity - allocated.capacity
        if more:
            about = f"{more:,} more in a period" if more > 1 else "One more in a period"
        else:
            was = f"{float(allocated.weighting.prepayment_multiplier):g}"
            about = f"A multiplier of {float(each.multiplier):g} in place of {was}"
        differences = allocated.differences(each.allocations)
        gain = _named(differences, each.allocations, 1)
        lose = _named(differences, each.allocations, -1)
        if not gain and not lose:
            said = "nobody's allocation changes"
        else:
            said = "; ".join(
                [*([f"more for {gain}"] if gain else []), *([f"fewer for {lose}"] if lose else [])]
            )
        if more and lose:
            said += ". No exact share shrinks: it is the rounding that takes a request back"
        found.append(f"{about}: {said}.")
    return found


def _named(differences: Sequence[int], allocations: Sequence[Allocation], sign: int) -> str:
    """Whose allocation changes one way, the greatest change first: `Larch Energy IS (+3)`."""
    moved = [
        (-abs(difference), place) for place, difference in enumerate(differences) if difference * sign > 0
    ]
    names = [f"{name_in_role(allocations[place])} ({differences[place]:+,})" for _, place in sorted(moved)]
    return _listed(names) if names else ""


def _first(moved: tuple[int, Allocation, Allocation]) -> int:
    return moved[0]


def _capacity(allocated: Allocated) -> str:
    threshold = f"the operating threshold of {allocated.policy_version}"
    if not allocated.is_capacity_given:
        return f"Capacity: {thousands(allocated.capacity)}, {threshold}."
    return f"Capacity: {thousands(allocated.capacity)}, as asked for; {threshold} is {thousands(allocated.rules.operating_threshold)}."


def _floors(allocated: Allocated) -> str:
    if not allocated.rules.floor:
        return "Floors: none; all of it is shared by weight."
    left = allocated.capacity - allocated.floors
    return (
        f"Floors: {allocated.rules.floor} for each User in each role, {thousands(allocated.floors)} together; "
        f"{thousands(left)} {'is' if left == 1 else 'are'} left to share by weight."
    )


def _weights(allocated: Allocated) -> str:
    weighting = allocated.weighting
    network = f"{float(weighting.network_weight):g}"
    if weighting.basis is Basis.FORECAST:
        said = "each User weighs the requests it forecast"
    elif weighting.basis is Basis.CHARGED:
        said = f"a metering point that a Supplier is charged for weighs 1, one of a network {network}; payment mode does not count"
    else:
        multiplier = f"{float(weighting.prepayment_multiplier):g}"
        said = f"a credit meter weighs 1, a prepayment meter {multiplier} (the Pre-Payment Multiplier), a meter on a network {network}"
        if any(user.unknown_meters and user.role.is_supplier for user in allocated.table.users):
            said += f", one of unknown payment mode {float(weighting.unknown_weight):g}"
    if weighting.basis is not Basis.FORECAST:
        said += "; RSA and OU have their floor alone"
    return f"Weights: {said}. All together {number_in_words(allocated.weights)}."


def _rounding(allocated: Allocated) -> Iterator[str]:
    up = sorted((each for each in allocated.allocations if each.is_rounded_up), key=_largest_remainder_first)
    if not up:
        return
    down = sum(each.requests for each in allocated.allocations) - len(up)
    if len(up) == 1:
        left = "the one left goes to the largest remainder"
    else:
        left = f"the {thousands(len(up))} left go to the largest remainders"
    yield f"Rounding: rounded down the shares make {thousands(down)}; {left}: {_listed(list(map(name_in_role, up)))}."
    least = up[-1].remainder
    alike = [each for each in allocated.allocations if each.remainder == least]
    if any(not each.is_rounded_up for each in alike):
        yield (
            f"Lots: {_listed(list(map(name_in_role, alike)))} have the same remainder; "
            f"lots drawn by the name of {allocated.policy_version} decide, anew for each version."
        )


def _largest_remainder_first(allocation: Allocation) -> Fraction:
    return -allocation.remainder


def _listed(names: Sequence[str]) -> str:
    """Names, the first few of them: `A IS, B GS and 3 others`."""
    rest = len(names) - _MOST_NAMED
    if rest > 1:
        return f"{', '.join(names[:_MOST_NAMED])} and {many(rest, 'other')}"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _about_capacity(allocated: Allocated) -> Iterator[str]:
    if allocated.is_illustrative:
        yield (
            f"Capacity, weights and floor of {allocated.policy_version} are illustrative: "
            "the real ones are not public."
        )
    if allocated.capacity > allocated.rules.operating_threshold:
        yield (
            f"{thousands(allocated.capacity)} is more than the operating threshold of {allocated.policy_version}, "
            f"{thousands(allocated.rules.operating_threshold)}: such allocations cannot be put in force under it."
        )
    if not allocated.weights:
        yield (
            "Nobody has any weight, so there are floors alone; what is left is anyone's who asks, "
            "while there is room."
        )


def _about_headroom(allocated: Allocated) -> Iterator[str]:
    users = len({each.claim.user for each in allocated.allocations})
    if caution := headroom_caution(allocated.rules, users):
        yield caution


def _about_columns(allocated: Allocated) -> Iterator[str]:
    users, missing = allocated.table.users, set(allocated.table.missing)
    if allocated.weighting.basis is Basis.ENROLLED:
        of_suppliers = [
            n for n in ("credit_meters", "prepayment_meters", "unknown_meters") if n not in missing
        ]
        if any(user.role.is_supplier for user in users):
            if not of_suppliers:
                yield "There is no column of Suppliers' meters, so they have their floor alone."
            elif "prepayment_meters" in missing and "unknown_meters" in missing:
                yield (
                    "There is no column prepayment_meters: every meter counts as credit. Meters whose payment mode "
                    "you do not know stand in unknown_meters."
                )
        if "network_meters" in missing and any(user.role.is_network for user in users):
            yield "There is no column network_meters, so networks have their floor alone."
    if allocated.table.passed_over:
        yield f"Columns passed over: {', '.join(allocated.table.passed_over)}."


def _about_payment_mode(allocated: Allocated) -> Iterator[str]:
    unknown = sum(user.unknown_meters or 0 for user in allocated.table.users if user.role.is_supplier)
    if not unknown or allocated.weighting.basis is not Basis.ENROLLED:
        return
    share = allocated.weighting.unknown_prepayment
    counted = (
        "as credit meters" if not share else f"with {percent(share.numerator, share.denominator)} prepayment"
    )
    yield (
        f"The payment mode of {many(unknown, 'meter')} is not known: they count {counted}. "
        "The DCC's Inventory has no payment mode; whoever supplies them knows it."
    )


def _about_users(allocated: Allocated) -> Iterator[str]:
    weighting, users = allocated.weighting, allocated.table.users
    if weighting.basis is Basis.ENROLLED:
        for user in users:
            if over := weighting.passed_over(user):
                yield (
                    f"{user.user} {user.role}: {' and '.join(over)} {'does' if len(over) == 1 else 'do'} not count "
                    "in this role."
                )
    weightless = [
        f"{user.user} {user.role}"
        for user in users
        if weighting.factors(user.role) and not weighting.weight_of(user)
    ]
    if weightless and allocated.weights:
        counted = BASIS_NAMES[weighting.basis]
        yield f"No {counted} of {_listed(weightless)}: the floor alone."
