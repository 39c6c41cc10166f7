"""A sweep as tables: a row for each policy and code, and one for what is recommended for each code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tidegate.policy.swept_parameters import value_in_words
from tidegate.reports.recommendation import Recommendation
from tidegate.reports.swept import Swept
from tidegate.vocabulary.alert_codes import AlertCode


class SweepRecord(NamedTuple):
    """One policy and one code, or all codes. What each is: docs/how-to/choose-a-threshold.md."""

    alert_code: str
    name: str
    threshold: int
    window: str
    forward_one_in: int
    forward_at_least_every: str
    clear_threshold: int
    in_force: bool
    recommended: bool
    received: int
    delivered: int
    throttled: int
    excluded: int
    delivered_share: float
    throttled_share: float
    storms: int
    storms_per_day: float
    streams_stormed: int
    devices_stormed: int
    problems: int
    minutes_to_detect: float | None
    forwarded_per_storm_hour: float | None


class RecommendedRecord(NamedTuple):
    """What is recommended for one code, or for all; the values are empty where nothing is."""

    alert_code: str
    name: str
    received: int
    advice: str
    threshold: int | None
    window: str
    forward_one_in: int | None
    forward_at_least_every: str
    clear_threshold: int | None
    throttled_share: float | None
    throttled_share_in_force: float
    storms: int | None
    streams_stormed: int | None
    devices_stormed: int | None
    minutes_to_detect: float | None
    reason: str


def sweep_records(swept: Swept, recommended: Sequence[Recommendation]) -> Iterator[SweepRecord]:
    """A row for each policy and code: all codes first, then the most received; policies as they were swept."""
    chosen = {each.code: each.point for each in recommended}
    codes: list[AlertCode | None] = [None, *swept.codes]
    for code in codes:
        for place in range(len(swept.points)):
            yield sweep_record(swept, place, code, is_recommended=chosen.get(code) == place)


def sweep_record(swept: Swept, place: int, code: AlertCode | None, *, is_recommended: bool) -> SweepRecord:
    """The row of one policy and code."""
    row, p = swept.row(place, code), swept.parameters(place, code)
    totals = row.totals
    return SweepRecord(
        alert_code=swept.label(code),
        name=swept.name(code),
        threshold=p.threshold,
        window=value_in_words("window", p.window_us),
        forward_one_in=p.forward_one_in,
        forward_at_least_every=value_in_words("forward_at_least_every", p.forward_at_least_every_us),
        clear_threshold=p.clears_at,
        in_force=place == swept.in_force,
        recommended=is_recommended,
        received=totals.received,
        delivered=row.delivered,
        throttled=totals.throttled,
        excluded=totals.excluded,
        delivered_share=row.delivered / totals.received if totals.received else 1.0,
        throttled_share=totals.throttled / totals.received if totals.received else 0.0,
        storms=row.storms,
        storms_per_day=row.storms / swept.days,
        streams_stormed=row.streams,
        devices_stormed=row.devices,
        problems=row.problems,
        minutes_to_detect=row.minutes_to_detect,
        forwarded_per_storm_hour=row.forwarded_per_storm_hour,
    )


def recommended_records(swept: Swept, recommended: Sequence[Recommendation]) -> Iterator[RecommendedRecord]:
    """A row for all codes, then for each."""
    for each in recommended:
        now = sweep_record(swept, swept.in_force, each.code, is_recommended=False)
        it = None if each.point is None else sweep_record(swept, each.point, each.code, is_recommended=True)
        yield RecommendedRecord(
            alert_code=now.alert_code,
            name=now.name,
            received=now.received,
            advice=each.advice.value,
            threshold=None if it is None else it.threshold,
            window="" if it is None else it.window,
            forward_one_in=None if it is None else it.forward_one_in,
            forward_at_least_every="" if it is None else it.forward_at_least_every,
            clear_threshold=None if it is None else it.clear_threshold,
            throttled_share=None if it is None else it.throttled_share,
            throttled_share_in_force=now.throttled_share,
            storms=None if it is None else it.storms,
            streams_stormed=None if it is None else it.streams_stormed,
            devices_stormed=None if it is None else it.devices_stormed,
            minutes_to_detect=None if it is None else it.minutes_to_detect,
            reason=each.reason,
        )
