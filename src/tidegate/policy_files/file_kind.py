"""A kind of file that a person writes: its tables, and how faults speak of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from tidegate.policy_files.places import KeyPath


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of TOML file.

    called:          What a person calls it: `policy file`.
    often_mistaken:  What people name in its place: files of `Alerts`.
    begin_with:      The command that prints one to begin with.
    tables:          Which form each of its tables has; `*` is any key of a table, or any item of a list.
    lists:           Tables of which `*` is an item.
    any_key:         A key to show in the place of a `*` that is none.
    """

    called: str
    often_mistaken: str
    begin_with: str
    tables: Mapping[tuple[str, ...], type[BaseModel]]
    lists: frozenset[tuple[str, ...]] = frozenset()
    any_key: str = ""

    def form_at(self, path: KeyPath) -> type[BaseModel] | None:
        """The form of the table at a path, if it has one."""
        for table, form in self.tables.items():
            if len(table) == len(path) and all(
                mine in ("*", theirs) for mine, theirs in zip(table, path, strict=True)
            ):
                return form
        return None

    def in_table(self, table: tuple[str, ...]) -> str:
        """Where a key of one of its tables belongs, in words."""
        if not table:
            return "at the top, before any [table]"
        for length in range(len(table), 0, -1):
            if table[:length] in self.lists:
                return f"in [[{'.'.join(table[:length])}]]"
        return f"in [{'.'.join(table).replace('*', self.any_key)}]"
