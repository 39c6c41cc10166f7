"""The Users table, read: who shares the capacity, and by what each is counted. CSV and its like, or Parquet.

Rows that cannot be read are faults here, all of them together: an allocation
that leaves one User out is wrong for every other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tidegate.tables.alert_columns import recipient_name, shown_whole
from tidegate.tables.input_files import find_files, is_parquet
from tidegate.tables.parsed_block import parse_block
from tidegate.tables.text_file import EmptyFileError, TextFile
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.users import NUMBERS_OF_USERS, ROLE_NAMES, User, UserRole, UsersTable

MOST_USERS: Final = 10_000
"""Rows of a table of Users; one of more is a table of something else."""

MOST_COUNTED: Final = 10**12
"""More meters or requests than there can be: a number like this is an identifier."""

_WANTED: Final = (
    "Name a CSV or Parquet file with the columns user and role, and a row for each User in each role."
)
_REQUIRED: Final = ("user", "role")
_WHOLE = re.compile(r"(\d+)(?:\.0*)?")
_DECIMAL = re.compile(r"\d+(?:\.\d+)?")
_SEPARATED = re.compile(r"\d{1,3}(?:[, _']\d{3})+")
_ALSO_CALLED: Final[Mapping[str, UserRole]] = {
    "EIS": UserRole.IS, "EES": UserRole.ES, "GIS": UserRole.GS, "DNO": UserRole.ED, "ENO": UserRole.ED,
    "IDNO": UserRole.ED, "GNO": UserRole.GT, "GDN": UserRole.GT,
}  # fmt: skip
"""Other words for the roles: told to who writes them, not taken for them."""

_Row = tuple[str, Mapping[str, str]]
"""Where a row stands, and its texts by our columns."""


def read_users(path: Path) -> UsersTable:
    """Read every User: `user`, `role` and any of NUMBERS_OF_USERS, in any column order and letter case.

    Raises:
        InputError: it cannot be read to its end, lacks `user` or `role`, has no row, or rows that are at fault.
    """
    files = find_files([path])
    if len(files) > 1:
        raise InputError(
            Fault(str(path), f"a table of Users is one file, and here are {len(files)}", _WANTED)
        )
    reading = _Reading(files[0])
    try:
        rows = _parquet_rows(reading) if is_parquet(files[0]) else _text_rows(reading)
    except EmptyFileError as error:
        raise InputError(Fault(str(files[0]), f"has no User in it: {error}", _WANTED)) from None
    for where, texts in rows:
        reading.take(where, texts)
    return reading.table()


class _Reading:
    """A table as far as it has been read."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._names: dict[str, str] = {}
        self._others: tuple[str, ...] = ()
        self._users: list[User] = []
        self._where: dict[tuple[str, UserRole], str] = {}

    def find(self, names: Sequence[str]) -> dict[str, str]:
        """Our name -> the file's, for each of our columns that it has."""
        folded = {name.strip().casefold(): name for name in reversed(names)}
        self._names = {ours: folded[ours] for ours in (*_REQUIRED, *NUMBERS_OF_USERS) if ours in folded}
        self._others = tuple(name for name in names if name not in self._names.values())
        lacking = [ours for ours in _REQUIRED if ours not in self._names]
        if lacking:
            what = f"the table of Users has no column {' and no column '.join(lacking)}; it has {', '.join(names)}"
            raise InputError(Fault(str(self.file), what, f"Name the columns {' and '.join(_REQUIRED)}."))
        return self._names

    def refuse_twice(self, as_written: Sequence[str]) -> None:
        """Of two columns of one name nobody can say which is meant.

        Raises:
            InputError: one of ours is there twice.
        """
        names = [name.strip().casefold() for name in as_written]
        twice = [ours for ours in (*_REQUIRED, *NUMBERS_OF_USERS) if names.count(ours) > 1]
        if twice:
            raise InputError(
                *(
                    Fault(
                        str(self.file),
                        f"{names.count(ours)} columns are named {ours}",
                        "Leave one, and rename the rest.",
                    )
                    for ours in twice
                )
            )

    def take(self, where: str, texts: Mapping[str, str]) -> None:
        """Read one row; what is wrong with it is kept."""
        before = len(self.faults)
        name, role = self._name(where, texts["user"]), self._role(where, texts["role"])
        numbers: dict[str, Any] = {
            column: self._number(where, column, texts[column])
            for column in NUMBERS_OF_USERS
            if column in texts
        }
        if len(self.faults) > before or role is None:
            return
        if (first := self._where.setdefault((name, role), where)) != where:
            what = f"{name} stands here a second time as {role}; it does in {first.removeprefix(f'{self.file}, ')}"
            self.faults.append(Fault(where, what, "Make one row of the two, with their meters together."))
            return
        self._users.append(User(name, role, **numbers))

    def table(self) -> UsersTable:
        """All Users.

        Raises:
            InputError: a row is at fault; every such row is told.
        """
        if self.faults:
            raise InputError(*self.faults)
        missing = tuple(name for name in NUMBERS_OF_USERS if name not in self._names)
        return UsersTable(str(self.file), tuple(self._users), missing, self._others)

    def _name(self, where: str, text: str) -> str:
        if not text.strip():
            self.faults.append(Fault(where, "user is empty", "Write its name or EUI-64."))
        elif "\N{REPLACEMENT CHARACTER}" in text:
            self.faults.append(
                Fault(where, f"user {text!r} is not UTF-8 text", "Save the file as CSV UTF-8.")
            )
        return recipient_name(text)

    def _role(self, where: str, text: str) -> UserRole | None:
        written = text.strip().upper()
        if written in UserRole.__members__:
            return UserRole(written)
        meant = _ALSO_CALLED.get(written)
        known = ", ".join(f"{role} ({name})" for role, name in ROLE_NAMES.items())
        remedy = f"Write {meant} ({ROLE_NAMES[meant]})." if meant else f"Write one of {known}."
        self.faults.append(Fault(where, f"role is {text!r}" if text.strip() else "role is empty", remedy))
        return None

    def _number(self, where: str, column: str, text: str) -> int | Fraction | None:
        """What stands in a column; None where it is empty or at fault."""
        written = text.strip()
        if not written:
            return None
        is_forecast = column == "forecast"
        number: int | Fraction | None = None
        if match := _WHOLE.fullmatch(written):
            number = int(match.group(1))
        elif is_forecast and _DECIMAL.fullmatch(written):
            number = Fraction(written)
        if number is not None and number <= MOST_COUNTED:
            return Fraction(number) if is_forecast else number
        if number is not None:
            what, remedy = f"{column} is {written}: no User has so many", "See that the column holds a count."
        elif _SEPARATED.fullmatch(written):
            digits = re.sub(r"\D", "", written)
            what, remedy = f"{column} is {written!r}", f"Write {digits}, without separators."
        else:
            what = f"{column} is {written!r}"
            remedy = f"Write a {'' if is_forecast else 'whole '}number of 0 or more, as 2400000."
        self.faults.append(Fault(where, what, remedy))
        return None


