"""Forecasts of Service Requests: how many of which variant each User said it would send in the month (SEC H3.24)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tidegate.tables.alert_columns import recipient_name
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.service_requests import is_service_reference_variant

_COLUMNS: Final = ("user", "srv", "forecast")
_WHOLE = re.compile(r"\d{1,12}")


def read_forecasts(path: Path) -> dict[tuple[str, str], int]:
    """Read a CSV file of `user`, `srv`, `forecast`; an empty `srv` is a forecast of all variants together.

    Raises:
        InputError: it cannot be read, lacks a column, or has rows at fault; every such row is told.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = f"the forecast cannot be read: {error}"
        raise InputError(Fault(str(path), what, "Name a CSV file in UTF-8: user,srv,forecast.")) from None
    reader = csv.DictReader(text.splitlines())
    names = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
    if lacking := [name for name in _COLUMNS if name not in names]:
        what = f"the forecast has no column {' and no column '.join(lacking)}"
        raise InputError(Fault(str(path), what, f"Begin it with a line {','.join(_COLUMNS)}."))
    found: dict[tuple[str, str], int] = {}
    faults: list[Fault] = []
    for line, row in enumerate(reader, start=2):
        user, srv, count = ((row[names[name]] or "").strip() for name in _COLUMNS)
        key = (recipient_name(user), srv)
        row_faults = list(_faults(user, srv, count))
        if not row_faults and key in found:
            row_faults = [("stands here a second time", "Make one row of the two.")]
        faults += [Fault(f"{path}, line {line}", what, remedy) for what, remedy in row_faults]
        if not row_faults:
            found[key] = int(count)
    if faults:
        raise InputError(*faults)
    return found


def _faults(user: str, srv: str, count: str) -> Iterator[tuple[str, str]]:
    if not user:
        yield "user is empty", "Write its name or EUI-64."
    if srv and not is_service_reference_variant(srv):
        yield f"srv is {srv!r}", "Write it as 7.4 or 8.1.1, or leave it empty for all together."
    if not _WHOLE.fullmatch(count):
        yield f"forecast is {count!r}", "Write a whole number of 0 or more, as 2400000."
