"""ASN.1 DER, as much of it as GBCS messages about credentials need: elements read in the order they must stand.

Nothing is built of what is read, and nothing reads itself again: how deep a message may go is
written in the reader of that message. A length may have more octets than it needs, which DER
has not: the published messages do.
"""

from __future__ import annotations

from typing import Final

from tidegate.gbcs.octets import GbcsError, Octets

SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_BIT_STRING: Final = 0x03
_OCTET_STRING: Final = 0x04
_NULL: Final = 0x05
_ENUMERATED: Final = 0x0A
_GENERALIZED_TIME: Final = 0x18

_LONGEST_INTEGER: Final = 9
"""Octets of a counter of 64 bit without a sign."""

_SIGN: Final = 0x80
_ONE_OCTET_OF_BITS: Final = 2
_BITS: Final = 8


class Der(Octets):
    """The elements of a content, or within a SEQUENCE, read one after another."""

    __slots__ = ()

    def sequence(self, what: str) -> Der:
        """What is within the next element, a SEQUENCE."""
        length = self._open(SEQUENCE, what)
        inside = Der(self._message, self.at, self.at + length)
        self.take(length, what)
        return inside

    def integer(self, what: str) -> int:
        """The next element, an INTEGER from 0 on."""
        return self._number(_INTEGER, what)

    def enumerated(self, what: str) -> int:
        """The next element, an ENUMERATED."""
        return self._number(_ENUMERATED, what)

    def octet_string(self, count: int, what: str) -> bytes:
        """The next element, an OCTET STRING of so many octets."""
        octets = self._element(_OCTET_STRING, what)
        if len(octets) != count:
            raise GbcsError(f"{what} has {len(octets)} octets; it must have {count}")
        return octets

    def bits(self, what: str) -> int:
        """The next element, a BIT STRING of one octet: bit 0 is its highest."""
        octets = self._element(_BIT_STRING, what)
        if len(octets) != _ONE_OCTET_OF_BITS or octets[0] >= _BITS or octets[1] % (1 << octets[0]):
            raise GbcsError(f"{what} is {octets.hex().upper()}; it must be one octet of bits")
        return octets[1]

    def null(self, what: str) -> None:
        """Step over the next element, a NULL."""
        if self._element(_NULL, what):
            raise GbcsError(f"{what} has octets; it must have none")

    def time(self, what: str) -> None:
        """Step over the next element, a GeneralizedTime."""
        self._element(_GENERALIZED_TIME, what)

    def is_integer(self) -> bool:
        """Say whether the next element is an INTEGER."""
        return self.is_next(_INTEGER)

    def is_sequence(self) -> bool:
        """Say whether the next element is a SEQUENCE."""
        return self.is_next(SEQUENCE)

    def end(self, what: str) -> None:
        """All must be read.

        Raises:
            GbcsError: more follows.
        """
        if self.left:
            raise GbcsError(f"{self.left} octets stand after the end of {what}, from offset {self.at}")

    def _number(self, tag: int, what: str) -> int:
        octets = self._element(tag, what)
        if not 1 <= len(octets) <= _LONGEST_INTEGER:
            raise GbcsError(f"{what} is a number of {len(octets)} octets; it has 1 to {_LONGEST_INTEGER}")
        if octets[0] & _SIGN:
            raise GbcsError(f"{what} is below 0")
        if len(octets) > 1 and not octets[0] and not octets[1] & _SIGN:
            raise GbcsError(f"{what} is {octets.hex().upper()}, with an octet more than it needs")
        return int.from_bytes(octets, "big")

    def _element(self, tag: int, what: str) -> bytes:
        return self.take(self._open(tag, what), what)

    def _open(self, tag: int, what: str) -> int:
        self.expect(bytes((tag,)), f"the type of {what}")
        return self.length(f"the length of {what}")
