"""Tokens in the audit log: when each was made, for whom, and when it was revoked, from the file they are kept in.

Who made one is not known: whoever may write the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tidegate.gateway.tokens import Token
from tidegate.operations.notes import AuditEntry
from tidegate.vocabulary.instants import format_instant

TOKEN_MADE = "token.made"  # noqa: S105 - an action's name
TOKEN_REVOKED = "token.revoked"  # noqa: S105 - an action's name
_WHO = "whoever keeps the tokens' file"


def with_tokens(entries: Sequence[AuditEntry], tokens: Iterable[Token]) -> list[AuditEntry]:
    """The audit log and what became of tokens, the latest first."""
    told = list(entries)
    for token in tokens:
        about = {"token_id": token.token_id, "name": token.name, "party": token.party}
        made = {
            **about,
            "scopes": sorted(token.scopes),
            "submits_for": sorted(token.submits_for),
            "expires_at": format_instant(token.expires_at),
        }
        told.append(AuditEntry(token.made_at, _WHO, TOKEN_MADE, made))
        if token.revoked_at is not None:
            told.append(AuditEntry(token.revoked_at, _WHO, TOKEN_REVOKED, about))
    # In the order they are in where they are of one instant: a stable sort.
    return sorted(told, key=lambda entry: -entry.at)
