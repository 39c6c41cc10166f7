"""Where in a TOML text each key stands.

The standard library's reader gives values without lines, and a fault without a
line is hard to find in a long exclusion list. The text is known to be valid
TOML by the time it comes here, so finding its statements is enough: what stands
in strings and comments is blanked out, and a statement ends where a line ends
outside brackets.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys from the root down; numbers count the items of a list from 0."""

_STRING = r'"""(?:[^\\]|\\.)*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'"
_STRING_OR_COMMENT = re.compile(rf"(?P<string>{_STRING})|#[^\n]*", re.DOTALL)
_BRACKET_OR_END = re.compile(r"[\[\]{}\n]|\Z")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Places:
    """The line of every key of a text, which must be valid TOML."""

    def __init__(self, text: str) -> None:
        self._lines = dict(_lines(text))

    def line_of(self, path: KeyPath) -> int:
        """The line, from 1, of a key or of the nearest table around it; 0 when none of it stands in the text."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 0


def dotted(path: KeyPath) -> str:
    """A path as a person would write it: `alert_storm.codes.8F75`, `service_requests.prioritised."7.4"`."""
    keys = [key if _BARE_KEY.fullmatch(key) else f'"{key}"' for key in path if isinstance(key, str)]
    items = [f"item {key + 1}" for key in path if isinstance(key, int)]
    return ", ".join([".".join(keys), *items])


def _lines(text: str) -> Iterator[tuple[KeyPath, int]]:
    # A blanked string keeps its length, so that places in one text are places in the other.
    blanked = _STRING_OR_COMMENT.sub(
        lambda match: ("x" if match["string"] else " ") * len(match.group()), text
    )
    table: KeyPath = ()
    items: dict[KeyPath, int] = {}
    for start, end in _statements(blanked):
        if blanked[start] == "[":
            table = _within(_keys(text[start : blanked.rindex("]", start, end)].strip("[ \t")), items)
            if blanked.startswith("[[", start):
                # Each `[[list]]` begins the next item of it.
                table = table if isinstance(table[-1], str) else table[:-1]
                if table not in items:
                    yield table, 1 + text.count("\n", 0, start)
                items[table] = items.get(table, -1) + 1
                table = (*table, items[table])
            path = table
        else:
            path = (*table, *_keys(text[start : blanked.index("=", start, end)]))
        yield path, 1 + text.count("\n", 0, start)


def _within(keys: KeyPath, items: Mapping[KeyPath, int]) -> KeyPath:
    """The path of a table that may stand in the latest item of a list, or in that of a list in it."""
    path: KeyPath = ()
    for key in keys:
        path = (*path, key)
        if path in items:
            path = (*path, items[path])
    return path


def _statements(blanked: str) -> Iterator[tuple[int, int]]:
    """Start and end of each statement."""
    start = depth = 0
    for mark in _BRACKET_OR_END.finditer(blanked):
        if mark.group() in ("[", "{"):
            depth += 1
        elif mark.group() in ("]", "}"):
            depth -= 1
        elif depth == 0:
            statement = blanked[start : mark.start()]
            if statement.strip():
                yield start + len(statement) - len(statement.lstrip()), mark.start()
            start = mark.end()


def _keys(dotted_key: str) -> KeyPath:
    """The keys of `a."b.c".d`; TOML's own reader knows how they are quoted."""
    keys: list[str] = []
    value: Any = tomllib.loads(f"{dotted_key.rstrip(' ]')} = 0" if dotted_key else "")
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        keys.append(key)
    return tuple(keys)
