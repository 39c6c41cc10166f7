"""What can be read of a raw document: each value on its own, whether or not those beside it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.policy_files.form import (
    LARGEST_COUNT,
    Code,
    Count,
    DurationText,
    InstantText,
    Number,
    OptionalCount,
    OptionalDuration,
)
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import HOUR

T = TypeVar("T")

_CODE: TypeAdapter[int] = TypeAdapter(Code)
_READERS: Mapping[str, TypeAdapter[Any]] = {
    "threshold": TypeAdapter(Count),
    "window": TypeAdapter(DurationText),
    "forward_one_in": TypeAdapter(Count),
    "forward_at_least_every": TypeAdapter(OptionalDuration),
    "clear_threshold": TypeAdapter(OptionalCount),
    "amber_threshold": TypeAdapter(OptionalCount),
    "expires": TypeAdapter(InstantText),
    "period": TypeAdapter(DurationText),
    "maximum_system_capacity": TypeAdapter(Count),
    "operating_threshold": TypeAdapter(Count),
    "prepayment_multiplier": TypeAdapter(Number),
    "network_weight": TypeAdapter(Number),
    "floor": TypeAdapter(Count),
    "early_warning_at": TypeAdapter(Number),
}


@dataclass(frozen=True, slots=True)
class ParametersAsWritten(AlertStormParameters):
    """Parameters that need not be valid, to ask what is wrong with them."""

    def __post_init__(self) -> None:
        """Let anything in."""


def parameters_as_written(usable: Mapping[str, Any]) -> ParametersAsWritten:
    """The parameters of a table; what cannot be read of them is such that nothing is wrong with it."""
    return ParametersAsWritten(
        threshold=usable.get("threshold", LARGEST_COUNT),
        window_us=usable.get("window", HOUR),
        forward_one_in=usable.get("forward_one_in", 1),
        forward_at_least_every_us=usable.get("forward_at_least_every"),
        clear_threshold=usable.get("clear_threshold"),
        amber_threshold=usable.get("amber_threshold"),
    )


def usable(table: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a table that can be read, by their keys."""
    found = {
        key: read(_READERS[key].validate_python, value) for key, value in table.items() if key in _READERS
    }
    return {key: value for key, (is_read, value) in found.items() if is_read}


def read(reader: Callable[..., T], value: object) -> tuple[bool, T | None]:
    """Whether a value can be read, and it."""
    try:
        return True, reader(value, strict=True)
    except ValidationError:
        return False, None


def code_of(value: object) -> AlertCode | None:
    """The Alert Code that is written; None where it is none."""
    return read(_CODE.validate_python, value)[1]


def codes_of(table: Mapping[str, Any]) -> set[AlertCode]:
    """The Alert Codes among the keys of a table."""
    return {code for code in map(code_of, table) if code is not None}


def table_of(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The table under a key; an empty one where there is none."""
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def resolved(overrides: Mapping[str, Any], default: Mapping[str, Any]) -> dict[AlertCode, dict[str, Any]]:
    """The usable values of each override, with what it takes from the default."""
    return {
        code: usable({**default, **override})
        for key, override in overrides.items()
        if (code := code_of(key)) is not None and isinstance(override, dict)
    }
