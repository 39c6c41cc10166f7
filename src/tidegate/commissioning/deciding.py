"""What decided a verdict, and whose it is to mend.

Of a Device that is not secure one finding stands for all in a report: the first
that is unmet of its cells, then of its obligations, for what was read outweighs
what was sent; where nothing is unmet, the first obligation that cannot be told. That
a cell cannot be told decides nothing: where the obligations are met the Device is secure.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from tidegate.commissioning.assessment import Assessment
from tidegate.commissioning.cells import Cells
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import Role
from tidegate.commissioning.finding import Finding
from tidegate.commissioning.obligations import CellPopulated, Communicates, Obligation
from tidegate.commissioning.truth import Truth


class Duty(IntEnum):
    """Whose a Device's lack is to mend (readings.md#43)."""

    NOBODY = 0
    SUPPLIER = 1
    NETWORK_OPERATOR = 2
    DCC = 3


class Deciding(NamedTuple):
    """The finding that decided, and what it is a finding of."""

    finding: Finding
    of: Obligation | Cells

    @property
    def duty(self) -> Duty:
        """Whose it is: of Service Requests the Supplier's, of a cell its party's, of the checks the DCC's."""
        if isinstance(self.of, Communicates):
            return Duty.DCC
        role = self.of.role if isinstance(self.of, Cells | CellPopulated) else Role.SUPPLIER
        return _DUTIES.get(role, Duty.DCC)


_DUTIES = {Role.SUPPLIER: Duty.SUPPLIER, Role.NETWORK_OPERATOR: Duty.NETWORK_OPERATOR}


def deciding(assessment: Assessment, criteria: Criteria) -> Deciding | None:
    """What decided that a Device is not secure; None where it is."""
    if assessment.verdict.is_secure:
        return None
    cells = list(map(Deciding, assessment.cells, criteria.cells))
    obligations = list(map(Deciding, assessment.obligations, criteria.obligations))
    for each in (*cells, *obligations):
        if each.finding.truth is Truth.UNMET:
            return each
    return next(each for each in obligations if each.finding.truth is Truth.CANNOT_BE_TOLD)
