"""Who is registered for a Device, as at an instant; and whether a Command was for them.

A Device's registrations are those of the table, and its changes of Supplier among
the evidence. Before the first of a role begins, the first counts (readings.md#41).
Where two begin at one instant and differ, nobody knows who it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tidegate.commissioning.evidence import Evidence, Kind, Registration, Role
from tidegate.vocabulary.instants import Instant


class Registered:
    """Who is registered for one Device, as it is known as at an instant."""

    def __init__(
        self, registrations: Iterable[Registration], evidence: Iterable[Evidence], as_at: Instant
    ) -> None:
        changes = (
            Registration(row.device_id, Role.SUPPLIER, row.party_id or row.sender, row.at)
            for row in evidence
            if row.kind is Kind.CHANGE_OF_SUPPLIER
        )
        known = [each for each in (*registrations, *changes) if each.since <= as_at]
        self._as_at = as_at
        self._suppliers = _spells(known, Role.SUPPLIER)
        self._operators = _spells(known, Role.NETWORK_OPERATOR)

    def now(self, role: Role) -> str:
        """The party registered as at the instant; empty where that is not known."""
        return self.at(role, self._as_at)

    def at(self, role: Role, instant: Instant) -> str:
        """The party registered at an earlier instant; empty where that is not known."""
        spells = self._operators if role is Role.NETWORK_OPERATOR else self._suppliers
        if not spells or role not in (Role.SUPPLIER, Role.NETWORK_OPERATOR):
            return ""
        begun = [party for since, party in spells if since <= instant]
        return begun[-1] if begun else spells[0][1]

    @property
    def supplier_changed_at(self) -> Instant | None:
        """When the Supplier became the one that it is now; None where it has always been."""
        return self._suppliers[-1][0] if len(self._suppliers) > 1 else None

    def is_for_another(self, row: Evidence) -> bool:
        """Whether what a replacing Command put in place is known to be another's than is asked for now.

        It is asked for as long as the Supplier is the one it was, or where it was for the present Supplier
        beforehand. Whose certificates they are, the party says; else, but for the Network Operator's, the sender.
        """
        role = row.role_replaced
        if role not in (Role.NOT_SAID, Role.SUPPLIER, Role.NETWORK_OPERATOR):
            return True
        supplier, operator = self.now(Role.SUPPLIER), self.now(Role.NETWORK_OPERATOR)
        told = _told(row)
        may_be_suppliers = role is not Role.NETWORK_OPERATOR
        if told and may_be_suppliers and told == supplier:
            return False
        if told:
            # Where nobody knows who is registered, it is not held against the Device.
            wanted = {
                Role.SUPPLIER: (supplier,),
                Role.NETWORK_OPERATOR: (operator,),
                Role.NOT_SAID: (supplier, operator),
            }[role]
            if all(wanted) and told not in wanted:
                return True
        then = self.at(Role.SUPPLIER, row.at)
        return bool(supplier) and bool(then) and then != supplier

    def puts(self, row: Evidence, role: Role) -> bool | None:
        """Whether a replacing Command put the party registered now in the cells of a role; None: it does not say."""
        told, wanted = _told(row), self.now(role)
        if not told or not wanted or row.role_replaced not in (Role.NOT_SAID, role):
            return None
        if row.role_replaced is Role.NOT_SAID:
            return True if told == wanted else None
        return told == wanted


def _told(row: Evidence) -> str:
    """Whose certificates a replacing Command brings, as far as it says."""
    return row.party_id or ("" if row.role is Role.NETWORK_OPERATOR else row.sender)


def _spells(known: Sequence[Registration], role: Role) -> list[tuple[Instant, str]]:
    """Since when which party is registered, oldest first; empty for one that is not known. Neighbours differ."""
    parties: dict[Instant, set[str]] = {}
    for each in known:
        if each.role is role:
            parties.setdefault(each.since, set()).add(each.party_id)
    spells: list[tuple[Instant, str]] = []
    for since, named in sorted(parties.items()):
        party = next(iter(named)) if len(named) == 1 else ""
        if not spells or spells[-1][1] != party:
            spells.append((since, party))
    return spells
