"""Parties: User Roles and the DCC's own identifiers.

User Role codes are those of DUIS; what they are called is general SEC usage.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from tidegate.vocabulary.devices import DeviceId

ACCESS_CONTROL_BROKER: Final[DeviceId] = 0x90B3D51F30000002
"""The DCC's own EUI-64 in the public test data, the originator of DCC Alerts."""


class UserRole(StrEnum):
    """The seven User Roles of DUIS 5.4."""

    IMPORT_SUPPLIER = "IS"
    EXPORT_SUPPLIER = "ES"
    GAS_SUPPLIER = "GS"
    REGISTERED_SUPPLIER_AGENT = "RSA"
    ELECTRICITY_DISTRIBUTOR = "ED"
    GAS_TRANSPORTER = "GT"
    OTHER_USER = "OU"
