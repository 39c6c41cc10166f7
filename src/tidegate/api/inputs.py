"""What a caller may write, and what operations take: paths, frames, instants, policies."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from tidegate.columnar.inventory import Inventory
from tidegate.operations.ordered_log import DEFAULT_LOOK_BACK
from tidegate.operations.ports import AlertSource
from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.alert_codes import AlertCode, parse_alert_code
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.devices import DeviceId, parse_device_id
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Duration, Instant, parse_duration, parse_instant

if TYPE_CHECKING:
    import pyarrow as pa

    from tidegate.operations.replay import ReplayOptions
    from tidegate.policy.history import PolicyPeriod

PathInput: TypeAlias = str | PathLike[str]

InstantInput: TypeAlias = str | int | datetime
"""`2026-03-01T12:00:00Z` or `2026-03-01`, microseconds since 1970, or a datetime with a zone."""

DurationInput: TypeAlias = str | int | timedelta
"""`60m`, microseconds, or a timedelta."""

PolicyInput: TypeAlias = MechanismDocument | PathInput
"""A policy, a policy file, the name of a published one, or a folder of versions."""

_DAY_ONLY = len("2026-03-01")
_ZERO = timedelta()
_MICROSECOND = timedelta(microseconds=1)
_IN_MEMORY = "a table in memory"


class Alerts:
    """Alerts to be read as often as asked for; `read_alerts` makes one.

    It is an Arrow table to whoever asks (`__arrow_c_stream__`): `polars.DataFrame(alerts)`,
    `pandas.DataFrame.from_arrow(alerts)`, `duckdb.sql("FROM alerts")` over `alerts.to_arrow()`.

    name:  What was read, as a person would call it.
    """

    def __init__(self, source: _Opener) -> None:
        self._open = source
        self.name: str = source(keep_original=False).name

    def source(self, *, keep_original: bool = False) -> AlertSource:
        """Open them, to be read once; `keep_original` hands on every column, for decisions."""
        return self._open(keep_original=keep_original)

    def to_arrow(self) -> pa.Table:
        """The alerts table: `received_at`, `device_id`, `alert_code`, `recipient`; rows that cannot be used left out.

        Raises:
            InputError: they cannot be read.
        """
        from tidegate.tables.arrow_source import read_whole  # noqa: PLC0415 - `import tidegate` loads no pyarrow

        return read_whole(self.source())[0]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        table: Any = self.to_arrow()
        return table.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"<Alerts of {self.name}>"


AlertsInput: TypeAlias = Alerts | PathInput | Sequence[PathInput] | Sequence[Alert] | Any
"""A path, several, `Alert` values, or a table: pyarrow, or a frame with `__arrow_c_stream__`."""


class _Opener:
    """Opens Alerts anew each time."""

    def __init__(self, given: Any, columns: dict[str, str] | None, received_at: Path | None) -> None:
        self._given = given
        self._columns = columns
        self._received_at = received_at

    def __call__(self, *, keep_original: bool) -> AlertSource:
        from tidegate import assembly  # noqa: PLC0415
        from tidegate.tables.arrow_source import ArrowSource  # noqa: PLC0415

        if isinstance(self._given, list):
            return assembly.open_alerts(
                self._given,
                mapping=self._columns,
                keep_original=keep_original,
                sidecar=self._received_at,
            )
        return ArrowSource(self._given, _IN_MEMORY, self._columns or {}, keep_original=keep_original)


def alerts_of(
    given: AlertsInput, *, columns: dict[str, str] | None = None, received_at: PathInput | None = None
) -> Alerts:
    """Alerts of whatever a caller may give.

    Raises:
        InputError: nothing is there, it is of no kind we know, or its columns cannot be told.
    """
    if isinstance(given, Alerts):
        return given
    sidecar = None if received_at is None else Path(received_at)
    return Alerts(_Opener(_paths_or_table(given), columns, sidecar))


def inventory_of(given: Inventory | PathInput | Any) -> Inventory:
    """An Inventory of a path, or of a table.

    Raises:
        InputError: it cannot be read.
    """
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415

    if isinstance(given, Inventory):
        return given
    if isinstance(given, str | PathLike):
        return open_inventory(Path(given))
    return _inventory_of_table(given)


def policy_of(given: PolicyInput | None) -> MechanismDocument:
    """One policy: itself, a file's, a published one's; None: the default.

    Raises:
        InputError: there is none, or it has faults.
    """
    from tidegate.policy_files import DEFAULT_POLICY, find_policy  # noqa: PLC0415

    if isinstance(given, MechanismDocument):
        return given
    return find_policy(DEFAULT_POLICY if given is None else str(given))


def periods_of(given: PolicyInput | None, options: ReplayOptions) -> list[PolicyPeriod]:
    """Which policy decides when; a folder of versions is a history.

    Raises:
        InputError: there is none, or it has faults.
    """
    from tidegate import assembly  # noqa: PLC0415
    from tidegate.operations.replay import always  # noqa: PLC0415

    if isinstance(given, MechanismDocument):
        return always(given)
    return assembly.policy_periods(None if given is None else str(given), options)


def options_of(
    since: InstantInput | None,
    until: InstantInput | None,
    look_back: DurationInput | None,
    *,
    strict: bool,
) -> ReplayOptions:
    """How to read and decide.

    Raises:
        InputError: an instant or duration cannot be read, or nothing can be received in the period.
    """
    from tidegate import assembly  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions  # noqa: PLC0415

    options = ReplayOptions(
        since=None if since is None else instant_of("since", since),
        until=None if until is None else instant_of("until", until),
        look_back_us=DEFAULT_LOOK_BACK if look_back is None else duration_of("look_back", look_back),
        shards=assembly.shards(),
        is_strict=strict,
    )
    if options.since is not None and options.until is not None and options.until <= options.since:
        raise InputError(
            Fault("until", "is not after since", "The period is from since on and before until.")
        )
    return options


def instant_of(name: str, given: InstantInput) -> Instant:
    """An instant.

    Raises:
        InputError: it is none, or a datetime without a zone.
    """
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise InputError(Fault(name, f"{given} names no zone", "Give a datetime with tzinfo, as UTC."))
        return (given - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND
    if isinstance(given, int):
        return given
    try:
        return parse_instant(given if len(given) > _DAY_ONLY else f"{given}T00:00:00Z")
    except ValueError as error:
        raise InputError(Fault(name, str(error))) from None


def duration_of(name: str, given: DurationInput) -> Duration:
    """A duration, not less than none.

    Raises:
        InputError: it is none.
    """
    if isinstance(given, timedelta) and given >= _ZERO:
        return given // _MICROSECOND
    if isinstance(given, int) and given >= 0:
        return given
    try:
        return parse_duration(str(given))
    except ValueError as error:
        raise InputError(Fault(name, str(error))) from None


def code_of(name: str, given: int | str) -> AlertCode:
    """An Alert Code: a number, or as it is written.

    Raises:
        InputError: it is none.
    """
    try:
        return parse_alert_code(given) if isinstance(given, str) else given
    except ValueError as error:
        raise InputError(Fault(name, str(error))) from None


def device_of(name: str, given: int | str) -> DeviceId:
    """A Device: its EUI-64 as a number or as text.

    Raises:
        InputError: it is none.
    """
    try:
        return parse_device_id(given) if isinstance(given, str) else given
    except ValueError as error:
        raise InputError(Fault(name, str(error))) from None


def _paths_or_table(given: Any) -> Any:
    from tidegate.tables.arrow_source import as_arrow, table_of  # noqa: PLC0415

    if isinstance(given, str | PathLike):
        return [Path(given)]
    if isinstance(given, list | tuple):
        if all(isinstance(each, str | PathLike) for each in given) and given:
            return [Path(each) for each in given]
        if all(isinstance(each, Alert) for each in given):
            return table_of(cast("Sequence[Alert]", given))
        what = "this is neither a list of paths nor a list of Alerts"
        raise InputError(Fault("alerts", what, "Give one of these, a path, or a table."))
    return as_arrow(given, "alerts")


def _inventory_of_table(given: Any) -> Inventory:
    """Read through a file of its own, as any Inventory is."""
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415
    from tidegate.tables.arrow_source import as_arrow, write_parquet  # noqa: PLC0415

    table = as_arrow(given, "inventory")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inventory.parquet"
        write_parquet(table, path)
        try:
            return replace(open_inventory(path), source=_IN_MEMORY)
        except InputError as error:
            faults = (
                replace(fault, where=fault.where.replace(str(path), _IN_MEMORY)) for fault in error.faults
            )
            raise InputError(*faults) from None
