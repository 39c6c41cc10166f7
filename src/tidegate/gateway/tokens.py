"""Bearer tokens: made, kept as hashes, checked, revoked.

A token is `tg_<id>_<secret>`: the id finds it, the secret proves it. The
secret has 256 random bits, so that a fast hash is as good as a slow one; it is
keyed, so that a copy of the file alone proves nothing. The file is read again
when it changes: a token that is revoked is of no use a second later.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant, format_instant, parse_instant

_TOKEN = re.compile(r"tg_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_KEY_OCTETS: Final = 32
_SECRET_OCTETS: Final = 32
_ID_OCTETS: Final = 6
_LOOKED_EVERY_S: Final = 1.0
_FOR_THEIR_OWNER: Final = 0o600


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: everything but its secret.

    token_id:    Finds it; not secret.
    expires_at, revoked_at: Instants from which it is of no use; `revoked_at` is None where it was not revoked.
    """

    token_id: str
    name: str
    party: str
    scopes: frozenset[Scope]
    submits_for: frozenset[str]
    made_at: Instant
    expires_at: Instant
    revoked_at: Instant | None = None
    digest: str = field(default="", repr=False)

    @property
    def caller(self) -> Caller:
        """Who comes with it."""
        return Caller(self.name, self.party, self.scopes, self.submits_for)


class TokenFile:
    """The tokens of a file, and the key beside it their hashes are made with.

    Both are made, for their owner alone, with the first token.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key_path = path.with_suffix(".key")
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._version: tuple[int, int, int] | None = None
        self._key = b""
        self._tokens: dict[str, Token] = {}

    def make(
        self,
        name: str,
        party: str,
        scopes: Collection[Scope],
        submits_for: Collection[str],
        at: Instant,
        expires_at: Instant,
    ) -> tuple[str, Token]:
        """A new token: its text, which is kept nowhere, and what is kept."""
        tokens = self.tokens()
        if not self._key_path.exists():
            _write(self._key_path, secrets.token_hex(_KEY_OCTETS).encode())
        self._read()
        token_id, secret = secrets.token_hex(_ID_OCTETS), secrets.token_urlsafe(_SECRET_OCTETS)
        made = Token(
            token_id, name, party, frozenset(scopes), frozenset(submits_for), at, expires_at, None,
            self._digest(secret),
        )  # fmt: skip
        self._save([*tokens, made])
        return f"tg_{token_id}_{secret}", made

    def tokens(self) -> Sequence[Token]:
        """Every token ever made, in order.

        Raises:
            InputError: the file cannot be read.
        """
        self._read()
        return tuple(self._tokens.values())

    def revoke(self, token_id: str, at: Instant) -> Token:
        """A token is of no use from now on; revoking it again changes nothing.

        Raises:
            InputError: there is no such token.
        """
        tokens = {token.token_id: token for token in self.tokens()}
        found = tokens.get(token_id)
        if found is None:
            raise InputError(
                Fault(token_id, "there is no such token", "`tidegate token list` shows those there are.")
            )
        if found.revoked_at is None:
            found = tokens[token_id] = replace(found, revoked_at=at)
            self._save(list(tokens.values()))
        return found

    def caller_of(self, text: str, at: Instant) -> Caller:
        """Who comes with a token.

        Raises:
            Refusal: it is not known, was revoked, or is past its time.
        """
        self._look()
        match = _TOKEN.fullmatch(text)
        token = self._tokens.get(match.group(1)) if match else None
        # The secret first: who does not have it learns nothing of the token.
        if (
            match is None
            or token is None
            or not hmac.compare_digest(self._digest(match.group(2)), token.digest)
        ):
            raise Refusal(AtTheDoor.CREDENTIALS)
        if token.revoked_at is not None and token.revoked_at <= at:
            raise Refusal(AtTheDoor.CREDENTIALS, f"token {token.token_id} was revoked")
        if token.expires_at <= at:
            raise Refusal(
                AtTheDoor.CREDENTIALS_EXPIRED,
                f"token {token.token_id} expired {format_instant(token.expires_at)}",
            )
        return token.caller

    def _digest(self, secret: str) -> str:
        return hashlib.blake2b(secret.encode(), key=self._key, digest_size=32).hexdigest()

    def _look(self) -> None:
        """Read the file again where it has changed; look at most once a second."""
        now = time.monotonic()
        if now - self._looked_at < _LOOKED_EVERY_S:
            return
        with self._lock:
            self._looked_at = now
            if self._seen() != self._version:
                try:
                    self._read()
                except InputError:
                    # A file that cannot be read just now lets nobody in, and takes nobody down with it.
                    self._tokens, self._version = {}, None

    def _seen(self) -> tuple[int, int, int] | None:
        try:
            seen = self._path.stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_size, seen.st_ino

    def _read(self) -> None:
        seen = self._seen()
        try:
            self._key = self._key_path.read_bytes().strip() if self._key_path.exists() else b""
            rows = json.loads(self._path.read_bytes())["tokens"] if self._path.exists() else []
            self._tokens = {row["token_id"]: _token_of(row) for row in rows}
        except (OSError, ValueError, KeyError, TypeError) as error:
            what = f"the tokens cannot be read: {type(error).__name__}"
            raise InputError(
                Fault(str(self._path), what, "Mend the file, or move it away and make tokens anew.")
            ) from None
        self._version = seen

    def _save(self, tokens: Sequence[Token]) -> None:
        text = json.dumps({"tokens": [_row_of(token) for token in tokens]}, indent=1)
        _write(self._path, text.encode())
        self._read()


def _row_of(token: Token) -> dict[str, object]:
    return {
        "token_id": token.token_id,
        "name": token.name,
        "party": token.party,
        "scopes": sorted(token.scopes),
        "submits_for": sorted(token.submits_for),
        "made_at": format_instant(token.made_at),
        "expires_at": format_instant(token.expires_at),
        "revoked_at": None if token.revoked_at is None else format_instant(token.revoked_at),
        "digest": token.digest,
    }


def _token_of(row: dict[str, object]) -> Token:
    revoked_at, scopes, submits_for = row["revoked_at"], row["scopes"], row["submits_for"]
    if not isinstance(scopes, list) or not isinstance(submits_for, list):
        raise TypeError
    return Token(
        token_id=str(row["token_id"]),
        name=str(row["name"]),
        party=str(row["party"]),
        scopes=frozenset(Scope(each) for each in scopes),
        submits_for=frozenset(map(str, submits_for)),
        made_at=parse_instant(str(row["made_at"])),
        expires_at=parse_instant(str(row["expires_at"])),
        revoked_at=None if revoked_at is None else parse_instant(str(revoked_at)),
        digest=str(row["digest"]),
    )


def _write(path: Path, octets: bytes) -> None:
    """A whole file or none, for its owner alone."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FOR_THEIR_OWNER), "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError(Fault(str(path), f"it cannot be written: {error.strerror}")) from None
