"""The scenarios there are: every module of this folder that has a `SCENARIO`."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from tidegate.simulation.scenario import Scenario
from tidegate.vocabulary.faults import Fault, InputError


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Every scenario by its name, in the order of names."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found: list[Scenario] = [module.SCENARIO for module in modules]
    return {scenario.name: scenario for scenario in sorted(found, key=lambda each: each.name)}


def scenario_named(name: str) -> Scenario:
    """The scenario of a name.

    Raises:
        InputError: there is none; says which there are, and which may be meant.
    """
    known = scenarios()
    if name in known:
        return known[name]
    likely = get_close_matches(name, known, n=1, cutoff=0.4)
    meant = f"Did you mean {likely[0]}? " if likely else ""
    remedy = f"{meant}There are: {', '.join(known)}."
    raise InputError(Fault("SCENARIO", f"there is no scenario {name!r}", remedy))
