"""GBCS messages that stand in for a Device's where there is none: in the sandbox.

Their envelope is a GBCS message's, so that software that opens it can be tried.
Their content is a label in plain text, and their MAC is zeros: no Device takes
one for a Command, and no one a label for a reading.
"""

from __future__ import annotations

from typing import Final

from tidegate.vocabulary.devices import DeviceId

COMMAND: Final = 1
RESPONSE: Final = 2

LABEL: Final = b"Tidegate sandbox: stands in for a Device, no GBCS content"
"""The content of every stand-in."""

GBCS_VERSION: Final = "none (Tidegate sandbox)"
"""What a Pre-Command of the sandbox names as its GBCS version."""

_MAC: Final = bytes(12)
_NO_MESSAGE_CODE: Final = 0
_SHORT: Final = 0x80
_ONE_OCTET: Final = 0x100


def stand_in(
    cra: int, originator: DeviceId, target: DeviceId, counter: int, message_code: int | None = None
) -> bytes:
    """A message that stands in for one.

    cra:           COMMAND: a Pre-Command, which is not signed yet; RESPONSE: with a MAC, which is zeros.
    message_code:  Of the use case; None: 0000.
    """
    code = _NO_MESSAGE_CODE if message_code is None else message_code
    message = b"".join(
        (
            b"\xdf\x09",
            cra.to_bytes(1, "big"),
            counter.to_bytes(8, "big"),
            b"\x08",
            originator.to_bytes(8, "big"),
            b"\x08",
            target.to_bytes(8, "big"),
            b"\x00\x02",
            code.to_bytes(2, "big"),
            _length(len(LABEL)),
            LABEL,
            b"\x00",
        )
    )
    if cra == COMMAND:
        return message
    authenticated = b"\x11\x00\x00\x00\x00" + message + _MAC
    return b"\xdd" + bytes(6) + _length(len(authenticated)) + authenticated


def _length(octets: int) -> bytes:
    if octets < _SHORT:
        return bytes((octets,))
    return b"\x81" + bytes((octets,)) if octets < _ONE_OCTET else b"\x82" + octets.to_bytes(2, "big")
