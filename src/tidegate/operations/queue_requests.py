"""What a person wants of the queue, as a value: by a command on a journal, or over HTTP of a gateway that runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

from tidegate.operations.delivery_book import WITHOUT_METADATA
from tidegate.operations.live_journal import Entry, Journal
from tidegate.operations.notes import AuditEntry
from tidegate.operations.outgoing import DeliveryChange, DeliveryState, OutgoingAlert, QueueQuery
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Duration, Instant

PAGE: Final = 1_000


class QueueAction(StrEnum):
    """What is done to Alerts on the queue."""

    RETRY = "retry"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class QueueSelection:
    """Which Alerts; each that is given narrows it.

    recipient:      EUI-64 text or name of the User.
    code:           Alert Code, as text.
    older_than_us:  Received longer ago than that.
    state:          "waiting" or "failed_queue"; None: both.
    seqs:           Their numbers in the journal.
    """

    recipient: str | None = None
    code: str | None = None
    older_than_us: Duration | None = None
    state: str | None = None
    seqs: tuple[int, ...] = ()

    @property
    def is_all(self) -> bool:
        """Nothing narrows it."""
        return self == QueueSelection()

    def query(self, after_seq: int) -> QueueQuery:
        """What the journal is asked for, a page of it, without documents."""
        state = None if self.state is None else DeliveryState[self.state.upper()]
        return QueueQuery(state, self.recipient, after_seq, PAGE, has_documents=False)

    def chosen(self, page: Iterable[OutgoingAlert], now: Instant) -> list[OutgoingAlert]:
        """Those of a page that are meant."""
        code = None if self.code is None else parse_alert_code(self.code)
        seqs = frozenset(self.seqs)
        return [
            alert
            for alert in page
            if (code is None or alert.alert_code == code)
            and (self.older_than_us is None or alert.received_at < now - self.older_than_us)
            and (not seqs or alert.seq in seqs)
        ]


@dataclass(frozen=True, slots=True)
class QueueRequest:
    """What is to be done, to which Alerts, by whom and why.

    without_metadata:  Of a retry: without ThrottledAlertCount from now on.
    """

    action: QueueAction
    selection: QueueSelection
    who: str
    reason: str
    without_metadata: bool = False

    def audit(self, now: Instant, alerts: int) -> AuditEntry:
        """The line of the audit log."""
        given = {name: value for name, value in asdict(self.selection).items() if value not in {None, ()}}
        details: dict[str, object] = {"alerts": alerts, "reason": self.reason, "selection": given or "all"}
        if self.without_metadata:
            details["without_metadata"] = True
        return AuditEntry(now, self.who, f"queue.{self.action}", details)


def checked_selection(selection: QueueSelection) -> QueueSelection:
    """A selection that can be made.

    Raises:
        InputError: it cannot; carries everything wrong with it.
    """
    faults = list(_faults_of_selection(selection))
    if faults:
        raise InputError(*faults)
    return selection


def checked(request: QueueRequest) -> QueueRequest:
    """A request that can be carried out.

    Raises:
        InputError: it cannot; carries everything wrong with it.
    """
    faults = list(_faults_of_selection(request.selection))
    if not request.who.strip():
        faults.append(Fault("--by", "a change of the queue needs its author", "Write who asks for it."))
    if request.action is QueueAction.DROP:
        if not request.reason.strip():
            faults.append(
                Fault("--reason", "Alerts are dropped for a reason", "Write why: the audit log has it.")
            )
        if request.without_metadata:
            faults.append(Fault("--without-metadata", "is about sending again", "Leave it out."))
    if faults:
        raise InputError(*faults)
    return request


def carry_out_on_journal(journal: Journal, request: QueueRequest, now: Instant) -> int:
    """Do it to a journal that no engine uses; how many Alerts it was done to.

    All of it is one transaction, and so is the line of the audit log.

    Raises:
        JournalUnavailable: the journal cannot be written; nothing was changed.
    """
    changes = [
        _change(alert, request, now)
        for page in _pages(journal, request.selection)
        for alert in request.selection.chosen(page, now)
    ]
    number = journal.state().entry + 1
    journal.append(Entry(number, deliveries=changes, notes=(request.audit(now, len(changes)),)))
    return len(changes)


def request_as_json(request: QueueRequest) -> dict[str, object]:
    """A request as plain data."""
    return {**asdict(request), "action": str(request.action)}


def request_from_json(body: object, who: str) -> QueueRequest:
    """The request of plain data, made by `who`, whatever it says itself.

    Raises:
        InputError: it is none; carries everything wrong with it.
    """
    if not isinstance(body, Mapping):
        raise InputError(Fault("the body", "it is no request", 'Write {"action": "retry"}.'))
    actions = [str(action) for action in QueueAction]
    if body.get("action") not in actions:
        raise InputError(Fault("action", "it is no action", f"Write {' or '.join(actions)}."))
    selection = body.get("selection", {})
    if not isinstance(selection, Mapping):
        raise InputError(Fault("selection", "it is no table", "Write {} for all."))
    faults = list(_faults(body, {"action", "selection", "who", "reason", "without_metadata"}, ""))
    faults += _faults(selection, {field.name for field in fields(QueueSelection)}, "selection.")
    if faults:
        raise InputError(*faults)
    chosen = QueueSelection(**{**selection, "seqs": tuple(selection.get("seqs") or ())})
    said = str(body.get("who") or "").strip()
    # As `policy_requests.by_caller`: who asks is not only what it says.
    by = f"{said} ({who})" if said else who
    return checked(
        QueueRequest(
            QueueAction(body["action"]),
            chosen,
            by,
            str(body.get("reason") or ""),
            bool(body.get("without_metadata", False)),
        )
    )


def _faults_of_selection(selection: QueueSelection) -> Iterator[Fault]:
    if selection.code is not None:
        try:
            parse_alert_code(selection.code)
        except ValueError as error:
            what, _, remedy = str(error).partition(": write ")
            yield Fault("--code", what, f"Write {remedy}." if remedy else "")
    if selection.state is not None and selection.state not in {"waiting", "failed_queue"}:
        yield Fault("--state", f"{selection.state!r} is no state", "Write waiting or failed_queue.")


_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "recipient": (str, type(None)),
    "code": (str, type(None)),
    "state": (str, type(None)),
    "older_than_us": (int, type(None)),
    "seqs": (list, tuple),
    "who": (str,),
    "reason": (str,),
    "without_metadata": (bool,),
}


def _faults(table: Mapping[str, Any], known: set[str], where: str) -> Iterator[Fault]:
    for name, value in table.items():
        if name not in known:
            yield Fault(f"{where}{name}", "is not known", f"Write {', '.join(sorted(known))}.")
        elif name in _TYPES and not isinstance(value, _TYPES[name]):
            yield Fault(f"{where}{name}", f"{value!r} is not of its type")
        elif name == "seqs" and not all(isinstance(seq, int) for seq in value):
            yield Fault(f"{where}{name}", "are no numbers", "Write [1, 2].")


def _pages(journal: Journal, selection: QueueSelection) -> Iterator[Sequence[OutgoingAlert]]:
    after = 0
    while True:
        page = journal.queue(selection.query(after))
        yield page
        if len(page) < PAGE:
            return
        after = page[-1].seq


def _change(alert: OutgoingAlert, request: QueueRequest, now: Instant) -> DeliveryChange:
    stands = DeliveryChange(alert.seq, alert.state, alert.attempts, alert.first_attempt_at)
    if request.action is QueueAction.DROP:
        return replace(stands, state=DeliveryState.DROPPED, settled_at=now, reason=request.reason)
    again = WITHOUT_METADATA if request.without_metadata else ""
    return replace(stands, state=DeliveryState.WAITING, next_attempt_at=now, reason=again)
