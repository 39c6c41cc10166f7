"""What is wrong with a file's form, told so that a person can mend it.

pydantic says what it met; this says it in the words of the file, with what to
write instead: an example, or the key that was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tidegate.policy_files.file_kind import FileKind
from tidegate.policy_files.form import LARGEST_COUNT, shown
from tidegate.policy_files.places import KeyPath, dotted

_WHAT_BELONGS: Final = {
    "int_type": "a whole number",
    "string_type": "text in quotation marks",
    "bool_type": "true or false",
    "is_instance_of": "a word in quotation marks",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "list_type": "a list",
}

_TABLES_OF_REASONS: Final = (("alert_storm", "exclusion_list"), ("service_requests", "prioritised"))


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault whose place is still a path of keys."""

    path: KeyPath
    what: str
    remedy: str


def findings_of_form(error: ValidationError, kind: FileKind) -> Iterator[Finding]:
    """Everything pydantic found, one finding each."""
    for details in error.errors(include_url=False):
        path = tuple(key for key in details["loc"] if key != "[key]")
        is_key = "[key]" in details["loc"]
        if is_key and isinstance(details["input"], str) and _is_unquoted_srv(path, error):
            continue  # told with its value
        yield _finding(path, details, kind)


def _finding(path: KeyPath, details: ErrorDetails, kind: FileKind) -> Finding:
    wrong, value = details["type"], details["input"]
    if wrong == "missing":
        return Finding(path, "it is missing", _write(path, kind))
    if wrong == "extra_forbidden":
        return _unknown_key(path, kind)
    if wrong == "value_error":
        what, _, remedy = str(details["ctx"]["error"]).partition(": write ")
        return Finding(path, what, f"Write {remedy}." if remedy else "")
    if wrong in ("less_than_equal", "greater_than_equal"):
        return Finding(path, f"{shown(value)} is past any count: {LARGEST_COUNT} at most", _write(path, kind))
    if path[:2] == ("service_requests", "prioritised") and isinstance(value, dict):
        return _unquoted_srv(path, value)
    return Finding(path, f"{shown(value)} stands where {_belongs(wrong)} belongs", _write(path, kind))


def _unquoted_srv(path: KeyPath, value: object) -> Finding:
    """TOML reads the points of an unquoted 8.1.1 as tables in tables."""
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        path = (*path, key)
    srv = ".".join(str(key) for key in path[2:])
    return Finding(path, f"{srv} is not in quotation marks", f'Write "{srv}" = "why".')


def _belongs(wrong: str) -> str:
    return _WHAT_BELONGS.get(wrong, "something else")


def _is_unquoted_srv(path: KeyPath, error: ValidationError) -> bool:
    return path[:2] == ("service_requests", "prioritised") and any(
        isinstance(other["input"], dict) and other["loc"] == path for other in error.errors(include_url=False)
    )


def _write(path: KeyPath, kind: FileKind) -> str:
    """An example of what to write at a path."""
    if path[:-1] in _TABLES_OF_REASONS:
        return f'Write {dotted(path[-1:])} = "why".'
    key, example = _example_of(path, kind)
    if not example:
        return ""
    if example.startswith("[") and '"' not in example:
        return f"Write a table that begins with {example}."
    return f"Write {example}." if "=" in example and example[0] != "{" else f"Write {key} = {example}."


def _example_of(path: KeyPath, kind: FileKind) -> tuple[str, str]:
    for length in range(len(path), 0, -1):
        form, key = kind.form_at(path[: length - 1]), path[length - 1]
        if form is not None and isinstance(key, str) and key in form.model_fields:
            return key, str((form.model_fields[key].examples or [""])[0])
    return "", ""


def _unknown_key(path: KeyPath, kind: FileKind) -> Finding:
    key = str(path[-1])
    form = kind.form_at(path[:-1])
    known = list(form.model_fields) if form else []
    what = f"{key} is not a key of a {kind.called} here"
    for table, other in kind.tables.items():
        if key in other.model_fields:
            return Finding(path, what, f"It belongs {kind.in_table(table)}.")
    if close := get_close_matches(key.lower(), known, n=1):
        return Finding(path, what, f"Did you mean {close[0]}?")
    for table, other in kind.tables.items():
        if close := get_close_matches(key.lower(), list(other.model_fields), n=1):
            return Finding(path, what, f"Did you mean {close[0]} {kind.in_table(table)}?")
    return Finding(path, what, f"What may stand here: {', '.join(known)}." if known else "")
