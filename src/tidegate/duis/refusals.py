"""Why a document is refused, and what its sender is told: one row for each reason.

The reason is a word that never changes, for metrics, logs and answers. A DUIS
response code stands where the published meaning of one fits, and nowhere else:
most codes of the schema have no public meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a document is refused."""

    TOO_LONG = "too_long"
    DOCTYPE = "doctype"
    NOT_XML = "not_xml"
    TOO_DEEP = "too_deep"
    MARKUP = "markup"
    NOT_DUIS = "not_duis"
    NOT_AN_ALERT = "not_an_alert"
    NOT_A_REQUEST = "not_a_request"
    NOT_A_RESPONSE = "not_a_response"
    INVALID = "invalid"
    SCHEMA = "schema"
    PAYLOAD = "payload"
    UNSIGNED = "unsigned"
    SIGNATURE_PROFILE = "signature_profile"
    UNKNOWN_CERTIFICATE = "unknown_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    SIGNER_NOT_ALLOWED = "signer_not_allowed"
    SIGNATURE_WRONG = "signature_wrong"
    COMMAND_VARIANT = "command_variant"
    WRONG_SERVICE = "wrong_service"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender is told.

    status:         HTTP status, 400 to 499: sending the same octets again will not help.
    meaning:        The reason as a sentence.
    response_code:  DUIS response code whose published meaning fits; empty where none does.
    """

    status: int
    meaning: str
    response_code: str = ""


ANSWERS: Final[Mapping[Reason, Answer]] = {
    Reason.TOO_LONG: Answer(413, "The document is longer than any that DUIS has a reason for."),
    Reason.DOCTYPE: Answer(400, "The document has a DOCTYPE; none is read."),
    Reason.NOT_XML: Answer(400, "The document is not well-formed XML in UTF-8."),
    Reason.TOO_DEEP: Answer(400, "The document's elements are nested deeper than DUIS nests them."),
    Reason.MARKUP: Answer(
        400,
        "The document has a comment, a CDATA section, a processing instruction or a great many attributes; "
        "a DUIS document has none of these.",
    ),
    Reason.NOT_DUIS: Answer(400, "The document is of another kind than DUIS sends here."),
    Reason.NOT_AN_ALERT: Answer(422, "The document is a DUIS document and carries no Alert."),
    Reason.NOT_A_REQUEST: Answer(422, "The document is a DUIS document and no Service Request."),
    Reason.NOT_A_RESPONSE: Answer(
        422, "The document is a DUIS document and no Service Response; an Alert goes to the path of Alerts."
    ),
    Reason.INVALID: Answer(400, "A field of the document is missing, there twice, or not what it must be."),
    Reason.SCHEMA: Answer(400, "The document does not fit the DUIS schema."),
    Reason.PAYLOAD: Answer(400, "The GBCS payload is not what the document says it is."),
    Reason.UNSIGNED: Answer(403, "The document is not signed."),
    Reason.SIGNATURE_PROFILE: Answer(
        400, "The signature is not of the profile that DUIS documents are signed with."
    ),
    Reason.UNKNOWN_CERTIFICATE: Answer(403, "The certificate that the signature names is not known.", "E1"),
    Reason.CERTIFICATE_EXPIRED: Answer(403, "The signer's certificate is not valid now."),
    Reason.SIGNER_NOT_ALLOWED: Answer(403, "The signer does not sign for the document's originator.", "E1"),
    Reason.SIGNATURE_WRONG: Answer(403, "The signature does not verify."),
    Reason.COMMAND_VARIANT: Answer(400, "The Command Variant is not for a request of this kind.", "E12"),
    Reason.WRONG_SERVICE: Answer(400, "The request is not for this service.", "E13"),
    Reason.REPLAYED: Answer(409, "A request with this RequestID was taken before."),
}
"""Every reason and its answer. E1 is `Failed Authorisation - Invalid User / User Role`, E12 `Failed Validation - Invalid
Request / Command Variant combination`, E13 `Failed Validation - Invalid Request Type for URL`."""
