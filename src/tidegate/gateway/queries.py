"""What is asked seldom: storms, problems, the policy, totals, health. Each caller is told its own; operators, everything."""

# FastAPI reads the annotations of the routes, which name what stands in the function around them: they are no texts.
import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from tidegate.alert_storm.decision import Level
from tidegate.gateway.door import Door, refusal_of
from tidegate.gateway.ended_storms import EndedStorms
from tidegate.gateway.metrics import CONTENT_TYPE
from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.recipient_totals import Totals
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.operations.live import LiveStorm, NotAccepted
from tidegate.vocabulary.alert_codes import format_alert_code, name_of, parse_alert_code
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Instant, format_instant

MOST_STORMS: Final = 1_000
_ENGINE_ANSWERS_S: Final = 10.0
_CODE: Final = r"^(?:(?:0[xX])?[0-9A-Fa-f]{4}|[nN][1-9][0-9]{0,2}|[aA][dD]1)$"

Problems = Callable[[str | None, Sequence[LiveStorm]], Sequence[Mapping[str, Any]]]
"""The problems one recipient is told of, or all, given the storms that run."""


class StormOut(BaseModel):
    """A storm, running or ended."""

    device_id: str
    alert_code: str
    recipient: str
    level: Literal["amber", "red"]
    started_at: str
    ended_at: str | None
    received: int
    forwarded: int
    throttled: int
    peak_count: int
    policy_version: str
    mode: str


class StormsOfCode(BaseModel):
    """Storms of one Alert Code."""

    alert_code: str
    name: str
    running: int
    ended: int
    devices: int
    received: int
    throttled: int


class StormsOut(BaseModel):
    """Storms running, and those that ended lately."""

    running: int
    ended_lately: int
    by_code: list[StormsOfCode]
    storms: list[StormOut]


class ProblemsOut(BaseModel):
    """Problems: storms grouped by what they have in common."""

    problems: list[dict[str, Any]]


class PolicyOut(BaseModel):
    """The policy in force."""

    version: str
    effective_from: str
    until: str | None
    is_override: bool
    reason: str
    approval: str
    document: str


class TotalsOfCode(BaseModel):
    """Totals of one Alert Code."""

    received: int
    forwarded: int
    throttled: int
    excluded: int


class QueueOut(BaseModel):
    """What waits to be delivered to a recipient."""

    recipient: str
    state: str
    count: int
    oldest_received_at: str


class SummaryOut(BaseModel):
    """received = forwarded + throttled + excluded. `since`: "journal", all that it holds; else the gateway's start."""

    of: str
    since: str
    received: int
    forwarded: int
    throttled: int
    excluded: int
    throttled_in_shadow: int
    is_conserved: bool
    repeats: int | None = None
    refused: dict[str, int] | None = None
    waiting: int | None = None
    excluded_over_capacity_since: str | None = None
    policy_version: str | None
    by_code: dict[str, TotalsOfCode] | None = None
    queue: list[QueueOut]


class HealthOut(BaseModel):
    """How the gateway is."""

    status: str


