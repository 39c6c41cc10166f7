"""How right sets of criteria are about Devices of which the truth is known: rows, no formatting.

A Device is not secure where its cells do not hold what they should, or a key of its
own is its maker's. FAILED says that it is not, and the verdicts that say SECURE that it
is; PENDING and UNDETERMINED say neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidegate.commissioning.assessment import Verdict
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What a set of criteria says of some Devices: how many have each verdict, by what is true of them."""

    secure: Mapping[Verdict, int]
    not_secure: Mapping[Verdict, int]

    @property
    def devices(self) -> int:
        """How many they are."""
        return sum(self.secure.values()) + self.in_truth

    @property
    def in_truth(self) -> int:
        """Those that are not secure."""
        return sum(self.not_secure.values())

    @property
    def failed(self) -> int:
        """Those that are FAILED."""
        return self.true_failures + self.false_failures

    @property
    def true_failures(self) -> int:
        """FAILED, and not secure."""
        return self.not_secure[Verdict.FAILED]

    @property
    def false_failures(self) -> int:
        """FAILED, and secure."""
        return self.secure[Verdict.FAILED]

    @property
    def missed_failures(self) -> int:
        """Called secure, and not."""
        return sum(count for verdict, count in self.not_secure.items() if verdict.is_secure)

    @property
    def undetermined(self) -> int:
        """Those that cannot be told."""
        return self.secure[Verdict.UNDETERMINED] + self.not_secure[Verdict.UNDETERMINED]

    @property
    def pending(self) -> int:
        """Those whose time is not up."""
        return self.secure[Verdict.PENDING] + self.not_secure[Verdict.PENDING]

    @property
    def due(self) -> int:
        """Those that are not secure, and whose time is up by the criteria."""
        return self.in_truth - self.not_secure[Verdict.PENDING]

    @property
    def precision(self) -> float | None:
        """Of those that are FAILED, the part that is not secure; None where none is FAILED."""
        return self.true_failures / self.failed if self.failed else None

    @property
    def recall(self) -> float | None:
        """Of those that are not secure and whose time is up, the part that is FAILED; None where there is none."""
        return self.true_failures / self.due if self.due else None


@dataclass(frozen=True, slots=True)
class CriteriaAccuracy:
    """How right one set of criteria is: about everybody, and about those whose cells were read."""

    criteria: str
    everybody: Accuracy
    read: Accuracy


@dataclass(frozen=True, slots=True)
class CauseAccuracy:
    """What is said of Devices that the same befell.

    cause:     As the truth names it.
    verdicts:  How many have each verdict, by each set of criteria in their order.
    """

    cause: str
    devices: int
    not_secure: int
    verdicts: Sequence[Mapping[Verdict, int]]


@dataclass(frozen=True, slots=True)
class CommissioningAccuracy:
    """How right sets of criteria are, in their order; and what each says of every cause that befell a Device."""

    as_at: Instant
    criteria: Sequence[CriteriaAccuracy]
    causes: Sequence[CauseAccuracy]
