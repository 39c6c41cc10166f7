"""The parties whose certificates Devices hold, and the certificates: all invented."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import Names
from tidegate.commissioning.evidence import CredentialType
from tidegate.simulation.areas import SUPPLIERS

DCC: Final = "DCC"
ACB: Final = "DCC Access Control Broker"
RECOVERY: Final = "DCC Recovery"


class Parties:
    """Numbers of parties and of certificates, in `names`: Suppliers, Network Operators, those of the DCC.

    suppliers, operators: Numbers of all of them.
    certificate:          (names, usages) number of a party's certificate for a usage.
    """

    def __init__(self, names: Names) -> None:
        """Number what is not numbered yet; `names` are an estate's, Suppliers first."""
        self.names = names
        self.suppliers = np.arange(1, len(SUPPLIERS) + 1, dtype=np.uint32)
        self.operators = np.arange(len(SUPPLIERS) + 1, len(names), dtype=np.uint32)
        self.dcc, self.acb, self.recovery = (
            np.uint32(names.number_of(name)) for name in (DCC, ACB, RECOVERY)
        )
        parties = len(names)
        self.certificate = np.array(
            [
                [
                    names.number_of(_hash_of(names.name_of(party), usage)) if usage else 0
                    for usage in CredentialType
                ]
                for party in range(parties)
            ],
            np.uint32,
        )

    def another(
        self, among: NDArray[np.uint32], instead: NDArray[np.uint32], random: np.random.Generator
    ) -> NDArray[np.uint32]:
        """For each of some parties another of those that are numbered in a row; itself where there is but one."""
        if len(among) == 1:
            return instead
        further = random.integers(1, len(among), len(instead), dtype=np.uint32)
        others: NDArray[np.uint32] = among[(instead - among[0] + further) % np.uint32(len(among))]
        return others


def _hash_of(party: str, usage: CredentialType) -> str:
    return hashlib.sha1(f"{party} {usage.text}".encode(), usedforsecurity=False).hexdigest().upper()
