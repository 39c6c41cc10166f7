"""The fields of a DUIS document, each read strictly, each refused by its name.

Elements are looked at once, child by child: that is the fastest way through
lxml, and it sees an element that is there twice.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.vocabulary.alert_codes import DCC_ALERT, AlertCode, parse_alert_code
from tidegate.vocabulary.devices import DeviceId, parse_device_id
from tidegate.vocabulary.instants import Instant, has_zone, parse_instant

if TYPE_CHECKING:
    from lxml import etree

Fields: TypeAlias = "dict[str, etree._Element]"  # noqa: SLF001 - lxml has no other name for the type
"""The children of an element by their full names."""

_EUI = r"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){7}"
_IDENTIFIER = re.compile(rf"({_EUI}):({_EUI}):(0|[1-9][0-9]{{0,19}})")
_DEVICE_CODE = re.compile(r"[0-9A-Fa-f]{4}")
_UNSIGNED = re.compile(r"[0-9]{1,10}")
_LARGEST_COUNTER: Final = 2**64 - 1
_LARGEST_UNSIGNED_INT: Final = 2**32 - 1
_XML_SPACE: Final = str.maketrans("", "", " \t\r\n")


def local(tag: str) -> str:
    """The name of an element without its namespace, for a person to read."""
    return tag.rpartition("}")[2]


def fields(element: etree._Element) -> Fields:
    """The children of an element, each of which may be there once.

    Raises:
        RefusedDocument: one is there twice; which of the two would count is anyone's guess.
    """
    found: Fields = {child.tag: child for child in element}
    if len(found) != len(element):
        raise RefusedDocument(f"its {local(element.tag)} has an element twice")
    return found


def part(found: Fields, tag: str) -> etree._Element:
    """The child of that name."""
    element = found.get(tag)
    if element is None:
        raise RefusedDocument(f"it has no {local(tag)}")
    return element


def optional_part(element: etree._Element, name: str) -> etree._Element | None:
    """The first child of that local name, in whatever namespace (SMETS1 answers mix two)."""
    for child in element:
        if local(child.tag) == name:
            return child
    return None


def inner_part(element: etree._Element, name: str) -> etree._Element:
    """The first child of that local name, which must be there."""
    child = optional_part(element, name)
    if child is None:
        raise RefusedDocument(f"its {local(element.tag)} has no {name}")
    return child


def text_of(element: etree._Element) -> str:
    """The text of an element, without blanks around it."""
    return (element.text or "").strip()


def text(found: Fields, tag: str) -> str:
    """The text of a child that must be there and not be empty."""
    said = text_of(part(found, tag))
    if not said:
        raise RefusedDocument(f"its {local(tag)} is empty")
    return said


def optional_text(found: Fields, tag: str) -> str:
    """The text of a child that may be absent; then it is empty."""
    element = found.get(tag)
    return "" if element is None else text_of(element)


def optional_number(found: Fields, tag: str) -> int | None:
    """An xs:unsignedInt that may be absent."""
    element = found.get(tag)
    if element is None:
        return None
    said = text_of(element)
    if not _UNSIGNED.fullmatch(said) or int(said) > _LARGEST_UNSIGNED_INT:
        raise RefusedDocument(f"its {local(tag)} is {said!r}; it must be a whole number below 2^32")
    return int(said)


def identifier(said: str, tag: str) -> tuple[DeviceId, DeviceId, str]:
    """A RequestID or ResponseID: its two EUI-64s, and the whole in upper case."""
    match = _IDENTIFIER.fullmatch(said)
    if match is None or int(match.group(3)) > _LARGEST_COUNTER:
        raise RefusedDocument(f"its {local(tag)} is {said!r}; it must be originator:target:counter")
    return parse_device_id(match.group(1)), parse_device_id(match.group(2)), said.upper()


def device_id(said: str, tag: str) -> DeviceId:
    """An EUI-64."""
    try:
        return parse_device_id(said)
    except ValueError as error:
        raise RefusedDocument(f"its {local(tag)} {error}") from None


def device_code(said: str, tag: str) -> AlertCode:
    """An Alert Code of a Device: exactly two octets in hexadecimal, which the schema does not ask for."""
    if not _DEVICE_CODE.fullmatch(said):
        raise RefusedDocument(f"its {local(tag)} is {said!r}; it must be four hexadecimal digits")
    return int(said, 16)


def dcc_code(said: str, tag: str) -> AlertCode:
    """A code of a DCC Alert: AD1, or N and a number, known or not."""
    try:
        code = parse_alert_code(said)
    except ValueError:
        code = 0
    if code < DCC_ALERT:
        raise RefusedDocument(f"its {local(tag)} is {said!r}; it must be AD1, or N and a number")
    return code


def date_time(said: str, tag: str) -> Instant:
    """An xs:dateTime with its zone; without one it could be any of two hours."""
    try:
        at = parse_instant(said)
    except ValueError as error:
        raise RefusedDocument(f"its {local(tag)} {error}") from None
    if said[-1] != "Z" and not has_zone(said):
        raise RefusedDocument(f"its {local(tag)} {said!r} names no zone: write it with Z")
    return at


def base64(said: str, tag: str) -> bytes:
    """An xs:base64Binary: blanks are allowed in it, and nothing else that base64 has not.

    Decoded and encoded again it must be the same: that alone refuses stray
    padding and loose bits, which libxml2 and Python's decoder let pass.
    """
    packed = said.translate(_XML_SPACE)
    try:
        octets = binascii.a2b_base64(packed)
    except ValueError:
        octets = b""
    if not octets or binascii.b2a_base64(octets, newline=False) != packed.encode("utf-8", "replace"):
        raise RefusedDocument(f"its {local(tag)} is not base64" if packed else f"its {local(tag)} is empty")
    return octets
