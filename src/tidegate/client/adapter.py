"""A pacer over HTTP: requests are handed in, and each comes back when it has ended."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import Final, Self

from tidegate.client.pacer import Ended, Held, Pacer, Standing
from tidegate.client.posting import Posting
from tidegate.client.requests import Request
from tidegate.client.terms import Terms
from tidegate.vocabulary.instants import SECOND, Instant

_NANOSECONDS: Final = 1_000


class Adapter:
    """Sends Service Requests for one User. Used as `async with`, in one event loop.

    url:              Where the services are, before the service's own word: `https://host/api/v1`.
    terms:            How it sends.
    answer_within_s:  So long an answer is waited for; after that nobody knows what became of the request.
    tls:              Certificates for https; None: the machine's authorities, and none of ours.
    headers:          That go with each request, as `Authorization`.
    """

    def __init__(
        self,
        url: str,
        terms: Terms | None = None,
        *,
        answer_within_s: float = 30,
        tls: ssl.SSLContext | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._pacer = Pacer(terms or Terms(), random.Random())  # noqa: S311 - spreads waits, keeps no secret
        self._make_posting = partial(Posting, url, answer_within_s, tls, headers or {})
        self._posting: Posting | None = None
        self._changed = asyncio.Event()
        self._freed = asyncio.Event()
        self._has_ended = False
        self._waiting: dict[Held, asyncio.Future[Ended]] = {}
        self._on_the_way: set[asyncio.Task[None]] = set()
        self._driver: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin; no connection is made yet."""
        self._posting = self._make_posting()
        self._driver = asyncio.create_task(self._drive())
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """End: what is on the way is answered yet, and what waits is not sent."""
        assert self._driver is not None
        assert self._posting is not None
        self._has_ended = True
        self._driver.cancel()
        await asyncio.gather(self._driver, *self._on_the_way, return_exceptions=True)
        for waiting in tuple(self._waiting.values()):
            waiting.cancel()
        self._freed.set()
        await self._posting.close()

    async def hand_in(self, request: Request) -> asyncio.Future[Ended]:
        """Hand a request in; what comes of it is known later. Waits while as many of its class are held as may be.

        Whoever cancels the future wants the request no more: it is not sent, or not again.

        Raises:
            RuntimeError: the adapter has ended.
        """
        while not self._has_ended and not self._pacer.has_room(request):
            self._freed.clear()
            await self._freed.wait()
        if self._has_ended:
            raise RuntimeError("the adapter has ended; nothing is sent any more")
        held = self._pacer.submit(request, _now())
        future: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._waiting[held] = future
        future.add_done_callback(partial(self._let_go, held))
        self._changed.set()
        return future

    async def send(self, request: Request) -> Ended:
        """Hand a request in and wait for what came of it; as `hand_in`."""
        return await (await self.hand_in(request))

    def standing(self) -> Standing:
        """How it stands."""
        return self._pacer.standing()

    async def _drive(self) -> None:
        while True:
            now = _now()
            for held, ended in self._pacer.give_up(now):
                self._tell(held, ended)
            while (next_one := self._pacer.next(now)) is not None:
                task = asyncio.create_task(self._post(next_one))
                self._on_the_way.add(task)
                task.add_done_callback(self._on_the_way.discard)
            wakes_at = self._pacer.wakes_at(now)
            try:
                async with asyncio.timeout(None if wakes_at is None else max(0, wakes_at - _now()) / SECOND):
                    await self._changed.wait()
            except TimeoutError:
                continue
            self._changed.clear()

    async def _post(self, held: Held) -> None:
        assert self._posting is not None
        answer = await self._posting.post(held.request)
        ended = self._pacer.answered(held, answer, _now())
        if ended is not None:
            self._tell(held, ended)
        self._changed.set()

    def _let_go(self, held: Held, _future: asyncio.Future[Ended]) -> None:
        del self._waiting[held]
        self._pacer.withdraw(held)
        self._freed.set()

    def _tell(self, held: Held, ended: Ended) -> None:
        waiting = self._waiting.get(held)
        if waiting is not None and not waiting.done():
            waiting.set_result(ended)


def _now() -> Instant:
    """Of a clock that does not go back; only differences of it mean anything."""
    return time.monotonic_ns() // _NANOSECONDS
