"""Service Requests passed on to the system behind the gateway, over connections that are kept.

What it answers is passed back as it comes, octet for octet. That it could not be
reached, or did not answer in time, is told apart from all it can answer itself.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from tidegate import __version__

_AT_ONCE: Final = 256
_KEPT_S: Final = 15
_OCTETS: Final = 65_536
_LONGEST_REASON: Final = 160


class UpstreamFailedError(Exception):
    """The system behind the gateway gave no answer; the message says what was seen.

    was_slow:  It did not answer in time; otherwise it could not be reached, or broke off.
    """

    def __init__(self, what: str, *, was_slow: bool) -> None:
        super().__init__(what if len(what) <= _LONGEST_REASON else f"{what[:_LONGEST_REASON]} ...")
        self.was_slow = was_slow


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What it answers.

    headers:  By their names in lower case.
    parts:    Its body as it comes; raises UpstreamFailedError where it breaks off.
    """

    status: int
    headers: Mapping[str, str]
    parts: AsyncIterator[bytes]


class Upstream:
    """The system behind the gateway. Used by one event loop, from `start` to `stop`.

    url:      Where its services are: `https://host/api/v1`, before the service's own word.
    seconds:  From the beginning of a request to the end of its answer.
    tls:      Certificates for https; None: the machine's authorities, and none of ours.
    """

    def __init__(self, url: str, seconds: float, tls: ssl.SSLContext | None = None) -> None:
        self._url = URL(url)
        self._seconds = seconds
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Begin; no connection is made yet."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_AT_ONCE, ssl=True if self._tls is None else self._tls, keepalive_timeout=_KEPT_S
            ),
            timeout=aiohttp.ClientTimeout(total=self._seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "Content-Type": "application/xml",
                "User-Agent": f"tidegate/{__version__}",
                # Answers go back octet for octet, and not every User's client takes them compressed.
                "Accept-Encoding": "identity",
            },
            auto_decompress=False,
        )

    async def stop(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def ask(
        self, service: str, document: bytes, headers: Mapping[str, str]
    ) -> AsyncIterator[UpstreamAnswer]:
        """Pass a request on.

        service:  The last word of the path.
        headers:  That go with it.

        Raises:
            UpstreamFailedError: there was no answer.
        """
        response = await self._post(service, document, headers)
        try:
            said = {name.lower(): value for name, value in response.headers.items()}
            yield UpstreamAnswer(response.status, said, _parts(response))
        finally:
            # A connection whose answer was read to its end is kept; one that was not is closed.
            response.release()

    async def _post(
        self, service: str, document: bytes, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        assert self._session is not None
        url = self._url / service
        try:
            # Never twice: a connection that breaks off may have brought the request there, and it is a command. So
            # that few break off by themselves, none is kept for long.
            return await self._session.post(url, data=document, headers=headers, allow_redirects=False)
        except TimeoutError:
            raise UpstreamFailedError("it did not answer in time", was_slow=True) from None
        except (aiohttp.ClientError, OSError) as error:
            what = str(error) or type(error).__name__
            raise UpstreamFailedError(f"it could not be reached: {what}", was_slow=False) from None


async def _parts(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for part in response.content.iter_chunked(_OCTETS):
            yield part
    except TimeoutError:
        raise UpstreamFailedError("its answer did not end in time", was_slow=True) from None
    except (aiohttp.ClientError, OSError) as error:
        what = str(error) or type(error).__name__
        raise UpstreamFailedError(f"its answer broke off: {what}", was_slow=False) from None
