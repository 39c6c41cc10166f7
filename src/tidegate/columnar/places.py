"""Where arrays lie, for compiled code that is called a row at a time.

To hand a kernel two dozen arrays takes longer than to decide a row with them. So
each is written down once, as a row of `places`: its address, and how long it is
along each axis. Compiled code is handed the places and makes the arrays again.

Whoever writes places down keeps the arrays for as long as they are looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numba import carray, types  # type: ignore[attr-defined]
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from tidegate.columnar.compiled import finding

MOST_AXES: Final = 3


def places_of(arrays: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """A row for each array: its address, then its lengths."""
    places = np.zeros((len(arrays), 1 + MOST_AXES), np.int64)
    for place, array in zip(places, arrays, strict=True):
        assert array.flags.c_contiguous
        place[0] = array.ctypes.data
        place[1 : 1 + array.ndim] = array.shape
    return places


@intrinsic
def _pointer(_context: Any, _address: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


pointer: Any = _pointer


@finding
def row_at(places: Any, number: Any, dtype: Any) -> Any:
    """The array of a number, which has one axis."""
    return carray(pointer(places[number, 0]), (places[number, 1],), dtype)


@finding
def table_at(places: Any, number: Any, dtype: Any) -> Any:
    """The array of a number, which has two axes."""
    return carray(pointer(places[number, 0]), (places[number, 1], places[number, 2]), dtype)


@finding
def tables_at(places: Any, number: Any, dtype: Any) -> Any:
    """The array of a number, which has three axes."""
    return carray(
        pointer(places[number, 0]), (places[number, 1], places[number, 2], places[number, 3]), dtype
    )
