"""GBCS Responses and Alerts about credentials minted octet by octet, without a line of the decoder they try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.material.gbcs_alerts import ACCESS_CONTROL_BROKER, ESME, SUPPLIER, content, envelope, length

ROOT, RECOVERY, SUPPLIERS, OPERATORS, ACB, TRANS_COS, WAN, ISSUER, LOAD_CONTROLLER, OTHER = (*range(9), 127)
SIGNING, AGREEMENT, TOP_UP, CERT_SIGN = b"\x07\x80", b"\x03\x08", b"\x03\x08top-up", b"\x01\x06"
KEY = bytes.fromhex("44899792D196F4B8")
NO_TRUST_ANCHOR = 10


class Cell(NamedTuple):
    """A Trust Anchor Cell as a message speaks of it."""

    role: int = SUPPLIERS
    usage: bytes = SIGNING
    status: int = 0
    party: int = SUPPLIER
    key: bytes = KEY


def der(tag: int, *inside: bytes) -> bytes:
    """One element."""
    octets = b"".join(inside)
    return bytes((tag,)) + length(len(octets)) + octets


def sequence(*inside: bytes) -> bytes:
    """A SEQUENCE."""
    return der(0x30, *inside)


def integer(number: int, tag: int = 0x02) -> bytes:
    """An INTEGER, in as few octets as it needs."""
    return der(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def key_usage(usage: bytes) -> bytes:
    """What a cell is for: bits, and a number where it is for top-ups."""
    return der(0x03, usage[:2]) + (integer(1) if usage == TOP_UP else b"")


def certificate(party: int, key: bytes) -> bytes:
    """Whose it is, and its key."""
    return der(0x04, party.to_bytes(8, "big")) + der(0x04, key)


def execution_outcome(cells: Sequence[Cell], mode: int = 2) -> bytes:
    """What came of replacing some cells."""
    change = sequence(integer(2), integer(0), sequence(sequence(integer(2), integer(0))))
    outcomes = (
        sequence(
            sequence(integer(cell.role), key_usage(cell.usage)),
            integer(cell.status, 0x0A),
            certificate(ACCESS_CONTROL_BROKER, bytes(8)),
            certificate(cell.party, cell.key),
        )
        for cell in cells
    )
    return sequence(integer(1000), integer(mode), sequence(change), sequence(*outcomes))


def credentials(*parties: Sequence[Cell]) -> bytes:
    """What stands in cells, party by party; a status other than 0 in place of a party's cells."""
    return sequence(
        *(
            sequence(
                integer(cells[0].role),
                integer(cells[0].status, 0x0A),
                integer(0),
                sequence(
                    *(sequence(key_usage(cell.usage), certificate(cell.party, cell.key)) for cell in cells)
                ),
            )
            if not cells[0].status
            else sequence(integer(cells[0].role), integer(cells[0].status, 0x0A))
            for cells in parties
        )
    )


def response(message_code: int, said: bytes, *, originator: int = ESME, recipient: int = SUPPLIER) -> bytes:
    """A signed Response, with the date-time in its header that those have."""
    whole = envelope(
        said, originator=originator, recipient=recipient, message_code=message_code, cra=2, is_signed=True
    )
    return whole[:29] + b"\x0c\x07\xdf\x01\x01\xff\0\0\0\0\x80\0\xff" + whole[30:]


def replaced(
    *cells: Cell, message_code: int = 0x0102, originator: int = ESME, recipient: int = SUPPLIER
) -> bytes:
    """The Response to a Command that replaces credentials at once."""
    said = sequence(der(0x05), execution_outcome(cells))
    return response(message_code, said, originator=originator, recipient=recipient)


def accepted(message_code: int = 0x0102, *, originator: int = ESME) -> bytes:
    """The Response to a future-dated one: it has no outcome."""
    return response(message_code, sequence(der(0x05)), originator=originator)


def replaced_later(
    *cells: Cell, code: int = 0x8F66, message_code: int = 0x00CB, originator: int = ESME
) -> bytes:
    """The Alert that says what came of a future-dated one."""
    said = content(code, "ASN1", body=execution_outcome(cells))
    return envelope(said, originator=originator, message_code=message_code, is_signed=True)


def credentials_read(*parties: Sequence[Cell], originator: int = ESME) -> bytes:
    """The Response to 6.24.1."""
    return response(0x0008, credentials(*parties), originator=originator, recipient=ACCESS_CONTROL_BROKER)
