"""Scenarios of Service Request traffic, read from TOML: those that come with tidegate, and a user's own.

All faults of a file are told at once, each with its place and what to write.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from tidegate.policy.priority_asks import PRIORITY_ASKS
from tidegate.reports.requests_simulated import Remark
from tidegate.simulation.requests.retries import RETRY_STRATEGIES
from tidegate.simulation.requests.scenario import (
    LONGEST,
    USUAL_STRATEGY,
    Counted,
    Outage,
    RequestScenario,
    Shape,
    SimulatedUser,
    Stream,
)
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Duration, parse_duration, parse_instant
from tidegate.vocabulary.service_reference_variants import published_variants
from tidegate.vocabulary.users import User, UserRole

_SUFFIX: Final = ".toml"

_Read = TypeVar("_Read")
_Keys: TypeAlias = Mapping[str, tuple[str, Callable[[Any], Any]]]
"""By our name, the key of the file and what reads its value."""


@cache
def request_scenarios() -> Mapping[str, RequestScenario]:
    """Every scenario that comes with tidegate, by its name, in the order of names."""
    folder = files("tidegate.simulation.requests").joinpath("scenarios")
    found = [
        parse_scenario(file.read_text(encoding="utf-8"), file.name)
        for file in folder.iterdir()
        if file.name.endswith(_SUFFIX)
    ]
    return {scenario.name: scenario for scenario in sorted(found, key=lambda each: each.name)}


def find_scenario(name_or_path: str) -> RequestScenario:
    """The scenario of a name, or of a TOML file.

    Raises:
        InputError: there is none, or its file has faults.
    """
    known = request_scenarios()
    if name_or_path in known:
        return known[name_or_path]
    if name_or_path.endswith(_SUFFIX):
        try:
            text = Path(name_or_path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise InputError(Fault(name_or_path, f"cannot be read: {reason}", "Name a TOML file.")) from None
        return parse_scenario(text, name_or_path)
    likely = get_close_matches(name_or_path, known, n=1, cutoff=0.4)
    meant = f"Did you mean {likely[0]}? " if likely else ""
    remedy = f"{meant}There are: {', '.join(known)}. A file of your own ends in {_SUFFIX}."
    what = f"there is no scenario {name_or_path!r} of Service Requests"
    raise InputError(Fault("SCENARIO", what, remedy))


@cache
def usual_users() -> Sequence[SimulatedUser]:
    """The Users of a scenario that names none."""
    file = files("tidegate.simulation.requests").joinpath("users.toml")
    faults: list[Fault] = []
    form = _Form(tomllib.loads(file.read_text(encoding="utf-8")), file.name, faults)
    users = [_user(each) for each in form.tables("users")]
    form.close()
    assert not faults
    return [user for user in users if user is not None]


def parse_scenario(text: str, where: str) -> RequestScenario:
    """Read a scenario; `where` is what a person would call the text.

    Raises:
        InputError: it has faults; all are told.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault(where, f"is not TOML: {error}", "Mend the line.")) from None
    faults: list[Fault] = []
    form = _Form(table, where, faults)
    parts = {
        "answers": [_remark(each) for each in form.tables("answers")],
        "users": [_user(each) for each in form.tables("users")] or usual_users(),
        "streams": [_stream(each) for each in form.tables("streams")],
        "outages": [_outage(each) for each in form.tables("outages")],
    }
    scenario = form.make(RequestScenario, _OF_SCENARIO, _SCENARIO_MAY_HAVE, parts)
    form.close()
    if scenario is not None and not faults:
        faults.extend(_faults_of(scenario, where))
    if faults:
        raise InputError(*faults)
    assert scenario is not None
    return scenario


def _faults_of(scenario: RequestScenario, where: str) -> list[Fault]:
    """What only shows when all parts are known."""
    faults = []
    if not 0 < scenario.length_us <= LONGEST:
        faults.append(Fault(where, "length is no length for a simulation", "Write 1m to 1d."))
    names = [stream.name for stream in scenario.streams]
    if not names:
        faults.append(Fault(where, "has no [[streams]]", "Write one at least."))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        faults.append(Fault(where, f"two streams are named {twice[0]}", "Give each a name of its own."))
    if scenario.watches not in names:
        what = f"watches {scenario.watches!r}, and no stream has that name"
        faults.append(Fault(where, what, "Write the name of one of its streams."))
    return faults


