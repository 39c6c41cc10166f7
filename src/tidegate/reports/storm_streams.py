"""The streams that stormed, worst first.

Worst is who had most held back, then who sent most in storms. Over columns, for
a national month has millions of storms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.reports.replayed import Spells
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Instant

RUNNING: Final = np.iinfo(np.int64).min
"""`ended_at` of a storm that runs at the end of the log."""


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream that stormed, all its storms together.

    alert_code:  The code counted, or the members of its group joined with `+`.
    received, forwarded, throttled:  Its Alerts in storms.
    peak_count:  The largest count in one window.
    started_at:  When its first storm started.
    is_running:  It was in a storm at the end of the log.
    """

    device_id: str
    alert_code: str
    recipient: str
    storms: int
    received: int
    forwarded: int
    throttled: int
    peak_count: int
    started_at: Instant
    is_running: bool


@dataclass(frozen=True, slots=True)
class StormStreams:
    """How many different streams stormed, how much they sent in storms, and the worst of them."""

    streams: int
    received: int
    worst: tuple[StreamRow, ...]


def storm_streams(spells: Spells, most: int) -> StormStreams:
    """Put storms (or amber spells) together by stream; the `most` worst are told one by one."""
    columns = spells.columns
    if len(spells) == 0:
        return StormStreams(0, 0, ())
    recipients = numbered(columns["recipient"])
    code_and_recipient = numbered(columns["alert_code"]) * (int(recipients.max()) + 1) + recipients
    # Stable: within a stream the spells stay in order of their start, as they came.
    order = np.lexsort((code_and_recipient, columns["device_id"]))
    device, rest = columns["device_id"][order], code_and_recipient[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (device[1:] != device[:-1]) | (rest[1:] != rest[:-1])
    starts = np.flatnonzero(begins)
    sums = {
        name: np.add.reduceat(columns[name][order], starts) for name in ("received", "forwarded", "throttled")
    }
    peaks = np.maximum.reduceat(columns["peak_count"][order], starts)
    running = np.logical_or.reduceat(columns["ended_at"][order] == RUNNING, starts)
    storms = np.diff(np.append(starts, len(order)))
    ranked = np.lexsort((np.arange(len(starts)), -sums["received"], -sums["throttled"]))[:most]
    worst = []
    for at in ranked.tolist():
        row = int(order[starts[at]])
        worst.append(
            StreamRow(
                format_device_id(int(columns["device_id"][row])),
                str(columns["alert_code"][row]),
                str(columns["recipient"][row]),
                int(storms[at]),
                int(sums["received"][at]),
                int(sums["forwarded"][at]),
                int(sums["throttled"][at]),
                int(peaks[at]),
                int(columns["started_at"][row]),
                bool(running[at]),
            )
        )
    return StormStreams(len(starts), int(columns["received"].sum()), tuple(worst))


def numbered(names: NDArray[Any]) -> NDArray[np.int64]:
    """A column of text as numbers, equal where the text is; numbered in the order met."""
    numbers: dict[str, int] = {}
    return np.fromiter(
        (numbers.setdefault(name, len(numbers)) for name in names.tolist()), np.int64, len(names)
    )
