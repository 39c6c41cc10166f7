"""The engine: what is received is durable first, then decided.

One thread owns the journal and the rule. It takes all that waits, gives each
Alert a receipt instant and a number, writes them in one transaction, decides
them in that order, hands on what goes on, and answers those who wait. What was
decided is written with the next transaction: it can be decided again, so it
need not be durable before the answer.

Where a transaction fails nothing was decided. Those who wait are told so
(`NotDurable`), and the engine tries to reach the journal again by itself.

Where a promise of our own is broken the engine ends (`failure`): what it
remembers cannot be trusted any more, and the journal can. Another one takes up
from there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from threading import Condition, Thread
from typing import Any, Final, TypeVar

from tidegate.columnar.inventory import Inventory
from tidegate.operations.engine_options import EngineOptions
from tidegate.operations.engine_state import EngineState
from tidegate.operations.live import (
    Accepted,
    AcceptedBatch,
    Busy,
    Counters,
    DecisionWatcher,
    Draining,
    Incoming,
    IncomingBatch,
    IncomingResponse,
    LiveStorm,
    NotAccepted,
    NotDurable,
    PolicyReader,
    PolicyRecord,
    StormWatcher,
)
from tidegate.operations.live_journal import Journal, JournalUnavailable
from tidegate.operations.notes import AuditEntry, Note, Refusals
from tidegate.operations.outgoing import (
    DeliveryChange,
    NoOutbox,
    Outbox,
    OutgoingAlert,
    QueueLength,
    QueueQuery,
)
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import HOUR, Instant

_Answer = TypeVar("_Answer")

_OPTIONS: Final = EngineOptions()
_BUSY_RETRY_S: Final = 1
_OUTAGE_RETRY_S: Final = 5
_GONE: Final = "the journal cannot be written"


class Engine:
    """Takes Alerts from any thread; see the module for what it promises.

    clock:     Microseconds UTC; may go back, receipt instants do not.
    inventory: What the Devices are; needed where a policy has suppressions.
    failure:   What it ended by, where that was a fault of ours; whoever started it has to end then. Any thread may ask.
    """

    def __init__(
        self,
        journal: Journal,
        read_policy: PolicyReader,
        clock: Callable[[], Instant],
        *,
        inventory: Inventory | None = None,
        outbox: Outbox | None = None,
        watchers: Sequence[StormWatcher] = (),
        decision_watchers: Sequence[DecisionWatcher] = (),
        options: EngineOptions = _OPTIONS,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._options = options
        self._state = EngineState(
            journal, read_policy, inventory, outbox or NoOutbox(), watchers, options, decision_watchers
        )
        self._wakes = Condition()
        self._waiting: deque[_Task] = deque()
        self._waiting_alerts = 0
        self._is_draining = False
        self._is_stopping = False
        self._thread: Thread | None = None
        self._settled: list[DeliveryChange] = []
        self._notes: list[Note] = []
        self._refused: dict[str, int] = {}
        self._refused_in: dict[tuple[Instant, str], int] = {}
        self._is_down = False
        self._under_way: Sequence[_Task] = ()
        self.failure: Exception | None = None

    def start(self) -> None:
        """Take up where the journal ends, and begin.

        Raises:
            JournalUnavailable: it cannot be reached.
            InputError: a policy in it cannot be used.
        """
        assert self._thread is None
        self._state.recover(self._clock())
        self._thread = Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def submit(self, alerts: Sequence[Incoming]) -> Future[Sequence[Accepted]]:
        """Have some Alerts accepted, in order and all or none; from any thread.

        The future has what became of each once all are durable; or `NotDurable`, where nothing of them was kept
        (unless their answer alone was lost: a repeat is known by its ResponseID).

        Raises:
            Busy: as many wait as may.
            Draining: the engine is stopping.
        """
        future: Future[Sequence[Accepted]] = Future()
        self._enqueue(_Rows(alerts, future), len(alerts))
        return future

    def submit_batch(self, batch: IncomingBatch) -> Future[AcceptedBatch]:
        """Have a batch accepted, all of it or none, in one transaction; as `submit`."""
        future: Future[AcceptedBatch] = Future()
        self._enqueue(_Block(batch, future), len(batch))
        return future

    def keep(self, responses: Sequence[IncomingResponse]) -> Future[None]:
        """Have what some Service Responses say of credentials kept, all or none; as `submit`.

        What is said again under the same identifier is kept once.
        """
        future: Future[None] = Future()
        self._enqueue(_Said(responses, future), len(responses))
        return future

    async def accept(self, alerts: Sequence[Incoming]) -> Sequence[Accepted]:
        """`submit`, for those who await.

        Raises:
            NotAccepted: it was not (Busy, NotDurable, Draining).
        """
        return await asyncio.wrap_future(self.submit(alerts))

    def apply(self, record: PolicyRecord, audit: AuditEntry) -> Future[PolicyRecord]:
        """Put a policy in force: from `record.effective_from`, or from now where that is past.

        The future has the record as it is in the journal; or InputError, where it cannot be used.
        """
        return self._call(lambda: self._state.apply(record, audit, self._clock()))

    def end_policy(self, number: int, until: Instant, audit: AuditEntry) -> Future[Instant]:
        """Let a policy be in force no longer than until an instant, or now where that is past; the instant it is."""
        return self._call(lambda: self._state.end_policy(number, until, audit, self._clock()))

    def policies(self) -> Future[Sequence[PolicyRecord]]:
        """Every policy ever put in force, in the order they were recorded."""
        return self._call(lambda: tuple(self._state.records))

    def in_force(self) -> PolicyRecord | None:
        """The policy in force now."""
        return self._state.record_at(self._clock())

    def settle(self, change: DeliveryChange) -> None:
        """How a delivery stands now: written with the next transaction; from any thread."""
        with self._wakes:
            self._settled.append(change)

    def note(self, note: Note) -> None:
        """Record something with the next transaction; from any thread."""
        with self._wakes:
            self._notes.append(note)

    def refuse(self, reason: str, count: int = 1) -> None:
        """Count what was refused at the edge; from any thread. Reasons are few: they are labels of a metric."""
        hour = self._clock() // HOUR * HOUR
        with self._wakes:
            self._refused[reason] = self._refused.get(reason, 0) + count
            self._refused_in[hour, reason] = self._refused_in.get((hour, reason), 0) + count

    def queued(self, query: QueueQuery) -> Future[Sequence[OutgoingAlert]]:
        """Alerts to be delivered, as the journal has them."""
        return self._ask(lambda: self._journal.queue(query))

    def queue_lengths(self) -> Future[Sequence[QueueLength]]:
        """How many Alerts wait or are on the failed queue, by recipient."""
        return self._ask(self._journal.queue_lengths)

    def ask(self, question: Callable[[Journal], _Answer]) -> Future[_Answer]:
        """Ask the journal something, in the engine's thread: it must not take long, nor write."""
        return self._ask(lambda: question(self._journal))

    def running(self) -> Future[Sequence[LiveStorm]]:
        """The storms and amber spells running now, with what they came to so far."""
        return self._call(lambda: tuple(self._state.live.running()))

    def counters(self) -> Counters:
        """Totals, without asking the journal or waiting for the engine."""
        with self._wakes:
            refused, waiting = dict(self._refused), self._waiting_alerts
        return replace(self._state.counters, refused=refused, waiting=waiting)

    def totals_by_code(self) -> Future[Mapping[AlertCode, tuple[int, int, int]]]:
        """Received, throttled (by the rule, shadow or not) and excluded, of each Alert Code met."""
        return self._call(self._state.live.totals.by_code)

    @property
    def is_ready(self) -> bool:
        """Whether Alerts would be accepted now."""
        return self._thread is not None and not self._is_down and not self._is_draining

    def drain(self) -> None:
        """Take no more Alerts: from now on `submit` raises `Draining`. Deliveries are settled until `stop`."""
        with self._wakes:
            self._is_draining = True

    def stop(self, timeout_s: float | None = None) -> bool:
        """Finish what was taken, write what was decided, save what is remembered, and end.

        Where the journal cannot be written, it is tried once more and left as it is: all that was acknowledged
        is in it, and another start decides it again. Returns whether it has ended by then.
        """
        with self._wakes:
            self._is_draining = self._is_stopping = True
            self._wakes.notify_all()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _call(self, work: Callable[[], _Answer]) -> Future[_Answer]:
        future: Future[_Answer] = Future()
        self._enqueue(_Call(work, future), 0)
        return future

    def _ask(self, question: Callable[[], _Answer]) -> Future[_Answer]:
        def answer() -> _Answer:
            # What was decided or settled before the question is part of the answer.
            self._flush()
            return question()

        return self._call(answer)

    def _enqueue(self, task: _Task, alerts: int) -> None:
        with self._wakes:
            if self._is_stopping or (alerts and self._is_draining):
                raise Draining("the engine is stopping", _OUTAGE_RETRY_S)
            # A batch that is larger than all that may wait is taken where nothing waits.
            if alerts and self._waiting_alerts and self._waiting_alerts + alerts > self._options.most_waiting:
                raise Busy(f"{self._waiting_alerts} Alerts wait", _BUSY_RETRY_S)
            self._waiting.append(task)
            self._waiting_alerts += alerts
            if len(self._waiting) == 1:
                self._wakes.notify_all()

    def _run(self) -> None:
        try:
            self._turn_until_stopped()
        except Exception as error:  # noqa: BLE001 - the edge of the thread: whoever started it looks at `failure`
            self.failure = error
        # Also where a promise of our own was broken: nobody is left waiting, and nothing more is taken.
        with self._wakes:
            self._is_draining = self._is_stopping = True
        self._refuse_all(self._under_way, "the engine has ended", Draining)

    def _turn_until_stopped(self) -> None:
        is_last_try = False  # a full disk can be read, so that it is reached each time and never written
        while True:
            tasks = self._under_way = self._take()
            if self._is_down:
                self._is_down = not self._reaches_journal()
            if self._is_down:
                self._refuse_all(tasks, _GONE)
                if self._is_stopping:
                    return
                with self._wakes:
                    self._wakes.wait(self._options.reconnect_s)
                continue
            try:
                self._work(tasks)
                if self._is_stopping and not tasks:
                    self._flush()
                    self._state.save_whole_snapshot()
                    return
            except JournalUnavailable:
                self._is_down = True
                if is_last_try:
                    return
                is_last_try = self._is_stopping

    def _work(self, tasks: Sequence[_Task]) -> None:
        now = self._clock()
        if tasks and isinstance(tasks[0], _Call):
            tasks[0].run()
        elif tasks:
            self._accept(tasks, now)
        else:
            self._state.advance_to(now)
            self._flush()
        self._state.save_snapshot_part(now)
        self._state.prune_part(now)

    def _take(self) -> Sequence[_Task]:
        """What waits: one call, or Alerts up to the next call. Waits a little where nothing does."""
        options = self._options
        with self._wakes:
            if not self._waiting and not self._is_stopping:
                has_more = self._state.has_undurable or self._settled or self._notes or self._state.is_saving
                self._wakes.wait(options.linger_s if has_more else options.tick_s)
            taken: list[_Task] = []
            alerts = 0
            while self._waiting:
                task = self._waiting[0]
                if isinstance(task, _Call):
                    if not taken:
                        taken.append(self._waiting.popleft())
                    break
                if taken and alerts + len(task) > options.most_at_once:
                    break
                taken.append(self._waiting.popleft())
                alerts += len(task)
            return taken

    def _accept(self, tasks: Sequence[_Task], now: Instant) -> None:
        """Make durable, decide, answer."""
        begun = [task for task in tasks if task.begins()]
        submissions = [task for task in begun if isinstance(task, (_Rows, _Block))]
        said = [task for task in begun if isinstance(task, _Said)]
        responses = [each for task in said for each in task.given]
        try:
            given = [task.given for task in submissions]
            taken = self._state.take(given, now, *self._to_note(), responses)
        except JournalUnavailable:
            self._refuse_all(tasks, _GONE)
            raise
        with self._wakes:
            self._waiting_alerts -= sum(map(len, tasks))
        answers = self._state.decide(taken)
        for task, answer in zip(submissions, answers, strict=True):
            task.future.set_result(answer)
        for each_said in said:
            each_said.future.set_result(None)

    def _flush(self) -> None:
        """Write what was decided, settled and noted, if anything was."""
        settled, notes = self._to_note()
        self._state.flush(settled, notes)

    def _to_note(self) -> tuple[Sequence[DeliveryChange], Sequence[Note]]:
        with self._wakes:
            settled, self._settled = self._settled, []
            notes, self._notes = self._notes, []
            refused, self._refused_in = self._refused_in, {}
        notes += [Refusals(hour, reason, count) for (hour, reason), count in refused.items()]
        return settled, notes

    def _reaches_journal(self) -> bool:
        try:
            self._state.reconnect(self._clock())
        except JournalUnavailable:
            return False
        return True

    def _refuse_all(self, tasks: Sequence[_Task], why: str, refusal: type[NotAccepted] = NotDurable) -> None:
        """The journal or the engine is gone: whoever waits, or has come meanwhile, is told."""
        with self._wakes:
            waiting = [task for task in tasks if not task.future.done()]
            waiting += self._waiting
            self._waiting.clear()
            self._waiting_alerts = 0
        for task in waiting:
            task.fail(refusal(why, _OUTAGE_RETRY_S))


