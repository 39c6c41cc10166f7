"""One way to one party."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tidegate.operations.messages import Message


class NotSentError(Exception):
    """A channel did not take messages.

    is_final:  Sending the same again is of no use.
    """

    def __init__(self, what: str, *, is_final: bool = False) -> None:
        super().__init__(what)
        self.is_final = is_final


class Channel(Protocol):
    """Sends messages; used by one thread.

    name:          What the journal calls it; no secret is in it.
    most_at_once:  How many messages it takes in one go.
    """

    name: str
    most_at_once: int

    def send(self, messages: Sequence[Message]) -> None:
        """Send them all, or none.

        Raises:
            NotSentError: none was taken, as far as can be known.
        """
