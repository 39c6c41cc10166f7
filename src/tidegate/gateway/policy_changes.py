"""Change control over HTTP, for operators: change the policy in force, its history, the audit log."""

# FastAPI reads the annotations of the routes, which name what stands in the function around them: they are no texts.

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from tidegate.assembly.changing_policy import (
    AUDIT_PATH,
    CHANGE_PATH,
    HISTORY_PATH,
    entry_as_json,
    record_as_json,
    register_of,
)
from tidegate.gateway.door import Door, refusal_of
from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.replies import PROBLEM_JSON, AtTheDoor, Refusal
from tidegate.operations.change_policy import carry_out
from tidegate.operations.live import NotAccepted
from tidegate.operations.override_exclusion import audit_log
from tidegate.operations.policy_requests import (
    EngineKeeper,
    by_caller,
    change_as_json,
    change_of,
    request_from_json,
)
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

_LONGEST_REQUEST: Final = 1 << 21
_ENGINE_ANSWERS_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Refused:
    faults: tuple[Fault, ...]


def policy_changes(door: Door, clock: Callable[[], Instant]) -> APIRouter:
    """The routes."""
    router = APIRouter()
    one_at_a_time = threading.Lock()

    def operator(request: Request) -> Caller:
        caller = door.caller_of(request.scope, dict(request.scope["headers"]), Scope.OPERATE)
        request.state.caller = caller
        return caller

    operates = Depends(operator)

    def carry(body: object, caller: Caller) -> dict[str, object]:
        asked = by_caller(request_from_json(body), caller.name)
        with one_at_a_time:
            records = door.engine.policies().result(_ENGINE_ANSWERS_S)
            change = change_of(asked, register_of(records), clock())
            carry_out(change, EngineKeeper(door.engine))
        return change_as_json(change)

    @router.post(CHANGE_PATH, summary="Change the policy in force: apply, back_out or override")
    async def change(request: Request, caller: Annotated[Caller, operates]) -> Response:
        try:
            body = json.loads(await _body_of(request))
        except (ValueError, RecursionError):
            raise Refusal(AtTheDoor.QUERY, "the body is no JSON") from None
        told = await _asked(lambda: _or_faults(lambda: carry(body, caller)))
        if isinstance(told, _Refused):
            door.metrics.refused(AtTheDoor.QUERY)
            return _faults(told.faults)
        door.log.info(
            "policy changed", caller=caller.name, action=told["audit"]["action"], version=told["after"]
        )
        return Response(json.dumps(told), media_type="application/json")

    @router.get(HISTORY_PATH, summary="Every policy ever put in force")
    async def history(caller: Annotated[Caller, operates]) -> dict[str, Any]:
        del caller
        records = await _asked(lambda: door.engine.policies().result(_ENGINE_ANSWERS_S))
        return {"policies": [record_as_json(record) for record in records]}

    @router.get(AUDIT_PATH, summary="Who did what, the latest first")
    async def audit(
        caller: Annotated[Caller, operates],
        since: Annotated[int, Query(ge=0, description="Microseconds UTC.")] = 0,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    ) -> dict[str, Any]:
        del caller
        entries = await _asked(
            lambda: door.engine.ask(lambda it: it.audit(since=since, limit=limit)).result(_ENGINE_ANSWERS_S)
        )
        return {"entries": [entry_as_json(entry) for entry in audit_log(entries, clock())]}

    return router


async def _body_of(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_REQUEST:
            raise Refusal(AtTheDoor.TOO_LONG)
    return body


async def _asked(question: Callable[[], Any]) -> Any:
    """What the engine says, asked in a thread: it waits until the journal has it."""
    try:
        return await asyncio.to_thread(question)
    except NotAccepted as error:
        raise refusal_of(error) from None
    except TimeoutError:
        raise Refusal(AtTheDoor.BUSY) from None


def _or_faults(work: Callable[[], dict[str, object]]) -> dict[str, object] | _Refused:
    try:
        return work()
    except InputError as error:
        return _Refused(tuple(error.faults))


def _faults(faults: tuple[Fault, ...]) -> Response:
    """A problem (RFC 9457) that carries every fault, as a command shows them."""
    problem = {
        "type": "about:blank",
        "title": "The policy was not changed.",
        "status": 422,
        "detail": " ".join(map(str, faults)),
        "faults": [{"where": it.where, "what": it.what, "remedy": it.remedy} for it in faults],
    }
    return Response(json.dumps(problem), 422, media_type=PROBLEM_JSON)
