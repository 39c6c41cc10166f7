"""Scenario files: TOML tables taken apart, and everything that is wrong with one kept.

What reads a value raises ValueError with what to write; a key that nothing reads is a fault.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Duration, parse_duration, parse_instant

SUFFIX: Final = ".toml"

_Read = TypeVar("_Read")
Keys: TypeAlias = Mapping[str, tuple[str, Callable[[Any], Any]]]
"""By our name, the key of the file and what reads its value."""


def shipped_scenarios(package: str, parse: Callable[[str, str], _Read]) -> list[_Read]:
    """Every scenario that comes with tidegate, of the folder `scenarios` of a package, in the order of names."""
    folder = files(package).joinpath("scenarios")
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(SUFFIX)), key=lambda each: each.name
    )
    return [parse(file.read_text(encoding="utf-8"), file.name) for file in found]


def find_among(
    name_or_path: str, known: Mapping[str, _Read], parse: Callable[[str, str], _Read], called: str
) -> _Read:
    """The scenario of a name, or of a TOML file; `called` is what they are of: `Service Requests`.

    Raises:
        InputError: there is none, or its file has faults.
    """
    if name_or_path in known:
        return known[name_or_path]
    if name_or_path.endswith(SUFFIX):
        try:
            text = Path(name_or_path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise InputError(Fault(name_or_path, f"cannot be read: {reason}", "Name a TOML file.")) from None
        return parse(text, name_or_path)
    likely = get_close_matches(name_or_path, known, n=1, cutoff=0.4)
    meant = f"Did you mean {likely[0]}? " if likely else ""
    remedy = f"{meant}There are: {', '.join(known)}. A file of your own ends in {SUFFIX}."
    what = f"there is no scenario {name_or_path!r} of {called}"
    raise InputError(Fault("SCENARIO", what, remedy))


def table_of(text: str, where: str) -> dict[str, Any]:
    """The table of a file; `where` is what a person would call it.

    Raises:
        InputError: it is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault(where, f"is not TOML: {error}", "Mend the line.")) from None


class Form:
    """A table of the file. What is wrong with it is kept."""

    def __init__(self, table: Mapping[str, Any], where: str, faults: list[Fault]) -> None:
        self._left = dict(table)
        self._where = where
        self._faults = faults
        self._forms: list[Form] = []

    def tables(self, key: str) -> list[Form]:
        """The tables of `[[key]]`."""
        written = self._left.pop(key, [])
        if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
            self._faults.append(Fault(self._where, f"{key} is no list of tables", f"Write [[{key}]]."))
            return []
        made = [Form(each, f"{self._where}, {key} {at}", self._faults) for at, each in enumerate(written, 1)]
        self._forms += made
        return made

    def make(
        self, kind: Callable[..., _Read], needed: Keys, may_be: Keys, parts: Mapping[str, Any] | None = None
    ) -> _Read | None:
        """A value of the keys; None where one is at fault or not there, which is told."""
        before = len(self._faults)
        values = dict(parts or {})
        for ours, (key, read) in {**needed, **may_be}.items():
            if key in self._left:
                try:
                    values[ours] = read(self._left.pop(key))
                except ValueError as error:
                    self._faults.append(Fault(self._where, f"{key}: {error}"))
            elif ours in needed:
                self._faults.append(Fault(self._where, f"has no {key}", f"Write {key} = ..."))
        if len(self._faults) > before:
            return None
        try:
            return kind(**values)
        except ValueError as error:
            self._faults.append(Fault(self._where, str(error)))
            return None

    def close(self) -> None:
        """Tell of keys that nothing was made of."""
        for key in self._left:
            self._faults.append(
                Fault(self._where, f"{key} is no key here", "Leave it out, or see its spelling.")
            )
        for form in self._forms:
            form.close()


def a_text(value: Any) -> str:
    """Words, with single blanks between them."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("write a text in quotation marks")
    return " ".join(value.split())


def a_duration(value: Any) -> Duration:
    """A length of time, as `30s`."""
    return parse_duration(a_text(value))


def an_instant(value: Any) -> int:
    """An instant, as TOML writes one or as text."""
    return parse_instant(value.isoformat() if hasattr(value, "isoformat") else a_text(value))


def a_count(value: Any) -> int:
    """A whole number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no count: write a whole number of 0 or more")
    return value


def a_place(value: Any) -> int:
    """A place, counted from 1."""
    if a_count(value) == 0:
        raise ValueError("places count from 1")
    return int(value)


def a_factor(value: Any) -> float:
    """How many times something: more than 0, at most 100."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 100:  # noqa: PLR2004
        raise ValueError(f"{value!r} is no factor: write more than 0, at most 100")
    return float(value)


def one_of(known: Sequence[str]) -> Callable[[Any], str]:
    """What reads one of some texts."""

    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")
        return str(value)

    return read


_Member = TypeVar("_Member", bound=StrEnum)


def member_of(kind: type[_Member]) -> Callable[[Any], _Member]:
    """What reads one of an enumeration."""

    def read(value: Any) -> _Member:
        return kind(one_of(tuple(each.value for each in kind))(value))

    return read


def several(read: Callable[[Any], _Read]) -> Callable[[Any], tuple[_Read, ...]]:
    """What reads a list of one or more."""

    def read_all(value: Any) -> tuple[_Read, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError("write a list with one entry at least")
        return tuple(map(read, value))

    return read_all
