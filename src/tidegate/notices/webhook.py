"""Events to machines: CloudEvents 1.0 over HTTP, signed with HMAC-SHA256 as Standard Webhooks has it.

One event is sent in structured mode (`application/cloudevents+json`), several
that wait together in batched mode. The signature covers the identifier, the
time and every octet of the body. An event that is sent again has the same `id`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import IO, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tidegate.notices.channel import NotSentError
from tidegate.operations.messages import Message
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import format_instant

ONE: Final = "application/cloudevents+json"
SEVERAL: Final = "application/cloudevents-batch+json"

_PREFIX: Final = "whsec_"
_SHORTEST_SECRET: Final = 24
_ANSWERS_S: Final = 10
_TOO_MANY: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where events go; valid once built.

    name:    What the journal calls it.
    secret:  `whsec_` and 24 octets or more in base64: who has it can tell our events from others'.
    source:  What sends them, a URI.

    Raises:
        InputError: the URL or the secret cannot be used.
    """

    name: str
    url: str
    secret: str = field(repr=False)
    source: str = "urn:tidegate:gateway"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(
                Fault(f"{self.name}, webhook", "is no URL of a service", "Write https://host/path.")
            )
        self.key()

    def key(self) -> bytes:
        """The octets of the secret."""
        try:
            key = base64.b64decode(self.secret.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not self.secret.startswith(_PREFIX) or len(key) < _SHORTEST_SECRET:
            what = "is no secret of a webhook"
            remedy = "Write whsec_ and 24 random octets or more in base64: openssl rand -base64 32."
            raise InputError(Fault(f"{self.name}, webhook_secret", what, remedy))
        return key


class Webhook:
    """A service that takes events; its answer must be 2xx. Redirects are not followed: they would carry events elsewhere."""

    most_at_once = 500

    def __init__(self, target: WebhookTarget, clock_s: Callable[[], float] = time.time) -> None:
        self.name = target.name
        self._target = target
        self._key = target.key()
        self._clock_s = clock_s
        self._opener = build_opener(_NoRedirect)

    def send(self, messages: Sequence[Message]) -> None:
        """Send events in one request.

        Raises:
            NotSentError: it did not answer, or not with 2xx; final where it says that it never will take them.
        """
        events = [cloud_event(message, self._target.source) for message in messages]
        body = json.dumps(events[0] if len(events) == 1 else events, ensure_ascii=False).encode()
        said = "".join(message.message_id for message in messages).encode()
        message_id = f"msg_{hashlib.sha256(said).hexdigest()[:32]}"
        at = int(self._clock_s())
        headers = {
            "content-type": f"{ONE if len(events) == 1 else SEVERAL}; charset=utf-8",
            "user-agent": "tidegate",
            "webhook-id": message_id,
            "webhook-timestamp": str(at),
            "webhook-signature": signature_of(self._key, message_id, at, body),
        }
        request = Request(self._target.url, body, headers)  # noqa: S310 - http and https only: see WebhookTarget
        try:
            with self._opener.open(request, timeout=_ANSWERS_S) as answer:
                answer.read(1)
        except HTTPError as error:
            with error:
                status = error.code
            is_final = 400 <= status < 500 and status not in _TOO_MANY  # noqa: PLR2004 - HTTP's classes
            raise NotSentError(f"{self.name}: it answers {status}", is_final=is_final) from None
        except (URLError, OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise NotSentError(f"{self.name}: it does not answer: {type(reason).__name__}") from None


def cloud_event(message: Message, source: str) -> dict[str, object]:
    """A message as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": message.message_id,
        "source": source,
        "type": message.kind,
        "subject": message.subject,
        "time": format_instant(message.at),
        "datacontenttype": "application/json",
        "party": message.party,
        "data": dict(message.data),
    }


def signature_of(key: bytes, message_id: str, at: int, body: bytes) -> str:
    """The signature of a request: `v1,` and HMAC-SHA256 over `id.timestamp.body`, in base64."""
    made = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


def is_signed(key: bytes, headers: Mapping[str, str], body: bytes, now: int, tolerance_s: int = 300) -> bool:
    """Say whether a request is ours and fresh: for those who receive events in Python.

    headers:  Names in lower case.
    """
    try:
        at = int(headers["webhook-timestamp"])
        message_id, said = headers["webhook-id"], headers["webhook-signature"]
    except (KeyError, ValueError):
        return False
    expected = signature_of(key, message_id, at, body).encode()
    is_ours = any(hmac.compare_digest(each.encode(), expected) for each in said.split(" "))
    return is_ours and abs(now - at) <= tolerance_s


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(
        self, _request: Request, _file: IO[bytes], _code: int, _what: str, _headers: HTTPMessage, _url: str
    ) -> None:
        """Go nowhere else."""
