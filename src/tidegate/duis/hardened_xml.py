"""XML from strangers, parsed so that a document can say nothing but itself.

No DOCTYPE and so no entities, no other encoding that could hide one, nothing
fetched, nothing deeper or longer than a DUIS document has reason to be. All of
this is decided before or in the parser; no one sees a half-read document.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from lxml import etree

from tidegate.duis.refusals import Reason

MAX_DOCUMENT_OCTETS: Final = 4 * 1024 * 1024
"""No longer document is parsed. The longest DUIS has reason for is a list of 50,000 Devices, 1.2 MB."""

MAX_DEPTH: Final = 64
"""Elements within elements. DUIS 5.4 has about 15."""

_PARSER: Final = etree.XMLParser(
    encoding="utf-8",  # whatever the declaration says: another one could hide a DOCTYPE from the search below
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    recover=False,
    remove_comments=True,
    remove_pis=True,
)


_LONGEST_MESSAGE: Final = 500


class RefusedDocument(ValueError):  # noqa: N818 - it is refused, as the Code says; nothing failed
    """A document that is not read; the message says why in words that follow its name.

    A message may quote what the document says, and what it says may be long: it is cut.
    """

    def __init__(self, message: str, reason: Reason = Reason.INVALID) -> None:
        cut = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]} ..."
        super().__init__(cut)
        self.reason = reason


def parse(xml: bytes) -> etree._Element:
    """The root element of one document.

    Raises:
        RefusedDocument: it is too long, too deep, not UTF-8, not well-formed, or has a DOCTYPE.
    """
    if len(xml) > MAX_DOCUMENT_OCTETS:
        raise RefusedDocument(
            f"it has {len(xml)} octets; no document above {MAX_DOCUMENT_OCTETS} is parsed", Reason.TOO_LONG
        )
    if b"<!DOCTYPE" in xml:
        raise RefusedDocument("it has a DOCTYPE; a DUIS document has none, and none is read", Reason.DOCTYPE)
    if b"\0" in xml:
        raise RefusedDocument("it is not UTF-8, or has a NUL in it", Reason.NOT_XML)
    try:
        root = etree.fromstring(xml, _PARSER)
    except etree.XMLSyntaxError as error:
        what = " ".join(str(error.msg).split())
        if what.startswith("Excessive depth"):  # the parser's own limit comes before ours
            raise RefusedDocument(
                f"its elements are nested deeper than {MAX_DEPTH}", Reason.TOO_DEEP
            ) from None
        raise RefusedDocument(f"it is not well-formed XML: {what}", Reason.NOT_XML) from None
    # There are at least as many end tags as levels (an empty element at the bottom aside).
    if xml.count(b"</") >= MAX_DEPTH and _is_too_deep()(root):
        raise RefusedDocument(f"its elements are nested deeper than {MAX_DEPTH}", Reason.TOO_DEEP)
    return root


@cache
def _is_too_deep() -> etree.XPath:
    return etree.XPath(f"boolean(/{'/'.join('*' * (MAX_DEPTH + 1))})")