def _text_rows(reading: _Reading) -> Iterator[_Row]:
    text = TextFile(reading.file)
    reading.refuse_twice(text.heading.as_written)
    names = text.heading.names
    places = {ours: names.index(name) for ours, name in reading.find(names).items()}
    return _rows_of_text(reading, text, places)


def _rows_of_text(reading: _Reading, text: TextFile, places: Mapping[str, int]) -> Iterator[_Row]:
    first_line = text.first_line
    rows = 0
    for block in text.blocks():
        parsed = parse_block(block, text.heading, list(places.values()), [])
        for line, reason, _ in parsed.misshapen_rows(first_line):
            reading.faults.append(
                Fault(f"{reading.file}, line {line}", reason, "Quote a field that has the delimiter in it.")
            )
        rows += parsed.rows
        _refuse_too_many(reading.file, rows)
        columns = {ours: parsed.columns[place].to_pylist() for ours, place in places.items()}
        for row, line in enumerate(parsed.lines_of_rows(first_line).tolist()):
            texts = {ours: shown_whole(values[row]) for ours, values in columns.items()}
            yield f"{reading.file}, line {line}", texts
        first_line += parsed.lines


def _parquet_rows(reading: _Reading) -> Iterator[_Row]:
    try:
        file = pq.ParquetFile(str(reading.file))
        reading.refuse_twice(file.schema_arrow.names)
        names = reading.find(file.schema_arrow.names)
        if file.metadata.num_rows == 0:
            raise EmptyFileError("it has no rows")
        _refuse_too_many(reading.file, file.metadata.num_rows)
        table = file.read(columns=list(names.values()))
    except (OSError, pa.ArrowException) as error:
        what = f"the table of Users cannot be read: {str(error).splitlines()[0].rstrip('.')}"
        raise InputError(Fault(str(reading.file), what, _WANTED)) from None
    columns = {ours: table.column(name).to_pylist() for ours, name in names.items()}
    return (
        (
            f"{reading.file}, row {row + 1}",
            {ours: _as_text(ours, each[row]) for ours, each in columns.items()},
        )
        for row in range(table.num_rows)
    )


def _as_text(ours: str, value: Any) -> str:
    """A value of a Parquet column as it would stand in a text file."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bytes):
        return shown_whole(value)
    if ours == "user" and isinstance(value, int):
        return format_device_id(value % 2**64)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _refuse_too_many(file: Path, rows: int) -> None:
    if rows > MOST_USERS:
        what = f"has more than {MOST_USERS:,} rows: this is a table of something else"
        raise InputError(Fault(str(file), what, _WANTED))
