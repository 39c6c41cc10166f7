"""Writes a table of Service Requests, and the Users who sent them: what `tidegate admit` reads."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tidegate.vocabulary.service_requests import ServiceRequest
from tidegate.vocabulary.users import NUMBERS_OF_USERS, User

REQUEST_COLUMNS: Final = ("received_at", "request_id", "user", "srv", "preceding_request_id")
"""Of a table of Service Requests, in the order they are written."""

_TYPES: Final = (pa.timestamp("us", tz="UTC"), pa.string(), pa.string(), pa.string(), pa.string())


def write_requests(requests: Iterable[ServiceRequest], path: Path, metadata: Mapping[str, str]) -> None:
    """Write requests in receipt order as Parquet; `metadata` stands in the file.

    Raises:
        OSError: it cannot be written.
    """
    columns = list(zip(*requests, strict=True)) or [()] * len(REQUEST_COLUMNS)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, _TYPES, strict=True)]
    table = pa.table(arrays, names=list(REQUEST_COLUMNS))
    pq.write_table(table.replace_schema_metadata(dict(metadata)), path, compression="zstd")


def write_users(users: Iterable[User], path: Path) -> None:
    """Write Users as CSV in UTF-8, with the columns that any of them has.

    Raises:
        OSError: it cannot be written.
    """
    written = list(users)
    columns = [name for name in NUMBERS_OF_USERS if any(getattr(user, name) is not None for user in written)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("user", "role", *columns))
        for user in written:
            numbers = [getattr(user, name) for name in columns]
            writer.writerow(
                (user.user, user.role.value, *("" if number is None else str(number) for number in numbers))
            )
