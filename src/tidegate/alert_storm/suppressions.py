"""Suppressions: harder parameters for the Devices of some products, until an instant.

Some nuisance Alerts come of how a Device is built, and no firmware mends them.
Centrica asked for "the ability for such Alerts to be suppressed" (SECMP0062). A
suppression throttles them harder and never silences them: a threshold is at
least 1, so the first Alert of a stream always passes, and one in so many still
passes in a storm.

Each parameter in force is the harder of the suppression's and the code's own
(`parameters.harder`).
So a stream under a suppression has never been forwarded more Alerts than it
would have been without (`tests/properties/test_suppression_promises.py`), and
still is not when the code's own parameters are changed or swept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import Duration, Instant
from tidegate.vocabulary.products import Product


class Scope(NamedTuple):
    """What of an Alert says which suppression it is under: its code, what its Device is, when it was received."""

    alert_code: AlertCode
    product: Product
    at: Instant


@dataclass(frozen=True, slots=True)
class Suppression:
    """One suppression; valid once built. A parameter that is None is the code's own.

    id:         Its name, unlike that of any other.
    codes:      The Alert Codes it is about. At least one, none twice.
    products:   The product it is about, with a manufacturer, a model or a firmware; several where it names
                several firmwares, of which each is one.
    expires:    Instant from which it holds no more. One that never expires cannot be said.
    threshold, forward_one_in, forward_at_least_every_us, clear_threshold: as in `AlertStormParameters`.
                There is no window: a stream's count is the same count in and out of a suppression.

    Raises:
        ValueError: a value is out of its range, or it is about nothing, or holds nothing back; the message
            begins with the name of the value.
    """

    id: str
    codes: tuple[AlertCode, ...]
    products: tuple[Product, ...]
    expires: Instant
    threshold: int | None = None
    forward_one_in: int | None = None
    forward_at_least_every_us: Duration | None = None
    clear_threshold: int | None = None

    def __post_init__(self) -> None:
        for fault in faults_of_suppression(self):
            raise ValueError(f"{self.id}: {fault}")

    def product_of(self, scope: Scope) -> Product | None:
        """Which of its products an Alert's Device is, the narrowest where it is several; None when not in force."""
        if scope.alert_code not in self.codes or scope.at >= self.expires:
            return None
        matching = [product for product in self.products if product.includes(scope.product)]
        return max(matching, key=narrowness, default=None)


def faults_of_suppression(suppression: Suppression) -> list[str]:
    """Everything wrong with a suppression alone: `name of the value, what is wrong; what to do`."""
    s = suppression
    faults = []
    if not s.codes:
        faults.append('codes names no Alert Code; write ["8F3E"]')
    if len(set(s.codes)) < len(s.codes):
        faults.append("codes names an Alert Code twice; leave one of the two out")
    if not s.products:
        faults.append("firmware names none; leave it out for every firmware")
    elif not all(any(product[1:]) for product in s.products):
        faults.append("manufacturer, model and firmware are all left out; give one of them at least")
    if len(set(s.products)) < len(s.products):
        faults.append("firmware names one twice; leave one of the two out")
    if len({product[:3] for product in s.products}) > 1:
        faults.append("products differ in more than firmware; make two suppressions of it")
    if len(s.products) > 1 and not all(product.firmware for product in s.products):
        faults.append("firmware names none and others too; leave the others out for every firmware")
    if all(
        value is None
        for value in (s.threshold, s.forward_one_in, s.forward_at_least_every_us, s.clear_threshold)
    ):
        faults.append("threshold and every other parameter are left out; give one, or nothing is held back")
    if s.threshold is not None and s.threshold < 1:
        faults.append(f"threshold is {s.threshold}; let it be 1 or more")
    if s.forward_one_in is not None and s.forward_one_in < 1:
        faults.append(f"forward_one_in is {s.forward_one_in}; let it be 1 or more")
    if s.forward_at_least_every_us is not None and s.forward_at_least_every_us <= 0:
        faults.append('forward_at_least_every must be longer than nothing; write "24h"')
    if s.clear_threshold is not None and s.clear_threshold < 0:
        faults.append(f"clear_threshold is {s.clear_threshold}; let it be 0 or more")
    return faults


def narrowest(suppressions: Iterable[Suppression], scope: Scope) -> Suppression | None:
    """Of the suppressions that an Alert is under, the one about the narrowest product; None where there is none."""
    under = [
        (narrowness(product), suppression)
        for suppression in suppressions
        if (product := suppression.product_of(scope)) is not None
    ]
    return max(under, key=lambda pair: pair[0])[1] if under else None


def ambiguities(suppressions: Sequence[Suppression]) -> Iterator[tuple[Suppression, Suppression, Product]]:
    """Pairs of suppressions that a Device and code can be under, and neither is the narrower (readings.md#26).

    With each a product of the second that the first has too, or crosses.
    """
    for first, second in combinations(suppressions, 2):
        if set(first.codes).isdisjoint(second.codes):
            continue
        for product in second.products:
            if any(
                _overlap(product, other) and not _is_within_one(product, other) for other in first.products
            ):
                yield first, second, product
                break


def narrowness(product: Product) -> int:
    """How much is said of a product; of two that include the same one, the narrower says more."""
    return sum(bool(part) for part in product)


def _overlap(one: Product, other: Product) -> bool:
    return all("" in (mine, theirs) or mine == theirs for mine, theirs in zip(one, other, strict=True))


def _is_within_one(one: Product, other: Product) -> bool:
    """Whether one of two is truly narrower."""
    return one != other and (one.includes(other) or other.includes(one))
