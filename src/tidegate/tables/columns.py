"""Which column of a user's table means what.

A column is found by what the user wrote in `tidegate.toml`, else by our own
name in any letter case, else by guessing: from names that exports use, and from
the first values. A guess must be the only one; where two columns would do, the
user is asked, for a wrong column gives a verdict that looks right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tidegate.columnar.batches import Columns
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, parse_alert_code
from tidegate.vocabulary.devices import parse_device_id
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import parse_instant

RECEIVED_AT: Final = "received_at"
DEVICE_ID: Final = "device_id"
ALERT_CODE: Final = "alert_code"
RECIPIENT: Final = "recipient"

OUR_NAMES: Final = (RECEIVED_AT, DEVICE_ID, ALERT_CODE, RECIPIENT)
REQUIRED: Final = (RECEIVED_AT, DEVICE_ID, ALERT_CODE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The columns of a kind of table.

    names:     Ours.
    required:  Those it must have.
    known_as:  What exports call each: letters and digits, in groups, the better names first.
    read_as:   Raises ValueError for a value that cannot stand in the column.
    by_name:   Columns that are found by their name alone, for their values could be anything.
    heading:   The table of `tidegate.toml` where a user says which is which.
    """

    names: Sequence[str]
    required: Sequence[str]
    known_as: Mapping[str, Sequence[frozenset[str]]]
    read_as: Mapping[str, Callable[[object], None]]
    by_name: frozenset[str]
    heading: str


DECISION_COLUMNS: Final = ("outcome", "throttled_alert_sequence_id", "throttled_alert_count")
"""What a replay adds to a table; a table that has them already keeps them under other names."""

# The better names first: a column of an earlier group is taken before one of a later.
_KNOWN_AS: Final[Mapping[str, Sequence[frozenset[str]]]] = {
    RECEIVED_AT: (
        frozenset(
            [
                "rcvdts",
                "rcvd",
                "received",
                "receivedts",
                "receivedtime",
                "receiveddate",
                "receiveddatetime",
                "receivedtimestamp",
                "receiptts",
                "receipttime",
                "receiptdatetime",
                "receipttimestamp",
                "dccreceivedat",
                "receivedon",
                "receivedutc",
                "daterec",
                "datereceived",
                "timereceived",
                "responsedatetime",
            ]
        ),
        frozenset(
            [
                "timestamp",
                "ts",
                "datetime",
                "time",
                "at",
                "loggedat",
                "createdat",
                "created",
                "inserted",
                "insertedat",
                "utc",
            ]
        ),
    ),
    DEVICE_ID: (
        frozenset(
            [
                "eui",
                "eui64",
                "device",
                "deviceeui",
                "deviceeui64",
                "deviceguid",
                "devid",
                "deviceidentifier",
                "deviceref",
                "guid",
                "meterid",
                "metereui",
                "originator",
                "originatorid",
                "businessoriginatorid",
                "businessoriginator",
            ]
        ),
        frozenset(["meter", "source", "sender", "from", "id"]),
    ),
    ALERT_CODE: (
        frozenset(
            [
                "alertcd",
                "alertcode",
                "alert",
                "code",
                "alertid",
                "alerttype",
                "gbcsalertcode",
                "devicealertcode",
            ]
        ),
        frozenset(["eventcode", "event", "eventcd", "type", "dccalertcode"]),
    ),
    RECIPIENT: (
        frozenset(
            [
                "user",
                "userid",
                "userideui",
                "recipientid",
                "recipienteui",
                "recipientuser",
                "businesstargetid",
                "businesstarget",
                "serviceuser",
                "dccuser",
                "sentto",
            ]
        ),
        frozenset(["target", "to", "party", "destination"]),
    ),
}


def find_columns(
    where: str,
    names: Sequence[str],
    mapping: Mapping[str, str],
    sample: Mapping[str, Sequence[object]],
    wanted: Wanted | None = None,
) -> Columns:
    """Find our columns among an input's.

    Args:
        where:    The input, for the faults.
        names:    Its columns, in its order.
        mapping:  Our name -> its name, as the user wrote it; names it does not have are passed over.
        sample:   The first values of each column (text, numbers, or None).
        wanted:   The kind of table; None: Alerts.

    Raises:
        InputError: a required column is missing, or two columns would do for it.
    """
    wanted = wanted or ALERTS
    found: dict[str, str] = {}
    folded = {name.strip().casefold(): name for name in reversed(names)}
    for ours in wanted.names:
        written = mapping.get(ours, "").strip().casefold()
        if written in folded:
            if folded[written] in found.values():
                other = next(name for name, theirs in found.items() if theirs == folded[written])
                what = f"its column {folded[written]} is named for {other} and for {ours}"
                raise InputError(
                    Fault(where, what, f"Mend [{wanted.heading}] in tidegate.toml: a column is one thing.")
                )
            found[ours] = folded[written]
    for ours in wanted.names:
        if ours not in found and ours in folded and folded[ours] not in found.values():
            found[ours] = folded[ours]
    guessed: list[str] = []
    asked: dict[str, Fault] = {}
    for by in (_by_name, _by_value):
        for ours in wanted.names:
            if ours in found or ours in asked or (by is _by_value and ours in wanted.by_name):
                continue
            free = [name for name in names if name not in found.values()]
            candidates = by(wanted, ours, free, sample)
            if len(candidates) == 1:
                found[ours] = candidates[0]
                guessed.append(ours)
            elif len(candidates) > 1:
                asked[ours] = _ambiguous(wanted, where, ours, candidates)
    missing = [ours for ours in wanted.names if ours not in found]
    faults = [
        asked.get(ours) or _missing(wanted, where, ours, names)
        for ours in missing
        if ours in {*asked, *wanted.required}
    ]
    if faults:
        raise InputError(*faults)
    ignored = [name for name in names if name not in found.values()]
    in_order: dict[str, str] = {ours: found[ours] for ours in wanted.names if ours in found}
    return Columns(
        in_order, tuple(ours for ours in in_order if ours in guessed), tuple(missing), tuple(ignored)
    )


