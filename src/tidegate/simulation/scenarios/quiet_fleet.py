"""Nothing wrong with any product: for measuring how often one is accused all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tidegate.simulation.drawing import DAYS, Fleet
from tidegate.simulation.scenario import Scenario
from tidegate.vocabulary.instants import parse_instant

_PURPOSE: Final = 2


def _of_seed(seed: int) -> Scenario:
    fleet = Fleet(seed, _PURPOSE)
    fleet.background()
    return replace(
        SCENARIO, devices=fleet.devices, causes=fleet.finish(), hubs_by_region=fleet.hubs_by_region
    )


SCENARIO: Final = Scenario(
    name="quiet",
    summary="Nothing wrong: Devices unlike each other, a few running wild, perhaps weather; no product is at fault.",
    reproduces=(
        "Nothing that was said: it is drawn by seed, to measure how often a product is accused that has no fault "
        "(benchmarks/accuracy.py). Network operators' outages, and the single Devices of the 0x8F75 conclusions, are "
        "what misleads."
    ),
    invented="All of it, by the seed.",
    expected="No cause is named. Single Devices may storm and be throttled; no product is behind them.",
    starts_at=parse_instant("2026-04-13T00:00:00Z"),
    days=DAYS,
    devices=75_000,
    causes=(),
    of_seed=_of_seed,
)
