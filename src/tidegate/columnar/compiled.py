"""How kernels are compiled; the one place that says so.

Compiled code is kept beside its source, so that only the first run of all pays
for it; it lets go of the interpreter's lock, so that shards run side by side;
and it counts no references (`_nrt=False`): a kernel makes no arrays, and
counting would cost more than all the rest of it. A function that does make an
array is compiled by `njit` itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile a kernel."""
    return njit(cache=True, nogil=True, _nrt=False)(function)  # type: ignore[no-any-return, call-overload]


def inlined(function: _Function) -> _Function:
    """Compile a part of a kernel, to stand where it is called."""
    return njit(cache=True, inline="always", _nrt=False)(function)  # type: ignore[no-any-return, call-overload]
