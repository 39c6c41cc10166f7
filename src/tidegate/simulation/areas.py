"""Who serves the premises: licence areas, network operators, suppliers, CSP regions.

Areas are as large as the public figures make them: electricity customers times
the share of smart meters. Some of those figures were recalled and not looked up;
they are marked illustrative. The network operators and suppliers are invented:
which areas belong together is public, what happens in them here is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Area:
    """One electricity licence area.

    distributor_id:    Its number in an MPAN, 10 to 23.
    customers:         Electricity customers.
    smart_share:       Part of them with a smart meter, 0 to 1.
    is_illustrative:   The customers were recalled, not looked up.
    network_operator:  Invented name of who runs it.
    csp_region:        North, Central or South; the boundary is simplified.
    """

    distributor_id: int
    name: str
    customers: int
    smart_share: float
    is_illustrative: bool
    network_operator: str
    csp_region: str

    @property
    def weight(self) -> float:
        """Smart premises in the area, to scale areas by."""
        return self.customers * self.smart_share


# Customers: UX.md 2.4 (operators' 2024/25 figures where not illustrative). Smart shares: end of March
# 2024, by region (Lords HL2437): GB 0.64, London 0.54, Scotland 0.51, East Midlands, North East and
# Yorkshire up to 0.74.
AREAS: Final = (
    Area(10, "Eastern", 3_712_071, 0.64, False, "Network A", "Central"),
    Area(11, "East Midlands", 2_700_000, 0.74, True, "Network B", "Central"),
    Area(12, "London", 2_420_495, 0.54, False, "Network A", "South"),
    Area(13, "Mersey and North Wales", 1_500_000, 0.64, True, "Network C", "Central"),
    Area(14, "West Midlands", 2_500_000, 0.64, True, "Network B", "Central"),
    Area(15, "North East", 1_600_000, 0.74, True, "Network D", "North"),
    Area(16, "North West", 2_400_000, 0.64, False, "Network E", "North"),
    Area(17, "North Scotland", 800_000, 0.51, True, "Network F", "North"),
    Area(18, "South Scotland", 2_000_000, 0.51, True, "Network C", "North"),
    Area(19, "South East", 2_358_803, 0.64, False, "Network A", "South"),
    Area(20, "Southern", 3_100_000, 0.64, True, "Network F", "South"),
    Area(21, "South Wales", 1_100_000, 0.64, True, "Network B", "Central"),
    Area(22, "South West", 1_700_000, 0.64, True, "Network B", "South"),
    Area(23, "Yorkshire", 2_300_000, 0.74, True, "Network D", "North"),
)

SUPPLIERS: Final = {
    "Supplier 1": 0.24,
    "Supplier 2": 0.20,
    "Supplier 3": 0.17,
    "Supplier 4": 0.13,
    "Supplier 5": 0.11,
    "Supplier 6": 0.08,
    "Supplier 7": 0.04,
    "Supplier 8": 0.03,
}
"""Invented suppliers with the shares of domestic electricity of 2025, the smallest ones gathered in two."""


def areas_of(network_operator: str) -> tuple[Area, ...]:
    """The licence areas of one network operator."""
    return tuple(area for area in AREAS if area.network_operator == network_operator)
