"""Users: who sends Service Requests, in which User Role, and what their meters are.

A User acts in User Roles; each role is a row of its own (readings.md#35). Payment
mode is nobody's secret and in no register of the DCC's: the Inventory has none
(SECMP0067, EDF). So it is declared here by who knows it, or it is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final


class UserRole(StrEnum):
    """The User Roles of DUIS."""

    IS = "IS"
    ES = "ES"
    GS = "GS"
    RSA = "RSA"
    ED = "ED"
    GT = "GT"
    OU = "OU"

    @property
    def is_supplier(self) -> bool:
        """Whether it supplies: its meters have a payment mode."""
        return self in _SUPPLIERS

    @property
    def is_network(self) -> bool:
        """Whether it runs a network: its meters are those on the network."""
        return self in _NETWORKS


_SUPPLIERS: Final = frozenset({UserRole.IS, UserRole.ES, UserRole.GS})
_NETWORKS: Final = frozenset({UserRole.ED, UserRole.GT})

ROLE_NAMES: Final = {
    UserRole.IS: "Import Supplier",
    UserRole.ES: "Export Supplier",
    UserRole.GS: "Gas Supplier",
    UserRole.RSA: "Registered Supplier Agent",
    UserRole.ED: "Electricity Distributor",
    UserRole.GT: "Gas Transporter",
    UserRole.OU: "Other User",
}
"""What the codes stand for; those of RSA, ED, GT and OU as used in the field."""


@dataclass(frozen=True, slots=True)
class User:
    """One User in one User Role, as the Users table has it; None where it says nothing. Valid once built.

    user:               Its name or EUI-64.
    credit_meters:      Meters it supplies in credit mode.
    prepayment_meters:  Meters it supplies in prepayment mode.
    unknown_meters:     Meters it supplies whose payment mode is not known.
    network_meters:     Enrolled meters on its network.
    charged_mpans:      Metering points it is charged for, enrolled or not.
    forecast:           Service Requests it forecast, over any one length of time that is the same for all.

    Raises:
        ValueError: it has no name, or a number is below nothing.
    """

    user: str
    role: UserRole
    credit_meters: int | None = None
    prepayment_meters: int | None = None
    unknown_meters: int | None = None
    network_meters: int | None = None
    charged_mpans: int | None = None
    forecast: Fraction | None = None

    def __post_init__(self) -> None:
        if not self.user.strip():
            raise ValueError("a User needs a name")
        for name in NUMBERS_OF_USERS:
            if (getattr(self, name) or 0) < 0:
                raise ValueError(f"{name} of {self.user} is {getattr(self, name)}; it must be 0 or more")


NUMBERS_OF_USERS: Final = (
    "credit_meters", "prepayment_meters", "unknown_meters", "network_meters", "charged_mpans", "forecast",
)  # fmt: skip
"""What a User may be counted by, by the names of the Users table."""


@dataclass(frozen=True, slots=True)
class UsersTable:
    """Every User of a table, in its order, no two alike in name and role.

    source:       The file, as a person would call it.
    missing:      Columns that it does not have, of those a User may be counted by.
    passed_over:  Columns that it has and that are none of ours.
    """

    source: str
    users: tuple[User, ...]
    missing: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
