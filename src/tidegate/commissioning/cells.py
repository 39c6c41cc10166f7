"""Trust Anchor Cells: whether those of a role hold whose certificates they should, as far as they were read.

A cell is told by role and usage. The latest read of it counts, until a later
Command says otherwise: what was wrong may have been put right, what was right
may have been given to another. One whose outcome nobody knows may have done it;
one that was answered without an outcome may also have been sent before the read,
for a date after it, as far ahead as the time allowed.
A read that does not say the usage is of all cells of its role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.commissioning.evidence import CredentialType, Evidence, Kind, Outcome, Role
from tidegate.commissioning.finding import Finding, Reason
from tidegate.commissioning.obligations import Proof, not_completed
from tidegate.commissioning.registered import Registered
from tidegate.commissioning.truth import Truth
from tidegate.vocabulary.instants import Duration


class Holds(StrEnum):
    """Whose certificates must stand in a role's cells."""

    REGISTERED = "registered"
    """Those of the party that is registered for the Device in the role, as at the date of the report."""

    LISTED = "listed"
    """Those of the parties that the criteria list, or the certificates that they list."""

    NOT_REGISTERED = "not_registered"
    """Those of any party that is neither Supplier nor Network Operator of the Device: who it is, is not public."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What must stand in the Trust Anchor Cells of a role; valid once built.

    usages:        The cells that must have been read; empty: those that were, one or more.
    parties:       Of LISTED: party ids; empty: any party.
    certificates:  Of LISTED: hashes; empty: any certificate.
    device_types:  Asked of Devices of these types, and of one whose type is not known; empty: of every.
    clause:        Where the Code asks it.

    Raises:
        ValueError: REGISTERED of a role that nobody is registered in, or LISTED without a list, or a list without it.
    """

    role: Role
    holds: Holds
    usages: tuple[CredentialType, ...] = ()
    parties: frozenset[str] = frozenset()
    certificates: frozenset[str] = frozenset()
    device_types: frozenset[str] = frozenset()
    clause: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for fault in faults_of_cells(self.role, self.holds, has_list=bool(self.parties or self.certificates)):
            raise ValueError(fault)

    @property
    def name(self) -> str:
        """What findings call it: `Supplier cells`."""
        return f"{self.role.text} cells"

    def find(
        self, rows: Sequence[Evidence], registered: Registered, proof: Proof, time_allowed_us: Duration
    ) -> Finding:
        """Whether they hold it, by a Device's evidence, oldest first."""
        reads = [row for row in rows if self._is_read(row)]
        said = {row.credential_type for row in reads} - {CredentialType.NOT_SAID}
        usages = self.usages or tuple(sorted(said)) or (CredentialType.NOT_SAID,)
        found = [self._find_one(usage, reads, rows, registered, proof, time_allowed_us) for usage in usages]
        least = min(found, key=lambda finding: (finding.truth, finding.reason))
        if least.truth is not Truth.MET:
            return least
        return least._replace(rows=tuple(sorted({row for finding in found for row in finding.rows})))

    def were_read(self, rows: Iterable[Evidence]) -> bool:
        """Whether one of them ever was; what was found out of it since, a check may say too."""
        usages = self.usages and (*self.usages, CredentialType.NOT_SAID)
        return any(
            row.kind is Kind.CREDENTIALS_READ
            and self._is_read(row)
            and (not usages or row.credential_type in usages)
            for row in rows
        )

    def _find_one(
        self,
        usage: CredentialType,
        reads: Sequence[Evidence],
        rows: Sequence[Evidence],
        registered: Registered,
        proof: Proof,
        time_allowed_us: Duration,
    ) -> Finding:
        ours = [row for row in reads if row.credential_type in (usage, CredentialType.NOT_SAID)]
        if not ours:
            return Finding(self.name, Truth.CANNOT_BE_TOLD, Reason.NOT_READ)
        latest = tuple(row for row in ours if row.at == ours[-1].at)
        if self.holds is Holds.REGISTERED and not registered.now(self.role):
            return Finding(self.name, Truth.CANNOT_BE_TOLD, Reason.PARTY_NOT_KNOWN, latest)
        match = {self._is_match(row, registered) for row in latest}
        if len(match) > 1:
            return Finding(self.name, Truth.CANNOT_BE_TOLD, Reason.CONTRADICTORY, latest)
        outdated_by = self._outdated_by(
            latest[0].at, rows, registered, proof, time_allowed_us, is_match=match == {True}
        )
        if outdated_by:
            return Finding(self.name, Truth.CANNOT_BE_TOLD, Reason.READ_IS_OUTDATED, (*latest, *outdated_by))
        if match == {True}:
            return Finding(self.name, Truth.MET, Reason.MATCHES, latest)
        return Finding(self.name, Truth.UNMET, Reason.DIFFERS, latest)

    def _is_read(self, row: Evidence) -> bool:
        if row.kind is Kind.RECOVERY_CELL_CHECK:
            return self.role is Role.RECOVERY and row.outcome in (Outcome.SUCCESS, Outcome.FAILURE)
        if not row.is_read or row.role is not self.role:
            return False
        # A read that does not say whose certificate it found says nothing, unless it is known by its hash.
        return bool(row.party_id) or (self.holds is Holds.LISTED and bool(row.certificate_hash))

    def _is_match(self, row: Evidence, registered: Registered) -> bool:
        if row.kind is Kind.RECOVERY_CELL_CHECK:
            return row.outcome is Outcome.SUCCESS
        if self.holds is Holds.REGISTERED:
            return row.party_id == registered.now(self.role)
        if self.holds is Holds.NOT_REGISTERED:
            return row.party_id not in (registered.now(Role.SUPPLIER), registered.now(Role.NETWORK_OPERATOR))
        is_party = not self.parties or row.party_id in self.parties
        return is_party and (not self.certificates or row.certificate_hash in self.certificates)

    def _outdated_by(
        self,
        at: int,
        rows: Sequence[Evidence],
        registered: Registered,
        proof: Proof,
        time_allowed_us: Duration,
        *,
        is_match: bool,
    ) -> list[Evidence]:
        """The Commands that say otherwise than a read and were carried out after it, or may have been."""
        if self.holds is not Holds.REGISTERED:
            return []
        says_otherwise: Callable[[bool | None], bool] = (
            (lambda puts: puts is False) if is_match else (lambda puts: puts is not False)
        )
        otherwise = [
            row
            for row in rows
            if row.at > at - time_allowed_us
            and row.is_replacing
            and row.role_replaced in (Role.NOT_SAID, self.role)
            and says_otherwise(registered.puts(row, self.role))
        ]
        later = [row for row in otherwise if row.at > at]
        outdated_by = [row for row in later if row.outcome is Outcome.SUCCESS]
        if proof.timeout is Truth.CANNOT_BE_TOLD:
            outdated_by += [row for row in later if row.outcome is Outcome.TIMEOUT]
        if proof.empty is Truth.CANNOT_BE_TOLD:
            outdated_by += not_completed(otherwise)
        return sorted(outdated_by)


def faults_of_cells(role: Role, holds: Holds, *, has_list: bool) -> list[str]:
    """What is wrong with what is asked of a role's cells, each in a sentence that starts with the key."""
    faults = []
    if holds is Holds.REGISTERED and role not in (Role.SUPPLIER, Role.NETWORK_OPERATOR):
        faults.append(f'holds is "registered", and nobody is registered as {role.text}: write "listed"')
    if holds is Holds.LISTED and not has_list:
        faults.append('holds is "listed", and nothing is: write parties = ["90-B3-D5-1F-30-00-00-01"]')
    if holds is not Holds.LISTED and has_list:
        faults.append(f'holds is "{holds}", so what is listed would not count: write "listed"')
    return faults
