"""The C kernel: built from `storm.c` where it is run, driven over the same columns as ours."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.answer import STORM, Answer, Rule, answer_of
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, format_alert_code, parse_alert_code

SOURCE: Final = Path(__file__).with_name("storm.c")
FLAGS: Final = ("-O3", "-march=native", "-std=c11", "-Wall", "-Wextra", "-shared", "-fPIC")

_ENDED: Final = np.dtype(
    [
        ("device_id", np.uint64),
        ("alert_code", np.uint32),
        ("recipient", np.uint32),
        ("started_at", np.int64),
        ("ended_at", np.int64),
        ("received", np.int64),
        ("throttled", np.int64),
    ]
)


def compiler() -> str:
    """The C compiler: CC, or cc."""
    return os.environ.get("CC", "cc")


@cache
def library(folder: Path) -> Any:
    """The kernel, built into a folder if it is not there or older than its source.

    Raises:
        SystemExit: there is no compiler, or it refuses.
    """
    built = folder / "storm.so"
    if not built.exists() or built.stat().st_mtime < SOURCE.stat().st_mtime:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run([compiler(), *FLAGS, "-o", str(built), str(SOURCE)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SystemExit(f"the C kernel could not be built: {error}") from None
    c = ctypes.CDLL(str(built))
    c.kernel_new.restype = c.kernel_storms.restype = ctypes.c_void_p
    c.kernel_storms_count.restype = c.kernel_streams.restype = ctypes.c_uint64
    c.kernel_new.argtypes = [*[ctypes.c_int64] * 5, *[ctypes.c_void_p] * 3, ctypes.c_int]
    c.kernel_receive.argtypes = [ctypes.c_void_p, ctypes.c_int64, *[ctypes.c_void_p] * 4]
    for function in (
        c.kernel_finish,
        c.kernel_storms,
        c.kernel_storms_count,
        c.kernel_streams,
        c.kernel_free,
    ):
        function.argtypes = [ctypes.c_void_p]
    return c


class CKernel:
    """One run of the kernel over batches of Alerts in receipt order; close it when done."""

    def __init__(self, folder: Path, rule: Rule, *, counts_streams: bool = True) -> None:
        self._c = library(folder)
        self._rule = rule
        self._is_excluded = np.zeros(NUMBER_OF_CODES, np.uint8)
        self._is_excluded[[parse_alert_code(code) for code in rule.excluded]] = 1
        self._received = np.zeros(NUMBER_OF_CODES, np.int64)
        self._throttled = np.zeros(NUMBER_OF_CODES, np.int64)
        self._kernel = self._c.kernel_new(
            rule.threshold,
            rule.clears_at,
            rule.window_us,
            rule.one_in,
            rule.every_us,
            self._is_excluded.ctypes.data,
            self._received.ctypes.data,
            self._throttled.ctypes.data,
            counts_streams,
        )

    def receive(self, alerts: AlertBatch) -> None:
        """Decide the next Alerts."""
        self._c.kernel_receive(
            self._kernel,
            len(alerts),
            alerts.received_at.ctypes.data,
            alerts.device_id.ctypes.data,
            alerts.alert_code.ctypes.data,
            alerts.recipient.ctypes.data,
        )

    @property
    def streams(self) -> int:
        """Different streams there were, if they were counted."""
        return int(self._c.kernel_streams(self._kernel))

    def answer(self, recipients: Recipients) -> Answer:
        """What it found; nothing more is received."""
        self._c.kernel_finish(self._kernel)
        count = self._c.kernel_storms_count(self._kernel)
        found = np.empty(count, _ENDED)
        ctypes.memmove(found.ctypes.data, self._c.kernel_storms(self._kernel), found.nbytes)
        storms = np.zeros(count, STORM)
        for name in ("started_at", "device_id", "ended_at", "received", "throttled"):
            storms[name] = found[name]
        storms["alert_code"] = [format_alert_code(int(code)) for code in found["alert_code"]]
        storms["recipient"] = [recipients.name_of(int(number)) for number in found["recipient"]]
        met = np.flatnonzero(self._received)
        received = {format_alert_code(int(code)): int(self._received[code]) for code in met}
        answer = answer_of(received, storms, self._rule)
        throttled = {code: counts[2] for code, counts in answer.by_code.items()}
        own = {code: int(self._throttled[parse_alert_code(code)]) for code in received}
        assert own == throttled
        return answer

    def close(self) -> None:
        """Give its memory back."""
        self._c.kernel_free(self._kernel)


def answer_in_c(folder: Path, batches: Iterable[AlertBatch], recipients: Recipients, rule: Rule) -> Answer:
    """The answer of the C kernel to batches in memory."""
    kernel = CKernel(folder, rule)
    try:
        for batch in batches:
            kernel.receive(batch)
        return kernel.answer(recipients)
    finally:
        kernel.close()
