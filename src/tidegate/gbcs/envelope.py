"""What is around every GBCS message: who says it, to whom, and how it is protected.

    signed message  = grouping header | content | 40 | signature (64)
    under a MAC     = MAC header | grouping header | content | 00 | MAC (12)

The protection is measured here, not verified: that takes keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tidegate.gbcs.octets import GbcsError, Octets
from tidegate.vocabulary.devices import DeviceId

RESPONSE: Final = 2
ALERT: Final = 3
_CRA_FLAGS: Final = {1: "a Command", RESPONSE: "a Response", ALERT: "an Alert"}

_GENERAL_CIPHERING: Final = 0xDD
_GENERAL_SIGNING: Final = 0xDF
_GENERAL_BLOCK_TRANSFER: Final = 0xE0
_EMPTY_CIPHERING_FIELDS: Final = bytes(6)
_AUTHENTICATION_ONLY: Final = bytes((0x11, 0, 0, 0, 0))
_MAC_OCTETS: Final = 12
_SIGNATURE_OCTETS: Final = 64
_EUI_OCTETS: Final = 8
_DATE_TIME_OCTETS: Final = 12


@dataclass(frozen=True, slots=True)
class Envelope:
    """A GBCS message taken out of its protection.

    cra:      1 Command, 2 Response, 3 Alert.
    counter:  Originator Counter, unsigned 64 bit.
    is_dated: Its header has a date-time, as that of a signed Response; an Alert's never has.
    message_code:  Message Code of the use case, 16 bit.
    supplementary_party, supplementary_party_counter, supplementary_originator_counter:
              None where the other-information is too short to hold them.
    content:  What the message says.
    protection: The signature (64 octets) or the MAC (12), or both in this order.
    """

    cra: int
    counter: int
    originator: DeviceId
    recipient: DeviceId
    is_dated: bool
    message_code: int
    supplementary_party: DeviceId | None
    supplementary_party_counter: int | None
    supplementary_originator_counter: int | None
    content: bytes
    is_signed: bool
    protection: bytes


def open_envelope(message: bytes) -> Envelope:
    """Take one whole GBCS message apart; every octet of it is accounted for.

    Raises:
        GbcsError: the octets are not one whole message, or it is a General-Block-Transfer.
    """
    octets = Octets(message)
    tag = octets.number(1, "the first tag")
    has_mac = tag == _GENERAL_CIPHERING
    if has_mac:
        _skip_mac_header(octets)
        tag = octets.number(1, "the General-Signing tag")
    if tag == _GENERAL_BLOCK_TRANSFER:
        raise GbcsError("it is a General-Block-Transfer, a part of a message: join the parts first")
    if tag != _GENERAL_SIGNING:
        raise GbcsError(f"{tag:02X} stands at offset {octets.at - 1}; a GBCS message has DF or DD there")

    octets.expect(b"\x09", "the length of the transaction identifier")
    cra = octets.number(1, "the CRA flag")
    counter = octets.number(8, "the originator counter")
    octets.expect(b"\x08", "the length of the originator")
    originator = octets.number(_EUI_OCTETS, "the originator")
    octets.expect(b"\x08", "the length of the recipient")
    recipient = octets.number(_EUI_OCTETS, "the recipient")
    is_dated = octets.is_next(_DATE_TIME_OCTETS)
    if is_dated:
        octets.take(1 + _DATE_TIME_OCTETS, "the date-time")
    else:
        octets.expect(b"\x00", "the empty date-time")
    other = Octets(octets.take(octets.length("the length of the other information"), "the other information"))
    content = octets.take(octets.length("the length of the content"), "the content")

    signature_octets = octets.length("the length of the signature")
    if signature_octets not in (0, _SIGNATURE_OCTETS):
        raise GbcsError(f"the signature has {signature_octets} octets; it must have 0 or {_SIGNATURE_OCTETS}")
    if not signature_octets and not has_mac:
        raise GbcsError("it is neither signed nor has it a MAC")
    protection = octets.take(signature_octets, "the signature")
    if has_mac:
        protection += octets.take(_MAC_OCTETS, "the MAC")
    if octets.left:
        raise GbcsError(f"{octets.left} octets stand after its end, from offset {octets.at}")

    return Envelope(
        cra=_known(cra),
        counter=counter,
        originator=originator,
        recipient=recipient,
        is_dated=is_dated,
        message_code=other.number(2, "the Message Code"),
        supplementary_party=_optional(other, "the supplementary remote party"),
        supplementary_party_counter=_optional(other, "the supplementary remote party's counter"),
        # A certificate may stand here instead; it is always longer than a counter.
        supplementary_originator_counter=(
            _optional(other, "the supplementary originator counter") if other.left <= _EUI_OCTETS else None
        ),
        content=content,
        is_signed=signature_octets > 0,
        protection=protection,
    )


def what_is(cra: int) -> str:
    """The kind of message, with its article: `a Command`."""
    return _CRA_FLAGS[cra]


def _skip_mac_header(octets: Octets) -> None:
    if octets.take(len(_EMPTY_CIPHERING_FIELDS), "the MAC header") != _EMPTY_CIPHERING_FIELDS:
        raise GbcsError(
            "its General-Ciphering header is not empty: it is encrypted or a General-Block-Transfer, not a GBCS message of its own"
        )
    length = octets.length("the length of the authenticated message")
    if length != octets.left:
        raise GbcsError(f"its MAC header announces {length} octets and {octets.left} follow")
    octets.expect(_AUTHENTICATION_ONLY, "the security header")


def _known(cra: int) -> int:
    if cra not in _CRA_FLAGS:
        raise GbcsError(f"its CRA flag is {cra:02X}; it must be 01, 02 or 03")
    return cra


def _optional(other: Octets, what: str) -> int | None:
    return other.number(8, what) if other.left else None
