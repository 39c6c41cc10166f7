"""What a GBCS Alert says first, whatever it says after: its Alert Code and the Device's own time.

There are three encodings; the first octets tell which. The code is never
searched for: 8F75 may stand anywhere in a message by chance.

    0F      DLMS Data-Notification   0F iiiiiiii 00 02 nn 12 cccc 09 0C tttttttttttttttttttttttt
    01 09   ZigBee "GBZ"             01 09 nn cccc tttttttt
    30      ASN.1 DER SEQUENCE       30 LEN 02 LEN cccc 18 0F yyyymmddhhmmssZ
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from tidegate.gbcs.octets import GbcsError, Octets
from tidegate.vocabulary.alert_codes import DCC_ALERT, AlertCode
from tidegate.vocabulary.instants import MINUTE, SECOND, Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_2000: Final[Instant] = 946_684_800 * SECOND
_NO_GBZ_TIME: Final = 0xFFFFFFFF
_NO_DEVIATION: Final = -0x8000
_LONGEST_DEVIATION: Final = 720
_HUNDREDTHS: Final = 100
_FEWEST_ELEMENTS: Final = 2
_LONGEST_CODE: Final = 3


class Encoding(StrEnum):
    """How the content of a GBCS message is written."""

    DLMS = "DLMS"
    """DLMS/COSEM Data-Notification: electricity meters and Communications Hubs."""

    GBZ = "GBZ"
    """ZigBee as GBCS uses it: gas."""

    ASN1 = "ASN1"
    """ASN.1 DER: security credentials, firmware, Device logs."""


class Notification(NamedTuple):
    """The beginning of an Alert's content.

    at:  The Device's own clock; None where the Device gives no time.
    """

    encoding: Encoding
    alert_code: AlertCode
    at: Instant | None


def read_content(content: bytes) -> Notification:
    """Read the Alert Code and the time of an Alert's content.

    Raises:
        GbcsError: the content is in none of the three encodings, or ends too early.
    """
    octets = Octets(content)
    first = octets.take(1, "the content")
    if first == b"\x0f":
        return _dlms(octets)
    if first == b"\x01":
        return _gbz(octets)
    if first == b"\x30":
        return _asn1(octets)
    raise GbcsError(f"its content begins with {first.hex().upper()}; an Alert's begins with 0F, 01 09 or 30")


def _dlms(octets: Octets) -> Notification:
    octets.take(4, "the invoke-id")
    octets.expect(b"\x00\x02", "the empty date-time and the structure")
    elements = octets.number(1, "the number of elements")
    if elements < _FEWEST_ELEMENTS:
        raise GbcsError(
            f"its structure has {elements} elements; an Alert has at least an Alert Code and a time"
        )
    octets.expect(b"\x12", "the type of the Alert Code")
    code = octets.number(2, "the Alert Code")
    octets.expect(b"\x09\x0c", "the type of the time")
    return Notification(Encoding.DLMS, code, _cosem_time(octets.take(12, "the time")))


def _gbz(octets: Octets) -> Notification:
    octets.expect(b"\x09", "the ZigBee profile")
    octets.take(1, "the number of components")
    code = octets.number(2, "the Alert Code")
    seconds = octets.number(4, "the time")
    at = None if seconds == _NO_GBZ_TIME else _YEAR_2000 + seconds * SECOND
    return Notification(Encoding.GBZ, code, at)


def _asn1(octets: Octets) -> Notification:
    length = octets.length("the length of the SEQUENCE")
    if length != octets.left:
        raise GbcsError(f"its SEQUENCE announces {length} octets and {octets.left} follow")
    octets.expect(b"\x02", "the type of the Alert Code")
    code_octets = octets.length("the length of the Alert Code")
    if not 1 <= code_octets <= _LONGEST_CODE:
        raise GbcsError(f"its Alert Code is an INTEGER of {code_octets} octets; it has 1 to {_LONGEST_CODE}")
    code = int.from_bytes(octets.take(code_octets, "the Alert Code"), "big", signed=True)
    if not 0 <= code < DCC_ALERT:
        raise GbcsError(f"its Alert Code is {code}; it must fit in 16 bits")
    octets.expect(b"\x18\x0f", "the type of the time")
    return Notification(Encoding.ASN1, code, _generalized_time(octets.take(15, "the time")))


def _cosem_time(time: bytes) -> Instant | None:
    """A COSEM date-time; FF is "not specified", a deviation of 8000 too: then the time is UTC, as GBCS has it."""
    year, month, day = int.from_bytes(time[:2], "big"), time[2], time[3]
    hour, minute, second, hundredths = time[5:9]
    deviation = int.from_bytes(time[9:11], "big", signed=True)
    at = _instant(year, month, day, hour, minute, second)
    if at is None:
        return None
    if hundredths < _HUNDREDTHS:
        at += hundredths * SECOND // _HUNDREDTHS
    if deviation == _NO_DEVIATION:
        return at
    return at + deviation * MINUTE if abs(deviation) <= _LONGEST_DEVIATION else None


def _generalized_time(time: bytes) -> Instant | None:
    digits, zone = time[:14], time[14:]
    if zone != b"Z" or not digits.isdigit():
        raise GbcsError(f"{time!r} stands for its time; it must be yyyymmddhhmmssZ")
    parts = (int(digits[start : start + 2]) for start in range(4, 14, 2))
    return _instant(int(digits[:4]), *parts)


def _instant(year: int, month: int, day: int, hour: int, minute: int, second: int) -> Instant | None:
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return (at - _EPOCH) // timedelta(microseconds=1)
