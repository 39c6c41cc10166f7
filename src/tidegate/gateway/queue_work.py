"""The queue of Alerts to be delivered, over HTTP: each party sees its own; operators send again and drop."""

# FastAPI reads the annotations of the routes, which name what stands in the function around them: they are no texts.
import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from tidegate.assembly.queue_work import CHANGE_PATH, CHANGE_TAKES_S, QUEUE_PATH, page_of
from tidegate.gateway.door import Door, refusal_of
from tidegate.gateway.operator_requests import faults_of, in_a_thread, json_of
from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.operations.live import NotAccepted
from tidegate.operations.queue_requests import (
    QueueRequest,
    QueueSelection,
    checked_selection,
    request_from_json,
)
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import Instant

CarryOut = Callable[[QueueRequest], Future[int]]
"""`Delivery.carry_out`."""

_ENGINE_ANSWERS_S: Final = 30.0


def queue_work(door: Door, carry_out: CarryOut, clock: Callable[[], Instant]) -> APIRouter:
    """The routes."""
    router = APIRouter()

    def caller_with(scope: Scope) -> Callable[[Request], Caller]:
        def caller_of(request: Request) -> Caller:
            caller = door.caller_of(request.scope, dict(request.scope["headers"]), scope)
            request.state.caller = caller
            return caller

        return caller_of

    reads, operates = Depends(caller_with(Scope.READ)), Depends(caller_with(Scope.OPERATE))

    @router.get(QUEUE_PATH, summary="Alerts that wait to be delivered, or are on the failed queue")
    async def queue(
        caller: Annotated[Caller, reads],
        recipient: Annotated[str | None, Query(max_length=64)] = None,
        code: Annotated[str | None, Query(max_length=8)] = None,
        state: Annotated[str | None, Query(max_length=16)] = None,
        older_than_us: Annotated[int | None, Query(ge=0)] = None,
        after: Annotated[int, Query(ge=0, description="`next_after` of the page before.")] = 0,
    ) -> dict[str, Any]:
        if not caller.sees_all:
            if recipient not in {None, caller.party} or not caller.party:
                raise Refusal(AtTheDoor.SCOPE, "the queue of another User")
            recipient = caller.party
        selection = QueueSelection(recipient, code, older_than_us, state)
        try:
            checked_selection(selection)
        except InputError as error:
            raise Refusal(AtTheDoor.QUERY, " ".join(map(str, error.faults))) from None
        question = selection.query(after)
        alerts = await in_a_thread(lambda: door.engine.queued(question).result(_ENGINE_ANSWERS_S))
        return dict(page_of(alerts, selection, clock()))

    @router.post(CHANGE_PATH, summary="Send Alerts again, or drop them")
    async def change(request: Request, caller: Annotated[Caller, operates]) -> Response:
        body = await json_of(request)
        try:
            wanted = request_from_json(body, caller.name)
        except InputError as error:
            door.metrics.refused(AtTheDoor.QUERY)
            return faults_of("The queue was not changed.", error.faults)
        try:
            alerts = await asyncio.wait_for(asyncio.wrap_future(carry_out(wanted)), CHANGE_TAKES_S)
        except NotAccepted as error:
            raise refusal_of(error) from None
        except TimeoutError:
            raise Refusal(AtTheDoor.BUSY) from None
        door.log.info("queue changed", caller=caller.name, action=str(wanted.action), alerts=alerts)
        return JSONResponse({"alerts": alerts})

    return router
