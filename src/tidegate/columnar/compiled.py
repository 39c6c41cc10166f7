"""How kernels are compiled; the one place that says so.

Compiled code is kept beside its source, or in the folder NUMBA_CACHE_DIR, so
that only the first run of all pays for it; where neither can be written every
run does. It lets go of the interpreter's lock, so that shards run side by side;
and it counts no references (`_nrt=False`): a kernel makes no arrays, and
counting would cost more than all the rest of it. A function that does make an
array is compiled by `njit` itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit, typeof

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile a kernel."""
    return _kept(function, nogil=True)


def inlined(function: _Function) -> _Function:
    """Compile a part of a kernel, to stand where it is called."""
    return _kept(function, inline="always")


def folded_in(function: _Function) -> _Function:
    """Compile a part of a kernel that takes many arrays: it is made one with its caller, so that none is handed over."""
    return _kept(function, forceinline=True)


def finding(function: _Function) -> _Function:
    """Compile a function that finds its arrays by where they lie (`places.py`); it keeps the interpreter's lock."""
    return _kept(function, _nrt=True)


def entry_of(kernel: Any, *arguments: Any) -> Callable[..., Any]:
    """A kernel compiled for arguments of these types, to be called with no others.

    A kernel finds out at every call what the types of its arguments are, which for a dozen arrays takes three
    microseconds. Its entry does not: what is called a row at a time is called by it. Nothing is run here.
    """
    of: Any = typeof
    kinds = tuple(of(argument) for argument in arguments)
    kernel.compile(kinds)
    entry: Callable[..., Any] = kernel.overloads[kinds].entry_point
    return entry


def _kept(function: _Function, **options: Any) -> _Function:
    compiler: Any = njit
    options.setdefault("_nrt", False)
    try:
        kept: _Function = compiler(cache=True, **options)(function)
    except RuntimeError:  # there is no folder to keep it in
        kept = compiler(**options)(function)
    return kept