class _Task:
    """Something to be done in the engine's thread."""

    future: Future[Any]

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            try:
                self.future.set_exception(error)
            except InvalidStateError:  # it was cancelled meanwhile
                return

    def begins(self) -> bool:
        """Whether anyone still waits for it."""
        return self.future.set_running_or_notify_cancel()

    def __len__(self) -> int:
        return 0


@dataclass(slots=True)
class _Rows(_Task):
    given: Sequence[Incoming]
    future: Future[Any]

    def __len__(self) -> int:
        return len(self.given)


@dataclass(slots=True)
class _Block(_Task):
    given: IncomingBatch
    future: Future[Any]

    def __len__(self) -> int:
        return len(self.given)


@dataclass(slots=True)
class _Said(_Task):
    given: Sequence[IncomingResponse]
    future: Future[Any]

    def __len__(self) -> int:
        return len(self.given)


@dataclass(slots=True)
class _Call(_Task):
    work: Callable[[], Any]
    future: Future[Any]

    def run(self) -> None:
        """Do it; what goes wrong is the caller's, and where it is the journal, the engine's too."""
        if not self.begins():
            return
        try:
            self.future.set_result(self.work())
        except JournalUnavailable as error:
            self.future.set_exception(NotDurable(str(error), _OUTAGE_RETRY_S))
            raise
        except Exception as error:  # noqa: BLE001 - handed to the one who called
            self.future.set_exception(error)
