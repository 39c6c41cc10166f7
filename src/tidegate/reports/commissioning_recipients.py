"""Who gets a part of a Post Commissioning report: each Supplier and Network Operator, each CSP, the Panel, the SSC.

A party has its own Devices and nobody else's; the Panel and the SSC have rates and no Device at all.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final, NamedTuple

from tidegate.reports.commissioning_status import CommissioningStatus

PANEL: Final = "panel"
SECURITY_SUB_COMMITTEE: Final = "ssc"
NO_DEVICES: Final = {PANEL: "the SEC Panel", SECURITY_SUB_COMMITTEE: "the Security Sub-Committee"}
"""Those that are told of no Device, by their folders."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_LONGEST: Final = 60


class RecipientKind(StrEnum):
    """As what a party has Devices."""

    SUPPLIER = "supplier"
    NETWORK_OPERATOR = "network-operator"
    CSP = "csp"

    @property
    def dimension(self) -> str:
        """What says whose a Device is."""
        return _DIMENSIONS[self]


_DIMENSIONS: Final = {
    RecipientKind.SUPPLIER: "supplier",
    RecipientKind.NETWORK_OPERATOR: "network_operator",
    RecipientKind.CSP: "csp_region",
}
_CALLED: Final = {
    RecipientKind.SUPPLIER: "Supplier",
    RecipientKind.NETWORK_OPERATOR: "Network Operator",
    RecipientKind.CSP: "the CSP of",
}


class Recipient(NamedTuple):
    """A party, and the part of the report that is of its own Devices.

    name:    Empty: of these Devices it is not known whose they are, so that nobody gets this part.
    folder:  A name that a folder can have; empty where nobody gets it.
    """

    kind: RecipientKind
    name: str
    folder: str
    status: CommissioningStatus


def recipients(status: CommissioningStatus) -> list[Recipient]:
    """Every part, by kind and name; those of one kind are the whole together."""
    parts = [(kind, name, part) for kind in RecipientKind for name, part in status.parts(kind.dimension)]
    folders = folders_of((kind, name) for kind, name, _ in parts if name)
    found = [
        Recipient(
            kind,
            name,
            folders.get((kind, name), ""),
            replace(part, recipient=f"{_CALLED[kind]} {name}" if name else ""),
        )
        for kind, name, part in parts
    ]
    order = list(RecipientKind)
    return sorted(found, key=lambda each: (order.index(each.kind), not each.name, each.name))


def folders_of(parties: Iterable[tuple[RecipientKind, str]]) -> dict[tuple[RecipientKind, str], str]:
    """The name of each one's folder: `supplier-Larch`; no two are the same, not even where case is not told apart.

    What a folder cannot be called is left out, and a hash of the name added; so the name of a
    party says its folder, whoever else there is, but for parties whose names differ by case only.
    """
    names = {party: f"{party[0]}-{_plain(party[1])}" for party in parties}
    alike = Counter(name.casefold() for name in names.values())
    return {
        party: name if alike[name.casefold()] == 1 else f"{name}-{_hash(party[1])}"
        for party, name in names.items()
    }


def _plain(name: str) -> str:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:_LONGEST]
    if _PLAIN.fullmatch(name) and len(name) <= _LONGEST:
        return slug
    return f"{slug}-{_hash(name)}".lstrip("-")


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:16]
