"""The `[columns]` table of `tidegate.toml`: our column names -> the user's.

    [columns]
    received_at = "RCVD_TS"
    device_id = "EUI"

That of a table of Service Requests is `[request_columns]`. Other tables of the file, and its comments, stay as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tidegate.tables.columns import ALERTS, Wanted
from tidegate.vocabulary.faults import Fault, InputError

FILE_NAME: Final = "tidegate.toml"
_HEADING = re.compile(r"\s*\[\s*columns\s*\]\s*(?:#.*)?")
_ANY_HEADING = re.compile(r"\s*\[")


def read_mapping(path: Path, wanted: Wanted = ALERTS) -> dict[str, str]:
    """Read the mapping of a kind of table; empty when there is no such file or no such table.

    Raises:
        InputError: the file is not TOML, or the table names what we do not know or gives what is no text.
    """
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get(wanted.heading, {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(Fault(str(path), f"cannot be read as TOML: {error}")) from None
    if not isinstance(table, dict):
        raise InputError(
            Fault(
                f"{path}: {wanted.heading}",
                "is not a table",
                f'Write [{wanted.heading}] and received_at = "..."',
            )
        )
    faults = [
        Fault(
            f"{path}: {wanted.heading}.{ours}",
            "is not one of our columns" if ours not in wanted.names else f"{theirs!r} is not a column's name",
            f"Write one of {', '.join(wanted.names)}, each with a name in quotes.",
        )
        for ours, theirs in table.items()
        if ours not in wanted.names or not isinstance(theirs, str)
    ]
    if faults:
        raise InputError(*faults)
    return dict(table)


def write_mapping(path: Path, mapping: Mapping[str, str]) -> None:
    """Write the mapping into the file; everything else in it stays as it was.

    Raises:
        InputError: the file cannot be written.
    """
    old = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    new = ["[columns]", *(f"{ours} = {_quoted(theirs)}" for ours, theirs in mapping.items())]
    start = next((at for at, line in enumerate(old) if _HEADING.fullmatch(line)), None)
    if start is None:
        lines = [*old, *([""] if old and old[-1].strip() else []), *new]
    else:
        end = next((at for at in range(start + 1, len(old)) if _ANY_HEADING.match(old[at])), len(old))
        kept = [line for line in old[start + 1 : end] if not line.strip() or line.lstrip().startswith("#")]
        lines = [*old[:start], *new, *kept, *old[end:]]
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            Fault(str(path), f"cannot be written: {error.strerror}", "Call again with --no-save.")
        ) from None


def _quoted(text: str) -> str:
    escaped = "".join(
        f"\\u{ord(each):04X}" if ord(each) < 32 or ord(each) == 127 else each  # noqa: PLR2004
        for each in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{escaped}"'
