"""From Alerts that are durable and decided to what their senders are told, and to what goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import numpy as np

from tidegate.alert_storm.decision import Outcome
from tidegate.commissioning.evidence import Evidence
from tidegate.operations.live import Accepted, AcceptedBatch, Incoming, IncomingBatch
from tidegate.operations.live_journal import DecisionRow, EvidenceRow, JournalBlock, JournalRow, Known
from tidegate.operations.live_protection import LiveDecisions, Piece
from tidegate.operations.outgoing import OutgoingAlert
from tidegate.policy.mechanism import Mode
from tidegate.vocabulary.instants import Instant

Given: TypeAlias = "Sequence[Incoming] | IncomingBatch"
Answer: TypeAlias = "Sequence[Accepted] | AcceptedBatch"

_OUTCOMES: Final = tuple(Outcome)


@dataclass(slots=True)
class Taken:
    """Alerts that are durable: what was given, and the numbers they got.

    parts:    For each submission its rows, None standing for a repeat, or its block.
    repeats:  (submission, place): the answer of an Alert accepted before, or where the first one stands here.
    evidence: What was said of credentials, by Alerts that are new and by Service Responses.
    """

    parts: list[list[JournalRow | None] | JournalBlock] = field(default_factory=list)
    repeats: dict[tuple[int, int], Accepted | tuple[int, int]] = field(default_factory=dict)
    evidence: list[EvidenceRow] = field(default_factory=list)

    def rows(self) -> list[JournalRow]:
        """Its new rows."""
        return [row for part in self.parts if isinstance(part, list) for row in part if row is not None]

    def blocks(self) -> list[JournalBlock]:
        """Its blocks."""
        return [part for part in self.parts if isinstance(part, JournalBlock) and len(part)]


def answers_of(taken: Taken, made: LiveDecisions | None, first: int) -> list[Answer]:
    """What became of each Alert, as they were given; `made` is of the new ones, from number `first` on."""
    decided = _Answers(made, first)
    answers: list[Answer] = []
    for part in taken.parts:
        if isinstance(part, JournalBlock):
            answers.append(decided.of_block(part))
        else:
            # Repeats are filled in below.
            rows = [None if row is None else decided.of_row(row) for row in part]
            answers.append(rows)  # type: ignore[arg-type]
    for (number, place), answer in taken.repeats.items():
        if isinstance(answer, tuple):
            answer = answers[answer[0]][answer[1]]  # type: ignore[index]  # noqa: PLW2901
        answers[number][place] = replace(answer, is_repeat=True)  # type: ignore[index]
    return answers


def answer_of(known: Known) -> Accepted:
    """The answer of an Alert accepted before, as the journal has it."""
    decision = known.decision or DecisionRow(known.seq, Outcome.FORWARDED, 0, 0)
    return Accepted(
        known.seq,
        known.received_at,
        Outcome(decision.outcome),
        decision.throttled_alert_sequence_id,
        decision.throttled_alert_count,
        known.policy_version,
        known.mode,
    )


def block_of(batch: IncomingBatch, first_seq: int, at: Instant) -> JournalBlock:
    """A batch as the journal keeps it: all of it was received at one instant."""
    return JournalBlock(
        first_seq,
        np.full(len(batch), at, np.int64),
        batch.device_id,
        batch.alert_code,
        batch.recipient,
        batch.recipients,
        batch.originator,
    )


def evidence_of(identifier: str, said: Sequence[Evidence], at: Instant) -> list[EvidenceRow]:
    """What a document says of credentials as the journal keeps it: received when the document was."""
    return [EvidenceRow(identifier, place, row._replace(at=at)) for place, row in enumerate(said)]


def outgoing_of(taken: Taken, answers: Sequence[Answer]) -> list[OutgoingAlert]:
    """The new ones with a document that go on, in order; `answers` are those of `answers_of`."""
    outgoing = []
    for part, of_part in zip(taken.parts, answers, strict=True):
        if isinstance(part, JournalBlock) or isinstance(of_part, AcceptedBatch):
            continue
        for row, answer in zip(part, of_part, strict=True):
            if row is None or row.document is None or answer.is_held_back:
                continue
            # In shadow nothing was held back: there is nothing to tell.
            tells = answer.mode is not Mode.SHADOW
            outgoing.append(
                OutgoingAlert(
                    seq=row.seq,
                    received_at=row.received_at,
                    device_id=row.device_id,
                    alert_code=row.alert_code,
                    recipient=row.recipient,
                    response_id=row.response_id,
                    originator=row.originator,
                    outcome=answer.outcome,
                    throttled_alert_sequence_id=answer.throttled_alert_sequence_id if tells else 0,
                    throttled_alert_count=answer.throttled_alert_count if tells else 0,
                    document=row.document,
                )
            )
    return outgoing


class _Answers:
    """What became of each Alert of a batch that was decided together."""

    def __init__(self, made: LiveDecisions | None, first: int) -> None:
        self._made = made
        self._first = first
        self._pieces = list(made.pieces) if made is not None else []

    def of_row(self, row: JournalRow) -> Accepted:
        assert self._made is not None
        at = row.seq - self._first
        piece = self._piece(at)
        return Accepted(
            row.seq,
            row.received_at,
            _OUTCOMES[self._made.outcome[at]],
            int(self._made.throttled_alert_sequence_id[at]),
            int(self._made.throttled_alert_count[at]),
            piece.policy_version,
            piece.mode,
        )

    def of_block(self, block: JournalBlock) -> AcceptedBatch:
        if self._made is None or not len(block):
            none = np.zeros(0, np.uint32)
            return AcceptedBatch(
                block.first_seq, block.received_at, np.zeros(0, np.uint8), none, none, "", Mode.OFF
            )
        start = block.first_seq - self._first
        rows = slice(start, start + len(block))
        # All of one instant, and so of one policy.
        piece = self._piece(start)
        return AcceptedBatch(
            block.first_seq,
            block.received_at,
            self._made.outcome[rows],
            self._made.throttled_alert_sequence_id[rows],
            self._made.throttled_alert_count[rows],
            piece.policy_version,
            piece.mode,
        )

    def _piece(self, at: int) -> Piece:
        return next(piece for piece in self._pieces if piece.start <= at < piece.stop)
