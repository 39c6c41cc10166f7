"""Columns of text of one width, as the kernels write them, made Arrow's without a Python object for each."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

ArrowArray: TypeAlias = Any


def fixed_width(text: NDArray[np.uint8]) -> ArrowArray:
    """Rows of text, (rows, octets), as an array of strings."""
    rows, width = text.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets.data), pa.py_buffer(text.data))
