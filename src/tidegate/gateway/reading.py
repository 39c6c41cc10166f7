"""How a document becomes an Alert to be decided: parsed, held to its payload and a schema, its signature verified.

What this imports is all that a process that reads needs: no kernel, no
compiler, no server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.certificates import CertificateStore
from tidegate.duis.envelope import DuisSchema
from tidegate.duis.signature import DCC_ROLES, Verifier
from tidegate.gbcs.alert import read_alert
from tidegate.operations.live import Incoming
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


Packed: TypeAlias = tuple[DeviceId, AlertCode, str, str | None, str, str]
"""A `ReadDocument` without its document: objects of our own are slow to send to another process."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document that was read and, where documents are, verified.

    incoming:    The Alert in it.
    originator:  Whom its ResponseID says it is from.
    signer:      Whose signature was verified; empty where none was.
    """

    incoming: Incoming
    originator: str
    signer: str = ""

    def packed(self) -> Packed:
        """What of it one process tells another, which has the document."""
        it = self.incoming
        return it.device_id, it.alert_code, it.recipient, it.response_id, self.originator, self.signer

    @classmethod
    def unpacked(cls, packed: Packed, body: bytes) -> ReadDocument:
        """What was packed, of a document."""
        device_id, alert_code, recipient, response_id, originator, signer = packed
        # Not the originator where nobody signed: that is the Device, by its own word, and there are millions.
        incoming = Incoming(device_id, alert_code, recipient, response_id, signer, body)
        return cls(incoming, originator, signer)


ReadOne: TypeAlias = Callable[[bytes, Instant], ReadDocument]
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

    def read(body: bytes, at: Instant) -> ReadDocument:
        document = read_alert_document(body, decode, schema)
        signer = "" if verifier is None else verifier.verify(document, at).party
        alert = document.alert
        packed = (
            alert.device_id,
            alert.alert_code,
            alert.recipient,
            alert.response_id,
            document.originator,
            signer,
        )
        return ReadDocument.unpacked(packed, body)

    return read


def reader_of(plan: ReadingPlan) -> MakeReader:
    """`make_reader` of a plan, to be called in the process that reads."""
    return partial(make_reader, plan)
