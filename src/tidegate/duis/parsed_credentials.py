"""What a Device says of its credentials where the DCC has parsed it: the MMC elements in the answer of a SMETS1 Device.

They say what the GBCS messages say, cell by cell; nearly everything in them is optional. What
is not there is not said: an answer without an ExecutionOutcome has its outcome later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from tidegate.commissioning.evidence import CredentialType, Kind, Role
from tidegate.commissioning.told import (
    Cell,
    Told,
    accepted,
    answered,
    fault_of_cells_read,
    read_cells,
    replaced,
)
from tidegate.duis.credential_names import ROLES, SUCCESS, USAGES, known
from tidegate.duis.fields import base64, device_id, inner_part, local, optional_part, text_of
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.vocabulary.devices import format_device_id

if TYPE_CHECKING:
    from lxml import etree

_Known = TypeVar("_Known")

_FALSE: Final = frozenset({"false", "0"})


def parsed_answer(message: etree._Element) -> tuple[Told, ...]:
    """What a parsed ResponseMessage says of credentials; empty where it is about something else.

    Raises:
        RefusedDocument: it says what MMC has no word for, or leaves out what makes it say anything.
    """
    data = optional_part(message, "SMETSData")
    if data is None or not len(data):
        return ()
    answer = data[0]
    if answer.get("MessageSuccess", "").strip() in _FALSE:
        return answered(is_success=False)
    read = _ANSWERS.get(local(answer.tag))
    return read(answer) if read else answered(is_success=True)


def _replaced(answer: etree._Element) -> tuple[Told, ...]:
    outcome = optional_part(answer, "ExecutionOutcome")
    if outcome is None:
        return accepted(Role.NOT_SAID)
    return replaced(_replacements(outcome), Kind.SRV_RESPONSE) or accepted(Role.NOT_SAID)


def _replacements(outcome: etree._Element) -> list[Cell]:
    return [
        Cell(
            _named(each, "RemotePartyRole", ROLES, Role.NOT_SAID),
            _named(each, "CertificateType", USAGES, CredentialType.NOT_SAID),
            _is_success(inner_part(each, "StatusCode")),
            _party(each, "NewRemotePartyID"),
            _hash(each, "NewCertificateHash"),
        )
        for each in outcome
        if local(each.tag) == "ReplacementOutcome"
    ]


def _cells_read(answer: etree._Element) -> tuple[Told, ...]:
    cells = [
        Cell(
            _named(each, "RemotePartyRole", ROLES, Role.NOT_SAID),
            _named(each, "CertificateUsage", USAGES, CredentialType.NOT_SAID),
            _is_success(status) if (status := optional_part(each, "StatusCode")) is not None else True,
            _party(each, "ExistingRemotePartyID"),
            _hash(each, "ExistingCertificateHash"),
        )
        for each in answer
        if local(each.tag) == "RemotePartyDetails"
    ]
    if fault := fault_of_cells_read(cells):
        raise RefusedDocument(fault)
    return read_cells(cells)


def _with_status(name: str, instead: str = "") -> Callable[[etree._Element], tuple[Told, ...]]:
    """An answer with a status; or, where there may be one, what was asked for in its place."""

    def read(answer: etree._Element) -> tuple[Told, ...]:
        status = optional_part(answer, name)
        if status is not None:
            return answered(is_success=_is_success(status))
        if instead and optional_part(answer, instead) is not None:
            return answered(is_success=True)
        return accepted(Role.NOT_SAID)

    return read


_ANSWERS: Final[Mapping[str, Callable[[etree._Element], tuple[Told, ...]]]] = {
    "UpdateSecurityCredentialsKRPRsp": _replaced,
    "RequestHandoverOfDCCControlledDeviceRsp": _replaced,
    "UpdateSecurityCredentialsCoSRsp": _replaced,
    "ServiceOptOutRsp": _replaced,
    "UpdateSecurityCredentialsDeviceRsp": _with_status("UpdateSecurityCredentialsResponseCode"),
    "IssueSecurityCredentialsRsp": _with_status("IssueCredentialsResponseCode", "CertificationRequest"),
    "RetrieveDeviceSecurityCredentialsKRPRsp": _cells_read,
    "RetrieveDeviceSecurityCredentialsDeviceRsp": _with_status(
        "RetrieveDeviceSecurityCredentialsStatusCode", "Certificate"
    ),
}


def _is_success(status: etree._Element) -> bool:
    return text_of(inner_part(status, "ASN1Status")) == SUCCESS


def _named(element: etree._Element, name: str, names: Mapping[str, _Known], otherwise: _Known) -> _Known:
    child = optional_part(element, name)
    return otherwise if child is None else known(child, names)


def _party(element: etree._Element, name: str) -> str:
    child = optional_part(element, name)
    return "" if child is None else format_device_id(device_id(text_of(child), child.tag))


def _hash(element: etree._Element, name: str) -> str:
    child = optional_part(element, name)
    return "" if child is None else base64(text_of(child), child.tag).hex().upper()
