"""The gateway's application: two raw routes for what comes by the thousand, FastAPI for what is asked seldom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tidegate import __version__
from tidegate.gateway import batches, receiving, service_requests
from tidegate.gateway.batches import BatchRoute
from tidegate.gateway.capacity_queries import capacity_queries
from tidegate.gateway.description import described, page
from tidegate.gateway.door import REQUEST_ID, Door
from tidegate.gateway.ended_storms import EndedStorms
from tidegate.gateway.excluded_codes import ExcludedAlarm, excluded_codes
from tidegate.gateway.policy_changes import policy_changes
from tidegate.gateway.queries import Problems, queries
from tidegate.gateway.queue_work import CarryOut, queue_work
from tidegate.gateway.raw_route import Route
from tidegate.gateway.reading import MakeReader
from tidegate.gateway.receiving import DocumentRoute, Receiving
from tidegate.gateway.replies import AtTheDoor, Refusal, body_of, headers_of
from tidegate.gateway.sandbox_orders import sandbox_orders
from tidegate.gateway.service_requests import ServiceRequests, ServiceRoute
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Scope, Send

_BY_STATUS: Final = {404: AtTheDoor.NOT_FOUND, 405: AtTheDoor.METHOD}
_DESCRIPTION: Final = (
    "HTTP for the parties of Great Britain's smart metering network: Alerts in, answers about them out."
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of.

    processes:  How many processes read documents; 0: a thread does.
    carry_out:  Sends Alerts again, or drops them (`Delivery.carry_out`).
    problems:   Tells of problems; None: storms by code are told in their place.
    excluded:   Knows how it is with excluded codes.
    requests:   Takes Service Requests.
    """

    door: Door
    make_reader: MakeReader
    processes: int
    clock: Callable[[], Instant]
    ended: EndedStorms
    carry_out: CarryOut
    problems: Problems | None
    excluded: ExcludedAlarm
    requests: ServiceRequests


def make_app(parts: Parts) -> Application:
    """The application."""
    door = parts.door
    taking = Receiving(door, parts.make_reader, parts.processes, parts.clock)
    batch = BatchRoute(door)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(taking.start, asyncio.get_running_loop())
        await parts.requests.start()
        yield
        # Every request has been answered by now; of what passed by the engine keeps what it has.
        door.is_draining = True
        await asyncio.to_thread(taking.stop)
        await asyncio.to_thread(batch.stop)
        await parts.requests.stop()

    app = FastAPI(
        title="Tidegate",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.include_router(queries(door, parts.ended, parts.problems, lambda: parts.excluded.load().since))
    app.include_router(excluded_codes(door, parts.excluded))
    app.include_router(policy_changes(door, parts.clock))
    app.include_router(queue_work(door, parts.carry_out, parts.clock))

    requests = parts.requests
    app.include_router(capacity_queries(door, requests.control, requests.forecasts))
    if requests.faults is not None:
        app.include_router(sandbox_orders(door, requests.faults, parts.clock))

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))

    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = described(plain(), door.settings)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    _answer_refusals(app, door)
    services = {
        path: ServiceRoute(door, service, requests, taking.overhear)
        for path, service in service_requests.PATHS.items()
    }
    documents = {
        receiving.PATH: DocumentRoute(door, receiving.ALERTS, taking),
        receiving.RESPONSES_PATH: DocumentRoute(door, receiving.RESPONSES, taking),
    }
    return Application(app, {**documents, batches.PATH: batch, **services})


class Application:
    """What is posted by the thousand goes straight to its route; all else to FastAPI, whose middleware takes its time."""

    def __init__(self, others: FastAPI, raw: Mapping[str, Route]) -> None:
        self._others = others
        self._raw = raw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or begin and end with the server."""
        route = self._raw.get(scope["path"]) if scope["type"] == "http" else None
        await (route or self._others)(scope, receive, send)


def _answer_refusals(app: FastAPI, door: Door) -> None:
    """Every refusal of FastAPI's routes is answered by the one table too."""

    def answer(request: Request, refusal: Refusal) -> Response:
        headers = dict(request.scope["headers"])
        request_id = door.request_id_of(headers)
        route = request.scope.get("route")
        caller = getattr(request.state, "caller", None)
        door.refuse(refusal, getattr(route, "path", "other"), request_id, caller)
        kind, body = body_of(refusal, request.headers.get("accept", ""), request_id.decode())
        said = {**headers_of(refusal), REQUEST_ID.decode(): request_id.decode()}
        return Response(body, refusal.reply.status, said, media_type=kind)

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return answer(request, refusal)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
        reason = _BY_STATUS.get(error.status_code, AtTheDoor.QUERY)
        return answer(request, Refusal(reason, headers=headers))

    @app.exception_handler(RequestValidationError)
    async def query(request: Request, error: RequestValidationError) -> Response:
        faults = (f"{each['loc'][-1]}: {each['msg']}" for each in error.errors())
        return answer(request, Refusal(AtTheDoor.QUERY, "; ".join(faults)))

    @app.exception_handler(Exception)
    async def ours(request: Request, error: Exception) -> Response:
        door.log.error("a fault of ours", path=request.url.path, exc_info=error)
        return answer(request, Refusal(AtTheDoor.OURS))
