"""ThrottledAlertSequenceId and ThrottledAlertCount, put into a document that goes on to its recipient.

Both stand where the DUIS 5.4 schema has them: after the AlertCode of a
DeviceAlertMessage, after the DCCAlertCode of a DCCAlertMessage, before the
SMETS1SignedResponse of a SMETS1ResponseMessage. Nothing else in the document
changes but its signature, which is ours now; what a Device signed (GBCSPayload,
SMETS1SignedResponse) is not touched.

The outcome of a future-dated Command comes as a Service Response, which has no
place for them: such a document goes on as it came, and its recipient learns the
count by notice and report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree

from tidegate.duis.dcc_alerts import NAMESPACE
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.refusals import Reason
from tidegate.duis.signature_profile import canonical_without_signature
from tidegate.duis.signing_keys import Signer, canonical

LARGEST_NUMBER: Final = 2**32 - 1
"""Of an xs:unsignedInt. Whoever withholds more than four thousand million Alerts says so many."""

# From the first octet on, so that no element of another place is taken for these. The prefix is that of the root.
_PLACE = re.compile(
    rb"<(?P<p>(?:[A-Za-z_][\w.-]*:)?)Response [^<>]*><(?P=p)Header>(?:<(?P=p)\w++>[^<]*+</(?P=p)\w++>)*+</(?P=p)Header>"
    rb"<(?P=p)Body>(?:"
    rb"<(?P=p)DeviceAlertMessage><(?P=p)AlertCode>[^<]*+</(?P=p)AlertCode>"
    rb"|<(?P=p)DCCAlertMessage><(?P=p)DCCAlertCode>[^<]*+</(?P=p)DCCAlertCode>"
    rb"|<(?P=p)SMETS1ResponseMessage>"
    rb"(?:<(?P=p)(?:ServiceReference(?:Variant)?|DSPScheduleID)>[^<]*+</(?P=p)\w++>)*+"
    rb")(?P<said>(?:<(?P=p)ThrottledAlertSequenceId>[^<]*+</(?P=p)ThrottledAlertSequenceId>)?+"
    rb"(?:<(?P=p)ThrottledAlertCount>(?P<count>[^<]*+)</(?P=p)ThrottledAlertCount>)?+)"
    rb"<(?P=p)(?:GBCSPayload|DCCAlert|SMETS1SignedResponse)[ >]"
)
_MESSAGES: Final[Mapping[str, frozenset[str]]] = {
    message: frozenset(f"{NAMESPACE}{name}" for name in before)
    for message, before in {
        "DeviceAlertMessage": ("AlertCode",),
        "DCCAlertMessage": ("DCCAlertCode",),
        "SMETS1ResponseMessage": ("ServiceReference", "ServiceReferenceVariant", "DSPScheduleID"),
    }.items()
}
"""What stands before the two in each kind of message."""

_SEQUENCE_ID: Final = f"{NAMESPACE}ThrottledAlertSequenceId"
_COUNT: Final = f"{NAMESPACE}ThrottledAlertCount"
_FUTURE_DATED: Final = f"{NAMESPACE}Body/{NAMESPACE}ResponseMessage/{NAMESPACE}FutureDatedDeviceAlertMessage"


def with_throttle_metadata(document: bytes, sequence_id: int, count: int, signer: Signer) -> bytes:
    """A document that says how many Alerts were withheld before it, signed by us.

    document:     As `read_alert_document` accepted it.
    sequence_id:  Number of this Alert among those forwarded in the storm, from 1.
    count:        Alerts throttled since the last one forwarded. What the document says already, because someone
                  before us throttles too, is added to it: those Alerts were withheld as well.

    The outcome of a future-dated Command comes back as it is (`AlertDocument.has_place_for_metadata`).

    Raises:
        RefusedDocument: it is no document that carries an Alert.
    """
    assert 0 <= sequence_id <= LARGEST_NUMBER
    assert count >= 0
    octets = canonical(document)
    place = _PLACE.match(octets)
    if place is None:
        rewritten = _in_tree(octets, sequence_id, count)
        return document if rewritten is None else signer.sign_canonical(rewritten)
    metadata = (
        b"<%(p)sThrottledAlertSequenceId>%(s)d</%(p)sThrottledAlertSequenceId>"
        b"<%(p)sThrottledAlertCount>%(c)d</%(p)sThrottledAlertCount>"
    ) % {b"p": place["p"], b"s": sequence_id, b"c": _total(count, place["count"])}
    return signer.sign_canonical(octets[: place.start("said")] + metadata + octets[place.end("said") :])


def without_throttle_metadata(document: bytes, signer: Signer) -> bytes:
    """A document that says nothing of throttling, signed by us; as it came where it says nothing anyway.

    For a User whose software refuses the two elements, behind someone who writes them.

    Raises:
        RefusedDocument: it is no document that carries an Alert.
    """
    if b"ThrottledAlert" not in document:
        return document
    octets = canonical(document)
    place = _PLACE.match(octets)
    if place is None:
        rewritten = _in_tree(octets, None, 0)
        return document if rewritten is None else signer.sign_canonical(rewritten)
    return signer.sign_canonical(octets[: place.start("said")] + octets[place.end("said") :])


def _in_tree(octets: bytes, sequence_id: int | None, count: int) -> bytes | None:
    """The same for a document written in any other way; None where it has no place for them.

    A sequence_id of None takes them out.
    """
    root = parse(octets)
    for message_name, after in _MESSAGES.items():
        message = root.find(f"{NAMESPACE}Body/{NAMESPACE}{message_name}")
        if message is None:
            continue
        said = message.findtext(_COUNT)
        for tag in (_SEQUENCE_ID, _COUNT):
            for element in message.findall(tag):
                message.remove(element)
        if sequence_id is not None:
            index = sum(child.tag in after for child in message)
            for tag, number in ((_COUNT, _total(count, said)), (_SEQUENCE_ID, sequence_id)):
                element = etree.SubElement(message, tag)
                element.text = str(number)
                message.insert(index, element)
        return canonical_without_signature(root)
    if root.find(_FUTURE_DATED) is None:
        raise RefusedDocument("it has no place for a ThrottledAlertCount", Reason.NOT_AN_ALERT)
    return None


def _total(count: int, said: bytes | str | None) -> int:
    return min(count + int(said or 0), LARGEST_NUMBER)
