"""What DUIS and MMC call roles, usages of cells and statuses, and what those are in evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from tidegate.commissioning.evidence import CredentialType, Role
from tidegate.duis.fields import local, text_of
from tidegate.duis.hardened_xml import RefusedDocument

if TYPE_CHECKING:
    from lxml import etree

_Known = TypeVar("_Known")

ROLES: Final[Mapping[str, Role]] = {role.text: role for role in list(Role)[1:]}
"""`RemotePartyRole`."""

CREDENTIAL_TYPES: Final[Mapping[str, CredentialType]] = {
    "Digital Signature": CredentialType.DIGITAL_SIGNING,
    "Key Agreement": CredentialType.KEY_AGREEMENT,
}
"""`CredentialType` of 6.17 and 6.24.2."""

USAGES: Final[Mapping[str, CredentialType]] = {usage.text: usage for usage in list(CredentialType)[1:]}
"""`CertificateUsage` and `CertificateType` of a cell."""

SUCCESS: Final = "success"
"""The `ASN1Status` that is none of the errors."""


def known(element: etree._Element, names: Mapping[str, _Known]) -> _Known:
    """What a name stands for.

    Raises:
        RefusedDocument: it is none of them.
    """
    said = text_of(element)
    if said not in names:
        raise RefusedDocument(f"its {local(element.tag)} is {said!r}; it must be one of {', '.join(names)}")
    return names[said]
