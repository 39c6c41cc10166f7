"""The columns of a table of Service Requests: what exports call them, and how each is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.service_requests import fingerprints
from tidegate.tables.alert_columns import (
    ArrowArray,
    NamedColumn,
    ReadColumn,
    read_recipient,
    shown,
    text_buffers,
)
from tidegate.tables.columns import ALERTS, RECEIVED_AT, Wanted, is_instant
from tidegate.vocabulary.service_requests import is_service_reference_variant

REQUEST_ID: Final = "request_id"
USER: Final = "user"
SRV: Final = "srv"
PRECEDING: Final = "preceding_request_id"


def _is_variant(value: object) -> None:
    # A variant of two numbers looks like any decimal number; of three, like nothing else.
    if str(value).count(".") != 2 or not is_service_reference_variant(str(value)):  # noqa: PLR2004
        raise ValueError


REQUESTS: Final = Wanted(
    names=(RECEIVED_AT, REQUEST_ID, USER, SRV, PRECEDING),
    required=(RECEIVED_AT, REQUEST_ID, USER, SRV),
    known_as={
        RECEIVED_AT: (
            *ALERTS.known_as[RECEIVED_AT],
            frozenset(["requestdatetime", "requesttime", "sent", "sentat", "submitted", "submittedat"]),
        ),
        REQUEST_ID: (
            frozenset(["requestid", "reqid", "servicerequestid", "srid"]),
            frozenset(["messageid", "correlationid", "id"]),
        ),
        USER: (
            frozenset(
                [
                    "user",
                    "userid",
                    "serviceuser",
                    "dccuser",
                    "usereui",
                    "businessoriginatorid",
                    "businessoriginator",
                ]
            ),
            frozenset(["originator", "originatorid", "sender", "party", "from", "supplier"]),
        ),
        SRV: (
            frozenset(["srv", "servicereferencevariant", "servicerefvariant", "servicevariant"]),
            frozenset(["servicereference", "sr", "service"]),
        ),
        PRECEDING: (
            frozenset(
                ["precedingrequestid", "precedingservicerequestid", "precedingid", "previousrequestid"]
            ),
        ),
    },
    read_as={RECEIVED_AT: is_instant, SRV: _is_variant},
    by_name=frozenset({REQUEST_ID, USER, SRV, PRECEDING}),
    heading="request_columns",
)
"""The Service Requests table."""

ADMISSION_COLUMNS: Final = ("outcome", "reason", "retry_at")
"""What admission adds to a table; a table that has them already keeps them under other names."""

_WANTED_TYPES: Final[Mapping[str, str]] = {
    RECEIVED_AT: "a timestamp, int64 microseconds, or text",
    REQUEST_ID: "text or an integer",
    USER: "text or uint64",
    SRV: "text: as a number 4.10 is 4.1",
    PRECEDING: "text or an integer",
}


def wanted_instead(ours: str, kind: pa.DataType) -> str:
    """What a typed column should be, where its type cannot hold what it is to say; else nothing."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_text = pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value)
    is_fitting = is_text or pa.types.is_binary(value)
    if ours == RECEIVED_AT:
        is_fitting = is_fitting or pa.types.is_timestamp(kind) or pa.types.is_integer(kind)
    elif ours != SRV:
        is_fitting = is_fitting or pa.types.is_integer(value) or pa.types.is_null(value)
    return "" if is_fitting else _WANTED_TYPES[ours]


def read_identifiers(array: ArrowArray, *, is_required: bool) -> ReadColumn:
    """Fingerprints of RequestIDs; 0 where there is none, which is bad only where one is required."""
    valid = None if array.null_count == 0 else array.is_valid().to_numpy(zero_copy_only=False)
    values = fingerprints(*text_buffers(array))
    if valid is not None:
        values[~valid] = 0
    is_good = values != 0 if is_required and not values.all() else None
    return ReadColumn(values, is_good, lambda _row: "is empty")


def read_user(array: ArrowArray) -> tuple[NamedColumn, ReadColumn]:
    """Users, and which rows name one."""
    named = read_recipient(array)
    return named, _judged(named, [bool(name) for name in named.names], lambda _name: "is empty")


def read_srv(array: ArrowArray) -> tuple[NamedColumn, ReadColumn]:
    """Service Reference Variants, and which rows name what has the form of one."""
    named = read_recipient(array)
    return named, _judged(
        named, [is_service_reference_variant(name) for name in named.names], _why_no_variant
    )


def as_kept(ours: str, array: ArrowArray, at: NDArray[np.int64]) -> ArrowArray:
    """One of our columns as it stands beside decisions: instants in UTC, all else text."""
    kind = KEPT_TYPES[ours]
    if ours == RECEIVED_AT:
        return pa.array(at).cast(kind)
    if not pa.types.is_dictionary(kind):
        return array.cast(kind)
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        encoded.indices.cast(pa.int32()), encoded.dictionary.cast(pa.string())
    )


KEPT_TYPES: Final[Mapping[str, pa.DataType]] = {
    RECEIVED_AT: pa.timestamp("us", "UTC"),
    REQUEST_ID: pa.string(),
    USER: pa.dictionary(pa.int32(), pa.string()),
    SRV: pa.dictionary(pa.int32(), pa.string()),
    PRECEDING: pa.string(),
}


def as_text(array: ArrowArray) -> ArrowArray:
    """A column of identifiers as text, whatever it was in a typed file: whole numbers, nothing, a dictionary."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    is_text = pa.types.is_string(array.type) or pa.types.is_binary(array.type)
    return array if is_text else array.cast(pa.string())


def _judged(named: NamedColumn, fits: list[bool], why: Any) -> ReadColumn:
    good = np.array(fits or [False], np.bool_)
    is_good = None if good.all() else good[named.index]
    return ReadColumn(named.index, is_good, lambda row: why(named.names[named.index[row]]))


def _why_no_variant(name: str) -> str:
    if not name:
        return "is empty"
    return f"{shown(name)!r} is no Service Reference Variant: write it as 7.4 or 8.1.1"
