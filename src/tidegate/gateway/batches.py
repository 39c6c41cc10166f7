"""`POST /api/v1/alerts:batch`: a table of Alerts, durable and decided as one; bad rows come back with their reasons."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tidegate.alert_storm.decision import Outcome
from tidegate.gateway.bodies import content_type_of, length_of, read_body
from tidegate.gateway.door import Door, refusal_of
from tidegate.gateway.parties import ANYONE, Caller
from tidegate.gateway.raw_route import RawRoute
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.operations.live import AcceptedBatch, IncomingBatch, NotAccepted
from tidegate.policy.mechanism import Mode
from tidegate.tables.posted_batch import ARROW, NDJSON, PostedBatch, UnreadableBatchError, read_posted
from tidegate.vocabulary.devices import parse_device_id

if TYPE_CHECKING:
    from starlette.types import Receive

PATH: Final = "/api/v1/alerts:batch"
ROUTE: Final = "alerts:batch"
MOST_ROWS: Final = 5_000_000


class BatchRoute(RawRoute):
    """The route."""

    def __init__(self, door: Door) -> None:
        super().__init__(door, ROUTE, door.metrics.batch_acknowledged_after)
        self._threads = ThreadPoolExecutor(door.settings.limits.batches, "batch")
        self._under_way = 0

    def stop(self) -> None:
        """Stop its threads; every request must have been answered."""
        self._threads.shutdown()

    async def take(self, caller: Caller, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """Take a batch in; what became of it."""
        if self._under_way >= 2 * self._door.settings.limits.batches:
            raise Refusal(AtTheDoor.BUSY)
        self._under_way += 1
        try:
            return json.dumps(await self._take(caller, headers, receive)).encode()
        finally:
            self._under_way -= 1

    async def _take(self, caller: Caller, headers: dict[bytes, bytes], receive: Receive) -> dict[str, Any]:
        door, limits = self._door, self._door.settings.limits
        content_type = content_type_of(headers, (ARROW, NDJSON))
        length = length_of(headers, limits.batch_bytes)
        with door.budget.hold(length) as held:
            body = await read_body(receive, held, limits.batch_bytes, limits.batch_seconds)
            loop = asyncio.get_running_loop()
            posted = await loop.run_in_executor(self._threads, _read, body, content_type, caller)
        door.metrics.rejected_rows.inc(posted.rejected_rows)
        if not len(posted):
            return _answer(posted, None)
        batch = IncomingBatch(
            posted.device_id,
            posted.alert_code,
            posted.recipient,
            posted.recipients,
            caller.party or caller.name,
        )
        try:
            accepted = await asyncio.wrap_future(door.engine.submit_batch(batch))
        except NotAccepted as error:
            raise refusal_of(error) from None
        door.totals.add_batch(batch, accepted)
        return _answer(posted, accepted)


def _read(body: bytes, content_type: str, caller: Caller) -> PostedBatch:
    try:
        posted = read_posted(body, content_type, MOST_ROWS)
    except UnreadableBatchError as error:
        raise Refusal(AtTheDoor.TABLE, f"the body {error}") from None
    if ANYONE in caller.submits_for:
        return posted
    theirs = [parse_device_id(eui) for eui in (*caller.submits_for, caller.party) if eui]
    is_theirs = np.isin(posted.device_id, np.array(theirs, np.uint64))
    return posted.without(~is_theirs, f"{caller.name} may not submit for this Device")


def _answer(posted: PostedBatch, accepted: AcceptedBatch | None) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "rows": posted.rows,
        "received": len(posted),
        "rejected": posted.rejected_rows,
        "forwarded": 0,
        "throttled": 0,
        "excluded": 0,
        "throttled_in_shadow": 0,
    }
    if accepted is not None:
        outcomes = Counter(dict(enumerate(np.bincount(accepted.outcome, minlength=len(Outcome)).tolist())))
        throttled = outcomes[Outcome.THROTTLED]
        is_held_back = accepted.mode is Mode.ENFORCED
        answer |= {
            "forwarded": outcomes[Outcome.FORWARDED] + (0 if is_held_back else throttled),
            "throttled": throttled if is_held_back else 0,
            "excluded": outcomes[Outcome.EXCLUDED],
            "throttled_in_shadow": 0 if is_held_back else throttled,
            "first_seq": accepted.first_seq,
            "policy_version": accepted.policy_version,
        }
    answer["rejected_rows"] = [{"row": row, "reason": reason} for row, reason in posted.rejected]
    return answer
