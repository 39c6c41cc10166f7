"""Simulations of a few causes, and what can be asked of their logs."""

import numpy as np

from tidegate.columnar.batches import AlertBatch
from tidegate.simulation.areas import areas_of
from tidegate.simulation.run import Simulation
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import Cause, To
from tidegate.vocabulary.instants import DAY


def simulation_of(*causes: Cause, devices: int = 21_000, days: int = 1, seen: To = To.BOTH) -> Simulation:
    scenario = Scenario(
        name="test",
        summary="",
        reproduces="",
        invented="",
        expected="",
        starts_at=100 * DAY,
        days=days,
        devices=devices,
        causes=causes,
        areas=areas_of("Network B"),
        seen=seen,
    )
    return Simulation(scenario)


def log_of(simulation: Simulation) -> AlertBatch:
    return AlertBatch.concatenate(list(simulation.batches()))


def streams_of(log: AlertBatch) -> dict[tuple[int, int, int], list[int]]:
    streams: dict[tuple[int, int, int], list[int]] = {}
    for at, device, code, recipient in zip(
        log.received_at.tolist(),
        log.device_id.tolist(),
        log.alert_code.tolist(),
        log.recipient.tolist(),
        strict=True,
    ):
        streams.setdefault((device, code, recipient), []).append(at)
    return streams


def most_in_a_window(instants: list[int], window: int) -> int:
    ordered = np.array(sorted(instants))
    return int((np.arange(1, len(ordered) + 1) - np.searchsorted(ordered, ordered - window, "right")).max())
