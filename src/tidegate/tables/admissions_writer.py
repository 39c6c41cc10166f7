"""`decisions.parquet` of Service Requests: the input's columns, and what was decided on each row, in input order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.admission.decision import Reason
from tidegate.admission.kernel import NEVER
from tidegate.tables.decisions_writer import BesideWriter
from tidegate.tables.request_columns import ADMISSION_COLUMNS

_WORDS: Final = pa.array([reason.name.lower() for reason in Reason], pa.string())
_INSTANT: Final = pa.timestamp("us", "UTC")


class AdmissionsWriter(BesideWriter):
    """Writes what was decided on Service Requests.

    with AdmissionsWriter(path) as writer:
        writer.write(batch.original, [outcome, reason, retry_at], kept)
    """

    def write(self, original: pa.Table, values: Sequence[NDArray[Any]], kept: NDArray[np.bool_]) -> None:
        """Write some rows.

        Args:
            original:  All columns of the input; the same columns in every call.
            values:    `outcome` and `reason` by number; `retry_at`, NEVER where there is none.
            kept:      Which rows of `original` they are on, in its order.

        Raises:
            InputError: the disk is full, or the place cannot be written to.
        """
        outcome, reason, retry_at = values
        words: Any = pa.array(reason.astype(np.int32))
        columns: list[Any] = [
            pa.array(outcome),
            pa.DictionaryArray.from_arrays(words, _WORDS),
            pa.array(retry_at, mask=retry_at == NEVER).cast(_INSTANT),
        ]
        self.add(original, list(zip(ADMISSION_COLUMNS, columns, strict=True)), kept)
