"""Columns of evidence as records, made in one pass over all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.compiled import compiled
from tidegate.columnar.evidence import EVIDENCE


def evidence_records(**columns: NDArray[Any]) -> NDArray[Any]:
    """Records of EVIDENCE; of each of its fields a column is given, and all are equally long."""
    fields = EVIDENCE.names or ()
    assert columns.keys() == set(fields)
    records = np.empty(len(columns["at"]), EVIDENCE)
    _fill(records, *(_given(columns[name], EVIDENCE[name]) for name in fields))
    return records


def _given(column: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A column as the kernel takes it: what Arrow holds is read-only, and one type of argument is one kernel."""
    view = np.ascontiguousarray(column, dtype).view()
    view.flags.writeable = False
    return view


@compiled
def _fill(
    records: Any,
    at: Any,
    device_id: Any,
    certificate: Any,
    party: Any,
    sender: Any,
    kind: Any,
    srv: Any,
    credential_type: Any,
    outcome: Any,
    role: Any,
) -> None:
    for i in range(len(records)):
        record = records[i]
        record.at = at[i]
        record.device_id = device_id[i]
        record.certificate = certificate[i]
        record.party = party[i]
        record.sender = sender[i]
        record.kind = kind[i]
        record.srv = srv[i]
        record.credential_type = credential_type[i]
        record.outcome = outcome[i]
        record.role = role[i]
