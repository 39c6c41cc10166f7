"""What holds for every DUIS document at the gateway's door, a Request or a Response, whatever it carries.

What comes to the gateway goes on to others, so nothing may be in it that a
signature does not cover or that two parsers might read differently. After these
checks no octet of a document is outside of an element, a text or an attribute,
but for its XML declaration and, in a Request, comments between elements.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lxml import etree

from tidegate.duis.dcc_alerts import NAMESPACE
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.refusals import Reason
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
"""The one element of a document that is not DUIS's own."""

MAX_ATTRIBUTES: Final = 256
"""Of an element, its namespaces counted too: Canonical XML sorts them. A signed Alert has about 20 in all."""

_CHILDREN: Final = (f"{NAMESPACE}Header", f"{NAMESPACE}Body", SIGNATURE)
_SMETS1_SIGNED: Final = f"{NAMESPACE}SMETS1SignedResponse"
_SCHEMA_VERSION = re.compile(r"[1-9][0-9]?(?:\.[0-9]{1,2})?")
_AFTER_DECLARATION: Final = len("\ufeff<?".encode())
_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^<>]*?\sencoding\s*=\s*[\"']([^\"'<>]*)")
_REFERENCE_IN_NAMESPACE = re.compile(rb"\sxmlns(?::[^\s=<>]*)?\s*=\s*(?:\"[^\"<]*&|'[^'<]*&)")
_COMMENT = re.compile(rb"<!--(?:(?!--).)*-->", re.DOTALL)
_MOST_COMMENTS: Final = 32


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


def refuse_what_could_hide(body: bytes) -> None:
    """Markup that is no element is outside of a signature, or is read by some and not by others.

    Raises:
        RefusedDocument: there is some, or the document says it is in another encoding than UTF-8.
    """
    if b"<!" in body and b"<!DOCTYPE" not in body:  # a DOCTYPE has a reason of its own
        raise RefusedDocument("it has a comment or a CDATA section; a DUIS document has none", Reason.MARKUP)
    if body.find(b"<?", _AFTER_DECLARATION) >= 0:
        raise RefusedDocument("it has a processing instruction; a DUIS document has none", Reason.MARKUP)
    # We read UTF-8 whatever is declared; one who believes the declaration would read something else.
    declared = _ENCODING.match(body)
    if declared is not None and declared.group(1).upper() not in {b"UTF-8", b"US-ASCII"}:
        raise RefusedDocument("it declares another encoding than UTF-8", Reason.NOT_XML)
    # Canonical XML of a namespace with an & in it is no XML where libxml2 writes it.
    if b"&" in body and _REFERENCE_IN_NAMESPACE.search(body):
        raise RefusedDocument(
            "a namespace of it has an & in its name; those of DUIS have none", Reason.MARKUP
        )
    # No attribute without an equals sign. Payloads have a few too, as padding.
    if body.count(b"=") > MAX_ATTRIBUTES and any(
        tag.count(b"=") > MAX_ATTRIBUTES for tag in body.split(b"<")
    ):
        raise RefusedDocument(
            f"it may have more than {MAX_ATTRIBUTES} attributes at one element", Reason.MARKUP
        )


def without_comments_between_elements(body: bytes) -> bytes:
    """A document without its comments, where those stand between elements, as in the published Requests.

    Canonical XML leaves them out, so no signature is over them, and no parser reads anything else for them. Within
    a text it would: those stay, to be refused.
    """
    if not 0 < body.count(b"<!--") <= _MOST_COMMENTS:
        return body
    return _COMMENT.sub(_nothing_between_elements, body)


def check_children(root: etree._Element) -> None:
    """Hold a document to its Header, its Body and at most one Signature.

    Raises:
        RefusedDocument: it holds another element, or a Signature stands where none may be.
    """
    tags = tuple(child.tag for child in root)
    if tags != _CHILDREN[: len(tags)]:
        what = etree.QName(root).localname
        raise RefusedDocument(
            f"its {what} must hold a Header, a Body, at most one Signature, and nothing else"
        )
    inner = [element for element in _signatures(root) if element.getparent() is not root]
    # The answer of a SMETS1 Device is signed by itself, within.
    if inner and (len(inner) > 1 or _parent(inner[0]) != _SMETS1_SIGNED):
        raise RefusedDocument("it has a Signature where none may be", Reason.SIGNATURE_PROFILE)


def is_signed(root: etree._Element) -> bool:
    """Say whether a checked document has a signature, right or wrong."""
    return len(root) == len(_CHILDREN)


def schema_version(root: etree._Element) -> str:
    """DUIS version a document says it is of, as `5.4`.

    Raises:
        RefusedDocument: it says none.
    """
    version = root.get("schemaVersion", "").strip()
    if not _SCHEMA_VERSION.fullmatch(version):
        raise RefusedDocument(
            f"its schemaVersion is {root.get('schemaVersion', '')!r}; it must be a DUIS version, as 5.4"
        )
    return version


def _signatures(root: etree._Element) -> Sequence[etree._Element]:
    return list(root.iter(SIGNATURE))


def _parent(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else str(parent.tag)


def _nothing_between_elements(comment: re.Match[bytes]) -> bytes:
    body = comment.string
    is_between = body[: comment.start()].rstrip()[-1:] == b">" and body[comment.end() :].lstrip()[:1] == b"<"
    return b"" if is_between else comment.group()
