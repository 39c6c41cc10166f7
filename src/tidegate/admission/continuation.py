"""What continues something admitted, so that nothing is stranded half way.

A Critical Service Request comes twice: the Transform, then the signed
pre-command under the same RequestID. A request in a sequence names the one it
follows. Once the first is admitted, the others are: else a Device would be left
half commissioned (SECMP0067, E.ON).

A RequestID has one pre-command: what comes under it a third time is judged as
any other. What is admitted once may be continued `longest_sequence` times in all,
by its own User, each within `continues_within` of the one it continues. So no one
can have requests without end let in behind a single one, and only what was
admitted within that time is remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeAlias

from tidegate.admission.decision import Reason
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.service_requests import ServiceRequest

_Key: TypeAlias = tuple[str, str]


class Sequence:
    """What was admitted once with all that continues it; `left` is how often it may still be continued."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class Sequences:
    """The requests admitted of late, by User and RequestID, and the sequences of those that were continued."""

    def __init__(self) -> None:
        self._admitted: OrderedDict[_Key, Instant] = OrderedDict()
        self._sequence_of: dict[_Key, Sequence] = {}
        self._completed: set[_Key] = set()

    def take_up(self, request: ServiceRequest, longest: int) -> tuple[Reason, Sequence] | None:
        """What a request continues, if anything that may still be continued, of `longest` times in all; it is done then."""
        key = request.user, request.request_id
        if (
            key in self._admitted
            and key not in self._completed
            and (sequence := self._of(key, longest)).left > 0
        ):
            self._completed.add(key)
            sequence.left -= 1
            return Reason.PRE_COMMAND, sequence
        if request.preceding_request_id:
            key = request.user, request.preceding_request_id
            if key in self._admitted and (sequence := self._of(key, longest)).left > 0:
                sequence.left -= 1
                return Reason.SEQUENCE, sequence
        return None

    def remember(self, request: ServiceRequest, sequence: Sequence | None) -> None:
        """A request was admitted, as part of a sequence or alone; one that is remembered already stays as it is."""
        key = request.user, request.request_id
        if key not in self._admitted:
            self._admitted[key] = request.at
            if sequence is not None:
                self._sequence_of[key] = sequence

    def withdraw(self, user: str, request_id: str) -> None:
        """What was admitted was not done after all: nothing continues it."""
        self._admitted.pop((user, request_id), None)
        self._drop((user, request_id))

    def reopen(self, user: str, request_id: str) -> None:
        """A pre-command was not done after all: it may come once more."""
        self._completed.discard((user, request_id))

    def forget(self, until: Instant) -> None:
        """Forget what was admitted at an instant or before."""
        admitted = self._admitted
        while admitted:
            key = next(iter(admitted))
            if admitted[key] > until:
                return
            del admitted[key]
            self._drop(key)

    def _drop(self, key: _Key) -> None:
        self._sequence_of.pop(key, None)
        self._completed.discard(key)

    def _of(self, key: _Key, longest: int) -> Sequence:
        """The sequence of what was admitted; few are ever continued, so each is made when it is."""
        sequence = self._sequence_of.get(key)
        if sequence is None:
            sequence = self._sequence_of[key] = Sequence(longest)
        return sequence

    def __len__(self) -> int:
        """How many requests are remembered."""
        return len(self._admitted)
