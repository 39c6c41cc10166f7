"""A TOML file as text and as a document, and faults found in it, each at its line.

All kinds of files that a person writes for tidegate are read here; what a kind
is, and what to do about a file that is none, its `FileKind` says.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tidegate.policy_files.file_kind import FileKind
from tidegate.policy_files.findings import Finding
from tidegate.policy_files.places import Places, dotted
from tidegate.vocabulary.faults import Fault, InputError

LARGEST_FILE: Final = 1 << 20
"""Such a file has a few hundred lines; what is larger than 1 MiB is something else."""

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def text_of(path: Path, kind: FileKind) -> str:
    """The text of a file.

    Raises:
        InputError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(Fault(str(path), f"cannot be read: {reason}", f"Name a {kind.called}.")) from None
    if len(content) > LARGEST_FILE:
        what = f"is larger than 1 MiB, which no {kind.called} is"
        raise InputError(Fault(str(path), what, f"Is it a file of {kind.often_mistaken}?"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        what = "is not UTF-8 text"
        raise InputError(Fault(place(str(path), line), what, "Save it again as UTF-8.")) from None


def document_of(text: str, source: str, kind: FileKind) -> dict[str, Any]:
    """The document of a TOML text; `source` is what faults call it.

    Raises:
        InputError: it is empty, or not TOML.
    """
    if not text.strip():
        remedy = f"Begin with a published one: {kind.begin_with}."
        raise InputError(Fault(source, "the file is empty", remedy))
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        raise InputError(
            Fault(source, "brackets stand in brackets too deep", f"Write a {kind.called}.")
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(_syntax_fault(str(error), text, source)) from None
    except ValueError:  # a number with more digits than Python reads
        raise InputError(
            Fault(source, "a number in it has thousands of digits", f"Write a {kind.called}.")
        ) from None


def faults_of(findings: Sequence[Finding], text: str, source: str) -> list[Fault]:
    """Findings as faults, in the order of the file."""
    places = Places(text)
    placed = sorted(
        ((places.line_of(finding.path), finding) for finding in findings), key=lambda pair: pair[0]
    )
    faults = [
        Fault(place(source, line, dotted(finding.path)), finding.what, finding.remedy)
        for line, finding in placed
    ]
    return list(dict.fromkeys(faults))


def place(source: str, line: int, key: str = "") -> str:
    """Where a fault is: the file, the line where there is one, the key."""
    return f"{source}{f', line {line}' if line else ''}{f', {key}' if key else ''}"


def _syntax_fault(message: str, text: str, source: str) -> Fault:
    """What TOML's reader says, with the line it says it of."""
    lines = text.splitlines()
    found = _PLACE.search(message)
    line = int(found[1]) if found and found[1] else len(lines)
    column = f", column {found[2]}" if found and found[2] else ""
    what = f"is not TOML: {_PLACE.sub('', message)[:100]}"
    seen = lines[line - 1].strip()[:70] if 0 < line <= len(lines) else ""
    if "Cannot overwrite" in message or "twice" in message:
        remedy = "A key or [table] stands here that stands above already: leave one of the two."
    elif "=" in seen:
        remedy = f"Text, codes and durations stand in quotation marks, lists in [ ]; the line is: {seen}"
    else:
        remedy = f"A line is a [table], key = value, or a # comment; this one is: {seen}"
    return Fault(f"{place(source, line)}{column}", what, remedy)
