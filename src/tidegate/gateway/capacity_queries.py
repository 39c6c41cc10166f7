"""`GET /api/users/{user}/capacity`: what a User is given, what it used, and what would be admitted now."""

# FastAPI reads the annotations of the routes, which name what stands in the function around them: they are no texts.
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.control import Standing
from tidegate.gateway.door import Door
from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.operations.request_control import RequestControl
from tidegate.vocabulary.devices import format_device_id, parse_device_id
from tidegate.vocabulary.instants import SECOND, format_instant


class SystemOut(BaseModel):
    """The system, in requests of the period. `state`: `quiet`; `busy`, at its operating threshold; `full`, at its maximum."""

    state: Literal["quiet", "busy", "full"]
    offered: int
    used: int
    operating_threshold: int
    maximum_system_capacity: int


class CapacityOut(BaseModel):
    """How a User stands, in requests of the period; null: the policy in force says nothing of Service Requests.

    `state`: `within` its allocation, `near` it, or `above` it. `would_be_admitted`: ordinary requests, sent at once.
    `forecast`: what the User said it would send, as in the Users table.
    """

    user: str
    at: str
    mode: str | None
    period_seconds: float | None
    state: Literal["within", "near", "above"] | None
    allocation: int | None
    fair_share: int | None
    offered: int | None
    used: int | None
    would_be_admitted: int | None
    booked: int | None
    forecast: float | None
    system: SystemOut | None
    prioritised: list[str] | None
    policy_version: str


def capacity_queries(door: Door, control: RequestControl, forecasts: Mapping[str, float]) -> APIRouter:
    """The route.

    forecasts:  Of each User that has one, by EUI-64.
    """
    router = APIRouter()

    def reader(request: Request) -> Caller:
        caller = door.caller_of(request.scope, dict(request.scope["headers"]), Scope.READ)
        request.state.caller = caller
        return caller

    @router.get("/api/users/{user}/capacity", summary="What a User is given, has used, and may send now")
    async def capacity(
        caller: Annotated[Caller, Depends(reader)],
        user: Annotated[str, Path(description="EUI-64 of the User.", max_length=64)],
    ) -> CapacityOut:
        # On the server's own loop, as the rule is.
        try:
            eui = format_device_id(parse_device_id(user))
        except ValueError as error:
            raise Refusal(AtTheDoor.QUERY, f"user: {error}") from None
        if not caller.sees_all and caller.party != eui:
            raise Refusal(AtTheDoor.SCOPE, f"{caller.name} is told of its own capacity alone")
        now = control.capacity_of(eui)
        said: dict[str, Any] = dict.fromkeys(CapacityOut.model_fields)
        if now.standing is not None and now.rules is not None:
            said |= _standing(now.standing, now.rules)
        said |= {
            "user": eui,
            "at": format_instant(now.at),
            "forecast": forecasts.get(eui),
            "policy_version": now.policy_version,
        }
        return CapacityOut(**said)

    return router


def _standing(its: Standing, rules: CapacityRules) -> dict[str, Any]:
    return {
        "mode": rules.mode.value,
        "period_seconds": rules.period_us / SECOND,
        "state": "above" if its.user_used > its.allocation else "near" if its.is_warned else "within",
        "allocation": its.allocation,
        "fair_share": its.user_limit,
        "offered": its.user_offered,
        "used": its.user_used,
        "would_be_admitted": its.room,
        "booked": its.booked,
        "system": SystemOut(
            state="full"
            if its.used >= rules.maximum_system_capacity
            else "busy"
            if its.offered > rules.operating_threshold or its.used >= rules.operating_threshold
            else "quiet",
            offered=its.offered,
            used=its.used,
            operating_threshold=rules.operating_threshold,
            maximum_system_capacity=rules.maximum_system_capacity,
        ),
        "prioritised": sorted(rules.prioritised, key=lambda srv: [int(part) for part in srv.split(".")]),
    }
