"""How a document becomes an Alert to be decided, or evidence: parsed, held to its payload and a schema, its signature verified.

What this imports is all that a process that reads needs: no kernel, no
compiler, no server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from tidegate.commissioning.evidence import Evidence
from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.carried_evidence import CarriedEvidence
from tidegate.duis.certificates import CertificateStore
from tidegate.duis.envelope import DuisSchema
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.response_document import read_response_document
from tidegate.duis.signature import DCC_ROLES, Verifier
from tidegate.gbcs.alert import read_alert
from tidegate.gbcs.security_credentials import read_device_message
from tidegate.operations.live import Incoming, IncomingResponse
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """How documents are read; plain, so that it can be sent to the process that reads.

    certificates:   Folder of those whose signatures are taken; None: signatures are not verified.
    dcc_roles, dcc_parties: who signs for any originator; None: as `duis.signature` has it.
    accept_expired: Take certificates outside of their validity, as test material is.
    check_payload:  The GBCS payload must be of the Device and code that the document says.
    schema:         Hold documents to this XML schema too.
    """

    certificates: Path | None = None
    dcc_roles: Sequence[str] | None = None
    dcc_parties: Sequence[str] = ()
    accept_expired: bool = False
    check_payload: bool = True
    schema: Path | None = None


Posted: TypeAlias = tuple[bytes, bool]
"""A document, and whether it is to be a Service Response; else it is to carry an Alert."""

Packed: TypeAlias = tuple[DeviceId, AlertCode, str, str | None, str, str, Sequence[Evidence], str]
"""A `ReadAlert` without its document: objects of our own are slow to send to another process."""

PackedResponse: TypeAlias = tuple[str, Sequence[Evidence], str, str]
"""A `ReadResponse`, as it is sent."""


@dataclass(frozen=True, slots=True)
class ReadAlert:
    """A document with an Alert that was read and, where documents are, verified.

    incoming:    The Alert in it.
    originator:  Whom its ResponseID says it is from.
    signer:      Whose signature was verified; empty where none was.
    unread:      Why what it says of credentials could not be read; empty where it could, or it says nothing of them.
    """

    incoming: Incoming
    originator: str
    signer: str = ""
    unread: str = ""

    def packed(self) -> Packed:
        """What of it one process tells another, which has the document."""
        it = self.incoming
        return (
            it.device_id,
            it.alert_code,
            it.recipient,
            it.response_id,
            self.originator,
            self.signer,
            it.evidence,
            self.unread,
        )

    @classmethod
    def unpacked(cls, packed: Packed, body: bytes) -> ReadAlert:
        """What was packed, of a document."""
        device_id, alert_code, recipient, response_id, originator, signer, evidence, unread = packed
        # Not the originator where nobody signed: that is the Device, by its own word, and there are millions.
        incoming = Incoming(device_id, alert_code, recipient, response_id, signer, body, evidence)
        return cls(incoming, originator, signer, unread)


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """A Service Response that was read and, where documents are, verified.

    incoming:    What it says of credentials; no rows where it says nothing of them.
    originator:  Whom it is from: a Device.
    signer:      Whose signature was verified; empty where none was.
    """

    incoming: IncomingResponse
    originator: str
    signer: str = ""

    def packed(self) -> PackedResponse:
        """What of it one process tells another."""
        return self.incoming.identifier, self.incoming.evidence, self.originator, self.signer

    @classmethod
    def unpacked(cls, packed: PackedResponse) -> ReadResponse:
        """What was packed."""
        identifier, evidence, originator, signer = packed
        return cls(IncomingResponse(identifier, evidence), originator, signer)


ReadDocument: TypeAlias = ReadAlert | ReadResponse

ReadOne: TypeAlias = Callable[[Posted, Instant], ReadDocument]
"""Reads and verifies a document as received at an instant; raises `duis.hardened_xml.RefusedDocument`."""

MakeReader: TypeAlias = Callable[[], ReadOne]
"""Makes what reads documents; called in the process that will read, so it must be fit to be sent there (pickled)."""


def checks_of(plan: ReadingPlan) -> tuple[DuisSchema | None, Verifier | None]:
    """The schema that documents are held to, and what verifies their signatures; None: they are not.

    Raises:
        InputError: certificates or schema cannot be read.
    """
    schema = None if plan.schema is None else DuisSchema(plan.schema)
    if plan.certificates is None:
        return schema, None
    verifier = Verifier(
        CertificateStore.from_folder(plan.certificates),
        dcc_roles=DCC_ROLES if plan.dcc_roles is None else plan.dcc_roles,
        dcc_parties=plan.dcc_parties,
        accept_expired=plan.accept_expired,
    )
    return schema, verifier


def make_reader(plan: ReadingPlan) -> ReadOne:
    """What reads documents as planned.

    Raises:
        InputError: certificates or schema cannot be read.
    """
    schema, verifier = checks_of(plan)
    decode = read_alert if plan.check_payload else None
    carried = CarriedEvidence(read_device_message)

    def read_one_alert(body: bytes, at: Instant) -> ReadAlert:
        document = read_alert_document(body, decode, schema)
        signer = "" if verifier is None else verifier.verify(document, at).party
        alert = document.alert
        evidence: Sequence[Evidence] = ()
        unread = ""
        try:
            evidence = carried.of_alert(document, at)
        except RefusedDocument as error:
            # The Alert is one all the same: it is counted, and goes on as it came.
            unread = str(error)
        packed = (
            alert.device_id,
            alert.alert_code,
            alert.recipient,
            alert.response_id,
            document.originator,
            signer,
            evidence,
            unread,
        )
        return ReadAlert.unpacked(packed, body)

    def read_one_response(body: bytes, at: Instant) -> ReadResponse:
        document = read_response_document(body, schema)
        signer = "" if verifier is None else verifier.verify(document, at).party
        evidence = carried.of_response(document, at)
        return ReadResponse(IncomingResponse(document.identifier, evidence), document.originator, signer)

    def read(posted: Posted, at: Instant) -> ReadDocument:
        body, is_response = posted
        return read_one_response(body, at) if is_response else read_one_alert(body, at)

    return read


def reader_of(plan: ReadingPlan) -> MakeReader:
    """`make_reader` of a plan, to be called in the process that reads."""
    return partial(make_reader, plan)
