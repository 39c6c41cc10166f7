"""One Service Request, and the form of a Service Reference Variant."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from tidegate.vocabulary.instants import Instant

ServiceReferenceVariant: TypeAlias = str

_SRV = re.compile(r"[1-9]\d?\.\d{1,2}(?:\.\d{1,2})?")


class ServiceRequest(NamedTuple):
    """A Service Request as it was received.

    at:                    Receipt instant.
    request_id:            RequestID. A signed pre-command has that of its Transform; a request that is
                           sent again after a refusal may keep its own.
    user:                  Who sent it: an EUI-64 as text, or a name.
    srv:                   Service Reference Variant, as `7.4` or `8.1.1`.
    preceding_request_id:  PrecedingServiceRequestID: the request it follows in a sequence; empty where it follows none.
    """

    at: Instant
    request_id: str
    user: str
    srv: ServiceReferenceVariant
    preceding_request_id: str = ""


def is_service_reference_variant(text: str) -> bool:
    """Say whether a text has the form of a Service Reference Variant: `7.4`, `8.14.1`."""
    return _SRV.fullmatch(text) is not None
