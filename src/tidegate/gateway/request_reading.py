"""How a document becomes a Service Request to be decided: read, held to a schema, its signature verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tidegate.duis.certificates import CertificateStore
from tidegate.duis.envelope import DuisSchema
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.service_request import RequestDocument, read_service_request
from tidegate.duis.signature import Verifier
from tidegate.gateway.reading import ReadingPlan
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What was read.

    document:  The request; None: it cannot be told what it asks.
    refused:   Why it is refused; None: it is not. With a document it is refused for its signature.
    """

    document: RequestDocument | None
    refused: RefusedDocument | None = None


def request_reader(plan: ReadingPlan) -> Callable[[bytes, Instant], ReadRequest]:
    """What reads requests as planned; may be called by several threads at once.

    Raises:
        InputError: certificates or schema cannot be read.
    """
    schema = None if plan.schema is None else DuisSchema(plan.schema)
    verifier = None
    if plan.certificates is not None:
        # Nobody but the User itself signs its requests: no role of the DCC's does.
        verifier = Verifier(
            CertificateStore.from_folder(plan.certificates),
            dcc_roles=(),
            accept_expired=plan.accept_expired,
        )

    def read(body: bytes, at: Instant) -> ReadRequest:
        try:
            document = read_service_request(body, schema)
        except RefusedDocument as refused:
            return ReadRequest(None, refused)
        try:
            if verifier is not None:
                verifier.verify(document, at)
        except RefusedDocument as refused:
            return ReadRequest(document, refused)
        return ReadRequest(document)

    return read
