"""What a User weighs when the capacity is shared out (SECMP0067, Mechanism Service Capacity Allocation Formula).

The formula's text is not public; its Pre-Payment Multiplier is (EDF). Suppliers
weigh by their meters, networks by the meters on the network, others nothing:
they have their floor. Two other bases, which users of the mechanism asked to
see beside it, change what is counted and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from tidegate.vocabulary.users import NUMBERS_OF_USERS, User, UserRole


class Basis(StrEnum):
    """What a User is counted by."""

    ENROLLED = "enrolled"
    """Its enrolled meters: the rule."""

    CHARGED = "charged"
    """The metering points it is charged for ("paying for 2.4m MPANs ... only 60k have been enrolled", ENWL)."""

    FORECAST = "forecast"
    """The Service Requests it forecast (SEC H3.24)."""


COLUMN_OF: Final[Mapping[Basis, str]] = {Basis.CHARGED: "charged_mpans", Basis.FORECAST: "forecast"}
"""The column that a basis other than enrolled meters needs."""


@dataclass(frozen=True, slots=True)
class Weighting:
    """How meters become weight; valid once built.

    prepayment_multiplier:  Weight of a prepayment meter, where a credit meter weighs 1.
    network_weight:         Weight of a meter on a network.
    unknown_prepayment:     Share of the meters of unknown payment mode that count as prepayment, 0 to 1.
    basis:                  What is counted.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    prepayment_multiplier: Fraction
    network_weight: Fraction
    unknown_prepayment: Fraction = Fraction(0)
    basis: Basis = Basis.ENROLLED

    def __post_init__(self) -> None:
        if self.prepayment_multiplier < 0:
            raise ValueError("the prepayment multiplier must be 0 or more")
        if self.network_weight < 0:
            raise ValueError("the network weight must be 0 or more")
        if not 0 <= self.unknown_prepayment <= 1:
            raise ValueError("the prepayment share of unknown meters must be from 0 to 1")

    @property
    def unknown_weight(self) -> Fraction:
        """Weight of a meter whose payment mode is not known."""
        return 1 + self.unknown_prepayment * (self.prepayment_multiplier - 1)

    def factors(self, role: UserRole) -> Mapping[str, Fraction]:
        """What counts for a User of a role: the columns, and the weight of one of each; empty: nothing does."""
        if self.basis is Basis.FORECAST:
            return {"forecast": Fraction(1)}
        if role.is_network:
            counted = "charged_mpans" if self.basis is Basis.CHARGED else "network_meters"
            return {counted: self.network_weight}
        if not role.is_supplier:
            return {}
        if self.basis is Basis.CHARGED:
            # A charge for a metering point knows no payment mode.
            return {"charged_mpans": Fraction(1)}
        return {
            "credit_meters": Fraction(1),
            "prepayment_meters": self.prepayment_multiplier,
            "unknown_meters": self.unknown_weight,
        }

    def weight_of(self, user: User) -> Fraction:
        """The weight of a User; a number that is not there counts as 0."""
        return sum(
            (factor * (getattr(user, column) or 0) for column, factor in self.factors(user.role).items()),
            Fraction(0),
        )

    def passed_over(self, user: User) -> tuple[str, ...]:
        """Meters that a User has and that its role does not count, by their columns."""
        of_meters = NUMBERS_OF_USERS[:4]
        counted = self.factors(user.role)
        return tuple(column for column in of_meters if column not in counted and getattr(user, column))
