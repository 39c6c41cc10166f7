"""Bodies of requests, read within limits: so long, so slowly, so many at once, and no further."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate.gateway.replies import AtTheDoor, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive


@dataclass(slots=True)
class Budget:
    """How many octets of bodies are held at once, over all requests."""

    limit: int
    held: int = 0

    @contextmanager
    def hold(self, octets: int) -> Iterator[_Held]:
        """Hold a place for a body; let go of it in the end.

        Raises:
            Refusal: so much more cannot be held now.
        """
        held = _Held(self)
        try:
            held.grow_to(octets)
            yield held
        finally:
            self.held -= held.octets


@dataclass(slots=True)
class _Held:
    budget: Budget
    octets: int = 0

    def grow_to(self, octets: int) -> None:
        more = octets - self.octets
        if more > 0:
            if self.budget.held + more > self.budget.limit:
                raise Refusal(AtTheDoor.BUSY, retry_after_s=1)
            self.budget.held += more
            self.octets = octets


def content_type_of(headers: Mapping[bytes, bytes], allowed: Collection[str]) -> str:
    """The content type of a body, one of those allowed, and not compressed.

    Raises:
        Refusal: it is another, or none is named, or it is compressed.
    """
    said = headers.get(b"content-type", b"").decode("latin-1")
    kind, _, parameters = said.partition(";")
    kind = kind.strip().lower()
    if kind not in allowed:
        raise Refusal(AtTheDoor.CONTENT_TYPE, f"send it as {' or '.join(allowed)}")
    charset = parameters.strip().lower().replace('"', "")
    if charset.startswith("charset=") and charset not in ("charset=utf-8", "charset=us-ascii"):
        raise Refusal(AtTheDoor.CONTENT_TYPE, "send it in UTF-8")
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise Refusal(AtTheDoor.CONTENT_ENCODING)
    return kind


def length_of(headers: Mapping[bytes, bytes], longest: int) -> int:
    """The length a body is said to have; 0 where none is said.

    Raises:
        Refusal: it is longer than may be. None of it is read.
    """
    said = headers.get(b"content-length", b"0")
    length = int(said) if said.isdigit() else 0
    if length > longest:
        raise _too_long(longest)
    return length


async def read_body(receive: Receive, held: _Held, longest: int, seconds: float) -> bytes:
    """The whole body.

    Raises:
        Refusal: it is empty, too long, too slow, or its sender went away.
    """
    parts: list[bytes] = []
    octets = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal(AtTheDoor.GONE)
                part: bytes = message.get("body", b"")
                octets += len(part)
                if octets > longest:
                    raise _too_long(longest)
                held.grow_to(octets)
                parts.append(part)
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise Refusal(AtTheDoor.SLOW, f"a body has {seconds:g} s to come") from None
    if not octets:
        raise Refusal(AtTheDoor.EMPTY)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_long(longest: int) -> Refusal:
    return Refusal(AtTheDoor.TOO_LONG, f"at most {longest} octets are read")
