"""What Service Requests are for: classes of Service Reference Variants, as a report or a retry budget needs them.

Ours, not the Code's (docs/glossary.md). The first number of a variant says most of
it; what an installer waits for at the door is picked out of the 8s (E.ON: "Join
and unjoin ... 8.11 8.1.1").
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Final


class ServiceRequestClass(StrEnum):
    """What a Service Request is for, those a customer waits for first."""

    INSTALL = "install and commission"
    PREPAYMENT = "prepayment"
    SUPPLY = "supply and load"
    READINGS = "readings"
    TARIFF = "tariff and customer"
    DEVICE = "device settings and security"
    FIRMWARE = "firmware"
    ESTATE = "schedules, inventory and the rest"


_PICKED: Final = (
    ("8.1.", ServiceRequestClass.INSTALL),
    ("8.7.", ServiceRequestClass.INSTALL),
    ("8.8.", ServiceRequestClass.INSTALL),
    ("8.11.", ServiceRequestClass.INSTALL),
    ("8.12.", ServiceRequestClass.INSTALL),
    ("8.14.", ServiceRequestClass.INSTALL),
    ("12.2.", ServiceRequestClass.INSTALL),
    ("1.5.", ServiceRequestClass.PREPAYMENT),
    ("1.6.", ServiceRequestClass.PREPAYMENT),
    ("1.", ServiceRequestClass.TARIFF),
    ("2.", ServiceRequestClass.PREPAYMENT),
    ("3.", ServiceRequestClass.TARIFF),
    ("4.", ServiceRequestClass.READINGS),
    ("6.", ServiceRequestClass.DEVICE),
    ("7.", ServiceRequestClass.SUPPLY),
    ("9.", ServiceRequestClass.TARIFF),
    ("11.", ServiceRequestClass.FIRMWARE),
    ("14.", ServiceRequestClass.READINGS),
)
"""Beginnings of variants written with a full stop after them; the first that fits."""


@cache
def class_of(srv: str) -> ServiceRequestClass:
    """The class of a Service Reference Variant; one that is not published is classed by its number all the same."""
    written = f"{srv}."
    return next((of for start, of in _PICKED if written.startswith(start)), ServiceRequestClass.ESTATE)
