"""What was decided for one Alert, and the record of a storm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.instants import Instant


class Outcome(IntEnum):
    """What happened to an Alert. The numbers stand in files; they do not change."""

    FORWARDED = 0
    THROTTLED = 1
    EXCLUDED = 2
    """Forwarded, and never counted: its code is on the exclusion list."""


class Level(IntEnum):
    """How far a stream is over."""

    AMBER = 1
    """Above the amber threshold: seen and reported, throttles nothing."""

    RED = 2
    """Above the threshold: an Alert Storm."""


@dataclass(frozen=True, slots=True)
class Storm:
    """The record of one Alert Storm (or of one amber spell), running or ended.

    stream:       What stormed.
    started_at:   Receipt instant of the Alert that went over the threshold.
    ended_at:     The exact instant the count fell to the clear threshold; None while running.
    received:     Alerts from the one that started it on. received = forwarded + throttled.
    peak_count:   The largest count in one window.
    counting_since: Receipt instant of the first Alert that counted towards it: the oldest in the window as it
                  started, the (threshold + 1)-th most recent. It took started_at - counting_since to detect.
    """

    stream: Stream
    level: Level
    started_at: Instant
    ended_at: Instant | None
    received: int
    forwarded: int
    throttled: int
    peak_count: int
    counting_since: Instant


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one Alert, with all a person needs to be told why.

    outcome:     Forwarded, throttled or excluded.
    count:       Alerts of the stream in the window, this one included; 0 when excluded.
    storm:       The storm it was judged in, as it stands after this Alert; None outside storms.
    throttled_alert_sequence_id, throttled_alert_count:
                 The DUIS metadata it carries; 0 when it carries none.
    ended:       Storms of this stream (red, amber) that had ended before this Alert.
    """

    outcome: Outcome
    count: int = 0
    storm: Storm | None = None
    throttled_alert_sequence_id: int = 0
    throttled_alert_count: int = 0
    ended: tuple[Storm, ...] = ()
