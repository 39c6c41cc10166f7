"""Running a scenario: the causes' Alerts, slice by slice, as a log in the order it was written.

A slice is a whole part of an hour, chosen by the size of the scenario alone. Its
rows are gathered from every cause, sent through delivery, and sorted by when they
are written; what is written after the slice waits for the next. Memory is bounded
by a slice, whatever the length of the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.operations.simulate_alerts import InventoryRows
from tidegate.simulation.delivery import UNREADABLE, Adapter, AdapterOutage, doubled, written_at
from tidegate.simulation.estate import Estate
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import Rows, Setting, Source
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, format_alert_code
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, Duration, Instant, format_instant

BATCH_ROWS: Final = 262_144
_SLICE_ROWS: Final = 500_000
_LINE: Final = 100
_SLICES_PER_HOUR: Final = (1, 2, 3, 4, 6, 10, 12, 20, 30, 60, 120, 360, 1_200, 3_600)

# What a generator is keyed by, after the seed: causes from 0 up, then delivery.
_DELIVERY: Final = 1_000_000
_ONCE: Final = 0


class Simulation:
    """A scenario in one size, with one seed; the same three give the same log.

    Raises:
        InputError: the size is out of range (`Scenario.check`).
    """

    def __init__(
        self, scenario: Scenario, *, devices: int | None = None, days: int | None = None, seed: int = 1
    ) -> None:
        if scenario.of_seed is not None:
            scenario = scenario.of_seed(seed)
        devices = scenario.devices if devices is None else devices
        days = scenario.days if days is None else days
        scenario.check(devices, days, seed)
        self.scenario = scenario
        self.seed = seed
        self.estate = Estate(devices, scenario.areas, seed, hubs_by_region=scenario.hubs_by_region)
        self.since: Instant = scenario.starts_at
        self.until: Instant = scenario.starts_at + days * DAY
        self._days = days
        self._start_anew()
        self.alerts_per_day = sum(source.alerts_per_day for source in self._sources)
        self._slice_us = _slice_of(self.alerts_per_day / 24)

    @property
    def recipients(self) -> Recipients:
        """The recipients that batches refer to by number."""
        return self.estate.recipients

    @property
    def done(self) -> float:
        """How much of the period has been handed on, 0 to 1."""
        return (self._reached - self.since) / (self.until - self.since)

    def unreadable_after(self, rows: int) -> Sequence[str]:
        """Lines to put into a CSV after so many more rows; they are counted in the truth."""
        before = self._due_unreadable
        self._due_unreadable += rows * self.scenario.imperfections.unreadable
        numbers = range(int(before), int(self._due_unreadable))
        self._unreadable += len(numbers)
        return [UNREADABLE[number % len(UNREADABLE)] for number in numbers]

    def inventory(self) -> Iterator[InventoryRows]:
        """The estate's Inventory."""
        return self.estate.inventory()

    def batches(self, rows: int | None = None) -> Iterator[AlertBatch]:
        """The log from its start, in batches of `rows` rows (the last may be smaller).

        Unless asked otherwise, batches are as small as lines nobody can read are far apart.
        """
        if rows is None:
            unreadable = self.scenario.imperfections.unreadable
            rows = min(BATCH_ROWS, round(1 / unreadable)) if unreadable else BATCH_ROWS
        self._start_anew()
        held: list[AlertBatch] = []
        count = 0
        for part in self._slices():
            held.append(part)
            count += len(part)
            if count < rows:
                continue
            whole = AlertBatch.concatenate(held)
            for first in range(0, count - rows + 1, rows):
                yield whole.slice(first, first + rows)
            held, count = [whole.slice(count - count % rows, count)], count % rows
        if count:
            yield AlertBatch.concatenate(held)

    def truth(self) -> Mapping[str, Any]:
        """What was simulated, and the totals of the Alerts handed on so far."""
        rows_of = [int(rows) for rows in self._rows_of_cause]
        codes = np.flatnonzero(self._rows_of_code)
        return {
            "synthetic": True,
            "scenario": self.scenario.name,
            "reproduces": self.scenario.reproduces,
            "invented": self.scenario.invented,
            "expected_verdict": self.scenario.expected,
            "seed": self.seed,
            "since": format_instant(self.since),
            "until": format_instant(self.until),
            "days": self._days,
            "devices": self.estate.devices,
            "premises": self.estate.premises,
            "alerts": sum(rows_of),
            "alerts_per_second": round(sum(rows_of) / (self._days * 86_400), 2),
            "by_code": {format_alert_code(int(code)): int(self._rows_of_code[code]) for code in codes},
            "causes": [
                {**source.truth(), "alerts": rows}
                for source, rows in zip(self._sources, rows_of, strict=True)
            ],
            "adapter_outages": [
                {
                    "recipient": outage.recipient,
                    "from": format_instant(self._instant(outage)),
                    "minutes": outage.minutes,
                    "replayed": adapter.replayed,
                }
                for outage, adapter in zip(self.scenario.adapter_outages, self._adapters, strict=True)
            ],
            "duplicates": self._duplicates,
            "late": self._late,
            "unreadable": self._unreadable,
        }

    def readme(self) -> str:
        """What this is, what it reproduces and what of it is invented, for a person."""
        scenario = self.scenario
        return (
            f"SYNTHETIC DATA. Made by `tidegate simulate {scenario.name}"
            f" --devices {self.estate.devices} --days {self._days} --seed {self.seed}`.\n"
            "Nothing in it happened: makers, models, firmwares, suppliers, network operators and every Alert\n"
            "are invented. The files say so too (metadata or column `synthetic`).\n\n"
            f"{fill(scenario.summary, _LINE)}\n\n"
            f"{fill(f'What it reproduces: {scenario.reproduces}', _LINE)}\n\n"
            f"{fill(f'What of it is invented: {scenario.invented}', _LINE)}\n\n"
            f"{fill(f'The verdict it should get: {scenario.expected}', _LINE)}\n\n"
            "alerts      the log, in the order it was written\n"
            "inventory   the Devices: type, maker, model, firmware, supplier, network operator, CSP region\n"
            "truth.json  what the simulator knows: the causes and the totals\n"
        )

    def _start_anew(self) -> None:
        self._reached = self.since
        self._sources: list[Source] = [
            cause.begin(
                Setting(
                    self.estate,
                    self.since,
                    self.until,
                    self.scenario.seen,
                    self._random(number, _ONCE),
                    self.seed * 1_024 + number,
                )
            )
            for number, cause in enumerate(self.scenario.causes)
        ]
        self._adapters = []
        for outage in self.scenario.adapter_outages:
            out_at = self._instant(outage)
            recipient = self.recipients.number_of(outage.recipient)
            back_at = out_at + outage.minutes * MINUTE
            self._adapters.append(Adapter(recipient, out_at, back_at, outage.replay_per_second))
        self._due_unreadable = 0.0
        self._rows_of_cause = np.zeros(len(self._sources), np.int64)
        self._rows_of_code = np.zeros(NUMBER_OF_CODES, np.int64)
        self._duplicates = self._late = self._unreadable = 0
        self._youngest = self.since

    def _slices(self) -> Iterator[AlertBatch]:
        nothing = Rows.concatenate([]), np.empty(0, np.uint8), np.empty(0, np.int64)
        waiting, waiting_cause, waiting_for = nothing
        while self._reached < self.until:
            since, until = self._reached, self._reached + self._slice_us
            number = (since - self.since) // self._slice_us + 1
            rows, cause = self._raised(since, until, number)
            for adapter in self._adapters:
                rows, cause = adapter.pass_on(rows, cause, until)
            is_in_log = rows.at < self.until
            if not is_in_log.all():
                rows, cause = rows.take(is_in_log), cause[is_in_log]
            random = self._random(_DELIVERY, number)
            imperfections = self.scenario.imperfections
            twice = doubled(len(rows), imperfections.duplicates, random)
            self._duplicates += len(twice) - len(rows)
            if len(twice) > len(rows):
                rows, cause = rows.take(twice), cause[twice]
            due = np.concatenate([waiting_for, written_at(rows.at, imperfections, random)])
            rows, cause = Rows.concatenate([waiting, rows]), np.concatenate([waiting_cause, cause])
            order = np.argsort(due, kind="stable")
            # The last slice writes everything that was received before the end of the log.
            is_last = until >= self.until
            ready = len(rows) if is_last else int(np.searchsorted(due, until, sorter=order))
            now, later = order[:ready], order[ready:]
            waiting, waiting_cause, waiting_for = rows.take(later), cause[later], due[later]
            self._reached = min(until, self.until)
            yield self._counted(rows.take(now), cause[now])

    def _raised(self, since: Instant, until: Instant, number: int) -> tuple[Rows, NDArray[np.uint8]]:
        parts = [
            source.alerts(since, until, self._random(place, number))
            for place, source in enumerate(self._sources)
        ]
        lengths = [len(part) for part in parts]
        return Rows.concatenate(parts), np.repeat(np.arange(len(parts), dtype=np.uint8), lengths)

    def _counted(self, rows: Rows, cause: NDArray[np.uint8]) -> AlertBatch:
        self._rows_of_cause += np.bincount(cause, minlength=len(self._sources))
        self._rows_of_code += np.bincount(rows.code, minlength=NUMBER_OF_CODES)
        if len(rows):
            youngest = np.maximum.accumulate(np.concatenate([[self._youngest], rows.at]))
            self._late += int((rows.at < youngest[:-1]).sum())
            self._youngest = int(youngest[-1])
        return AlertBatch(rows.at, self.estate.device_ids(rows.device), rows.code, rows.recipient)

    def _instant(self, outage: AdapterOutage) -> Instant:
        return self.since + min(outage.day, self._days - 1) * DAY + outage.from_hour * HOUR

    def _random(self, *key: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, *key])))


def _slice_of(alerts_per_hour: float) -> Duration:
    """The longest whole part of an hour with few enough Alerts to be sorted at once."""
    for parts in _SLICES_PER_HOUR:
        if alerts_per_hour / parts <= _SLICE_ROWS:
            return HOUR // parts
    return HOUR // _SLICES_PER_HOUR[-1]