def queries(
    door: Door,
    ended: EndedStorms,
    problems: Problems | None,
    flood_since: Callable[[], Instant | None],
) -> APIRouter:
    """The routes."""
    router = APIRouter()
    started_at = format_instant(time.time_ns() // 1_000_000 * 1_000)

    def reader(request: Request) -> Caller:
        caller = door.caller_of(request.scope, dict(request.scope["headers"]), Scope.READ)
        request.state.caller = caller
        return caller

    reads = Depends(reader)

    async def storms_for(caller: Caller, code: int | None = None) -> tuple[list[LiveStorm], list[LiveStorm]]:
        running = await _asked(door.engine.running)
        return _theirs(running, caller, code), _theirs(ended.lately(), caller, code)

    @router.get("/api/storms", summary="Storms running, and those that ended lately")
    async def storms(
        caller: Annotated[Caller, reads],
        alert_code: Annotated[
            str | None, Query(description="Only this Alert Code, as 8F75.", pattern=_CODE)
        ] = None,
        state: Annotated[Literal["running", "ended", "all"], Query()] = "all",
        limit: Annotated[int, Query(ge=1, le=MOST_STORMS)] = 100,
    ) -> StormsOut:
        now, lately = await storms_for(caller, _code(alert_code))
        shown = [*(now if state != "ended" else ()), *(lately if state != "running" else ())]
        return StormsOut(
            running=len(now),
            ended_lately=len(lately),
            by_code=_by_code([*now, *lately]),
            storms=[_storm(each) for each in shown[:limit]],
        )

    @router.get("/api/problems", summary="Problems: storms grouped by what they have in common")
    async def problems_(caller: Annotated[Caller, reads]) -> ProblemsOut:
        if problems is not None:
            running = await _asked(door.engine.running)
            found = problems(None if caller.sees_all else caller.party, running)
            return ProblemsOut(problems=[dict(each) for each in found])
        now, lately = await storms_for(caller)
        return ProblemsOut(problems=[each.model_dump() for each in _by_code([*now, *lately])])

    @router.get("/api/policy", summary="The policy in force")
    async def policy(caller: Annotated[Caller, reads]) -> PolicyOut | None:
        del caller  # it is published to every User
        record = door.engine.in_force()
        if record is None:
            return None
        return PolicyOut(
            version=record.version,
            effective_from=format_instant(record.effective_from),
            until=None if record.until is None else format_instant(record.until),
            is_override=record.is_override,
            reason=record.reason,
            approval=record.approval,
            document=record.document,
        )

    @router.get("/api/summary", summary="Totals: received = forwarded + throttled + excluded")
    async def summary(caller: Annotated[Caller, reads]) -> SummaryOut:
        lengths = await _asked(door.engine.queue_lengths)
        queue = [
            QueueOut(
                recipient=each.recipient,
                state=each.state.name.lower(),
                count=each.count,
                oldest_received_at=format_instant(each.oldest_received_at),
            )
            for each in lengths
            if caller.sees_all or each.recipient == caller.party
        ]
        record = door.engine.in_force()
        version = None if record is None else record.version
        if not caller.sees_all:
            own = door.totals.of(caller.party)
            return SummaryOut(
                of=caller.party, since=started_at, policy_version=version, queue=queue, **_sums(own)
            )
        by_code = await _asked(door.engine.totals_by_code)
        now = door.engine.counters()
        since = flood_since()
        return SummaryOut(
            of="everyone",
            since="journal",
            policy_version=version,
            queue=queue,
            repeats=now.repeats,
            refused=dict(now.refused),
            waiting=now.waiting,
            excluded_over_capacity_since=None if since is None else format_instant(since),
            by_code={
                format_alert_code(code): TotalsOfCode(
                    received=received,
                    forwarded=received - throttled - excluded,
                    throttled=throttled,
                    excluded=excluded,
                )
                for code, (received, throttled, excluded) in sorted(by_code.items())
            },
            received=now.received,
            forwarded=now.forwarded,
            throttled=now.throttled,
            excluded=now.excluded,
            throttled_in_shadow=now.throttled_in_shadow,
            is_conserved=now.received == now.forwarded + now.throttled + now.excluded,
        )

    @router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
    def metrics() -> Response:  # in a thread: it asks those who deliver
        return Response(door.metrics.exposition(), media_type=CONTENT_TYPE)

    @router.get("/healthz", summary="The process runs")
    async def healthz() -> HealthOut:
        return HealthOut(status="running")

    @router.get("/readyz", summary="Alerts are accepted", responses={503: {"model": HealthOut}})
    async def readyz(response: Response) -> HealthOut:
        if door.engine.is_ready and not door.is_draining:
            return HealthOut(status="ready")
        response.status_code = 503
        return HealthOut(status="draining" if door.is_draining else "the journal cannot be written")

    return router


async def _asked(question: Callable[[], Any]) -> Any:
    """What the engine says; while it cannot, the caller is told when to come back."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(question()), _ENGINE_ANSWERS_S)
    except NotAccepted as error:
        raise refusal_of(error) from None
    except TimeoutError:
        raise Refusal(AtTheDoor.BUSY) from None


def _code(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_alert_code(text)
    except ValueError as error:
        raise Refusal(AtTheDoor.QUERY, f"alert_code: {error}") from None


def _theirs(storms: Iterable[LiveStorm], caller: Caller, code: int | None) -> list[LiveStorm]:
    return [
        each
        for each in storms
        if (caller.sees_all or (caller.party and each.storm.stream.recipient == caller.party))
        and (code is None or each.storm.stream.alert_code == code)
    ]


def _storm(live: LiveStorm) -> StormOut:
    storm = live.storm
    return StormOut(
        device_id=format_device_id(storm.stream.device_id),
        alert_code=format_alert_code(storm.stream.alert_code),
        recipient=storm.stream.recipient,
        level="red" if storm.level is Level.RED else "amber",
        started_at=format_instant(storm.started_at),
        ended_at=None if storm.ended_at is None else format_instant(storm.ended_at),
        received=storm.received,
        forwarded=storm.forwarded,
        throttled=storm.throttled,
        peak_count=storm.peak_count,
        policy_version=live.policy_version,
        mode=live.mode,
    )


def _by_code(storms: Sequence[LiveStorm]) -> list[StormsOfCode]:
    """Red storms by code, the one with most Alerts first."""
    of_code: dict[int, list[LiveStorm]] = defaultdict(list)
    for each in storms:
        if each.storm.level is Level.RED:
            of_code[each.storm.stream.alert_code].append(each)
    found = [
        StormsOfCode(
            alert_code=format_alert_code(code),
            name=name_of(code),
            running=sum(each.storm.ended_at is None for each in its),
            ended=sum(each.storm.ended_at is not None for each in its),
            devices=len({each.storm.stream.device_id for each in its}),
            received=sum(each.storm.received for each in its),
            throttled=sum(each.storm.throttled for each in its),
        )
        for code, its in of_code.items()
    ]
    return sorted(found, key=lambda each: (-each.received, each.alert_code))


def _sums(totals: Totals) -> dict[str, Any]:
    return {
        "received": totals.received,
        "forwarded": totals.forwarded,
        "throttled": totals.throttled,
        "excluded": totals.excluded,
        "throttled_in_shadow": totals.throttled_in_shadow,
        "is_conserved": totals.received == totals.forwarded + totals.throttled + totals.excluded,
    }
