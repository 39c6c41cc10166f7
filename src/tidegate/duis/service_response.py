"""What is answered to a Service Request: written as the DCC's own clients read it, signed where there is a key.

The octets are Canonical XML without a blank between elements, so that they are
signed as they are. Every answer repeats the RequestID and the Service Reference
Variant; a Service Response of a Device also has its ResponseID, which is the
RequestID with its two EUI-64s changed over and the counter the same.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Final, Protocol

from tidegate.duis.dcc_alerts import NAMESPACE
from tidegate.duis.signature_profile import DECLARATION
from tidegate.vocabulary.instants import Instant, format_instant

if TYPE_CHECKING:
    from tidegate.duis.signing_keys import Signer

ACKNOWLEDGED: Final = "I99"
"""Taken; what comes of it comes later. Of a Non-Device request: done, and there is nothing to tell."""

SUCCESS: Final = "I0"

THROTTLED: Final = "E20"
"""What a request that is throttled is answered with inside DUIS, which has no code for that (readings.md#38)."""


class Answered(Protocol):
    """What an answer repeats of its request: a `RequestDocument`."""

    @property
    def written_request_id(self) -> str:
        """RequestID, letter for letter."""

    @property
    def user(self) -> str:
        """EUI-64 of who asked."""

    @property
    def target(self) -> str:
        """EUI-64 of whom it asked."""

    @property
    def counter(self) -> int:
        """Originator counter."""

    @property
    def service_reference(self) -> str:
        """As `4.1`."""

    @property
    def service_reference_variant(self) -> str:
        """As `4.1.1`."""

    @property
    def schema_version(self) -> str:
        """DUIS version it is of; the answer is of the same."""


class ResponseWriter:
    """Writes Responses.

    signer:  What they are signed with; None: they are not, as the DCC's own error acknowledgements are not.
    """

    def __init__(self, signer: Signer | None = None) -> None:
        self._signer = signer

    def acknowledgement(self, request: Answered, at: Instant) -> bytes:
        """I99: the request was taken."""
        return self._written(request, at, ACKNOWLEDGED)

    def error(self, request: Answered, at: Instant, response_code: str) -> bytes:
        """An acknowledgement that says why the request was not taken, by a code of DUIS."""
        return self._written(request, at, response_code)

    def pre_command(self, request: Answered, at: Instant, gbcs_version: str, payload: bytes) -> bytes:
        """I0 of a Transform: what the User is to sign and send."""
        inner = f"<sr:GBCSVersion>{gbcs_version}</sr:GBCSVersion>{_payload(payload)}"
        return self._written(request, at, SUCCESS, f"<sr:PreCommand>{inner}</sr:PreCommand>")

    def local_command(self, request: Answered, at: Instant, payload: bytes) -> bytes:
        """I0 of a request for local delivery: the Command for the User to bring to the Device."""
        return self._written(request, at, SUCCESS, f"<sr:LocalCommand>{_payload(payload)}</sr:LocalCommand>")

    def service_response(self, request: Answered, at: Instant, payload: bytes) -> bytes:
        """I0 of a Device's answer, which comes after the acknowledgement, with a ResponseID."""
        return self._written(request, at, SUCCESS, _payload(payload), is_of_the_device=True)

    def _written(
        self,
        request: Answered,
        at: Instant,
        response_code: str,
        content: str = "",
        *,
        is_of_the_device: bool = False,
    ) -> bytes:
        response_id = (
            f"<sr:ResponseID>{request.target}:{request.user}:{request.counter}</sr:ResponseID>"
            if is_of_the_device
            else ""
        )
        document = (
            f'<sr:Response xmlns:sr="{NAMESPACE[1:-1]}" schemaVersion="{request.schema_version}">'
            f"<sr:Header><sr:RequestID>{request.written_request_id}</sr:RequestID>{response_id}"
            f"<sr:ResponseCode>{response_code}</sr:ResponseCode>"
            f"<sr:ResponseDateTime>{format_instant(at)}</sr:ResponseDateTime></sr:Header>"
            f"<sr:Body><sr:ResponseMessage><sr:ServiceReference>{request.service_reference}</sr:ServiceReference>"
            f"<sr:ServiceReferenceVariant>{request.service_reference_variant}</sr:ServiceReferenceVariant>"
            f"{content}</sr:ResponseMessage></sr:Body></sr:Response>"
        ).encode()
        return DECLARATION + document if self._signer is None else self._signer.sign_canonical(document)


def _payload(octets: bytes) -> str:
    return f"<sr:GBCSPayload>{binascii.b2a_base64(octets, newline=False).decode()}</sr:GBCSPayload>"
