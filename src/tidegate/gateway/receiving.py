"""`POST /api/v1/alerts`: one DUIS document, 204 once it is durable.

The hot path. The body is read here, in the event loop; the document is read and
verified in the reading pool; the engine makes it durable and answers. Answers
come back in groups, one wake of the loop for each.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tidegate.gateway.bodies import content_type_of, length_of, read_body
from tidegate.gateway.door import Door, refusal_of
from tidegate.gateway.parties import Caller
from tidegate.gateway.raw_route import RawRoute
from tidegate.gateway.reading import MakeReader, ReadDocument
from tidegate.gateway.reading_pool import Outcome, ReadingPool
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.operations.live import Accepted, NotAccepted
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from starlette.types import Receive

PATH: Final = "/api/v1/alerts"
ROUTE: Final = "alerts"
XML_TYPES: Final = ("application/xml", "text/xml")

_Answer = Accepted | Refusal


@dataclass(slots=True)
class _Waiting:
    """A request that waits for its answer."""

    caller: Caller
    answer: asyncio.Future[_Answer]


class Answers:
    """Brings answers from other threads to the requests that wait for them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._given: deque[tuple[asyncio.Future[_Answer], _Answer]] = deque()
        self._is_woken = False

    def give(self, answers: Sequence[tuple[asyncio.Future[_Answer], _Answer]]) -> None:
        """Answer some requests; from any thread."""
        with self._lock:
            self._given.extend(answers)
            wakes = not self._is_woken
            self._is_woken = True
        if wakes:
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            given, self._given = self._given, deque()
            self._is_woken = False
        for future, answer in given:
            # Who went away meanwhile has no use for it; the Alert is durable all the same.
            if not future.done():
                future.set_result(answer)


class AlertRoute(RawRoute):
    """The route."""

    def __init__(
        self, door: Door, make_reader: MakeReader, processes: int, clock: Callable[[], Instant]
    ) -> None:
        super().__init__(door, ROUTE, door.metrics.document_acknowledged_after)
        self._pool: ReadingPool[_Waiting] = ReadingPool(make_reader, processes, clock, self._hand_in)
        self._answers: Answers | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the reading pool; answers go to a loop."""
        self._answers = Answers(loop)
        self._pool.start()

    def stop(self) -> None:
        """Stop it; every request must have been answered."""
        self._pool.stop()

    async def take(self, caller: Caller, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """Take a document in; nothing is said but that it is durable."""
        limits = self._door.settings.limits
        content_type_of(headers, XML_TYPES)
        length = length_of(headers, limits.document_bytes)
        with self._door.budget.hold(length) as held:
            body = await read_body(receive, held, limits.document_bytes, limits.request_seconds)
            answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
            self._pool.put(_Waiting(caller, answer), body)
            accepted = await answer
        if isinstance(accepted, Refusal):
            raise accepted
        return b""

    def _hand_in(self, read: Sequence[tuple[_Waiting, Outcome]]) -> None:
        """Give the engine what was read; in a worker's thread."""
        answers = self._answers
        assert answers is not None
        refused: list[tuple[asyncio.Future[_Answer], _Answer]] = []
        taken: list[tuple[_Waiting, ReadDocument]] = []
        for waiting, outcome in read:
            if isinstance(outcome, Refusal):
                refused.append((waiting.answer, outcome))
            elif not waiting.caller.submits_for_any_of((outcome.originator, outcome.signer)):
                what = f"{waiting.caller.name} may not submit for {outcome.signer or outcome.originator}"
                refused.append((waiting.answer, Refusal(AtTheDoor.NOT_THEIRS, what)))
            else:
                taken.append((waiting, outcome))
        if taken:
            answered = [it.answer for it, _ in taken]
            try:
                future = self._door.engine.submit([outcome.incoming for _, outcome in taken])
            except NotAccepted as error:
                refusal = refusal_of(error)
                refused += [(answer, refusal) for answer in answered]
            else:
                recipients = [outcome.incoming.recipient for _, outcome in taken]
                future.add_done_callback(lambda done: self._answer(done, answered, recipients))
        if refused:
            answers.give(refused)

    def _answer(
        self,
        done: Future[Sequence[Accepted]],
        waiting: Sequence[asyncio.Future[_Answer]],
        recipients: Sequence[str],
    ) -> None:
        """What became of some Alerts; in the engine's thread."""
        assert self._answers is not None
        error = done.exception()
        if error is None:
            accepted = done.result()
            self._door.totals.add(recipients, accepted)
            self._answers.give(list(zip(waiting, accepted, strict=True)))
            return
        if isinstance(error, NotAccepted):
            refusal = refusal_of(error)
        else:
            self._door.log.error("the engine failed", exc_info=error)
            refusal = Refusal(AtTheDoor.OURS)
        self._answers.give([(answer, refusal) for answer in waiting])
