"""What continues something admitted, so that nothing is stranded half way.

A Critical Service Request comes twice: the Transform, then the signed
pre-command under the same RequestID. A request in a sequence names the one it
follows. Once the first is admitted, the others are: else a Device would be left
half commissioned (SECMP0067, E.ON).

What is admitted once may be continued `longest_sequence` times in all, by its
own User, each within `continues_within` of the one it continues. So no one can
have a chain of requests without end let in behind a single one, and only what was
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
    """The requests admitted of late, by User and RequestID, each with its sequence."""

    def __init__(self) -> None:
        self._admitted: OrderedDict[_Key, tuple[Instant, Sequence]] = OrderedDict()

    def continued_by(self, request: ServiceRequest) -> tuple[Reason, Sequence] | None:
        """What a request continues, if anything that may still be continued."""
        before = self._admitted.get((request.user, request.request_id))
        if before is not None and before[1].left > 0:
            return Reason.PRE_COMMAND, before[1]
        if request.preceding_request_id:
            before = self._admitted.get((request.user, request.preceding_request_id))
            if before is not None and before[1].left > 0:
                return Reason.SEQUENCE, before[1]
        return None

    def remember(self, request: ServiceRequest, sequence: Sequence) -> None:
        """A request was admitted; one that is remembered already stays as it is."""
        self._admitted.setdefault((request.user, request.request_id), (request.at, sequence))

    def forget(self, until: Instant) -> None:
        """Forget what was admitted at an instant or before."""
        admitted = self._admitted
        while admitted:
            key = next(iter(admitted))
            if admitted[key][0] > until:
                return
            del admitted[key]

    def __len__(self) -> int:
        """How many requests are remembered."""
        return len(self._admitted)
