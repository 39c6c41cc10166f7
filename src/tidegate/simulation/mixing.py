"""Random-looking numbers that are a function of a number and a salt.

An estate of 54 million Devices is never kept: what is asked of a Device is worked
out from its number, and is the same each time it is asked.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_STEP: Final = 0x9E3779B97F4A7C15
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LARGEST: Final = 2**64 - 1

_SERIAL_BITS: Final = 40
_SERIAL_MASK = np.uint64(2**_SERIAL_BITS - 1)
_SERIAL_FIRST = np.uint64(0x9E3779B97F | 1)
_SERIAL_SECOND = np.uint64(0xD1342543DE | 1)


def mixed(numbers: NDArray[Any], salt: int) -> NDArray[np.uint64]:
    """64 well-mixed bits of each number (>= 0) under a salt: Steele's SplitMix64."""
    bits = numbers.astype(np.uint64)
    bits *= np.uint64(_STEP)
    bits += np.uint64(salt * _STEP & _LARGEST)
    bits ^= bits >> np.uint64(30)
    bits *= _FIRST
    bits ^= bits >> np.uint64(27)
    bits *= _SECOND
    bits ^= bits >> np.uint64(31)
    return bits


def fractions(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Mixed bits as numbers, 0 <= number < 1."""
    return (bits >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))


def places(bits: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Mixed bits as places of a `lookup`, 0 <= place < 65,536."""
    return (bits >> np.uint64(48)).astype(np.intp)


def serial_numbers(numbers: NDArray[Any], salt: int) -> NDArray[np.uint64]:
    """A serial number of 40 bits for each number below 2**40; two numbers never share one.

    Every step can be undone (an odd factor, a shift onto itself), so the whole can.
    """
    bits = numbers.astype(np.uint64)
    bits += np.uint64(salt * _STEP & _LARGEST)
    for factor in (_SERIAL_FIRST, _SERIAL_SECOND):
        bits *= factor
        bits &= _SERIAL_MASK
        bits ^= bits >> np.uint64(_SERIAL_BITS // 2 + 1)
    return bits


def lookup(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A table of 65,536 places, filled with 0, 1, 2 ... in these shares; a draw is one look at it.

    Shares are rounded to 1 in 65,536; each that is not 0 has at least one place when it is
    at least that large.
    """
    assert len(shares) <= np.iinfo(np.uint8).max
    edges = np.cumsum(shares) / np.sum(shares)
    places = (np.arange(1 << 16) + 0.5) / (1 << 16)
    return np.minimum(np.searchsorted(edges, places, side="right"), len(shares) - 1).astype(np.uint8)
