"""Who calls, and what they may: submit Alerts, read answers of their own, operate.

A caller is known by a token, a client certificate, or a header of a proxy that
is trusted. In local mode nobody need say who they are: the gateway listens on
this machine alone, and everyone on it is its operator.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.gateway.replies import AtTheDoor, Refusal

ANYONE: Final = "any"
"""Stands in `submits_for` where a caller may submit for whomever: the DCC, or the adapter a User's Alerts come through."""


class Scope(StrEnum):
    """What a caller may do."""

    SUBMIT = "submit"
    """Hand Alerts in."""

    READ = "read"
    """Ask, and be told of what goes to it."""

    OPERATE = "operate"
    """Ask, and be told of everything."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A party at the door.

    name:         What a log calls it.
    party:        Its EUI-64, upper case with hyphens; empty for one without, as an operator.
    scopes:       What it may do.
    submits_for:  Originators and signers (EUI-64s) whose Alerts it may submit beside its own, or ANYONE.
    """

    name: str
    party: str
    scopes: frozenset[Scope]
    submits_for: frozenset[str] = frozenset()

    @property
    def sees_all(self) -> bool:
        """Answers are not limited to what goes to this party."""
        return Scope.OPERATE in self.scopes

    def may(self, scope: Scope) -> bool:
        """Say whether it may; who operates may read."""
        return scope in self.scopes or (scope is Scope.READ and self.sees_all)

    def hold_to(self, scope: Scope) -> None:
        """Refuse what it may not."""
        if not self.may(scope):
            raise Refusal(AtTheDoor.SCOPE, f"{self.name} has no scope {scope}")

    def submits_for_any_of(self, originators: Collection[str]) -> bool:
        """Say whether it may submit what one of these is the originator or the signer of."""
        return (
            ANYONE in self.submits_for
            or (self.party != "" and self.party in originators)
            or not self.submits_for.isdisjoint(originators)
        )


LOCAL: Final = Caller("local", "", frozenset(Scope), frozenset({ANYONE}))
"""Whoever is on this machine, in local mode."""
