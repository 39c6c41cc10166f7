"""One Service Request over HTTP, once. Connections are kept; nothing is sent twice from here."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime

import aiohttp
from yarl import URL

from tidegate import __version__
from tidegate.client.answers import Answer, answer_of, no_answer
from tidegate.client.requests import Request

_KEPT_S = 15
_LONGEST_ANSWER = 4 << 20
_OCTETS = 65_536


class Posting:
    """POSTs requests. Made, used and closed in one event loop.

    url:               Where the services are, before the service's own word: `https://host/api/v1`.
    answer_within_s:   From the beginning of a request to the end of its answer.
    tls:               Certificates for https; None: the machine's authorities, and none of ours.
    headers:           That go with each, as `Authorization`.
    """

    def __init__(
        self, url: str, answer_within_s: float, tls: ssl.SSLContext | None, headers: Mapping[str, str]
    ) -> None:
        self._url = URL(url)
        own = {"Content-Type": "application/xml", "User-Agent": f"tidegate/{__version__}"}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, ssl=True if tls is None else tls, keepalive_timeout=_KEPT_S
            ),
            timeout=aiohttp.ClientTimeout(total=answer_within_s, sock_connect=answer_within_s / 2),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={**own, **headers},
        )

    async def post(self, request: Request) -> Answer:
        """Send a request; what was answered. Raises nothing of the network's."""
        try:
            async with self._session.post(
                self._url / request.service, data=request.document, allow_redirects=False
            ) as response:
                body = bytearray()
                async for part in response.content.iter_chunked(_OCTETS):
                    body += part
                    if len(body) > _LONGEST_ANSWER:
                        break  # of no DUIS Response: what its status says is what counts
                headers = {name.lower(): value for name, value in response.headers.items()}
                return answer_of(response.status, headers, bytes(body), datetime.now(UTC))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return no_answer(f"it could not be reached: {_said(error)}", was_sent=False)
        except TimeoutError:
            return no_answer("it did not answer in time", was_sent=True)
        except (aiohttp.ClientError, OSError) as error:
            return no_answer(f"it broke off: {_said(error)}", was_sent=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
