"""THE table from a refusal to what its sender is told, and how that is written.

Every refusal of the gateway is a row here, those of documents (`duis.refusals`)
included. The reason is a word that never changes: it is counted in metrics,
stands in logs, and is in the answer, so that all three can be held together.

A 503 says that nothing was kept and when to come back; any 4xx, that sending
the same again will not help.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final
from xml.sax.saxutils import escape

from tidegate.duis.refusals import ANSWERS
from tidegate.duis.service_response import THROTTLED

PROBLEM_JSON: Final = "application/problem+json"
PROBLEM_XML: Final = "application/problem+xml"
DUIS_XML: Final = "application/xml"

_PROBLEM_NAMESPACE: Final = "urn:ietf:rfc:7807"
_NO_XML_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_DETAIL: Final = 500


class AtTheDoor(StrEnum):
    """Why a request is refused before, or whatever, its document says."""

    NOT_FOUND = "not_found"
    METHOD = "method"
    CONTENT_TYPE = "content_type"
    CONTENT_ENCODING = "content_encoding"
    TOO_LONG = "too_long"
    EMPTY = "empty"
    SLOW = "slow"
    GONE = "gone"
    NOT_HTTP = "not_http"
    NO_CREDENTIALS = "no_credentials"
    CREDENTIALS = "credentials"
    CREDENTIALS_EXPIRED = "credentials_expired"
    SCOPE = "scope"
    NOT_THEIRS = "not_theirs"
    QUERY = "query"
    TABLE = "table"
    CONNECTIONS = "connections"
    BUSY = "busy"
    NOT_DURABLE = "not_durable"
    DRAINING = "draining"
    OURS = "ours"
    THROTTLED = "throttled"
    NO_UPSTREAM = "no_upstream"
    UPSTREAM_UNREACHABLE = "upstream_unreachable"
    UPSTREAM_SLOW = "upstream_slow"
    ORDERED = "ordered"
    ORDERED_OUTAGE = "ordered_outage"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a sender is told.

    status:         HTTP status.
    meaning:        The reason as a sentence.
    response_code:  DUIS response code whose published meaning fits; empty where none does.
    closes:         The connection is closed after it: what else comes on it is of no use.
    """

    status: int
    meaning: str
    response_code: str = ""
    closes: bool = False


REPLIES: Final[Mapping[str, Reply]] = {
    **{reason: Reply(one.status, one.meaning, one.response_code) for reason, one in ANSWERS.items()},
    AtTheDoor.NOT_FOUND: Reply(404, "There is nothing at this path; /docs says what there is."),
    AtTheDoor.METHOD: Reply(405, "The path does not take this method; the Allow header says which it takes."),
    AtTheDoor.CONTENT_TYPE: Reply(415, "The body is not of a content type that is read here.", closes=True),
    AtTheDoor.CONTENT_ENCODING: Reply(415, "The body is compressed; send it as it is.", closes=True),
    AtTheDoor.TOO_LONG: Reply(413, "The body is longer than is read here.", closes=True),
    AtTheDoor.EMPTY: Reply(400, "The request has no body."),
    AtTheDoor.SLOW: Reply(408, "The body did not come in time.", closes=True),
    AtTheDoor.GONE: Reply(400, "The sender went away before the body was whole.", closes=True),
    AtTheDoor.NOT_HTTP: Reply(400, "What came is not HTTP that is read here.", closes=True),
    AtTheDoor.NO_CREDENTIALS: Reply(401, "The request names no party: no token, no certificate."),
    AtTheDoor.CREDENTIALS: Reply(401, "The token or certificate is not known, or was revoked."),
    AtTheDoor.CREDENTIALS_EXPIRED: Reply(401, "The token is past its time; ask for a new one."),
    AtTheDoor.SCOPE: Reply(403, "The party may not do this: its scope does not reach so far.", "E1"),
    AtTheDoor.NOT_THEIRS: Reply(403, "The party may not submit for this originator.", "E1"),
    AtTheDoor.QUERY: Reply(422, "A parameter of the question is not what it must be."),
    AtTheDoor.TABLE: Reply(422, "The body is no table of Alerts."),
    AtTheDoor.CONNECTIONS: Reply(503, "There are as many connections as there may be.", closes=True),
    AtTheDoor.BUSY: Reply(503, "As much waits as may; nothing of this was kept."),
    AtTheDoor.NOT_DURABLE: Reply(503, "The journal cannot be written; nothing of this was kept."),
    AtTheDoor.DRAINING: Reply(503, "The gateway is stopping; nothing of this was kept.", closes=True),
    AtTheDoor.OURS: Reply(500, "The fault is ours; the log has it under the request's id."),
    AtTheDoor.THROTTLED: Reply(
        503, "The system is full and the User has had its share; come back when it is told.", THROTTLED
    ),
    AtTheDoor.NO_UPSTREAM: Reply(501, "This gateway passes no Service Requests on."),
    AtTheDoor.UPSTREAM_UNREACHABLE: Reply(502, "The system behind the gateway could not be reached."),
    AtTheDoor.UPSTREAM_SLOW: Reply(504, "The system behind the gateway did not answer in time."),
    AtTheDoor.ORDERED: Reply(400, "An error that was ordered in the sandbox.", "E21"),
    AtTheDoor.ORDERED_OUTAGE: Reply(503, "An outage that was ordered in the sandbox."),
}
"""Every reason and its reply. E1 is `Failed Authorisation - Invalid User / User Role`, E20 `Communications Failure - Unable
to Communicate with Device`, E21 `Communications Failure - No Response Received from Device`.

A 503 with a RateLimit header is throttling, and `throttled` alone has one; without, the system is not there."""


