"""From a file, a folder of secrets and the environment to settings, or to every fault of them at once.

A fault stands where a person can find it: a line of the file, a variable, or a
file of the folder. What is secret is never shown.
"""

from __future__ import annotations

import itertools
import os
import tomllib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from tidegate.gateway.crosswise import found_crosswise
from tidegate.gateway.settings import BETWEEN, ENVIRONMENT, FILE_NAME, Settings
from tidegate.policy_files.places import KeyPath, Places, dotted
from tidegate.vocabulary.faults import Fault, InputError

_LARGEST_FILE: Final = 1 << 20
_LONGEST_SHOWN: Final = 60
_SECRET: Final = frozenset({"password", "url"})
_WHAT_BELONGS: Final = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text in quotation marks",
    "path_type": "a path in quotation marks",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "list_type": "a list",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A configuration as it is written, with what is wrong with it.

    settings:  What is left without the keys at fault; None: nothing can be said of what is left.
    unsound:   The keys at fault.
    """

    settings: Settings | None
    faults: Sequence[Fault] = ()
    unsound: Collection[KeyPath] = ()


def read_settings(file: Path | None = None, secrets: Path | None = None) -> Settings:
    """The settings of a file (`tidegate-serve.toml` of this folder if there is one), secrets and the environment.

    Raises:
        InputError: with every fault found.
    """
    written = read_as_written(file, secrets)
    if written.faults or written.settings is None:
        raise InputError(*written.faults)
    return written.settings


def read_as_written(file: Path | None = None, secrets: Path | None = None) -> Written:
    """As `read_settings`, with its faults: one key's do not hide those of others.

    Raises:
        InputError: it is no configuration at all.
    """
    if file is None and Path(FILE_NAME).exists():
        file = Path(FILE_NAME)
    text = "" if file is None else _text_of(file)
    where = _Where("" if file is None else str(file), text, secrets)
    document = _document_of(text, where)
    faults: list[Fault] = []
    unsound: list[KeyPath] = []
    settings: Settings | None
    try:
        settings = Settings(_secrets_dir=secrets, **document)  # type: ignore[call-arg]
    except ValidationError as error:
        found = error.errors(include_url=False)
        faults += [_fault(details, where) for details in found]
        unsound += [_written(details["loc"]) for details in found]
        settings = _left_of(document, secrets, unsound)
    except SettingsError as error:
        what, _, _ = str(error).partition("\n")
        remedy = "Lists and tables are written as JSON in a variable."
        raise InputError(Fault(f"{ENVIRONMENT}*", what, remedy)) from None
    for path, what, remedy in () if settings is None else found_crosswise(settings, tuple(unsound)):
        faults.append(Fault(where.of(path), what, remedy))
        unsound.append(path)
    return Written(settings, faults, unsound)


def _left_of(
    document: Mapping[str, Any], secrets: Path | None, unsound: Sequence[KeyPath]
) -> Settings | None:
    """What a configuration says without some keys, wherever they are written; without their tables, where it must be."""
    tables = [path[:1] for path in unsound]
    for left_out in ([_without_places(path) for path in unsound], tables):
        with suppress(ValidationError):
            return _settings_without(left_out)(_secrets_dir=secrets, **document)  # type: ignore[call-arg]
    return None


def _settings_without(paths: Sequence[KeyPath]) -> type[Settings]:
    class Left(Settings):
        @model_validator(mode="before")
        @classmethod
        def _leave_out(cls, values: dict[str, Any]) -> dict[str, Any]:
            for path in paths:
                values = _without(values, path)
            return values

    return Left


def _without(values: Mapping[str, Any], path: KeyPath) -> dict[str, Any]:
    key, *within = path
    left = {name: value for name, value in values.items() if within or name != key}
    inner = left.get(str(key))
    if isinstance(inner, Mapping):
        left[str(key)] = _without(inner, tuple(within))
    return left


def _without_places(path: KeyPath) -> KeyPath:
    """Of a list that has a fault, all of it."""
    return tuple(itertools.takewhile(lambda key: isinstance(key, str), path))


class _Where:
    """Where a key was written."""

    def __init__(self, file: str, text: str, secrets: Path | None) -> None:
        self._file = file
        self._places: Places | None = None
        self._text = text
        self._secrets = secrets

    def of(self, path: KeyPath) -> str:
        name = BETWEEN.join(str(key) for key in path)
        for length in range(len(path), 0, -1):
            variable = ENVIRONMENT + BETWEEN.join(str(key) for key in path[:length]).upper()
            for given in os.environ:
                if given.upper() == variable:
                    return given
        if self._secrets is not None and (self._secrets / name).exists():
            return str(self._secrets / name)
        if self._places is None:
            self._places = Places(self._text)
        line = self._places.line_of(path)
        if line:
            return f"{self._file}:{line}: {dotted(path)}"
        return f"{self._file}: {dotted(path)}" if self._file else dotted(path)


def _text_of(file: Path) -> str:
    try:
        octets = file.read_bytes()
    except OSError as error:
        what = f"it cannot be read: {error.strerror}"
        raise InputError(Fault(str(file), what, "Name a file with --config, or give none.")) from None
    try:
        text = octets.decode("utf-8") if len(octets) <= _LARGEST_FILE else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise InputError(Fault(str(file), "it is no configuration in UTF-8", "Write it as TOML."))
    return text


def _document_of(text: str, where: _Where) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault(where._file, f"it is not TOML: {error}", "Mend the line.")) from None  # noqa: SLF001
    except RecursionError:
        what = "brackets stand in brackets too deep"
        raise InputError(Fault(where._file, what, "Write a configuration.")) from None  # noqa: SLF001
    except ValueError:  # a number with more digits than Python reads
        what = "a number in it has thousands of digits"
        raise InputError(Fault(where._file, what, "Write a configuration.")) from None  # noqa: SLF001
    if hidden := [key for key in document if key.startswith("_")]:
        raise InputError(*(_unknown((key,), where) for key in hidden))
    return document


def _fault(details: ErrorDetails, where: _Where) -> Fault:
    path: KeyPath = _written(details["loc"])
    kind, value = details["type"], details["input"]
    place = where.of(path)
    if kind == "extra_forbidden":
        return _unknown(path, where)
    if kind == "missing":
        return Fault(place, f"{path[-1]} is missing", f'Write {path[-1]} = "...".')
    if kind == "value_error":
        what, _, remedy = str(details["ctx"]["error"]).partition(": write ")
        return Fault(place, what, f"Write {remedy}." if remedy else "")
    said = "what stands there" if path[-1] in _SECRET else _shown(value)
    if kind == "literal_error":
        return Fault(place, f"{said} is none of the words", f"Write {details['ctx']['expected']}.")
    if kind in _WHAT_BELONGS:
        return Fault(place, f"{said} stands where {_WHAT_BELONGS[kind]} belongs")
    message = details["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return Fault(place, f"{said} is not {message}")


def _written(loc: tuple[int | str, ...]) -> KeyPath:
    """A place as it was written, without the names pydantic has for the members of a union."""
    path: list[str | int] = []
    for key in loc:
        if isinstance(key, str) and path and isinstance(path[-1], int) and not key.isidentifier():
            break
        if isinstance(key, str) and key.startswith(("literal[", "function-")):
            break
        path.append(key)
    return tuple(path)


def _unknown(path: KeyPath, where: _Where) -> Fault:
    table: type[BaseModel] | None = Settings
    for key in path[:-1]:
        if isinstance(key, int) or table is None:
            continue
        table = _table_of(table, key)
    known = [] if table is None else [each.alias or name for name, each in table.model_fields.items()]
    near = get_close_matches(str(path[-1]), known, 1)
    remedy = f"Write {near[0]}." if near else f"There are {', '.join(known)}." if known else ""
    return Fault(where.of(path), f"{path[-1]} is no key that is known here", remedy)


def _table_of(table: type[BaseModel], key: str) -> type[BaseModel] | None:
    field = table.model_fields.get(key)
    kind = None if field is None else field.annotation
    inner = getattr(kind, "__args__", (kind,))[0]
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
