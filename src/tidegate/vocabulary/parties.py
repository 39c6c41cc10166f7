"""Parties: who answers for a Device, which is seldom who receives its Alerts (SECMP0062, ENWL; readings.md#21).

A Communications Hub is two Devices, the Communications Hub Function (CHF) and
the Gas Proxy Function (GPF); the Communications Service Provider (CSP) of its
region provides and keeps both. A smart meter is its registered Supplier's, and
so is what stands in the home beside it.
"""

from __future__ import annotations

from typing import Final

HUB_TYPES: Final = frozenset({"CHF", "GPF", "CH"})
"""Device types that are part of a Communications Hub."""

_NOT_SAID: Final = frozenset({"", "UNKNOWN"})
_SMETS1: Final = "SMETS1"


def responsible_party(device_type: str, supplier: str, csp_region: str) -> str:
    """Who can mend a Device: `CSP North` for a Communications Hub, else the Supplier; empty where nothing says so.

    The regions are those of DUIS (`CSPRegion`); that of SMETS1 Devices is no CSP's but the SMETS1 Service Provider's.
    """
    if device_type.upper() not in HUB_TYPES:
        return supplier
    region = csp_region.strip()
    if region.upper() in _NOT_SAID:
        return ""
    if region.upper() == _SMETS1:
        return "SMETS1 Service Provider"
    return region if region.upper().startswith("CSP") else f"CSP {region}"
