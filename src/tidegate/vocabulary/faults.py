"""Faults: what is wrong with something a person gave us.

A fault says where it is, what is wrong and what to write instead. Faults are
gathered and reported together; nobody likes to mend a file one error at a
time. A throttled Alert is not a fault: it is a decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input, and its remedy.

    where:   Place a person can find: a file, a line, a key.
    what:    What is wrong, with the value seen.
    remedy:  What to write or do instead. May be empty where `what` says it.
    """

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        """Say the fault in one line."""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.where}: {self.what}.{remedy}"


class InputError(Exception):
    """What we were given cannot be used; carries every fault found in it."""

    def __init__(self, *faults: Fault) -> None:
        assert faults
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults: Sequence[Fault] = faults
