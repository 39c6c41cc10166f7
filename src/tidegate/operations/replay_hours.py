"""What happened in each hour of UTC, told from totals at its beginning and at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.shard import Spells as KernelSpells
from tidegate.columnar.batches import Recipients
from tidegate.operations.replay_stage import Stage, code_labels
from tidegate.reports.replayed import HourOfCode, StormHour, Totals
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import HOUR, Instant

MOST_STORM_HOURS = 200
"""Storming streams remembered of each hour, the busiest first: enough for a picture, whatever the size."""


class Hours:
    """What happened in each hour: the difference between totals at its end and at its beginning."""

    def __init__(self) -> None:
        self.by_code: list[HourOfCode] = []
        self._busiest: list[tuple[Instant, Stage, KernelSpells]] = []
        self._hour: Instant | None = None
        self._totals: dict[int, Totals] = {}
        self._running: dict[tuple[int, ...], int] = {}
        self._stage: Stage | None = None
        self._ended = 0

    def begin(self, now: Instant, stage: Stage) -> Instant:
        """An Alert of a stage comes at `now`; returns when its hour ends."""
        hour = now - now % HOUR
        if stage is not self._stage:
            self._stage, self._totals, self._ended = stage, {}, 0
            # None runs as a stage begins, but where it was taken up in the middle.
            self._running = _received_by(stage.kernel.running(looks_back=False))
            self._hour = hour
        elif hour != self._hour:
            self.close(stage)
            self._hour = hour
        return hour + HOUR

    def close(self, stage: Stage) -> None:
        """The hour of a stage is over."""
        if self._hour is None or stage is not self._stage:
            return
        totals = stage.totals_by_code()
        for code, now in totals.items():
            before = self._totals.get(code, Totals())
            if now.received > before.received:
                self.by_code.append(HourOfCode(self._hour, code, now - before))
        self._totals = totals
        self._note_storms(stage)
        self._hour = None

    def storm_hours(self, stages: Sequence[Stage], recipients: Recipients) -> list[StormHour]:
        """The busiest storming streams of each hour, as a person reads them."""
        labels = {id(stage): code_labels(stage.policy) for stage in stages}
        return [
            StormHour(
                hour,
                format_device_id(int(it["device_id"])),
                labels[id(stage)](int(it["alert_code"])),
                recipients.name_of(int(it["recipient"])),
                int(it["received"]),
            )
            for hour, stage, spells in self._busiest
            for it in spells
        ]

    def _note_storms(self, stage: Stage) -> None:
        assert self._hour is not None
        ended, self._ended = stage.ended_since(self._ended)
        running = stage.kernel.running(looks_back=False)
        storms = np.concatenate([ended, running])
        storms = storms[storms["level"] == int(Level.RED)]
        # Of a storm that ran before this hour, only what came since.
        if self._running:
            storms = storms.copy()
            for it in storms:
                it["received"] -= self._running.get(_key(it), 0)
        self._running = _received_by(running)
        # Ties in the order of their streams: which shard a stream is in must not show.
        order = np.lexsort(
            (
                storms["started_at"],
                storms["recipient"],
                storms["alert_code"],
                storms["device_id"],
                -storms["received"],
            )
        )
        busiest = storms[order[:MOST_STORM_HOURS]]
        if len(busiest):
            self._busiest.append((self._hour, stage, busiest[busiest["received"] > 0]))


def _received_by(running: KernelSpells) -> dict[tuple[int, ...], int]:
    return {_key(it): int(it["received"]) for it in running[running["level"] == int(Level.RED)]}


def _key(it: Any) -> tuple[int, ...]:
    return int(it["device_id"]), int(it["alert_code"]), int(it["recipient"]), int(it["started_at"])
