"""Pseudonyms of Devices: the same Device has the same pseudonym under the same key.

A Device identifier is personal data where it leads to a household. A pseudonym
is the first 64 bits of HMAC-SHA-256 (RFC 2104) over the EUI-64, written like an
EUI-64 with the locally administered bit set and the group bit clear (IEEE 802),
so that it reads as an identifier and can be no manufacturer's. 62 bits are
left: among 60 million Devices two share one with a chance of 1 in 2,500.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace
from typing import Final

import numpy as np

from tidegate.columnar.batches import DeviceIds, RejectedRow
from tidegate.reports.replayed import Replayed, Spells
from tidegate.vocabulary.devices import DeviceId, format_device_id, parse_device_id
from tidegate.vocabulary.faults import Fault, InputError

SHORTEST_KEY: Final = 16
"""Bytes; a shorter key could be found by trying."""

_EUI = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:[-:]?[0-9A-Fa-f]{2}){7}(?![0-9A-Fa-f])")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
WITHHELD: Final = "(withheld)"


class Pseudonyms:
    """Keyed pseudonyms; whoever has the key can make them again, and nobody else can.

    Raises:
        InputError: the key is shorter than 16 bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < SHORTEST_KEY:
            raise InputError(
                Fault(
                    "pseudonym key",
                    f"it is {len(key)} bytes long",
                    f"Give at least {SHORTEST_KEY} bytes that nobody can guess; keep them to make the same pseudonyms.",
                )
            )
        self._key = key

    def number_for(self, device_id: DeviceId) -> DeviceId:
        """The pseudonym of one Device, as a number."""
        digest = hmac.digest(self._key, device_id.to_bytes(8, "big"), hashlib.sha256)
        first = (digest[0] & 0b1111_1100) | 0b10
        return int.from_bytes(bytes([first]) + digest[1:8], "big")

    def numbers_for(self, device_ids: DeviceIds) -> DeviceIds:
        """The pseudonyms of a column of Devices; each different Device is worked out once."""
        different, which = np.unique(device_ids, return_inverse=True)
        pseudonyms = np.fromiter(
            (self.number_for(each) for each in different.tolist()), np.uint64, len(different)
        )
        return pseudonyms[which]

    def text_for(self, device_id: str) -> str:
        """The pseudonym of a Device given and written as text."""
        return format_device_id(self.number_for(parse_device_id(device_id)))


def pseudonymised(replayed: Replayed, pseudonyms: Pseudonyms) -> Replayed:
    """A replay in which every Device has its pseudonym; all else that may name one is withheld."""
    columns = dict(replayed.spells.columns)
    columns["device_id"] = pseudonyms.numbers_for(columns["device_id"])
    text_for = {
        device_id: pseudonyms.text_for(device_id)
        for device_id in {each.device_id for each in replayed.storm_hours}
    }
    reasons: dict[str, tuple[int, RejectedRow]] = {}
    for reason, (count, first) in replayed.rejected_by_reason.items():
        # Two reasons that differed only in the value they named are one now.
        before, row = reasons.get(_without_values(reason), (0, withheld(first)))
        reasons[_without_values(reason)] = (before + count, row)
    return replace(
        replayed,
        spells=Spells(columns),
        storm_hours=[replace(each, device_id=text_for[each.device_id]) for each in replayed.storm_hours],
        rejected_by_reason=reasons,
    )


def withheld(row: RejectedRow) -> RejectedRow:
    """A rejected row without its text, and without the values in its reason."""
    return replace(row, reason=_without_values(row.reason), text=WITHHELD if row.text else "")


def _without_values(text: str) -> str:
    """A sentence without what may name a Device: values in quotation marks, and EUI-64s."""
    return _EUI.sub(WITHHELD, _QUOTED.sub(WITHHELD, text))
