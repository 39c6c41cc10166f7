"""One POST to a recipient's Receive Response Service, and what its answer means.

Of a 2xx the Alert is accepted (204 is usual). A 4xx is about the document, so
that sending it again does not help, or about the way to it (`_ABOUT_THE_WAY`),
which may be mended without the Alert. All else is tried again.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from tidegate import __version__
from tidegate.operations.delivering import Answer, Ending
from tidegate.operations.delivery_book import IT_SAYS
from tidegate.operations.redelivery import DeliveryTerms
from tidegate.vocabulary.instants import SECOND, Duration

ACCEPTED: Final = Answer(Ending.ACCEPTED)

_HEADERS: Final = {
    "Content-Type": "application/xml",
    "User-Agent": f"tidegate/{__version__}",
    "Accept": "*/*",
}
_ABOUT_THE_WAY: Final = frozenset({401, 402, 403, 404, 405, 407, 410, 421, 451})
"""Of the address, its certificate or its rights, whatever the Alert: 421 is a request that went to another server."""

_AGAIN: Final = frozenset({408, 425, 429})
"""A 4xx that asks for the same once more."""

_BAD_REQUEST: Final = 400
_LONGEST_ANSWER: Final = 65_536
_LONGEST_REASON: Final = 160


@dataclass(frozen=True, slots=True)
class Recipient:
    """A User to whom Alerts are delivered.

    user:      EUI-64 text or name, as Alerts have it.
    url:       Of its Receive Response Service, http or https; None: none is configured.
    takes_throttle_metadata: Its software takes ThrottledAlertCount; the DCC's own client does not.
    tls:       Certificates for https; None: the machine's authorities, and none of ours.
    """

    user: str
    url: str | None
    takes_throttle_metadata: bool = False
    tls: ssl.SSLContext | None = None


class Post:
    """POSTs documents to one recipient, over connections of its own that are kept."""

    def __init__(self, recipient: Recipient, terms: DeliveryTerms) -> None:
        assert recipient.url is not None
        self._url = URL(recipient.url)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                # One more asks while a system is down.
                limit=terms.at_once + terms.excluded_at_once + 2,
                ssl=True if recipient.tls is None else recipient.tls,
                keepalive_timeout=60,
            ),
            timeout=aiohttp.ClientTimeout(total=terms.timeout_us / SECOND),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            auto_decompress=False,
        )

    async def __call__(self, document: bytes, *, has_metadata: bool) -> Answer:
        """Deliver a document; how it ended. Raises nothing of the network's."""
        try:
            try:
                return await self._post(document, has_metadata=has_metadata)
            except aiohttp.ServerDisconnectedError:
                # A connection that was kept, and closed meanwhile: no failure of the User's. Once more, on another.
                return await self._post(document, has_metadata=has_metadata)
        except TimeoutError:
            return Answer(Ending.NO_ANSWER, "did not answer in time")
        except aiohttp.ClientConnectorCertificateError as error:
            return Answer(
                Ending.NO_ANSWER, _short(f"its certificate was not accepted: {error.certificate_error}")
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(
                Ending.NO_ANSWER, _short(f"could not be reached: {str(error) or type(error).__name__}")
            )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _post(self, document: bytes, *, has_metadata: bool) -> Answer:
        async with self._session.post(self._url, data=document, allow_redirects=False) as response:
            # An answer that is read to its end leaves the connection for the next one.
            said = (
                b""
                if response.status == HTTPStatus.NO_CONTENT
                else await response.content.read(_LONGEST_ANSWER)
            )
            if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                return ACCEPTED
            return answer_of(response.status, response.headers, said, has_metadata=has_metadata)


def answer_of(status: int, headers: Mapping[str, str], said: bytes, *, has_metadata: bool) -> Answer:
    """What an answer that is no 2xx means.

    said:          What it says, or the beginning of it.
    has_metadata:  The document carried ThrottledAlertCount.
    """
    reason = f"answered {status}"
    text = _plain_text(headers, said)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _AGAIN:
        return Answer(Ending.FAILED, _short(reason + text), _retry_after(headers))
    if status < HTTPStatus.BAD_REQUEST:
        where = headers.get("Location", "")
        what = f", a redirect to {where}, which is not followed: set this User's url to where it leads"
        return Answer(Ending.TURNED_AWAY, _short(reason + (what if where else text)))
    if status in _ABOUT_THE_WAY:
        return Answer(
            Ending.TURNED_AWAY, _short(f"{reason}: its address, or our right to it, is not in order{text}")
        )
    if status == _BAD_REQUEST and has_metadata:
        return Answer(
            Ending.REFUSED,
            f"{reason}: this User's software refuses throttle metadata; set takes_throttle_metadata = false",
        )
    return Answer(Ending.REFUSED, _short(f"{reason}: this User's software refuses the document{text}"))


def _retry_after(headers: Mapping[str, str]) -> Duration:
    """Seconds alone are read: what is asked for is kept to for a minute at most, whatever it is."""
    text = headers.get("Retry-After", "").strip()
    return int(text[:6]) * SECOND if text.isascii() and text.isdecimal() else 0


def _plain_text(headers: Mapping[str, str], said: bytes) -> str:
    if not headers.get("Content-Type", "").startswith("text/plain"):
        return ""
    text = " ".join(said[:_LONGEST_REASON].decode("utf-8", "replace").split())
    return f"{IT_SAYS}{text}" if text else ""


def _short(text: str) -> str:
    plain = "".join(mark if mark.isprintable() else " " for mark in text)
    return plain if len(plain) <= _LONGEST_REASON else f"{plain[:_LONGEST_REASON]} ..."
