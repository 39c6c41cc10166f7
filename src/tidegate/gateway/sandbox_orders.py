"""`/api/sandbox/faults`: what the sandbox is to do wrong, for operators."""

# FastAPI reads the annotations of the routes, which name what stands in the function around them: they are no texts.
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from tidegate.gateway.door import Door
from tidegate.gateway.ordered_faults import MOST_FAULTS, OrderedFaults
from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.settings import OrderedFault
from tidegate.vocabulary.instants import Instant, format_instant

PATH = "/api/sandbox/faults"


class Orders(BaseModel):
    """Faults, in place of all that were ordered before; the first that is for a request is the one it meets."""

    faults: Annotated[list[OrderedFault], Field(max_length=MOST_FAULTS)]


class StandingOut(BaseModel):
    """A fault that is ordered, and how many requests met it."""

    fault: OrderedFault
    ordered_at: str
    met: int
    is_over: bool


class StandingOrders(BaseModel):
    """All of them."""

    faults: list[StandingOut]


def sandbox_orders(door: Door, faults: OrderedFaults, clock: Callable[[], Instant]) -> APIRouter:
    """The routes."""
    router = APIRouter()

    def operator(request: Request) -> Caller:
        caller = door.caller_of(request.scope, dict(request.scope["headers"]), Scope.OPERATE)
        request.state.caller = caller
        return caller

    operates = Depends(operator)

    def standing() -> StandingOrders:
        return StandingOrders(
            faults=[
                StandingOut(
                    fault=it.fault, ordered_at=format_instant(it.since), met=it.met, is_over=it.is_over
                )
                for it in faults.standing(clock())
            ]
        )

    def order(ordered: list[OrderedFault], caller: Caller) -> StandingOrders:
        faults.order(ordered, clock())
        told: list[dict[str, Any]] = [each.model_dump(exclude_defaults=True) for each in ordered]
        door.log.info("sandbox faults ordered", caller=caller.name, faults=told)
        return standing()

    @router.get(PATH, summary="The faults that are ordered in the sandbox")
    async def ordered(caller: Annotated[Caller, operates]) -> StandingOrders:
        del caller
        return standing()

    @router.put(PATH, summary="Order faults in the sandbox, in place of those ordered before")
    async def put(orders: Orders, caller: Annotated[Caller, operates]) -> StandingOrders:
        return order(orders.faults, caller)

    @router.delete(PATH, summary="Take all ordered faults back")
    async def delete(caller: Annotated[Caller, operates]) -> StandingOrders:
        return order([], caller)

    return router
