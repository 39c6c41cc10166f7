"""Device and party identifiers: EUI-64, as a number and as text.

The same 64 bits identify a Device, a User and the DCC's own systems. In files
and messages they are written `00-DB-12-34-56-78-90-A0`; inside, they are one
unsigned 64-bit number.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

DeviceId: TypeAlias = int

_EUI = re.compile(r"[0-9A-Fa-f]{2}(?:[-:]?[0-9A-Fa-f]{2}){7}")
_SPREADSHEET = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")

LARGEST_EUI: Final = 2**64 - 1


def parse_device_id(text: str) -> DeviceId:
    """Read an EUI-64, in either letter case, with hyphens, colons or nothing between octets.

    Raises:
        ValueError: the text is not an EUI-64; the message says what is wrong with it.
    """
    stripped = text.strip()
    if _EUI.fullmatch(stripped):
        return int(stripped.replace("-", "").replace(":", ""), 16)
    if _SPREADSHEET.fullmatch(stripped):
        raise ValueError(
            f"{text!r} is what a spreadsheet makes of an EUI-64: export the column again as text"
        )
    raise ValueError(f"{text!r} is not an EUI-64: write 16 hexadecimal digits, as 00-DB-12-34-56-78-90-A0")


def format_device_id(device_id: DeviceId) -> str:
    """Write an EUI-64 as the Code does: `00-DB-12-34-56-78-90-A0`."""
    return device_id.to_bytes(8, "big").hex("-").upper()
