"""Obligations: what a Device must have had done to it, each a small object that is asked of its evidence.

Service Requests are counted. What certainly succeeded is the least there can be
of them; with what may have succeeded (a timeout, an empty outcome that nothing
completed) it is the most. The obligation is met when the least is enough, unmet
when even the most is not, and cannot be told between the two. A failure adds to
neither, so it does not matter in which order attempts were made.

A check is a state: the latest news decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from tidegate.commissioning.evidence import (
    FUTURE_DATED,
    REPLACING,
    CredentialType,
    Evidence,
    Kind,
    Outcome,
    Role,
)
from tidegate.commissioning.finding import Finding, Reason
from tidegate.commissioning.registered import Registered
from tidegate.commissioning.truth import Truth
from tidegate.vocabulary.service_requests import ServiceReferenceVariant


@dataclass(frozen=True, slots=True)
class Proof:
    """What counts as proof.

    empty, timeout:         What an empty outcome that nothing completed, and a timeout, say of what was asked for.
    contradictory:          What checks of one instant that contradict each other say.
    nothing_sent:           What it says that nothing was sent, or too little, and nothing of it failed.
    not_checked:            What it says that there was no check, nor a read in its place.
    future_dated_outcomes:  8F66 and 8F67 complete an empty outcome that they can be of; one that can be of none
                            stands for a Command whose answer was not seen.
    registered:             A replacing Command counts only for the parties that are registered now.
    answers:                What a Device answers proves that it communicates.
    """

    empty: Truth = Truth.CANNOT_BE_TOLD
    timeout: Truth = Truth.CANNOT_BE_TOLD
    contradictory: Truth = Truth.CANNOT_BE_TOLD
    nothing_sent: Truth = Truth.UNMET
    not_checked: Truth = Truth.CANNOT_BE_TOLD
    future_dated_outcomes: bool = True
    registered: bool = True
    answers: bool = True


class Seen(NamedTuple):
    """All that obligations may ask: a Device's evidence, oldest first, and who is registered for it.

    rows:   No two are the same.
    cells:  What is found of each Trust Anchor Cell of the criteria, by role.
    """

    rows: Sequence[Evidence]
    registered: Registered
    proof: Proof
    cells: Callable[[Role], Finding]


@dataclass(frozen=True, slots=True)
class ServiceRequests:
    """So many successes of one of some Service Reference Variants.

    any_of:                The variants, the one that the Code names first.
    at_least:              How many successes.
    each_credential_type:  Successes of one credential type count once: `at_least` must be of different ones.
                           One whose type is not said counts for one of its own.
    device_types:          Asked of Devices of these types, and of one whose type is not known; empty: of every.
    clause:                Where the Code asks it.
    """

    name: str
    any_of: tuple[ServiceReferenceVariant, ...]
    at_least: int = 1
    each_credential_type: bool = False
    device_types: frozenset[str] = frozenset()
    clause: str = field(default="", compare=False)

    def find(self, seen: Seen) -> Finding:
        """Whether it is met."""
        proof = seen.proof
        told = [row for row in seen.rows if self._is_told_by(row, proof)]
        ours = [row for row in told if not (proof.registered and _is_anothers(row, seen.registered))]
        succeeded = [row for row in ours if row.outcome is Outcome.SUCCESS]
        if self._count(succeeded) >= self.at_least:
            return Finding(self.name, Truth.MET, self._how(succeeded), tuple(succeeded))

        failed = [row for row in ours if row.outcome is Outcome.FAILURE]
        empty = not_completed(ours)
        timed_out = [row for row in ours if row.outcome is Outcome.TIMEOUT]
        doubtful = [
            row
            for rows, says in ((empty, proof.empty), (timed_out, proof.timeout))
            if says is Truth.CANNOT_BE_TOLD
            for row in rows
        ]
        if doubtful and self._count([*succeeded, *doubtful]) >= self.at_least:
            is_empty = any(row.outcome is Outcome.EMPTY for row in doubtful)
            return Finding(
                self.name,
                Truth.CANNOT_BE_TOLD,
                Reason.EMPTY if is_empty else Reason.TIMED_OUT,
                tuple(sorted(doubtful)),
            )
        if failed:
            return Finding(self.name, Truth.UNMET, Reason.FAILED, tuple(failed))
        if empty and proof.empty is Truth.UNMET:
            return Finding(self.name, Truth.UNMET, Reason.EMPTY, tuple(empty))
        if timed_out and proof.timeout is Truth.UNMET:
            return Finding(self.name, Truth.UNMET, Reason.TIMED_OUT, tuple(timed_out))
        if others := [row for row in told if row not in ours and row.outcome is Outcome.SUCCESS]:
            return Finding(self.name, proof.nothing_sent, Reason.FOR_ANOTHER_PARTY, tuple(others))
        if ours:
            return Finding(self.name, proof.nothing_sent, Reason.TOO_FEW, tuple(ours))
        return Finding(self.name, proof.nothing_sent, Reason.NOTHING_SENT)

    def _is_told_by(self, row: Evidence, proof: Proof) -> bool:
        if row.kind is Kind.SRV_RESPONSE:
            return row.srv in self.any_of
        if row.kind is not Kind.FUTURE_DATED_OUTCOME or not proof.future_dated_outcomes:
            return False
        if row.srv:
            return row.srv in self.any_of and row.srv in REPLACING
        return any(srv in FUTURE_DATED for srv in self.any_of)

    def _count(self, rows: Sequence[Evidence]) -> int:
        if not self.each_credential_type:
            return len(rows)
        said = {row.credential_type for row in rows} - {CredentialType.NOT_SAID}
        return len(said) + sum(row.credential_type is CredentialType.NOT_SAID for row in rows)

    def _how(self, succeeded: Sequence[Evidence]) -> Reason:
        """How it is met: as the Code names it, if that is enough."""
        by_name = [row for row in succeeded if row.kind is Kind.SRV_RESPONSE and row.srv == self.any_of[0]]
        if self._count(by_name) >= self.at_least:
            return Reason.SUCCEEDED
        by_response = [row for row in succeeded if row.kind is Kind.SRV_RESPONSE]
        if self._count(by_response) >= self.at_least:
            return Reason.BY_ALTERNATIVE
        return Reason.BY_FUTURE_DATED_OUTCOME


@dataclass(frozen=True, slots=True)
class Communicates:
    """The Device communicates: the latest check says so, or the Device itself by answering since."""

    name: str
    device_types: frozenset[str] = frozenset()
    clause: str = field(default="", compare=False)

    def find(self, seen: Seen) -> Finding:
        """Whether it is met."""
        proof = seen.proof
        news = [
            row
            for row in seen.rows
            if row.kind is Kind.COMMUNICATION_CHECK or (proof.answers and row.is_answer)
        ]
        if not news:
            return Finding(self.name, proof.not_checked, Reason.NOT_CHECKED)
        latest = [row for row in news if row.at == news[-1].at]
        answers = [row for row in latest if row.kind is not Kind.COMMUNICATION_CHECK]
        checks = [row for row in latest if row.kind is Kind.COMMUNICATION_CHECK]
        said = {row.outcome for row in checks}
        rows = tuple(latest)
        if Outcome.FAILURE in said:
            if answers or Outcome.SUCCESS in said:
                return Finding(self.name, proof.contradictory, Reason.CONTRADICTORY, rows)
            return Finding(self.name, Truth.UNMET, Reason.FAILED, rows)
        if Outcome.SUCCESS in said:
            return Finding(self.name, Truth.MET, Reason.SUCCEEDED, rows)
        if answers:
            return Finding(self.name, Truth.MET, Reason.ANSWERED, rows)
        if Outcome.EMPTY in said:
            return Finding(self.name, proof.empty, Reason.EMPTY, rows)
        return Finding(self.name, proof.timeout, Reason.TIMED_OUT, rows)


@dataclass(frozen=True, slots=True)
class CellPopulated:
    """A role's Trust Anchor Cells hold what they should: as the DSP checked, or as they were read."""

    name: str
    role: Role
    device_types: frozenset[str] = frozenset()
    clause: str = field(default="", compare=False)

    def find(self, seen: Seen) -> Finding:
        """Whether it is met."""
        cell = seen.cells(self.role)
        truth = cell.truth
        if cell.reason is Reason.CONTRADICTORY:
            truth = seen.proof.contradictory
        elif cell.reason is Reason.NOT_READ:
            return Finding(self.name, seen.proof.not_checked, Reason.NOT_CHECKED)
        return Finding(self.name, truth, cell.reason, cell.rows)


Obligation: TypeAlias = ServiceRequests | Communicates | CellPopulated


def _is_anothers(row: Evidence, registered: Registered) -> bool:
    return row.is_replacing and registered.is_for_another(row)


def not_completed(rows: Iterable[Evidence]) -> list[Evidence]:
    """The empty outcomes that no later 8F66 or 8F67 completed; each completes the latest before it that it can be of."""
    waiting: list[Evidence] = []
    for row in rows:
        if row.kind is Kind.FUTURE_DATED_OUTCOME:
            of = next((each for each in reversed(waiting) if _may_be_of(row, each)), None)
            if of is not None:
                waiting.remove(of)
        elif row.outcome is Outcome.EMPTY:
            waiting.append(row)
    return waiting


def _may_be_of(later: Evidence, sent: Evidence) -> bool:
    """Whether an 8F66 or 8F67 may be the outcome of what was sent: neither says that it is of another."""
    if sent.srv not in ((later.srv,) if later.srv else FUTURE_DATED):
        return False
    roles = {later.role_replaced, sent.role_replaced} - {Role.NOT_SAID}
    return len(roles) <= 1