class _Form:
    """A table of the file. What is wrong with it is kept."""

    def __init__(self, table: Mapping[str, Any], where: str, faults: list[Fault]) -> None:
        self._left = dict(table)
        self._where = where
        self._faults = faults
        self._forms: list[_Form] = []

    def tables(self, key: str) -> list[_Form]:
        """The tables of `[[key]]`."""
        written = self._left.pop(key, [])
        if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
            self._faults.append(Fault(self._where, f"{key} is no list of tables", f"Write [[{key}]]."))
            return []
        made = [_Form(each, f"{self._where}, {key} {at}", self._faults) for at, each in enumerate(written, 1)]
        self._forms += made
        return made

    def make(
        self, kind: Callable[..., _Read], needed: _Keys, may_be: _Keys, parts: Mapping[str, Any] | None = None
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


def _remark(form: _Form) -> Remark | None:
    return form.make(Remark, {name: (name, _text) for name in ("number", "by", "said")}, {})


def _outage(form: _Form) -> Outage | None:
    return form.make(Outage, {"from_us": ("from", _duration), "for_us": ("for", _duration)}, {})


def _user(form: _Form) -> SimulatedUser | None:
    retry = form.make(
        lambda retry=USUAL_STRATEGY: str(retry), {}, {"retry": ("retry", _one_of(tuple(RETRY_STRATEGIES)))}
    )
    user = form.make(
        User,
        {"user": ("name", _text), "role": ("role", _member(UserRole))},
        {
            column: (column, _count)
            for column in ("credit_meters", "prepayment_meters", "unknown_meters", "network_meters")
        },
    )
    return None if user is None or retry is None else SimulatedUser(user, retry)


def _stream(form: _Form) -> Stream | None:
    return form.make(Stream, _OF_STREAM, _STREAM_MAY_HAVE)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("write a text in quotation marks")
    return " ".join(value.split())


def _duration(value: Any) -> Duration:
    return parse_duration(_text(value))


def _instant(value: Any) -> int:
    return parse_instant(value.isoformat() if hasattr(value, "isoformat") else _text(value))


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no count: write a whole number of 0 or more")
    return value


def _place(value: Any) -> int:
    if _count(value) == 0:
        raise ValueError("places count from 1")
    return int(value)


def _factor(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 100:  # noqa: PLR2004
        raise ValueError(f"{value!r} is no factor: write more than 0, at most 100")
    return float(value)


def _one_of(known: Sequence[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")
        return str(value)

    return read


_Member = TypeVar("_Member", bound=StrEnum)


def _member(kind: type[_Member]) -> Callable[[Any], _Member]:
    def read(value: Any) -> _Member:
        return kind(_one_of(tuple(each.value for each in kind))(value))

    return read


def _several(read: Callable[[Any], _Read]) -> Callable[[Any], tuple[_Read, ...]]:
    def read_all(value: Any) -> tuple[_Read, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError("write a list with one entry at least")
        return tuple(map(read, value))

    return read_all


def _range(value: Any) -> tuple[Duration, Duration]:
    durations = _several(_duration)(value)
    if len(durations) != 2 or durations[0] > durations[1]:  # noqa: PLR2004 - from and to
        raise ValueError('write the quickest and the slowest, as ["2s", "15s"]')
    return durations[0], durations[1]


_OF_SCENARIO: Final[_Keys] = {
    **{name: (name, _text) for name in ("name", "summary", "invented", "expected", "watches")},
    "starts_at": ("starts_at", _instant),
    "length_us": ("length", _duration),
}
_SCENARIO_MAY_HAVE: Final[_Keys] = {
    "settled_us": ("settled", _duration),
    "queue_us": ("queue", _duration),
    "answers_us": ("device_answers", _range),
    "capacities": ("capacities", _several(_factor)),
    "asks": ("asks", _several(_one_of(tuple(PRIORITY_ASKS)))),
}
_OF_STREAM: Final[_Keys] = {
    "name": ("name", _text),
    "roles": ("roles", _several(_member(UserRole))),
    "srvs": ("srvs", _several(_one_of(tuple(published_variants())))),
    "counted": ("counted", _member(Counted)),
    "per_million": ("per_million", _count),
    "from_us": ("from", _duration),
    "for_us": ("for", _duration),
}
_STREAM_MAY_HAVE: Final[_Keys] = {
    "shape": ("shape", _member(Shape)),
    "only": ("only", _place),
    "gives_up_us": ("times_out_after", _duration),
    "anew_after_us": ("triggered_anew_after", _duration),
    "useful_for_us": ("useful_for", _duration),
    "between_us": ("between", _duration),
}
