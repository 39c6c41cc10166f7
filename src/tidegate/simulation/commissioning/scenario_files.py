"""Scenarios of Post Commissioning, read from TOML: those that come with tidegate, and a user's own.

All faults of a file are told at once, each with its place and what to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.commissioning.causes import CAUSES_BY_TEXT, Cause
from tidegate.simulation.commissioning.scenario import CommissioningScenario, Share
from tidegate.simulation.form import (
    Form,
    Keys,
    a_count,
    a_duration,
    a_text,
    an_instant,
    find_among,
    one_of,
    several,
    shipped_scenarios,
    table_of,
)
from tidegate.vocabulary.faults import Fault, InputError


@cache
def commissioning_scenarios() -> Mapping[str, CommissioningScenario]:
    """Every scenario that comes with tidegate, by its name, in the order of names."""
    found = shipped_scenarios("tidegate.simulation.commissioning", parse_scenario)
    return {each.name: each for each in found}


def find_scenario(name_or_path: str) -> CommissioningScenario:
    """The scenario of a name, or of a TOML file.

    Raises:
        InputError: there is none, or its file has faults.
    """
    return find_among(name_or_path, commissioning_scenarios(), parse_scenario, "Post Commissioning")


def parse_scenario(text: str, where: str) -> CommissioningScenario:
    """Read a scenario; `where` is what a person would call the text.

    Raises:
        InputError: it has faults; all are told.
    """
    faults: list[Fault] = []
    form = Form(table_of(text, where), where, faults)
    causes = [each.make(Share, _OF_CAUSE, {}) for each in form.tables("causes")]
    given = {"causes": [each for each in causes if each is not None]}
    scenario = form.make(CommissioningScenario, _OF_SCENARIO, _MAY_HAVE, given)
    form.close()
    if faults:
        raise InputError(*faults)
    assert scenario is not None
    return scenario


def _a_share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r} is no share: write 0 to 1")
    return float(value)


def _a_cause(value: Any) -> Cause:
    return CAUSES_BY_TEXT[one_of(tuple(CAUSES_BY_TEXT))(value)]


def _device_types(value: Any) -> frozenset[DeviceType]:
    return frozenset(DeviceType[each] for each in several(one_of(("ESME", "GSME", "GPF", "CHF")))(value))


_OF_CAUSE: Final[Keys] = {
    "cause": ("cause", _a_cause),
    "share": ("share", _a_share),
    "known": ("known", a_text),
}
_OF_SCENARIO: Final[Keys] = {
    **{name: (name, a_text) for name in ("name", "summary", "reproduces", "invented", "expected")},
    "starts_at": ("starts_at", an_instant),
    "days": ("days", a_count),
    "devices": ("devices", a_count),
}
_MAY_HAVE: Final[Keys] = {
    **{
        name: (name, _a_share)
        for name in (
            "read",
            "read_of_suspects",
            "changes_of_supplier",
            "changes_for_later",
            "changes_not_told",
        )
    },
    "read_types": ("read_types", _device_types),
    "carried_out_every": ("carried_out_every", a_duration),
}