def refuse_wrong_types(
    where: str,
    types: Mapping[str, pa.DataType],
    named: Mapping[str, str],
    wanted_instead: Callable[[str, pa.DataType], str],
) -> None:
    """Refuse columns of a type that cannot hold what they are to say.

    Args:
        where:           The table, for the faults.
        types:           Types of its columns; those of text have none.
        named:           Its columns by our names.
        wanted_instead:  What one of ours should be, by its type; nothing where it is well.

    Raises:
        InputError: names each of them.
    """
    faults = [
        Fault(f"{where}: {name}", f"is {types[name]}, and cannot be {ours}", f"Write it as {wanted}.")
        for ours, name in named.items()
        if name in types and (wanted := wanted_instead(ours, types[name]))
    ]
    if faults:
        raise InputError(*faults)


def looks_like(ours: str, values: Sequence[object], wanted: Wanted | None = None) -> bool:
    """Say whether most of the values that are there could stand in one of our columns; none there: no."""
    there = [value for value in values if value is not None and str(value).strip()]
    fitting = sum(_fits((wanted or ALERTS).read_as[ours], value) for value in there)
    return bool(there) and 2 * fitting > len(there)


def names_in_decisions(
    names: Sequence[str], mapping: Mapping[str, str], added: Sequence[str] = DECISION_COLUMNS
) -> list[str]:
    """What an input's columns are called beside the decisions: ours by our names, each name once."""
    ours_of = {theirs: ours for ours, theirs in mapping.items()}
    taken = {*mapping, *added}
    given = []
    for number, name in enumerate(names, start=1):
        wanted = ours_of.pop(name, None)
        if wanted is None:
            stem = wanted = name.strip() or f"column_{number}"
            if wanted in taken:
                stem = wanted = f"input_{wanted}"
            again = 2
            while wanted in taken:
                wanted, again = f"{stem}_{again}", again + 1
        taken.add(wanted)
        given.append(wanted)
    return given


def _by_name(
    wanted: Wanted, ours: str, free: Sequence[str], sample: Mapping[str, Sequence[object]]
) -> list[str]:
    for group in wanted.known_as[ours]:
        named = [name for name in free if re.sub(r"[^a-z0-9]", "", name.casefold()) in group]
        if ours not in wanted.by_name:
            named = [name for name in named if looks_like(ours, sample.get(name, ()), wanted)]
        if named:
            return named
    return []


def _by_value(
    wanted: Wanted, ours: str, free: Sequence[str], sample: Mapping[str, Sequence[object]]
) -> list[str]:
    return [name for name in free if looks_like(ours, sample.get(name, ()), wanted)]


def _ambiguous(wanted: Wanted, where: str, ours: str, candidates: Sequence[str]) -> Fault:
    return Fault(
        where,
        f"{' and '.join(map(repr, candidates[:4]))} could each be {ours}",
        f'Say which under [{wanted.heading}] in tidegate.toml: {ours} = "{candidates[0]}"',
    )


def _missing(wanted: Wanted, where: str, ours: str, names: Sequence[str]) -> Fault:
    seen = ", ".join(map(repr, names[:20])) + (", ..." if len(names) > 20 else "")  # noqa: PLR2004
    return Fault(
        where,
        f"no column is {ours}; the columns are {seen}",
        f'Say which it is under [{wanted.heading}] in tidegate.toml: {ours} = "..."',
    )


def is_instant(value: object) -> None:
    """Refuse what is no instant, as `Wanted.read_as` does."""
    # A bare number is an instant only in a column that is said to be one.
    parse_instant(str(value))


def _is_device_id(value: object) -> None:
    if isinstance(value, int):
        if not value % 2**64 >= 2**48:
            raise ValueError
        return
    try:
        parse_device_id(str(value))
    except ValueError as error:
        # A column of EUI-64s is still one after a spreadsheet has mangled it.
        if "spreadsheet" not in str(error):
            raise


def _is_alert_code(value: object) -> None:
    if isinstance(value, int):
        if not 0 < value < NUMBER_OF_CODES:
            raise ValueError
        return
    parse_alert_code(str(value))


ALERTS: Final = Wanted(
    names=OUR_NAMES,
    required=REQUIRED,
    known_as=_KNOWN_AS,
    read_as={
        RECEIVED_AT: is_instant,
        DEVICE_ID: _is_device_id,
        ALERT_CODE: _is_alert_code,
        RECIPIENT: _is_device_id,
    },
    by_name=frozenset({RECIPIENT}),
    heading="columns",
)
"""The Alerts table."""


def _fits(read: Callable[[object], None], value: object) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True
