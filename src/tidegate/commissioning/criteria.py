"""A set of criteria: what is asked of a Device, by when, and what counts as proof of it.

The Code's own set and one by outcome come with tidegate (`criteria/`). A user copies
one, changes it and compares; nothing of the rule is in code that is not here in data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tidegate.commissioning.cells import Cells
from tidegate.commissioning.evidence import REPLACING, Role
from tidegate.commissioning.obligations import CellPopulated, Obligation, Proof, ServiceRequests
from tidegate.vocabulary.instants import Duration
from tidegate.vocabulary.service_reference_variants import published_variants

MOST_ASKED: Final = 64
"""Obligations, and cells, of one set of criteria."""

MOST_SUCCESSES: Final = 100


@dataclass(frozen=True, slots=True)
class Criteria:
    """A set of criteria; valid once built.

    name:             What reports call it.
    time_allowed_us:  How long after it was commissioned (or after the Supplier changed, where proof is of who is
                      registered) a Device is PENDING. 0: never.
    obligations:      What must have been done; names differ.
    cells:            What the Trust Anchor Cells must hold, by role; empty: credentials that are read count for nothing.
    proof:            What counts as proof.
    note:             What a reader should know.

    Raises:
        ValueError: something is out of its range; the message names it.
    """

    name: str
    time_allowed_us: Duration
    obligations: tuple[Obligation, ...]
    cells: tuple[Cells, ...] = ()
    proof: Proof = field(default_factory=Proof)
    note: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for fault in faults_of_criteria(self):
            raise ValueError(fault)


def faults_of_criteria(criteria: Criteria) -> Iterator[str]:
    """Everything that cannot be in a set of criteria, each in a sentence that starts with its key."""
    if criteria.time_allowed_us < 0:
        yield "time_allowed cannot be less than nothing"
    if not 1 <= len(criteria.obligations) <= MOST_ASKED or len(criteria.cells) > MOST_ASKED:
        yield f"obligations must be 1 to {MOST_ASKED}, cells {MOST_ASKED} at most"
    for name in _doubled([each.name for each in criteria.obligations]):
        yield f"obligations has {name} twice"
    for name in _doubled([each.name for each in criteria.cells]):
        yield f"cells has {name} twice"
    asked = {cells.role for cells in criteria.cells}
    for obligation in criteria.obligations:
        if isinstance(obligation, ServiceRequests):
            yield from faults_of_service_requests(obligation)
        if isinstance(obligation, CellPopulated) and obligation.role not in {*asked, Role.RECOVERY}:
            yield f"cell of {obligation.name} is {obligation.role.text}, and cells does not say what must be in it"


def faults_of_service_requests(obligation: ServiceRequests) -> Iterator[str]:
    """What is wrong with one obligation of Service Requests."""
    if not obligation.any_of:
        yield 'any_of names no Service Reference Variant: write ["6.15.1"]'
    for srv in obligation.any_of:
        if srv not in published_variants():
            yield f"any_of names {srv}, which is not a published Service Reference Variant: write one such as 6.15.1"
    for srv in _doubled(obligation.any_of):
        yield f"any_of names {srv} twice: write it once"
    if not 1 <= obligation.at_least <= MOST_SUCCESSES:
        yield f"at_least is {obligation.at_least}; it must be 1 to {MOST_SUCCESSES}: write 2"
    if obligation.each_credential_type:
        for srv in obligation.any_of:
            if srv in REPLACING:
                yield (
                    f"each_credential_type is set, and {srv} brings a remote party's certificates, not the Device's: "
                    "write false"
                )
        if obligation.at_least > 2:  # noqa: PLR2004 - Digital Signature and Key Agreement
            yield f"at_least is {obligation.at_least} of different credential types, of which a Device has two: write 2"


def _doubled(names: Sequence[str]) -> list[str]:
    return [name for place, name in enumerate(names) if name in names[:place]]
