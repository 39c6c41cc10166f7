"""The queue of Alerts to be delivered: in a journal that no engine uses, or over HTTP of a gateway that runs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from tidegate.assembly.asking_gateway import NOBODY, Credentials, ask_gateway, say_server
from tidegate.operations.live import JournalUnavailable, OutgoingAlert
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
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant, format_instant

QUEUE_PATH: Final = "/api/v1/queue"
CHANGE_PATH: Final = "/api/v1/queue:change"
CHANGE_TAKES_S: Final = 600.0
"""How long a change of a long queue may take."""

QueuedAlert = Mapping[str, object]
"""An Alert on the queue as plain data; see `queued_alert`."""


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where the queue is: exactly one of the two.

    journal:  File or URL of a journal.
    server:   URL of a gateway that runs; `credentials` say who asks.
    """

    journal: str | None = None
    server: str | None = None
    credentials: Credentials = NOBODY

    def __post_init__(self) -> None:
        if (self.journal is None) == (self.server is None):
            what = "the command needs to know whose queue it is about"
            remedy = "Write one: --server URL while the gateway runs, else --journal."
            raise InputError(Fault("--journal, --server", what, remedy))

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
            body = request_as_json(request)
            return int(
                ask_gateway(self.server, self.credentials, CHANGE_PATH, body, within_s=CHANGE_TAKES_S)[
                    "alerts"
                ]
            )
        return _change_journal(self.journal or "", request)

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
            answer = ask_gateway(self.server or "", self.credentials, f"{QUEUE_PATH}?{urlencode(query)}")
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


def clock() -> Instant:
    """Now, in microseconds UTC."""
    return time.time_ns() // 1_000


def page_of(alerts: Sequence[OutgoingAlert], selection: QueueSelection, now: Instant) -> Mapping[str, object]:
    """A page of the queue as it is told over HTTP; `next_after` asks for the next one, None: there is none."""
    return {
        "alerts": [queued_alert(alert) for alert in selection.chosen(alerts, now)],
        "next_after": alerts[-1].seq if len(alerts) == PAGE else None,
    }


def _change_journal(url: str, request: QueueRequest) -> int:
    from tidegate.journal import open_journal, policies_of  # noqa: PLC0415 - SQLAlchemy is slow to start

    try:
        # A journal that is not there is not made by looking at its queue.
        policies_of(url)
        journal = open_journal(url)
    except InputError as error:
        raise InputError(*map(say_server, error.faults)) from None
    except JournalUnavailable as error:
        raise _cannot_be_written(url, error) from None
    try:
        return carry_out_on_journal(journal, request, clock())
    except JournalUnavailable as error:
        raise _cannot_be_written(url, error) from None
    finally:
        journal.close()


def _cannot_be_written(url: str, error: JournalUnavailable) -> InputError:
    return InputError(Fault(url, f"the journal cannot be written: {error}", "Nothing was changed."))
