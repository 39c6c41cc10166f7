"""A cause drawn by seed: for measuring how often causes are named rightly."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tidegate.simulation.drawing import DAYS, Fleet
from tidegate.simulation.scenario import Scenario
from tidegate.vocabulary.instants import parse_instant

_PURPOSE: Final = 1


def _of_seed(seed: int) -> Scenario:
    fleet = Fleet(seed, _PURPOSE)
    fleet.background()
    kind = ("shouters", "murmur", "both")[seed % 3]
    shouting = fleet.shouters() if kind != "murmur" else ()
    if kind != "shouters":
        fleet.murmur(shouting)
    return replace(
        SCENARIO, devices=fleet.devices, causes=fleet.finish(), hubs_by_region=fleet.hubs_by_region
    )


SCENARIO: Final = Scenario(
    name="random-cause",
    summary="A cause drawn by seed: shouters, murmur or both; which codes, product and strength differ by seed.",
    reproduces=(
        "Nothing that was said: it is drawn, to measure how often a cause is named rightly (benchmarks/accuracy.py). "
        "truth.json says what was planted."
    ),
    invented="All of it, by the seed.",
    expected=(
        "Each cause planted is named, of its kind, with its codes, and its product at the right level: the firmware "
        "where one firmware has the fault, the model where all of its firmwares have. Nothing else is named."
    ),
    starts_at=parse_instant("2026-04-06T00:00:00Z"),
    days=DAYS,
    devices=75_000,
    causes=(),
    of_seed=_of_seed,
)
