"""What a sweep varies: a parameter and the values it takes, as a person writes them.

`threshold=5..300` is a range; `threshold=5..300:5` has a step; `window=15m,1h,6h`
is a list, of which each part may be a range. All faults are said at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, TypeAlias

from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, Duration, format_duration, parse_duration

MOST_STEPS: Final = 30
"""About how many values a range without a step has."""

NEVER: Final = "never"
"""Written for `forward_at_least_every`: no such promise."""

_NUMBERS: Final = {"threshold": 1, "clear_threshold": 0, "forward_one_in": 1}
_DURATIONS: Final = ("window", "forward_at_least_every")
PARAMETERS: Final = ("threshold", "window", "forward_one_in", "forward_at_least_every", "clear_threshold")
"""What can be swept, in the order it is shown."""

_EXAMPLES: Final = {
    "threshold": "threshold=5..300",
    "window": "window=15m,1h,6h,24h",
    "forward_one_in": "forward_one_in=5,10,20",
    "forward_at_least_every": "forward_at_least_every=30m,1h,never",
    "clear_threshold": "clear_threshold=0..30:5",
}
_RANGE: Final = re.compile(r"(.*?)\.\.(.*?)(?::(.*))?")
_ROUND_DURATIONS: Final = (
    *(seconds * SECOND for seconds in (1, 2, 5, 10, 15, 30)),
    *(minutes * MINUTE for minutes in (1, 2, 3, 5, 10, 15, 20, 30, 45)),
    *(hours * HOUR for hours in (1, 2, 3, 4, 6, 8, 12)),
    *(days * DAY for days in (1, 2, 3, 5, 7, 14, 28)),
)
_MOST_VALUES: Final = 10_000
_SECOND_STEP: Final = 2
_THIRD_STEP: Final = 5

Value: TypeAlias = int | None
"""A count, a duration in microseconds, or None for `never`."""


@dataclass(frozen=True, slots=True)
class SweptParameter:
    """A parameter and the values it takes, ascending; `never` (None) last."""

    name: str
    values: tuple[Value, ...]


def is_range(text: str) -> bool:
    """Whether an argument is `name=values`, by its form."""
    return re.fullmatch(r"[A-Za-z_]\w*=.*", text) is not None


def parse_ranges(texts: Sequence[str]) -> list[SweptParameter]:
    """Read `threshold=5..300`, `threshold=5..300:5`, `window=15m,1h,6h`; all faults at once.

    A range without a step has about `MOST_STEPS` round values, evenly spread on a log scale, or all
    there are where these are fewer.

    Raises:
        InputError: there is none, a parameter is unknown or given twice, or its values are at fault.
    """
    if not texts:
        raise InputError(
            Fault(
                "sweep",
                "no parameter to sweep was given",
                "Add a range, as threshold=5..300; more than one makes a grid.",
            )
        )
    swept: dict[str, SweptParameter] = {}
    faults: list[Fault] = []
    for text in texts:
        try:
            one = _parse(text)
        except InputError as error:
            faults += error.faults
            continue
        if one.name in swept:
            what = f"{one.name} is given more than once"
            faults.append(Fault(text, what, f"Write all its values together, as {one.name}=10,20."))
        swept[one.name] = one
    if faults:
        raise InputError(*faults)
    return sorted(swept.values(), key=lambda one: PARAMETERS.index(one.name))


def value_in_words(name: str, value: Value) -> str:
    """A value as a person writes it: `30`, `1h`, `never`."""
    if value is None:
        return NEVER
    return format_duration(value) if name in _DURATIONS else f"{value}"


def _parse(text: str) -> SweptParameter:
    name, _, written = text.partition("=")
    if name not in PARAMETERS:
        near = get_close_matches(name, PARAMETERS, 1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise InputError(
            Fault(
                text,
                f"there is no parameter {name} to sweep, nor a file of this name",
                f"{meant}There are: {', '.join(PARAMETERS)}.",
            )
        )
    try:
        values = [value for part in written.split(",") for value in _values(name, part.strip())]
    except ValueError as error:
        raise InputError(Fault(text, str(error), f"Write it as {_EXAMPLES[name]}.")) from None
    numbers = sorted({value for value in values if value is not None})
    never: tuple[Value, ...] = (None,) if None in values else ()
    return SweptParameter(name, (*numbers, *never))


def _values(name: str, part: str) -> Sequence[Value]:
    if not part:
        raise ValueError("a value is missing")
    if name == "forward_at_least_every" and part.lower() == NEVER:
        return [None]
    read: Callable[[str], int] = (
        _read_duration if name in _DURATIONS else lambda text: _read_number(name, text)
    )
    match = _RANGE.fullmatch(part)
    if match is None:
        return [read(part)]
    first, last, step = match.groups()
    low, high = read(first.strip()), read(last.strip())
    if high < low:
        raise ValueError(
            f"the range {part} is empty: it ends before it begins; {last.strip()}..{first.strip()} is not"
        )
    if step is None:
        return _round_durations(low, high) if name in _DURATIONS else _round_numbers(low, high)
    by = _read_duration(step.strip()) if name in _DURATIONS else _read_number("the step", step.strip(), 1)
    if (high - low) // by >= _MOST_VALUES:
        raise ValueError(f"the range {part} has {(high - low) // by + 1:,} values")
    return list(range(low, high + 1, by))


def _read_number(name: str, text: str, least: int | None = None) -> int:
    least = _NUMBERS[name] if least is None else least
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        raise ValueError(f"{text!r} is not a whole number")
    if int(text) < least:
        raise ValueError(f"{name} is {int(text)}; it must be {least} or more")
    return int(text)


def _read_duration(text: str) -> Duration:
    duration = parse_duration(text)
    if duration <= 0:
        raise ValueError(f"{text} is no time at all; it must be longer")
    return duration


def _round_numbers(low: int, high: int) -> list[int]:
    """Round numbers from low to high, both among them, evenly spread on a log scale."""
    if high - low < MOST_STEPS:
        return list(range(low, high + 1))
    least = max(low, 1)
    ratio = (high / least) ** (1 / (MOST_STEPS - 1))
    spread = (_rounded(least * ratio**step) for step in range(MOST_STEPS))
    return sorted({low, high, *(value for value in spread if low <= value <= high)})


def _rounded(value: float) -> int:
    """To a number people would choose: 17, 25, 80, 130, 350."""
    decade = 10 ** math.floor(math.log10(value))
    first = value / decade
    step = decade / 10 if first < _SECOND_STEP else decade / 2 if first < _THIRD_STEP else decade
    step = max(1, round(step))
    return int(round(value / step) * step)


def _round_durations(low: Duration, high: Duration) -> list[Duration]:
    return sorted({low, high, *(each for each in _ROUND_DURATIONS if low <= each <= high)})
