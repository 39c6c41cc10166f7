"""What a Device says of its credentials in one message, whatever wire the message came by.

A message speaks of Trust Anchor Cells one by one; evidence of a Command is of a role. So what
a Command did is told once for each role: a success where all of its cells succeeded, with what
its cells say alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from tidegate.commissioning.evidence import CredentialType, Kind, Outcome, Role
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.service_requests import ServiceReferenceVariant

_Value = TypeVar("_Value")

_LONGEST_HASH: Final = 2 * 64
"""Hexadecimal digits; SHA-1 has 40."""


class Cell(NamedTuple):
    """A Trust Anchor Cell as a message speaks of it: what came of replacing it, or what was read in it.

    usage:             NOT_SAID where the message speaks of all cells of the role.
    party_id:          The party that it was to be given to, or that was read; empty where it is not said.
    certificate_hash:  Of that party's certificate, hexadecimal in upper case; empty where it is not said.
    """

    role: Role
    usage: CredentialType
    is_success: bool
    party_id: str = ""
    certificate_hash: str = ""


class Told(NamedTuple):
    """What one row of evidence can say by the message alone; the document around it knows the rest.

    The fields are those of `Evidence`.
    """

    kind: Kind
    outcome: Outcome
    role: Role = Role.NOT_SAID
    credential_type: CredentialType = CredentialType.NOT_SAID
    party_id: str = ""
    certificate_hash: str = ""


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """A message of a Device, as far as evidence goes.

    originator:  The Device.
    alert_code:  Of an Alert; None: it is a Response.
    services:    Service Reference Variants that such a message may be of; empty: of any that has nothing to do
                 with credentials.
    told:        Empty where it says nothing of credentials.
    """

    originator: DeviceId
    alert_code: AlertCode | None = None
    services: frozenset[ServiceReferenceVariant] = frozenset()
    told: tuple[Told, ...] = ()


def answered(*, is_success: bool) -> tuple[Told, ...]:
    """A Command that is of no cell was done, or was not."""
    return (Told(Kind.SRV_RESPONSE, _outcome(is_success)),)


def accepted(role: Role) -> tuple[Told, ...]:
    """The answer has no outcome, as that to a future-dated Command: it comes later."""
    return (Told(Kind.SRV_RESPONSE, Outcome.EMPTY, role),)


def replaced(cells: Sequence[Cell], kind: Kind = Kind.SRV_RESPONSE) -> tuple[Told, ...]:
    """Cells were given to a party, or were not."""
    return tuple(
        Told(
            kind,
            _outcome(all(cell.is_success for cell in ours)),
            role,
            _alike((cell.usage for cell in ours), CredentialType.NOT_SAID),
            _alike((cell.party_id for cell in ours), ""),
            _alike((cell.certificate_hash for cell in ours), ""),
        )
        for role in dict.fromkeys(cell.role for cell in cells)
        for ours in [[cell for cell in cells if cell.role is role]]
    )


def read_cells(cells: Sequence[Cell]) -> tuple[Told, ...]:
    """Cells were read, or could not be; and so the Device answered. Of none at all it said nothing."""
    if not cells:
        return accepted(Role.NOT_SAID)
    rows = (
        Told(
            Kind.CREDENTIALS_READ,
            _outcome(cell.is_success),
            cell.role,
            cell.usage,
            cell.party_id,
            cell.certificate_hash,
        )
        for cell in cells
        if cell.role is not Role.NOT_SAID
    )
    return (*answered(is_success=all(cell.is_success for cell in cells)), *rows)


def fault_of_cells_read(cells: Sequence[Cell]) -> str:
    """What no read of a Device's cells says; empty where there is nothing of the kind.

    A Device has a cell of a role and usage once. Rows of evidence and names of parties are kept for good, so one message
    brings no more of them than a Device has cells.
    """
    seen: set[tuple[Role, CredentialType]] = set()
    for cell in cells:
        if cell.role is not Role.NOT_SAID and (cell.role, cell.usage) in seen:
            return f"the {cell.role.text} {cell.usage.text} cell stands there twice"
        seen.add((cell.role, cell.usage))
        if len(cell.certificate_hash) > _LONGEST_HASH:
            return f"the hash of a certificate has {len(cell.certificate_hash)} digits; {_LONGEST_HASH} are the most"
    return ""


def _outcome(is_success: bool) -> Outcome:  # noqa: FBT001
    return Outcome.SUCCESS if is_success else Outcome.FAILURE


def _alike(values: Iterable[_Value], otherwise: _Value) -> _Value:
    said = set(values)
    return said.pop() if len(said) == 1 else otherwise
