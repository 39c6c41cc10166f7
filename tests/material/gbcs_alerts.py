"""GBCS Alerts minted octet by octet, written without a line of the decoder they try.

The protection has the right length and means nothing; no one here verifies it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

Encoding = Literal["DLMS", "GBZ", "ASN1"]

ESME = 0x00DB1234567890A0
GSME = 0x00DB1234567890A1
HUB = 0x00DB1234567890A2
SUPPLIER = 0x90B3D51F30010000
NETWORK_OPERATOR = 0x90B3D51F30020000
ACCESS_CONTROL_BROKER = 0x90B3D51F30000002

MADE_AT = 1_420_070_400
"""2015-01-01T00:00:00Z in seconds, the instant of most Alerts of the public test data."""


def length(count: int, octets: int = 0) -> bytes:
    """A GBCS length: the shortest that holds the count, or of 1, 2 or 3 octets as asked where that holds it."""
    octets = max(octets, 1 if count < 0x80 else 2 if count < 0x100 else 3)
    if octets == 1:
        return bytes((count,))
    return bytes((0x7F + octets,)) + count.to_bytes(octets - 1, "big")


def cosem_time(seconds: int, *, deviation: int = -0x8000, hundredths: int = 0) -> bytes:
    """The 12 octets of a COSEM date-time; the deviation in minutes, -0x8000 for none."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return (
        at.year.to_bytes(2, "big")
        + bytes((at.month, at.day, 0xFF, at.hour, at.minute, at.second, hundredths))
        + deviation.to_bytes(2, "big", signed=True)
        + b"\xff"
    )


def content(
    alert_code: int,
    encoding: Encoding = "DLMS",
    seconds: int = MADE_AT,
    body: bytes = b"",
    *,
    time: bytes | None = None,
    invoke_id: int = 0x20000000,
) -> bytes:
    """The content of an Alert; `time` stands in place of the octets made from `seconds`."""
    if encoding == "DLMS":
        elements = bytes((3 if body else 2,))
        code = alert_code.to_bytes(2, "big")
        when = cosem_time(seconds) if time is None else time
        return (
            b"\x0f"
            + invoke_id.to_bytes(4, "big")
            + b"\0\x02"
            + elements
            + b"\x12"
            + code
            + b"\x09\x0c"
            + when
            + body
        )
    if encoding == "GBZ":
        when = (seconds - 946_684_800).to_bytes(4, "big") if time is None else time
        return b"\x01\x09" + bytes((1 if body else 0,)) + alert_code.to_bytes(2, "big") + when + body
    number = alert_code.to_bytes(alert_code.bit_length() // 8 + 1, "big")
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    when = at.strftime("%Y%m%d%H%M%SZ").encode() if time is None else time
    inner = b"\x02" + length(len(number)) + number + b"\x18\x0f" + when + body
    return b"\x30" + length(len(inner)) + inner


def envelope(
    said: bytes,
    *,
    originator: int = ESME,
    recipient: int = SUPPLIER,
    counter: int = 2000,
    message_code: int | None = None,
    is_signed: bool = False,
    supplementary: bytes = b"",
    cra: int = 3,
    length_octets: int = 0,
) -> bytes:
    """A whole message around a content: signed, or under a MAC.

    supplementary:  What follows the Message Code in the other-information.
    length_octets:  Octets of each outer length: 1, 2 or 3; 0 for the shortest.
    """
    if message_code is None:
        message_code = 0x1000 if is_signed else 0x1001
    other = message_code.to_bytes(2, "big") + supplementary
    grouped = (
        b"\xdf\x09"
        + bytes((cra,))
        + counter.to_bytes(8, "big")
        + b"\x08"
        + originator.to_bytes(8, "big")
        + b"\x08"
        + recipient.to_bytes(8, "big")
        + b"\0"
        + length(len(other), length_octets)
        + other
        + length(len(said), length_octets)
        + said
    )
    if is_signed:
        return grouped + b"\x40" + bytes(range(64))
    secured = b"\x11\0\0\0\0" + grouped + b"\0" + bytes(range(12))
    return b"\xdd" + bytes(6) + length(len(secured), length_octets) + secured


def mint_alert(
    alert_code: int = 0x8F75,
    *,
    originator: int = ESME,
    recipient: int = SUPPLIER,
    counter: int = 2000,
    encoding: Encoding = "DLMS",
    seconds: int = MADE_AT,
    is_signed: bool = False,
    body: bytes = b"",
) -> bytes:
    """One GBCS Alert as a Device sends it."""
    return envelope(
        content(alert_code, encoding, seconds, body),
        originator=originator,
        recipient=recipient,
        counter=counter,
        is_signed=is_signed,
    )
