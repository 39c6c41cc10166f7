"""What a Device says of its credentials: the Responses of CS02a to CS02g and the Alerts of future-dated ones.

    CS02a, CS02f   6.24.1              which party and certificate stand in which Trust Anchor Cell
    CS02b, CS02g   6.15.1, 6.21, 6.23  what came of replacing them; a NULL alone: it comes later, as 8F66 or 8F67
    CS02c          6.17                a certification request, or why there is none
    CS02d          6.15.2              how putting the Device's own certificate went
    CS02e          6.24.2              the Device's own certificate, or why there is none
    GCS28          6.11, 8.1.1         the time that was set, and whether it is reliable

A message of anything else is opened, for who it is of; it tells nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tidegate.commissioning.evidence import CredentialType, Kind, Outcome, Role
from tidegate.commissioning.told import (
    Cell,
    DeviceMessage,
    Told,
    accepted,
    answered,
    fault_of_cells_read,
    read_cells,
    replaced,
)
from tidegate.gbcs.content import read_content
from tidegate.gbcs.der import SEQUENCE, Der
from tidegate.gbcs.envelope import ALERT, RESPONSE, Envelope, open_envelope, what_is
from tidegate.gbcs.octets import GbcsError
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.devices import format_device_id

DEVICE_COMMISSIONED: Final[AlertCode] = 0x8F69
ACTIONED: Final[AlertCode] = 0x8F66
NOT_ACTIONED: Final[AlertCode] = 0x8F67

_READS: Final = (0x0008, 0x011B)
_ISSUES: Final = 0x000A
_UPDATES_OWN: Final = 0x000B
_READS_OWN: Final = 0x000C
_SETS_TIME: Final = 0x007F

_REPLACES: Final[Mapping[int, Role]] = {
    0x0100: Role.ROOT,
    0x0101: Role.ROOT,
    0x0102: Role.SUPPLIER,
    0x0103: Role.NETWORK_OPERATOR,
    0x0104: Role.ACB,
    0x0105: Role.NOT_SAID,
    0x0106: Role.TRANS_COS,
    0x0107: Role.SUPPLIER,
    0x0108: Role.NOT_SAID,
    0x0109: Role.NOT_SAID,
    0x0125: Role.LOAD_CONTROLLER,
}
"""Whose cells a Response of CS02b and CS02g is of, by its Message Code; by Recovery and Contingency, anyone's."""

_REPLACED_LATER: Final = (0x00CB, 0x0124)

_REPLACING_SERVICES: Final = frozenset({"6.15.1", "6.21", "6.23", "8.5"})
_SERVICES: Final[Mapping[int, frozenset[str]]] = {
    **dict.fromkeys(_READS, frozenset({"6.24.1"})),
    **dict.fromkeys((*_REPLACES, *_REPLACED_LATER), _REPLACING_SERVICES),
    _ISSUES: frozenset({"6.17"}),
    _UPDATES_OWN: frozenset({"6.15.2"}),
    _READS_OWN: frozenset({"6.24.2"}),
    _SETS_TIME: frozenset({"6.11", "8.1.1"}),
}

_ROLES: Final[Mapping[int, Role]] = {
    0: Role.ROOT,
    1: Role.RECOVERY,
    2: Role.SUPPLIER,
    3: Role.NETWORK_OPERATOR,
    4: Role.ACB,
    5: Role.TRANS_COS,
    6: Role.NOT_SAID,  # the WAN Provider, an issuing authority, another: nobody asks for their cells
    7: Role.NOT_SAID,
    8: Role.LOAD_CONTROLLER,
    127: Role.NOT_SAID,
}

_DIGITAL_SIGNATURE: Final = 0x80
_KEY_AGREEMENT: Final = 0x08
_KEY_CERT_SIGN: Final = 0x04
_MANAGEMENT: Final = 0
_PREPAYMENT_TOP_UP: Final = 1
_SUCCESS: Final = 0
_RELIABLE: Final = 0
_ID_OCTETS: Final = 8


def read_device_message(payload: bytes) -> DeviceMessage:
    """Read one whole GBCS Response or Alert, MAC or signed.

    Raises:
        GbcsError: the octets are neither, or what they say of credentials is not laid out as it must be.
    """
    envelope = open_envelope(payload)
    if envelope.cra == ALERT:
        return _alert(envelope)
    if envelope.cra != RESPONSE:
        raise GbcsError(f"it is {what_is(envelope.cra)}: what a Device is asked, not what it says")
    code = envelope.message_code
    return DeviceMessage(
        envelope.originator, None, _SERVICES.get(code, frozenset()), _of_response(code, Der(envelope.content))
    )


def _alert(envelope: Envelope) -> DeviceMessage:
    code = read_content(envelope.content).alert_code
    told: tuple[Told, ...] = ()
    if code == DEVICE_COMMISSIONED:
        told = (Told(Kind.COMMISSIONED, Outcome.NOT_SAID),)
    elif envelope.message_code in _REPLACED_LATER:
        told = _replaced_later(code, Der(envelope.content))
    services = _SERVICES.get(envelope.message_code, frozenset())
    return DeviceMessage(envelope.originator, code, services, told)


def _of_response(code: int, content: Der) -> tuple[Told, ...]:
    if code in _READS:
        return _cells_read(content)
    if code in _REPLACES:
        return _replaced_now(content, _REPLACES[code])
    if code in (_ISSUES, _READS_OWN):
        return _answered_with(content, "the certification request" if code == _ISSUES else "the certificate")
    if code == _UPDATES_OWN:
        return _answered_with(content, "")
    if code == _SETS_TIME:
        return _time_set(content)
    return ()


