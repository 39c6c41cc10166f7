"""How a document becomes a Service Request to be decided: read, held to a schema, its signature verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.service_request import RequestDocument, read_service_request
from tidegate.gateway.reading import ReadingPlan, checks_of
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
    # Nobody but the User itself signs its requests: no role or party of the DCC's does.
    schema, verifier = checks_of(replace(plan, dcc_roles=(), dcc_parties=()))

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
