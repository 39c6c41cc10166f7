"""What `tidegate allocate --json` prints: a list, one object for each User in a role, in the table's order."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tidegate.reports.allocated import Allocated


def allocation_list(allocated: Allocated) -> list[dict[str, Any]]:
    """Each User: `user`, `role`, `weight`, `fraction` (of the capacity, before rounding), `allocation` (whole)."""
    return [
        {
            "user": each.claim.user,
            "role": each.claim.role.value,
            "weight": _number(each.claim.weight),
            "fraction": float(allocated.fraction(each)),
            "allocation": each.requests,
        }
        for each in allocated.allocations
    ]


def _number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)
