"""Reading octets one field after another, never past their end.

Every GBCS length is checked here, so that the modules beside this one cannot
read what is not there.
"""

from __future__ import annotations

from typing import Final

_ONE_OCTET_LENGTH: Final = 0x81
_TWO_OCTET_LENGTH: Final = 0x82
_LONGEST_SHORT_LENGTH: Final = 0x7F


class GbcsError(ValueError):
    """The octets are no GBCS message of the kind; the message says what stands where something else belongs."""


class Octets:
    """A message, or a part of it, being read from its beginning; `at` is the offset of the next octet in the message."""

    __slots__ = ("_message", "_stop", "at")

    def __init__(self, message: bytes, start: int = 0, stop: int | None = None) -> None:
        self._message = message
        self._stop = len(message) if stop is None else stop
        self.at = start

    @property
    def left(self) -> int:
        """How many octets are not read yet."""
        return self._stop - self.at

    def is_next(self, octet: int) -> bool:
        """Say whether that octet is the next one."""
        return self.left > 0 and self._message[self.at] == octet

    def take(self, count: int, what: str) -> bytes:
        """The next `count` octets.

        Raises:
            GbcsError: there are fewer.
        """
        start = self.at
        if count > self._stop - start:
            raise GbcsError(
                f"it ends within {what}: {count} octets are due at offset {start}, {self.left} are left"
            )
        self.at = start + count
        return self._message[start : self.at]

    def number(self, count: int, what: str) -> int:
        """The next `count` octets as a big-endian unsigned number."""
        return int.from_bytes(self.take(count, what), "big")

    def expect(self, octets: bytes, what: str) -> None:
        """Step over octets that always stand here."""
        start = self.at
        seen = self.take(len(octets), what)
        if seen != octets:
            raise GbcsError(
                f"{seen.hex().upper()} stands for {what} at offset {start}; it must be {octets.hex().upper()}"
            )

    def length(self, what: str) -> int:
        """A length: one octet below 80, or `81 nn`, or `82 nn nn`."""
        first = self.number(1, what)
        if first <= _LONGEST_SHORT_LENGTH:
            return first
        if first == _ONE_OCTET_LENGTH:
            return self.number(1, what)
        if first == _TWO_OCTET_LENGTH:
            return self.number(2, what)
        raise GbcsError(
            f"{what} at offset {self.at - 1} begins with {first:02X}; GBCS has lengths below 80, 81 and 82"
        )
