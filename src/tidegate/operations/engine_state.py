"""What the engine knows, and each thing it does to it; used by one thread, the engine's.

What is to be written and was not yet (`_decided`, `_deliveries`, `_notes`) is
let go of only once it is durable, so that a failed transaction loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tidegate.alert_storm.decision import Outcome
from tidegate.columnar.batches import AlertBatch
from tidegate.columnar.inventory import Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.engine_answers import (
    Answer,
    Given,
    Taken,
    answer_of,
    answers_of,
    block_of,
    evidence_of,
    outgoing_of,
)
from tidegate.operations.engine_counting import counted, counted_anew
from tidegate.operations.engine_options import EngineOptions
from tidegate.operations.engine_saving import EngineSaving
from tidegate.operations.live import (
    Accepted,
    Counters,
    DecisionWatcher,
    IncomingBatch,
    IncomingResponse,
    LiveStorm,
    PolicyReader,
    PolicyRecord,
    StormWatcher,
)
from tidegate.operations.live_journal import (
    Decided,
    DecisionRow,
    Entry,
    Journal,
    JournalBlock,
    JournalRow,
    JournalUnavailable,
    OutboxRow,
)
from tidegate.operations.live_protection import LiveDecisions, LiveProtection
from tidegate.operations.live_snapshot import StaleSnapshotError
from tidegate.operations.notes import AuditEntry, Note
from tidegate.operations.outgoing import DeliveryChange, Outbox
from tidegate.operations.policy_timeline import in_force, timeline
from tidegate.policy.mechanism import Mode
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant


class EngineState:
    """All that the engine's thread works on.

    live:      The rule, running.
    records:   Every policy ever put in force.
    counters:  Totals; replaced as a whole, so that any thread may read them.
    """

    def __init__(
        self,
        journal: Journal,
        read_policy: PolicyReader,
        inventory: Inventory | None,
        outbox: Outbox,
        watchers: Sequence[StormWatcher],
        options: EngineOptions,
        decision_watchers: Sequence[DecisionWatcher] = (),
    ) -> None:
        self._journal = journal
        self._read_policy = read_policy
        self._inventory = inventory
        self._outbox = outbox
        self._watchers = watchers
        self._decision_watchers = decision_watchers
        self._saving = EngineSaving(journal, options)
        self.records: Sequence[PolicyRecord] = ()
        self.live = LiveProtection(timeline((), read_policy))
        self.counters = Counters(0, 0, 0, 0, 0, 0, {}, 0)
        self._entry = 0
        self._last_seq = 0
        self._decided = Decided()
        self._deliveries: list[DeliveryChange] = []
        self._notes: list[Note] = []
        self._attempt: tuple[Entry, Taken] | None = None
        self._undurable: dict[int, Accepted] = {}
        self._deciding: tuple[str, Mode] | None = None

    @property
    def has_undurable(self) -> bool:
        """Whether something was decided, settled or noted that is not written yet."""
        decided = self._decided
        return bool(
            decided.rows
            or decided.outbox
            or decided.without_document
            or decided.storms
            or decided.through_seq
            or self._deliveries
            or self._notes
        )

    @property
    def is_saving(self) -> bool:
        """Whether a snapshot is being written, or Alerts are let go of."""
        return self._saving.is_saving or self._saving.is_pruning

    def record_at(self, at: Instant) -> PolicyRecord | None:
        """The policy in force at an instant; any thread may ask."""
        return in_force(self.records, at)

    # Taking up, and taking up again.

    def recover(self, now: Instant) -> None:
        """Take up where the journal ends: what was lost is decided again.

        Raises:
            JournalUnavailable: it cannot be reached.
            InputError: a policy in it cannot be used.
        """
        journal = self._journal
        state = journal.state()
        self.records = tuple(journal.policies())
        periods = timeline(self.records, self._read_policy)
        snapshot = journal.last_snapshot()
        seq, live = 0, LiveProtection(periods, self._inventory)
        if snapshot is not None and snapshot.seq <= state.last_seq:
            try:
                seq, live = snapshot.seq, LiveProtection.restored(snapshot.state, periods, self._inventory)
            except StaleSnapshotError:
                seq = 0
        self.live = live
        self._entry, self._last_seq = state.entry, state.last_seq
        self._decided, self._attempt, self._undurable, self._deciding = Decided(), None, {}, None
        self._saving.take_up(snapshot, state.last_seq - seq, now)
        running = {_key(it) for it in journal.storms_running()}
        outgoing = journal.outgoing_after(state.decided_seq, state.last_seq)
        for block in journal.after(seq):
            known = max(0, min(len(block), state.decided_seq - block.first_seq + 1))
            for start, stop in ((0, known), (known, len(block))):
                if start == stop:
                    continue
                made = live.decide(self._batch_of_block(block).slice(start, stop))
                is_new = start == known
                started = made.started if is_new else ()
                running.update(map(_key, started))
                ended = [it for it in made.ended if _key(it) in running]
                first = block.first_seq + start
                recipients = (
                    {seq: outgoing[seq] for seq in range(first, first + stop - start) if seq in outgoing}
                    if is_new and outgoing
                    else {}
                )
                if is_new:
                    self._note_decisions(made, first, recipients)
                self._tell(started, ended)
        self.counters = counted_anew(self.counters, live.totals)
        ended = live.advance_to(max(now, live.now, state.last_at or BEFORE_ALL))
        self._tell((), [it for it in ended if _key(it) in running])
        self.flush((), ())

    def reconnect(self, now: Instant) -> None:
        """The journal was gone: see what it has, and go on.

        Raises:
            JournalUnavailable: it still is.
        """
        state = self._journal.state()
        attempt = self._attempt
        if attempt is not None and state.entry == attempt[0].number:
            # It had become durable: only the word of it was lost. The callers were told that it had not.
            self._attempt = None
            self._is_written(attempt[0])
            self.decide(attempt[1])
        elif state.entry != self._entry or state.last_seq != self._last_seq:
            # Another journal than the one that was lost, such as a backup of it.
            self.recover(now)
            return
        self._attempt = None
        records = tuple(self._journal.policies())
        if records != self.records:
            self.live.put_in_force(timeline(records, self._read_policy))
            self.records = records

    # Taking and deciding.

    def take(
        self,
        given: Sequence[Given],
        now: Instant,
        settled: Sequence[DeliveryChange],
        notes: Sequence[Note],
        responses: Sequence[IncomingResponse] = (),
    ) -> Taken:
        """Make Alerts and what Responses say durable, and with them what was decided, settled and noted before.

        Raises:
            JournalUnavailable: they are not.
        """
        self._deliveries += settled
        self._notes += notes
        at = max(now, self.live.now)
        ids = [it.response_id for part in given if not isinstance(part, IncomingBatch) for it in part]
        # Their answers now: what of them is not durable yet soon will be, and is forgotten here then.
        known = {
            response_id: self._undurable.get(it.seq) or answer_of(it)
            for response_id, it in self._journal.known({it for it in ids if it is not None}).items()
        }
        taken = Taken()
        first_here: dict[str, tuple[int, int]] = {}
        seq = self._last_seq
        for number, part in enumerate(given):
            if isinstance(part, IncomingBatch):
                taken.parts.append(block_of(part, seq + 1, at))
                seq += len(part)
                continue
            rows: list[JournalRow | None] = []
            for place, it in enumerate(part):
                repeated = known.get(it.response_id or "") or first_here.get(it.response_id or "")
                if repeated is not None:
                    taken.repeats[number, place] = repeated
                    rows.append(None)
                    continue
                seq += 1
                if it.response_id is not None:
                    first_here[it.response_id] = (number, place)
                    if it.evidence:
                        taken.evidence += evidence_of(it.response_id, it.evidence, at)
                rows.append(
                    JournalRow(
                        seq,
                        at,
                        it.device_id,
                        it.alert_code,
                        it.recipient,
                        it.response_id,
                        it.originator,
                        it.document,
                    )
                )
            taken.parts.append(rows)
        for response in responses:
            taken.evidence += evidence_of(response.identifier, response.evidence, at)
        if seq > self._last_seq or taken.evidence:
            self._write(taken)
        return taken

    def decide(self, taken: Taken) -> list[Answer]:
        """Decide Alerts that are durable, hand on what goes on; what became of each, as they were given."""
        batches, rows = self._batches_of(taken), taken.rows()
        if not batches:
            made, first = None, 0
        else:
            batch = AlertBatch.concatenate(batches)
            first = self._last_seq + 1
            self._last_seq += len(batch)
            made = self.live.decide(batch)
            self._note_decisions(
                made, first, {row.seq: row.recipient for row in rows if row.document is not None}
            )
            self._saving.decided(len(batch))
            self.counters = counted(self.counters, made)
        answers = answers_of(taken, made, first)
        if made is not None:
            self._outbox.put(outgoing_of(taken, answers))
            self._tell(made.started, made.ended)
            for watcher in self._decision_watchers:
                watcher.decided(batch, made.outcome, self.live.recipients)
        for part, of_part in zip(taken.parts, answers, strict=True):
            if not isinstance(part, JournalBlock):
                for row, answer in zip(part, of_part, strict=True):  # type: ignore[arg-type]
                    if row is not None and row.response_id is not None:
                        self._undurable[row.seq] = answer
        if taken.repeats:
            self.counters = replace(self.counters, repeats=self.counters.repeats + len(taken.repeats))
        return answers

    def advance_to(self, now: Instant) -> None:
        """Time has passed: storms may have ended, another policy may be in force."""
        self._tell((), self.live.advance_to(max(now, self.live.now)))
        for watcher in self._decision_watchers:
            watcher.advance_to(self.live.now)

    def flush(self, settled: Sequence[DeliveryChange], notes: Sequence[Note]) -> None:
        """Write what was decided, settled and noted, if anything was.

        Raises:
            JournalUnavailable: it is not written; it is kept.
        """
        self._deliveries += settled
        self._notes += notes
        if self.has_undurable:
            self._write(Taken())

    # Policies.

    def apply(self, record: PolicyRecord, audit: AuditEntry, now: Instant) -> PolicyRecord:
        """Put a policy in force; decisions already made stand.

        Raises:
            InputError: it cannot be used.
            JournalUnavailable: nothing was changed.
        """
        since = max(record.effective_from, self.live.now + 1)
        record = replace(record, id=len(self.records) + 1, effective_from=since, recorded_at=now)
        if record.until is not None and record.until <= since:
            raise InputError(
                Fault(record.version, "it would be over before it is in force", "Let it end later.")
            )
        self._change([*self.records, record], lambda: self._journal.put_policy(record, audit))
        return record

    def end_policy(self, number: int, until: Instant, audit: AuditEntry, now: Instant) -> Instant:
        """Let a policy end at an instant, or as soon as may be; returns when.

        Raises:
            InputError: there is none of that number.
            JournalUnavailable: nothing was changed.
        """
        if not 1 <= number <= len(self.records):
            raise InputError(
                Fault(f"policy {number}", "there is none of that number", "See the list of them.")
            )
        until = max(until, now, self.live.now + 1)
        records = [replace(it, until=until) if it.id == number else it for it in self.records]
        self._change(records, lambda: self._journal.end_policy(number, until, audit))
        return until

    def _change(self, records: Sequence[PolicyRecord], write: Callable[[], object]) -> None:
        before = timeline(self.records, self._read_policy)
        self.live.put_in_force(timeline(records, self._read_policy))
        try:
            write()
        except JournalUnavailable:
            self.live.put_in_force(before)
            raise
        self.records = tuple(records)

    # Snapshots.

    def save_snapshot_part(self, now: Instant) -> None:
        """Write a part of a snapshot where one is under way, or begin one where it is time."""
        if self._saving.is_saving:
            self._saving.save_part()
        elif self._saving.is_due(now):
            self._begin_snapshot(now)

    def prune_part(self, now: Instant) -> None:
        """Let go of some Alerts that are older than they need to be, where there are any."""
        self._saving.prune_part(self._last_seq, now)

    def save_whole_snapshot(self) -> None:
        """Save what is remembered, now."""
        self._save_begun()
        if self._saving.has_unsaved:
            self._begin_snapshot(self.live.now)
        self._save_begun()

    def _save_begun(self) -> None:
        while self._saving.is_saving:
            self._saving.save_part()

    def _begin_snapshot(self, now: Instant) -> None:
        # Decisions up to it must be durable: those before a snapshot are never made again.
        self.flush((), ())
        self._saving.begin(self.live.snapshot(), self._last_seq, now)

    # Within.

    def _write(self, taken: Taken) -> None:
        if self._last_seq:
            self._decided.through_seq = self._last_seq
        entry = Entry(
            self._entry + 1,
            taken.rows(),
            taken.blocks(),
            self._decided if self._last_seq else None,
            tuple(self._deliveries),
            tuple(self._notes),
            taken.evidence,
        )
        self._attempt = (entry, taken)
        self._journal.append(entry)
        self._attempt = None
        self._is_written(entry)

    def _is_written(self, entry: Entry) -> None:
        self._entry = entry.number
        self._decided = Decided()
        self._undurable = {}
        del self._deliveries[: len(entry.deliveries)]
        del self._notes[: len(entry.notes)]

    def _batches_of(self, taken: Taken) -> list[AlertBatch]:
        batches = []
        for part in taken.parts:
            if isinstance(part, JournalBlock):
                if len(part):
                    batches.append(self._batch_of_block(part))
            elif rows := [row for row in part if row is not None]:
                batches.append(self._batch_of_rows(rows))
        return batches

    def _batch_of_rows(self, rows: Sequence[JournalRow]) -> AlertBatch:
        number_of = self.live.recipients.number_of
        return AlertBatch(
            np.array([row.received_at for row in rows], np.int64),
            np.array([row.device_id for row in rows], np.uint64),
            np.array([row.alert_code for row in rows], np.uint32),
            np.array([number_of(row.recipient) for row in rows], np.uint32),
        )

    def _batch_of_block(self, block: JournalBlock) -> AlertBatch:
        numbers = np.array([self.live.recipients.number_of(name) for name in block.recipients], np.uint32)
        return AlertBatch(block.received_at, block.device_id, block.alert_code, numbers[block.recipient])

    def _note_decisions(self, made: LiveDecisions, first: int, recipients: Mapping[int, str]) -> None:
        """Keep what is to be written; `recipients` are those of the Alerts that have a document."""
        decided = self._decided
        is_throttled = (made.outcome == Outcome.THROTTLED).tolist() if recipients else ()
        told = np.flatnonzero((made.outcome != Outcome.FORWARDED) | (made.throttled_alert_count > 0))
        columns = (
            (first + told).tolist(),
            made.outcome[told].tolist(),
            made.throttled_alert_sequence_id[told].tolist(),
            made.throttled_alert_count[told].tolist(),
        )
        decided.rows += map(DecisionRow, *columns)
        for piece in made.pieces:
            if (piece.policy_version, piece.mode) != self._deciding:
                self._deciding = (piece.policy_version, piece.mode)
                decided.versions.append((first + piece.start, piece.policy_version, piece.mode))
            if not recipients:
                continue
            holds_back = piece.mode is Mode.ENFORCED
            for seq in range(first + piece.start, first + piece.stop):
                recipient = recipients.get(seq)
                if recipient is None:
                    continue
                if holds_back and is_throttled[seq - first]:
                    decided.without_document.append(seq)
                else:
                    decided.outbox.append(OutboxRow(seq, recipient))
        decided.through_seq = first + len(made.outcome) - 1

    def _tell(self, started: Sequence[LiveStorm], ended: Sequence[LiveStorm]) -> None:
        if started or ended:
            self._decided.storms += [*started, *ended]
            for watcher in self._watchers:
                watcher.storms(started, ended)


def _key(it: LiveStorm) -> tuple[object, ...]:
    return it.storm.stream, it.storm.level, it.storm.started_at
