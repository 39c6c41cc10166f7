"""The story of one Device's security credentials: who it is, what was seen of it and what of that counted, what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tidegate.columnar.batches import RejectedRow
from tidegate.commissioning.assessment import Assessment
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import Evidence, Kind, Outcome, Registration, Role
from tidegate.commissioning.finding import Finding
from tidegate.commissioning.next_action import NextAction
from tidegate.reports.commissioning_status import Step
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant


class Standing(StrEnum):
    """Whether a row of evidence counted."""

    COUNTED = "counted"
    DOUBLED = "the same as another"
    FUTURE = "after the date of the report"
    BEFORE = "from before the Device was commissioned"
    FOR_ANOTHER_PARTY = "for a party that is not registered now"
    """By the last set of criteria."""


class SeenRow(NamedTuple):
    """A row of evidence, and where it was read.

    number:  By which findings name it, from 1; doubles of a row have its number.
    """

    number: int
    row: Evidence
    standing: Standing
    source: str
    line: int


class Judged(NamedTuple):
    """What one set of criteria found."""

    criteria: Criteria
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class DeviceStory:
    """A story.

    as_at:          Its date; nothing later is known.
    is_of_last:     For none was asked for, it is that of the last evidence, of whatever Device.
    said:           What the Inventory says of it, by column; empty: it does not, or there is none.
    registrations:  Those of the table, oldest first.
    rows:           Its evidence, oldest first.
    unused:         Rows that name it and could not be used.
    judged:         By each set of criteria; empty: there is no evidence of it as at the date, so it is not assessed.
    step:           What lies between the first and the last; None as `judged`.
    action:         What settles it soonest.
    """

    device_id: DeviceId
    as_at: Instant
    is_of_last: bool
    said: Mapping[str, str]
    registrations: Sequence[Registration]
    rows: Sequence[SeenRow]
    unused: Sequence[RejectedRow]
    judged: Sequence[Judged]
    step: Step | None
    action: NextAction

    def numbers_of(self, finding: Finding) -> list[int]:
        """The numbers of the rows that said so."""
        said = set(finding.rows)
        return sorted({each.number for each in self.rows if each.row in said})


def row_in_words(row: Evidence) -> str:
    """What a row of evidence says: `6.15.1 for Supplier, to hold A: success (sent by A)`."""
    role = {Role.NOT_SAID: "", Role.NETWORK_OPERATOR: "Network Operator"}.get(row.role, row.role.text)
    usage = f" {row.credential_type.text}" if row.credential_type else ""
    sent = f" (sent by {row.sender})" if row.sender else ""
    outcome = row.outcome.text or "outcome not said"
    if row.kind is Kind.COMMISSIONED:
        return f"commissioned{sent}"
    if row.kind is Kind.CHANGE_OF_SUPPLIER:
        return f"the Supplier is {row.party_id or row.sender} from here on"
    if row.kind is Kind.COMMUNICATION_CHECK:
        return f"checked whether it communicates: {outcome}{sent}"
    if row.kind is Kind.RECOVERY_CELL_CHECK:
        return f"checked the Recovery cell: {outcome}{sent}"
    if row.kind is Kind.CREDENTIALS_READ:
        holds = row.party_id or "a party that is not said"
        certificate = f", certificate {row.certificate_hash}" if row.certificate_hash else ""
        if not row.is_read:
            return f"read the {role}{usage} cell: {outcome}{sent}"
        return f"read the {role}{usage} cell: it holds {holds}{certificate}{sent}"
    about = f" for {role}" if role else ""
    about += f", to hold {row.party_id}" if row.party_id else ""
    if row.kind is Kind.FUTURE_DATED_OUTCOME:
        of = f" of {row.srv}" if row.srv else ""
        code = {Outcome.SUCCESS: " 8F66", Outcome.FAILURE: " 8F67"}.get(row.outcome, "")
        return f"future-dated outcome{code}{of}{about}: {outcome}"
    return f"{row.srv}{usage}{about}: {outcome}{sent}"
