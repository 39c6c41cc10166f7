"""One DUIS document at the gateway's door: the Alert in it, and the document itself, to go on as it came.

`documents.py` reads logs, and is content where a document says what it has to.
What comes to the gateway goes on to others, so it is held to more: nothing in
it that a signature does not cover or that two parsers might read differently.
After `read_alert_document` no octet of the document is outside of an element,
a text or an attribute, but for its XML declaration.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tidegate.duis.documents import DecodePayload, DuisAlert, Kind, NotAnAlert, read_response
from tidegate.duis.envelope import (
    DuisSchema,
    check_children,
    is_signed,
    refuse_what_could_hide,
    schema_version,
)
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.refusals import Reason

if TYPE_CHECKING:
    from lxml import etree


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
        return is_signed(self.root)

    @property
    def has_place_for_metadata(self) -> bool:
        """Say whether DUIS has a place in it for a ThrottledAlertCount; the outcome of a future-dated Command has none."""
        return self.alert.kind is not Kind.FUTURE_DATED_ALERT


def read_alert_document(
    body: bytes, decode_payload: DecodePayload | None = None, schema: DuisSchema | None = None
) -> AlertDocument:
    """Read one DUIS document that carries an Alert.

    decode_payload:  Where given, the GBCSPayload's own Alert Code and originator must be the document's.
    schema:          Where given, the document must fit it, besides all that is checked here.

    Raises:
        RefusedDocument: with the reason; see `refusals.ANSWERS` for what its sender is told.
    """
    refuse_what_could_hide(body)
    root = parse(body)
    if schema is not None:
        schema.check(root)
    alert = read_response(root, decode_payload)
    if isinstance(alert, NotAnAlert):
        raise RefusedDocument(f"it carries no Alert: {alert.what}", Reason.NOT_AN_ALERT)
    check_children(root)
    return AlertDocument(body, alert, schema_version(root), root)
