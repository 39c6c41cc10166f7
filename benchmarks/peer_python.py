"""The same answer in plain Python: a dictionary of streams, a list of instants each.

As fast as it was found to go: what pyarrow can do by column it does (decoding,
the exclusion list, numbering code and recipient together), instants are looked
at from the end of a list and never counted, streams that were quiet for a window
are thrown away a window at a time, and the garbage collector is off.
"""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.answer import RUNNING, Answer, Rule, answer_of

_LONGEST = 512


def replay(path: Path, rule: Rule) -> Answer:
    """Replay a Parquet log, which is in receipt order."""
    gc.disable()
    try:
        return _Replay(rule).run(path)
    finally:
        gc.enable()


class _Replay:
    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._pairs: dict[tuple[str, str], int] = {}
        self._names: list[tuple[str, str]] = []
        # By pair of code and recipient, then Device: instants. Those met this window, and the one before.
        self._streams: list[dict[int, list[int]]] = []
        self._before: list[dict[int, list[int]]] = []
        # (pair, Device) -> start, Alerts received, instants.
        self._running: dict[tuple[int, int], list[Any]] = {}
        self._storms: list[tuple[Any, ...]] = []
        self._received: Counter[str] = Counter()

    def run(self, path: Path) -> Answer:
        window = self._rule.window_us
        until = last = 0
        with pq.ParquetFile(path, read_dictionary=["alert_code", "recipient"]) as file:
            for batch in file.iter_batches(
                262_144, columns=["received_at", "device_id", "alert_code", "recipient"]
            ):
                times, devices, pairs, last = self._columns(batch)
                start = 0
                while start < len(times):
                    if times[start] >= until:
                        until = times[start] - times[start] % window + window
                        self._begin_window(times[start])
                    stop = bisect_left(times, until, start)
                    self._receive(times[start:stop], devices[start:stop], pairs[start:stop])
                    start = stop
        self._end_storms(last)
        rows = [*self._storms, *(self._row(key, it, RUNNING) for key, it in self._running.items())]
        return answer_of(self._received, rows, self._rule)

    def _columns(self, batch: Any) -> tuple[list[int], list[int], list[int], int]:
        """Instants, Devices and pairs of the Alerts to be counted, and the batch's last instant."""
        codes, recipients = batch.column("alert_code"), batch.column("recipient")
        code_names, recipient_names = codes.dictionary.to_pylist(), recipients.dictionary.to_pylist()
        for code, count in zip(
            code_names, np.bincount(codes.indices, minlength=len(code_names)), strict=True
        ):
            self._received[code] += int(count)
        numbers = np.array(
            [[self._pair(code, name) for name in recipient_names] for code in code_names], np.int64
        )
        pairs = numbers[codes.indices.to_numpy(), recipients.indices.to_numpy()]
        times = batch.column("received_at").cast("int64").to_numpy()
        counted = pairs >= 0
        devices = batch.column("device_id").to_numpy()
        return times[counted].tolist(), devices[counted].tolist(), pairs[counted].tolist(), int(times[-1])

    def _pair(self, code: str, recipient: str) -> int:
        if code in self._rule.excluded:
            return -1
        number = self._pairs.setdefault((code, recipient), len(self._names))
        if number == len(self._names):
            self._names.append((code, recipient))
            self._streams.append({})
            self._before.append({})
        return number

    def _begin_window(self, now: int) -> None:
        self._end_storms(now)
        self._before, self._streams = self._streams, [{} for _ in self._streams]

    def _receive(self, times: list[int], devices: list[int], pairs: list[int]) -> None:
        rule, streams, before, running = self._rule, self._streams, self._before, self._running
        threshold, window = rule.threshold, rule.window_us
        over_by, cleared_by = -1 - threshold, -2 - rule.clears_at
        for at, device, pair in zip(times, devices, pairs, strict=True):
            of_pair = streams[pair]
            instants = of_pair.get(device)
            if instants is None:
                instants = before[pair].get(device)
                if instants is None:
                    of_pair[device] = [at]
                    continue
                of_pair[device] = instants
            instants.append(at)
            if len(instants) <= threshold:
                continue
            is_over = instants[over_by] > at - window
            key = pair, device
            if key in running:
                storm = running[key]
                if instants[cleared_by] > at - window:
                    storm[1] += 1
                    continue
                self._storms.append(self._row(key, storm, instants[cleared_by] + window))
                del running[key]
            if is_over:
                running[key] = [at, 1, instants]
            elif len(instants) > _LONGEST:
                del instants[: -threshold - 1]

    def _end_storms(self, now: int) -> None:
        for key, storm in list(self._running.items()):
            ends_at = storm[2][-1 - self._rule.clears_at] + self._rule.window_us
            if ends_at <= now:
                self._storms.append(self._row(key, storm, ends_at))
                del self._running[key]

    def _row(self, key: tuple[int, int], storm: list[Any], ended_at: int) -> tuple[Any, ...]:
        pair, device = key
        started_at, received, _ = storm
        throttled = received - received // self._rule.one_in
        return started_at, device, *self._names[pair], ended_at, received, throttled
