"""`POST /api/v1/alerts` and `/api/v1/responses`: one DUIS document, 204 once it is durable.

The hot path. The body is read here, in the event loop; the document is read and
verified in the reading pool; the engine makes it durable and answers. Answers
come back in groups, one wake of the loop for each.

Of a Service Response nothing but what it says of credentials is kept: it is a
copy of one that goes to its User by another way (decision 30).
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from tidegate.gateway.bodies import content_type_of, length_of, read_body
from tidegate.gateway.door import Door, refusal_of
from tidegate.gateway.parties import Caller
from tidegate.gateway.raw_route import RawRoute
from tidegate.gateway.reading import MakeReader, ReadAlert, ReadResponse
from tidegate.gateway.reading_pool import Outcome, ReadingPool
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.operations.live import Accepted, NotAccepted
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from starlette.types import Receive

PATH: Final = "/api/v1/alerts"
RESPONSES_PATH: Final = "/api/v1/responses"
ALERTS: Final = "alerts"
RESPONSES: Final = "responses"
XML_TYPES: Final = ("application/xml", "text/xml")

_Answer = Accepted | Refusal | None
"""None: taken; there is nothing else to tell."""

MOST_OVERHEARD: Final = 64
"""Answers that passed by and are read, or made durable, at once; of more nothing is kept, so that memory is bounded."""

_Read = TypeVar("_Read", ReadAlert, ReadResponse)
_Done = TypeVar("_Done")


@dataclass(slots=True)
class _Waiting:
    """A document, and the request that waits for what comes of it.

    caller:  Who must be one who may submit the document; None: it is not submitted, it passed by.
    answer:  None: it passed by, and nobody waits.
    """

    caller: Caller | None
    answer: asyncio.Future[_Answer] | None

    def may_submit(self, read: ReadAlert | ReadResponse) -> bool:
        """Say whether its caller may submit what was read."""
        return self.caller is None or self.caller.submits_for_any_of((read.originator, read.signer))


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


class Receiving:
    """Documents on their way through the reading pool to the engine, and what became of them on its way back."""

    def __init__(
        self, door: Door, make_reader: MakeReader, processes: int, clock: Callable[[], Instant]
    ) -> None:
        self._door = door
        self._pool: ReadingPool[_Waiting] = ReadingPool(make_reader, processes, clock, self._hand_in)
        self._answers: Answers | None = None
        self._overhearing = threading.BoundedSemaphore(MOST_OVERHEARD)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the reading pool; answers go to a loop."""
        self._answers = Answers(loop)
        self._pool.start()

    def stop(self) -> None:
        """Stop it; every request must have been answered. What passed by is read to its end, and made durable after."""
        self._pool.stop()

    def put(self, caller: Caller, body: bytes, *, is_response: bool) -> asyncio.Future[_Answer]:
        """Have a document read and made durable; what came of it."""
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._pool.put(_Waiting(caller, answer), (body, is_response))
        return answer

    def overhear(self, body: bytes) -> None:
        """Have what a Service Response says kept that passed by: nobody waits for that."""
        if self._overhearing.acquire(blocking=False):
            self._pool.put(_Waiting(None, None), (body, True))
        else:
            self._unread(Refusal(AtTheDoor.BUSY))

    def _overheard(self, answer: _Answer) -> None:
        """What became of an answer that passed by; in the thread that knows it, perhaps when no loop runs any more."""
        self._overhearing.release()
        if isinstance(answer, Refusal):
            self._unread(answer)

    def _unread(self, refused: Refusal) -> None:
        self._door.metrics.evidence_unread.inc()
        self._door.log.warning(
            "an answer was passed back, and is no evidence", reason=refused.reason, detail=refused.detail
        )

    def _hand_in(self, read: Sequence[tuple[_Waiting, Outcome]]) -> None:
        """Give the engine what was read; in a worker's thread."""
        answered: list[tuple[asyncio.Future[_Answer] | None, _Answer]] = []
        alerts: list[tuple[_Waiting, ReadAlert]] = []
        responses: list[tuple[_Waiting, ReadResponse]] = []
        for waiting, outcome in read:
            if isinstance(outcome, Refusal):
                answered.append((waiting.answer, outcome))
            elif not waiting.may_submit(outcome):
                assert waiting.caller is not None
                what = f"{waiting.caller.name} may not submit for {outcome.signer or outcome.originator}"
                answered.append((waiting.answer, Refusal(AtTheDoor.NOT_THEIRS, what)))
            elif isinstance(outcome, ReadAlert):
                alerts.append((waiting, outcome))
            elif outcome.incoming.evidence:
                responses.append((waiting, outcome))
            else:
                self._door.metrics.response(says_something=False)
                answered.append((waiting.answer, None))
        engine = self._door.engine
        if alerts:
            self._submit(alerts, lambda: engine.submit([each.incoming for _, each in alerts]), self._accepted)
        if responses:
            self._submit(responses, lambda: engine.keep([each.incoming for _, each in responses]), self._kept)
        if answered:
            self._give(answered)

    def _submit(
        self,
        taken: Sequence[tuple[_Waiting, _Read]],
        submit: Callable[[], Future[_Done]],
        answers_of: Callable[[Sequence[_Read], _Done], Sequence[_Answer]],
    ) -> None:
        waiting = [it.answer for it, _ in taken]
        try:
            future = submit()
        except NotAccepted as error:
            refusal = refusal_of(error)
            self._give([(answer, refusal) for answer in waiting])
        else:
            told = partial(answers_of, [each for _, each in taken])
            future.add_done_callback(partial(self._answer, waiting, told))

    def _answer(
        self,
        waiting: Sequence[asyncio.Future[_Answer] | None],
        answers_of: Callable[[_Done], Sequence[_Answer]],
        done: Future[_Done],
    ) -> None:
        """What became of some documents; in the engine's thread."""
        error = done.exception()
        if error is None:
            self._give(list(zip(waiting, answers_of(done.result()), strict=True)))
            return
        if isinstance(error, NotAccepted):
            refusal = refusal_of(error)
        else:
            self._door.log.error("the engine failed", exc_info=error)
            refusal = Refusal(AtTheDoor.OURS)
        self._give([(answer, refusal) for answer in waiting])

    def _accepted(self, alerts: Sequence[ReadAlert], accepted: Sequence[Accepted]) -> Sequence[_Answer]:
        door = self._door
        door.totals.add([each.incoming.recipient for each in alerts], accepted)
        for each, answer in zip(alerts, accepted, strict=True):
            if each.incoming.evidence and not answer.is_repeat:
                door.metrics.evidence(each.incoming.evidence)
            elif each.unread and not answer.is_repeat:
                door.metrics.evidence_unread.inc()
                door.log.warning("an Alert went on, and is no evidence", detail=each.unread)
        return accepted

    def _kept(self, responses: Sequence[ReadResponse], _: None) -> Sequence[_Answer]:
        for each in responses:
            self._door.metrics.response(says_something=True)
            self._door.metrics.evidence(each.incoming.evidence)
        return [None] * len(responses)

    def _give(self, answers: Sequence[tuple[asyncio.Future[_Answer] | None, _Answer]]) -> None:
        assert self._answers is not None
        waited_for = []
        for future, answer in answers:
            if future is None:
                self._overheard(answer)
            else:
                waited_for.append((future, answer))
        if waited_for:
            self._answers.give(waited_for)


class DocumentRoute(RawRoute):
    """One of the two routes.

    name:  ALERTS or RESPONSES: what its documents must be.
    """

    def __init__(self, door: Door, name: str, receiving: Receiving) -> None:
        metrics = door.metrics
        self._is_response = name == RESPONSES
        after = (
            metrics.response_acknowledged_after if self._is_response else metrics.document_acknowledged_after
        )
        super().__init__(door, name, after)
        self._receiving = receiving

    async def take(self, caller: Caller, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """Take a document in; nothing is said but that it is durable."""
        limits = self._door.settings.limits
        content_type_of(headers, XML_TYPES)
        length = length_of(headers, limits.document_bytes)
        with self._door.budget.hold(length) as held:
            body = await read_body(receive, held, limits.document_bytes, limits.request_seconds)
            answer = await self._receiving.put(caller, body, is_response=self._is_response)
        if isinstance(answer, Refusal):
            raise answer
        return b""