class Refusal(Exception):  # noqa: N818 - it is refused; nothing failed
    """A request that is refused, for a reason of the table.

    detail:         What of it, in words that a person can act on; no secret and nobody else's Device.
    retry_after_s:  When to come back; of a 503.
    headers:        Others that the status asks for, as Allow.
    response_code:  DUIS response code, where it is another than the reason's.
    told:           What else its problem body says, beside what every one says.
    document:       A DUIS Response that says it, for who did not ask for a problem; None: there is no code for it.
    """

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
        told: Mapping[str, object] | None = None,
        response_code: str | None = None,
    ) -> None:
        assert reason in REPLIES, reason
        super().__init__(detail or REPLIES[reason].meaning)
        self.reason = str(reason)
        self.detail = detail if len(detail) <= _LONGEST_DETAIL else f"{detail[:_LONGEST_DETAIL]} ..."
        self.retry_after_s = retry_after_s
        self.headers: Mapping[str, str] = headers or {}
        self.told: Mapping[str, object] = told or {}
        self.response_code = REPLIES[reason].response_code if response_code is None else response_code
        self.document: bytes | None = None

    @property
    def reply(self) -> Reply:
        """Its row of the table."""
        return REPLIES[self.reason]


def headers_of(refusal: Refusal) -> dict[str, str]:
    """The headers a refusal is answered with, but for those of its body."""
    headers = dict(refusal.headers)
    reply = refusal.reply
    if reply.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(1 if refusal.retry_after_s is None else refusal.retry_after_s)
    if reply.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="tidegate"'
    if reply.closes:
        headers["connection"] = "close"
    return headers


def body_of(refusal: Refusal, accept: str, request_id: str) -> tuple[str, bytes]:
    """Content type and body.

    A DUIS Response where there is one and the client asks for no problem by name; else a problem (RFC 9457), as XML
    where the client asks for that and not for JSON.
    """
    if refusal.document is not None and not ("problem" in accept or "json" in accept):
        return DUIS_XML, refusal.document
    reply = refusal.reply
    problem = {
        "type": f"urn:tidegate:refusal:{refusal.reason}",
        "title": reply.meaning,
        "status": reply.status,
        "detail": refusal.detail,
        "reason": refusal.reason,
        "response_code": refusal.response_code,
        "request_id": request_id,
        **refusal.told,
    }
    said = {name: value for name, value in problem.items() if value not in ("", None)}
    if "xml" in accept and "json" not in accept:
        inner = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in said.items())
        document = (
            f'<?xml version="1.0" encoding="UTF-8"?><problem xmlns="{_PROBLEM_NAMESPACE}">{inner}</problem>'
        )
        return PROBLEM_XML, document.encode()
    return PROBLEM_JSON, json.dumps(said).encode()


def _text(value: object) -> str:
    return escape(_NO_XML_CHARACTER.sub("\ufffd", str(value)))
