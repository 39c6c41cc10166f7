"""The evidence of Post Commissioning in what a gateway carries: what is said of credentials, and no more.

Every answer of a Device is evidence that it communicates (`evidence.py`), and there are millions of them a day. Here
only those are read that say something of credentials or of the Device's commissioning; the others are told apart
by their Alert Code or Service Reference Variant, before anything else of them is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tidegate.commissioning.evidence import Evidence, Kind
from tidegate.duis.alert_document import AlertDocument
from tidegate.duis.documents import Kind as AlertKind
from tidegate.duis.evidence import COMMISSIONS, OF_CREDENTIALS, EvidenceReader, NoEvidence, ReadDeviceMessage
from tidegate.duis.response_document import ResponseDocument
from tidegate.vocabulary.instants import Instant

SERVICES: Final = OF_CREDENTIALS | {COMMISSIONS}
"""Variants whose answers say something of credentials, or of the Device's commissioning."""

_ALERT_CODES: Final = frozenset({0x8F66, 0x8F67, 0x8F69})
_UPDATED: Final = b"SecurityCredentialsUpdated"


class CarriedEvidence:
    """Reads the evidence of documents that were read and checked already.

    read_message:  Reads the GBCS payload; it must be of the document's Device, Alert Code and service.

    What Requests say and their answers do not repeat is not known here.
    """

    def __init__(self, read_message: ReadDeviceMessage) -> None:
        self._reader = EvidenceReader(read_message)

    def of_alert(self, document: AlertDocument, at: Instant) -> Sequence[Evidence]:
        """The rows of an Alert received at an instant; none where it says nothing of credentials.

        Raises:
            RefusedDocument: its payload is not what the document says.
        """
        alert = document.alert
        if alert.alert_code not in _ALERT_CODES and not (
            alert.kind is AlertKind.DCC_ALERT and _UPDATED in document.body
        ):
            return ()
        return _kept(self._reader.read(document.root, at))

    def of_response(self, document: ResponseDocument, at: Instant) -> Sequence[Evidence]:
        """The rows of a Service Response received at an instant; none where it says nothing of credentials.

        Raises:
            RefusedDocument: its payload is not what the document says.
        """
        if document.service_reference_variant not in SERVICES:
            return ()
        return _kept(self._reader.read(document.root, at))


def _kept(read: Sequence[Evidence] | NoEvidence) -> Sequence[Evidence]:
    """8F66 and 8F67 come of other Commands too: that the Device communicates is all they say then."""
    if isinstance(read, NoEvidence):
        return ()
    return [row for row in read if row.kind is not Kind.SRV_RESPONSE or row.srv in SERVICES]
