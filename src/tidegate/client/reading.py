"""A Service Request to be sent, from its document."""

from __future__ import annotations

from tidegate.client.requests import Request
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.service_request import read_service_request
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Duration


def request_of(document: bytes, useful_for_us: Duration | None = None) -> Request:
    """The Request that a document is.

    Raises:
        InputError: it is none.
    """
    try:
        read = read_service_request(document)
    except RefusedDocument as refused:
        raise InputError(Fault("the document", str(refused), "Hand in a DUIS Request.")) from None
    continues = read.is_signed_pre_command or bool(read.preceding_request_id)
    return Request(
        document,
        read.written_request_id,
        read.service_reference_variant,
        read.service.value,
        continues,
        useful_for_us,
    )
