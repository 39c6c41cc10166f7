"""One DUIS document at the gateway's door: the Alert in it, and the document itself, to go on as it came.

`documents.py` reads logs, and is content where a document says what it has to.
What comes to the gateway goes on to others, so it is held to more: nothing in
it that a signature does not cover or that two parsers might read differently.
After `read_alert_document` no octet of the document is outside of an element,
a text or an attribute, but for its XML declaration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lxml import etree

from tidegate.duis.dcc_alerts import NAMESPACE
from tidegate.duis.documents import DecodePayload, DuisAlert, Kind, NotAnAlert, read_response
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.refusals import Reason
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
"""The one element of a Response that is not DUIS's own."""

MAX_ATTRIBUTES: Final = 256
"""Of a document, its namespaces counted too. Canonical XML sorts those of an element; a signed Alert has about 20."""

_CHILDREN: Final = (f"{NAMESPACE}Header", f"{NAMESPACE}Body", SIGNATURE)
_SMETS1_SIGNED: Final = f"{NAMESPACE}SMETS1SignedResponse"
_SCHEMA_VERSION = re.compile(r"[1-9][0-9]?(?:\.[0-9]{1,2})?")
_AFTER_DECLARATION: Final = len("\ufeff<?".encode())
_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^<>]*?\sencoding\s*=\s*[\"']([^\"'<>]*)")


@dataclass(frozen=True, slots=True)
class AlertDocument:
    """A DUIS Response that carries an Alert, read and checked; its signature is not verified by that.

    body:            The octets as they came.
    alert:           The Alert in them.
    schema_version:  DUIS version the document says it is of, as `5.4`.
    root:            Its root element; not to be changed.
    """

    body: bytes = field(repr=False)
    alert: DuisAlert
    schema_version: str
    root: etree._Element = field(repr=False, compare=False)

    @property
    def originator(self) -> str:
        """EUI-64 the document is from, the first of its ResponseID: a Device, or the DCC for its own Alerts."""
        return self.alert.response_id[:23]

    @property
    def is_signed(self) -> bool:
        """Say whether it has a signature, right or wrong."""
        return len(self.root) == len(_CHILDREN)

    @property
    def has_place_for_metadata(self) -> bool:
        """Say whether DUIS has a place in it for a ThrottledAlertCount; the outcome of a future-dated Command has none."""
        return self.alert.kind is not Kind.FUTURE_DATED_ALERT


class DuisSchema:
    """The DUIS XML schema, for those who hold documents to it too; Tidegate ships none.

    Raises:
        InputError: the file is no XML schema, or one it imports is not beside it.
    """

    def __init__(self, path: Path) -> None:
        # The schema of XML signatures has a DOCTYPE with entities of its own; nothing is fetched.
        parser = etree.XMLParser(resolve_entities="internal", no_network=True)  # type: ignore[arg-type] # stubs lag
        try:
            self._schema = etree.XMLSchema(etree.parse(str(path), parser))
        except (OSError, etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            remedy = "Give the DUIS schema (DUIS_5.4.xsd), with MMC and xmldsig beside it."
            raise InputError(Fault(str(path), f"it is no XML schema: {error}", remedy)) from None

    def check(self, root: etree._Element) -> None:
        """Hold a parsed document to the schema.

        Raises:
            RefusedDocument: it does not fit; the message says where.
        """
        if self._schema.validate(root):
            return
        error = self._schema.error_log.last_error  # type: ignore[attr-defined] # stubs lag
        said = f": {error.message}" if error is not None else ""
        raise RefusedDocument(f"it does not fit the DUIS schema{said}", Reason.SCHEMA)


def read_alert_document(
    body: bytes, decode_payload: DecodePayload | None = None, schema: DuisSchema | None = None
) -> AlertDocument:
    """Read one DUIS document that carries an Alert.

    decode_payload:  Where given, the GBCSPayload's own Alert Code and originator must be the document's.
    schema:          Where given, the document must fit it, besides all that is checked here.

    Raises:
        RefusedDocument: with the reason; see `refusals.ANSWERS` for what its sender is told.
    """
    _refuse_what_could_hide(body)
    root = parse(body)
    if schema is not None:
        schema.check(root)
    alert = read_response(root, decode_payload)
    if isinstance(alert, NotAnAlert):
        raise RefusedDocument(f"it carries no Alert: {alert.what}", Reason.NOT_AN_ALERT)
    _check_children(root)
    version = root.get("schemaVersion", "")
    if not _SCHEMA_VERSION.fullmatch(version.strip()):
        raise RefusedDocument(f"its schemaVersion is {version!r}; it must be a DUIS version, as 5.4")
    return AlertDocument(body, alert, version.strip(), root)


def _refuse_what_could_hide(body: bytes) -> None:
    """Markup that is no element is outside of a signature, or is read by some and not by others."""
    if b"<!" in body and b"<!DOCTYPE" not in body:  # a DOCTYPE has a reason of its own
        raise RefusedDocument("it has a comment or a CDATA section; a DUIS document has none", Reason.MARKUP)
    if body.find(b"<?", _AFTER_DECLARATION) >= 0:
        raise RefusedDocument("it has a processing instruction; a DUIS document has none", Reason.MARKUP)
    # We read UTF-8 whatever is declared; one who believes the declaration would read something else.
    declared = _ENCODING.match(body)
    if declared is not None and declared.group(1).upper() not in {b"UTF-8", b"US-ASCII"}:
        raise RefusedDocument("it declares another encoding than UTF-8", Reason.NOT_XML)
    # No attribute without an equals sign. Payloads have a few too, as padding.
    if body.count(b"=") > MAX_ATTRIBUTES:
        raise RefusedDocument(f"it may have more than {MAX_ATTRIBUTES} attributes", Reason.MARKUP)


def _check_children(root: etree._Element) -> None:
    tags = tuple(child.tag for child in root)
    if tags != _CHILDREN[: len(tags)]:
        raise RefusedDocument(
            "its Response must hold a Header, a Body, at most one Signature, and nothing else"
        )
    inner = [element for element in _signatures(root) if element.getparent() is not root]
    # The answer of a SMETS1 Device is signed by itself, within.
    if inner and (len(inner) > 1 or _parent(inner[0]) != _SMETS1_SIGNED):
        raise RefusedDocument("it has a Signature where none may be", Reason.SIGNATURE_PROFILE)


def _signatures(root: etree._Element) -> Sequence[etree._Element]:
    return list(root.iter(SIGNATURE))


def _parent(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else str(parent.tag)
