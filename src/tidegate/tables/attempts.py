"""An adapter's retry log, read: a row for each attempt at a Service Request and the answer it had. CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tidegate.columnar.batches import RejectedRow
from tidegate.vocabulary.attempts import NO_ANSWER, Attempt
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import SECOND, Duration, parse_instant
from tidegate.vocabulary.service_requests import is_service_reference_variant

REQUIRED: Final = ("sent_at", "request_id", "srv", "status")
OPTIONAL: Final = ("retry_after", "rate_limit")
_NO: Final = frozenset({"", "no", "false", "0", "-"})
_NO_ANSWER: Final = frozenset({"", "-", "timeout", "none"})
_LARGEST_STATUS: Final = 599
_LEAST_STATUS: Final = 100


@dataclass(frozen=True, slots=True)
class ReadAttempts:
    """What is in a log: its attempts, and the rows that could not be used."""

    source: str
    attempts: list[Attempt]
    rejected: list[RejectedRow]


def read_attempts(path: Path) -> ReadAttempts:
    """Read a CSV file of REQUIRED and any of OPTIONAL, in any column order and letter case.

    `status` is the HTTP status, empty or `timeout` for no answer; `retry_after` is in seconds; `rate_limit` is the
    RateLimit header or anything that says that there was one.

    Raises:
        InputError: it cannot be read, lacks a column, or has no row that can be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(str(path), csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        what = f"the log cannot be read: {error}"
        raise InputError(Fault(str(path), what, f"Name a CSV file in UTF-8: {','.join(REQUIRED)}.")) from None


def _read(source: str, reader: csv.DictReader[str]) -> ReadAttempts:
    names = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
    if lacking := [name for name in REQUIRED if name not in names]:
        what = f"the log has no column {' and no column '.join(lacking)}"
        remedy = f"It needs {', '.join(REQUIRED)}; {' and '.join(OPTIONAL)} tell throttling from an outage."
        raise InputError(Fault(source, what, remedy))
    attempts: list[Attempt] = []
    rejected: list[RejectedRow] = []
    for row in reader:
        texts = {ours: (row.get(theirs) or "").strip() for ours, theirs in names.items()}
        try:
            attempts.append(_attempt(texts))
        except ValueError as error:
            rejected.append(RejectedRow(source, reader.line_num, str(error), ",".join(texts.values())))
    if not attempts:
        first = f"; first: line {rejected[0].line}, {rejected[0].reason}" if rejected else ""
        raise InputError(Fault(source, f"has no attempt that can be used{first}", "Mend its rows."))
    return ReadAttempts(source, attempts, rejected)


def _attempt(texts: Mapping[str, str]) -> Attempt:
    srv = texts["srv"]
    if not is_service_reference_variant(srv):
        raise ValueError(f"srv: {srv!r} is no Service Reference Variant: write it as 7.4 or 8.1.1")
    if not texts["request_id"]:
        raise ValueError("request_id: is empty")
    return Attempt(
        parse_instant(texts["sent_at"]),
        texts["request_id"],
        srv,
        _status(texts["status"]),
        _retry_after(texts.get("retry_after", "")),
        texts.get("rate_limit", "").casefold() not in _NO,
    )


def _status(text: str) -> int:
    if text.casefold() in _NO_ANSWER:
        return NO_ANSWER
    if text.isascii() and text.isdigit() and _LEAST_STATUS <= int(text) <= _LARGEST_STATUS:
        return int(text)
    raise ValueError(f"status: {text!r} is no HTTP status: write 503, or leave it empty for no answer")


def _retry_after(text: str) -> Duration | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < len("1000000000"):
        return int(text) * SECOND
    raise ValueError(f"retry_after: {text!r} is no whole number of seconds")