def _cells_read(content: Der) -> tuple[Told, ...]:
    cells: list[Cell] = []
    parties = content.sequence("the credentials")
    content.end("the credentials")
    while parties.left:
        party = parties.sequence("a remote party's details")
        role = _role(party)
        if party.enumerated("the status of a remote party") != _SUCCESS:
            party.end("a remote party's details")
            cells.append(Cell(role, CredentialType.NOT_SAID, is_success=False))
            continue
        party.integer("the current sequence number")
        contents = party.sequence("the Trust Anchor Cells")
        party.end("a remote party's details")
        while contents.left:
            cell = contents.sequence("a Trust Anchor Cell")
            usage = _usage(cell)
            cells.append(Cell(role, usage, True, *_certificate(cell, "existing")))
            cell.end("a Trust Anchor Cell")
    if fault := fault_of_cells_read(cells):
        raise GbcsError(fault)
    return read_cells(cells)


def _replaced_now(content: Der, role: Role) -> tuple[Told, ...]:
    response = content.sequence("the response")
    content.end("the response")
    response.null("the acceptance of the Command")
    if not response.left:
        return accepted(role)
    told = replaced(_replacements(response))
    response.end("the response")
    return told


def _replaced_later(code: AlertCode, content: Der) -> tuple[Told, ...]:
    """A success only where the Alert Code and all the cells of a role say so."""
    alert = content.sequence("the Alert")
    alert.integer("the Alert Code")
    alert.time("the time")
    cells = _replacements(alert)
    alert.end("the Alert")
    if code not in (ACTIONED, NOT_ACTIONED):
        raise GbcsError(f"its Alert Code is {code:04X}; that of a future-dated Command is 8F66 or 8F67")
    told = replaced(cells, Kind.FUTURE_DATED_OUTCOME)
    if code == NOT_ACTIONED and all(each.outcome is Outcome.SUCCESS for each in told):
        return tuple(each._replace(outcome=Outcome.FAILURE) for each in told)
    return told


def _replacements(around: Der) -> list[Cell]:
    outcome = around.sequence("the execution outcome")
    outcome.integer("the authorising remote party's sequence number")
    outcome.integer("the credentials replacement mode")
    changes = outcome.sequence("the sequence number changes")
    replacements = outcome.sequence("the replacement outcomes")
    outcome.end("the execution outcome")
    while changes.left:
        _sequence_number_change(changes.sequence("a sequence number change"))
    cells: list[Cell] = []
    while replacements.left:
        replacement = replacements.sequence("a replacement outcome")
        identifier = replacement.sequence("the Trust Anchor Cell")
        role = _role(identifier)
        usage = _usage(identifier)
        identifier.end("the Trust Anchor Cell")
        is_success = replacement.enumerated("the status of a replacement") == _SUCCESS
        _certificate(replacement, "existing")
        cells.append(Cell(role, usage, is_success, *_certificate(replacement, "replacing")))
        replacement.end("a replacement outcome")
    if not cells:
        raise GbcsError("its execution outcome has no replacement outcome")
    return cells


def _sequence_number_change(change: Der) -> None:
    _role(change)
    change.integer("the floor sequence number")
    if change.is_sequence():
        specialist = change.sequence("the specialist floor sequence numbers")
        while specialist.left:
            number = specialist.sequence("a specialist floor sequence number")
            number.integer("the usage of a sequence number")
            number.integer("a sequence number")
            number.end("a specialist floor sequence number")
    change.end("a sequence number change")


def _answered_with(content: Der, what: str) -> tuple[Told, ...]:
    """A response code; or, where there may be one, what was asked for in its place."""
    if what and content.is_next(SEQUENCE):
        content.sequence(what)
        content.end(what)
        return answered(is_success=True)
    code = content.integer("the response code")
    content.end("the response code")
    if what and code == _SUCCESS:
        raise GbcsError(
            f"its response code is 0; where there is one, there is no {what.removeprefix('the ')}"
        )
    return answered(is_success=code == _SUCCESS)


def _time_set(content: Der) -> tuple[Told, ...]:
    response = content.sequence("the response")
    content.end("the response")
    response.time("the Device's time")
    status = response.integer("the status of the time")
    response.end("the response")
    return answered(is_success=status == _RELIABLE)


def _role(element: Der) -> Role:
    number = element.integer("the remote party role")
    if number not in _ROLES:
        raise GbcsError(f"its remote party role is {number}; there are 0 to 8 and 127")
    return _ROLES[number]


def _usage(cell: Der) -> CredentialType:
    key_usage = cell.bits("the key usage")
    cell_usage = cell.integer("the cell usage") if cell.is_integer() else _MANAGEMENT
    if cell_usage not in (_MANAGEMENT, _PREPAYMENT_TOP_UP):
        raise GbcsError(f"its cell usage is {cell_usage}; it must be 0 or 1")
    if key_usage & _KEY_CERT_SIGN:
        return CredentialType.KEY_CERT_SIGN
    if key_usage & _KEY_AGREEMENT:
        is_top_up = cell_usage == _PREPAYMENT_TOP_UP
        return CredentialType.KEY_AGREEMENT_TOP_UP if is_top_up else CredentialType.KEY_AGREEMENT
    if key_usage & _DIGITAL_SIGNATURE:
        return CredentialType.DIGITAL_SIGNING
    raise GbcsError(f"its key usage is {key_usage:02X}; that of a cell is 80, 08 or 04")


def _certificate(element: Der, which: str) -> tuple[str, str]:
    """The party of a certificate and its subject key identifier."""
    party = element.octet_string(_ID_OCTETS, f"the {which} remote party")
    key = element.octet_string(_ID_OCTETS, f"the {which} subject key identifier")
    return format_device_id(int.from_bytes(party, "big")), key.hex().upper()
