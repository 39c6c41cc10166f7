"""The queue of Alerts to be delivered: in a journal that no engine uses, or over HTTP of a gateway that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from tidegate.assembly.clock import clock
from tidegate.assembly.engine_place import EnginePlace
from tidegate.operations.outgoing import OutgoingAlert
from tidegate.operations.queue_requests import (
    PAGE,
    QueueRequest,
    QueueSelection,
    carry_out_on_journal,
    checked_selection,
    request_as_json,
)
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Instant, format_instant

QUEUE_PATH: Final = "/api/v1/queue"
CHANGE_PATH: Final = "/api/v1/queue:change"
CHANGE_TAKES_S: Final = 600.0
"""How long a change of a long queue may take."""

QueuedAlert = Mapping[str, object]
"""An Alert on the queue as plain data; see `queued_alert`."""


@dataclass(frozen=True, slots=True)
class QueuePlace(EnginePlace):
    """Where the queue is."""

    asked_of = "queue"

    def alerts(self, selection: QueueSelection, limit: int) -> list[QueuedAlert]:
        """The Alerts of a selection, in the order they were received; at most so many.

        Raises:
            InputError: the place cannot be reached, or the selection cannot be.
        """
        checked_selection(selection)
        found = self._asked(selection) if self.server is not None else self._read(selection)
        return list(islice(found, limit))

    def carry_out(self, request: QueueRequest) -> int:
        """Send Alerts again, or drop them; how many it was done to.

        Raises:
            InputError: it is refused, or the place cannot be reached.
        """
        if self.server is not None:
            return int(self.ask(CHANGE_PATH, request_as_json(request), within_s=CHANGE_TAKES_S)["alerts"])
        with self.opened() as journal:
            return carry_out_on_journal(journal, request, clock())

    def _read(self, selection: QueueSelection) -> Iterator[QueuedAlert]:
        from tidegate.journal import queue_of  # noqa: PLC0415 - SQLAlchemy is slow to start

        after: int | None = 0
        while after is not None:
            page = queue_of(self.journal or "", selection.query(after))
            yield from map(queued_alert, selection.chosen(page, clock()))
            after = page[-1].seq if len(page) == PAGE else None

    def _asked(self, selection: QueueSelection) -> Iterator[QueuedAlert]:
        given = {
            "recipient": selection.recipient,
            "code": selection.code,
            "older_than_us": selection.older_than_us,
            "state": selection.state,
        }
        after: int | None = 0
        while after is not None:
            query = {"after": after, **{name: value for name, value in given.items() if value is not None}}
            answer = self.ask(f"{QUEUE_PATH}?{urlencode(query)}")
            wanted = frozenset(selection.seqs)
            yield from (row for row in answer["alerts"] if not wanted or row["seq"] in wanted)
            after = answer["next_after"]


def queued_alert(alert: OutgoingAlert) -> QueuedAlert:
    """An Alert on the queue as plain data, without its document."""
    first, following = alert.first_attempt_at, alert.next_attempt_at
    return {
        "seq": alert.seq,
        "received_at": format_instant(alert.received_at),
        "device_id": format_device_id(alert.device_id),
        "alert_code": format_alert_code(alert.alert_code),
        "recipient": alert.recipient,
        "response_id": alert.response_id,
        "state": alert.state.name.lower(),
        "is_excluded": alert.is_excluded,
        "throttled_alert_count": alert.throttled_alert_count,
        "attempts": alert.attempts,
        "first_attempt_at": None if first is None else format_instant(first),
        "next_attempt_at": None if following is None else format_instant(following),
        "reason": alert.reason,
    }


def page_of(alerts: Sequence[OutgoingAlert], selection: QueueSelection, now: Instant) -> Mapping[str, object]:
    """A page of the queue as it is told over HTTP; `next_after` asks for the next one, None: there is none."""
    return {
        "alerts": [queued_alert(alert) for alert in selection.chosen(alerts, now)],
        "next_after": alerts[-1].seq if len(alerts) == PAGE else None,
    }
