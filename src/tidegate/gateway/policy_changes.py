"""Change control over HTTP, for operators: change the policy in force, its history, the audit log."""

# FastAPI reads the annotations of the routes, which name what stands in the function around them: they are no texts.

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
from tidegate.gateway.door import Door
from tidegate.gateway.operator_requests import faults_of, in_a_thread, json_of
from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.replies import AtTheDoor
from tidegate.gateway.token_audit import with_tokens
from tidegate.gateway.tokens import TokenFile
from tidegate.operations.change_policy import carry_out
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
        body = await json_of(request)
        told = await in_a_thread(lambda: _or_faults(lambda: carry(body, caller)))
        if isinstance(told, _Refused):
            door.metrics.refused(AtTheDoor.QUERY)
            return faults_of("The policy was not changed.", told.faults)
        door.log.info(
            "policy changed", caller=caller.name, action=told["audit"]["action"], version=told["after"]
        )
        return Response(json.dumps(told), media_type="application/json")

    @router.get(HISTORY_PATH, summary="Every policy ever put in force")
    async def history(caller: Annotated[Caller, operates]) -> dict[str, Any]:
        del caller
        records = await in_a_thread(lambda: door.engine.policies().result(_ENGINE_ANSWERS_S))
        return {"policies": [record_as_json(record) for record in records]}

    @router.get(AUDIT_PATH, summary="Who did what, the latest first")
    async def audit(
        caller: Annotated[Caller, operates],
        since: Annotated[int, Query(ge=0, description="Microseconds UTC.")] = 0,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    ) -> dict[str, Any]:
        del caller
        entries = await in_a_thread(
            lambda: door.engine.ask(lambda it: it.audit(since=since, limit=limit)).result(_ENGINE_ANSWERS_S)
        )
        access = door.settings.access
        tokens = await in_a_thread(
            lambda: TokenFile(access.tokens).tokens() if access.mode == "token" else ()
        )
        told = [it for it in with_tokens(audit_log(entries, clock()), tokens) if it.at >= since]
        return {"entries": [entry_as_json(entry) for entry in told[:limit]]}

    return router


def _or_faults(work: Callable[[], dict[str, object]]) -> dict[str, object] | _Refused:
    try:
        return work()
    except InputError as error:
        return _Refused(tuple(error.faults))
