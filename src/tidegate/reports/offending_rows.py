"""The tables of `tidegate offenders`, a dict for each row; docs/how-to/find-the-offender.md says what each column is.

A cell is None where there is nothing to say: no Inventory, nothing to compare
with, a ratio to a silent rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from tidegate.alert_storm.causes import Cause
from tidegate.alert_storm.fleet import Pattern
from tidegate.reports.offending import (
    GROUPINGS,
    HOURS,
    Comparison,
    Offending,
    busiest_hours,
)
from tidegate.reports.offending_words import codes_label, name_of_codes

Cell: TypeAlias = str | int | float | None

TEXT, WHOLE, FRACTION, INSTANT = "text", "whole", "fraction", "instant"

OFFENDER_COLUMNS: Final[Mapping[str, str]] = {
    "rank": WHOLE, "kinds": TEXT, "alert_codes": TEXT, "name": TEXT,
    "device_type": TEXT, "manufacturer": TEXT, "model": TEXT, "firmware": TEXT, "csp_region": TEXT,
    "is_in_inventory": TEXT,
    "alerts": WHOLE, "share_of_alerts": FRACTION, "cumulative_share": FRACTION,
    "devices": WHOLE, "installed": WHOLE, "share_of_installed": FRACTION,
    "device_days": FRACTION, "alerts_per_device_day": FRACTION,
    "murmur_rate": FRACTION, "murmur_rest": FRACTION, "murmur_ratio": FRACTION,
    "murmur_ratio_low": FRACTION, "murmur_ratio_high": FRACTION, "murmur_p": FRACTION,
    "stormed_devices": WHOLE, "stormed_alerts": WHOLE, "stormed_share": FRACTION, "stormed_rest": FRACTION,
    "stormed_ratio": FRACTION, "stormed_ratio_low": FRACTION, "stormed_ratio_high": FRACTION, "stormed_p": FRACTION,
    "second_alerts": WHOLE, "alternation_share": FRACTION, "chattering_devices": WHOLE,
    "devices_continuous": WHOLE, "devices_periodic": WHOLE, "devices_burst": WHOLE, "devices_irregular": WHOLE,
    "devices_few": WHOLE,
    "busiest_hours_utc": TEXT, "by_region": TEXT, "by_recipient": TEXT, "by_supplier": TEXT,
    "first_at": INSTANT, "last_at": INSTANT,
}  # fmt: skip
"""offenders.csv and .parquet."""

HOUR_COLUMNS: Final[Mapping[str, str]] = {
    "alert_codes": TEXT, "device_type": TEXT, "manufacturer": TEXT, "model": TEXT, "firmware": TEXT,
    "csp_region": TEXT, "hour_utc": WHOLE, "alerts": WHOLE,
}  # fmt: skip
"""by_hour.csv."""

CAUSE_COLUMNS: Final[Mapping[str, str]] = {
    "cause": WHOLE, "kind": TEXT, "alert_codes": TEXT, "device_type": TEXT, "manufacturer": TEXT, "model": TEXT,
    "firmware": TEXT, "is_named": TEXT, "is_excluded": TEXT, "alerts": WHOLE, "share_of_alerts": FRACTION, "devices": WHOLE,
    "installed": WHOLE, "rate": FRACTION, "rest": FRACTION, "ratio": FRACTION, "ratio_low": FRACTION,
    "ratio_high": FRACTION, "p_value": FRACTION,
}  # fmt: skip
"""Causes, in summary.json and the workbook; `cause` is the number they have in devices.csv."""


def offender_rows(found: Offending) -> Iterator[dict[str, Cell]]:
    """A row for each code and group, in rank; the cumulative share is of the rows down to it."""
    so_far = 0
    for rank, row in enumerate(found.offenders, start=1):
        so_far += row.alerts
        there = row.is_known and row.installed > 0
        patterns = dict(zip(Pattern, row.patterns, strict=True))
        yield {
            "rank": rank,
            "kinds": "+".join(row.kinds),
            "alert_codes": codes_label(row.alert_codes),
            "name": name_of_codes(row.alert_codes),
            **{name: row.group.get(name) for name in GROUPINGS},
            "is_in_inventory": _said(row.is_known),
            "alerts": row.alerts,
            "share_of_alerts": row.alerts / found.alerts,
            "cumulative_share": so_far / found.alerts,
            "devices": row.devices,
            "installed": row.installed if there else None,
            "share_of_installed": row.devices / row.installed if there else None,
            "device_days": row.device_days if there else None,
            "alerts_per_device_day": row.per_day if there else None,
            **_test("murmur", row.murmur, "murmur_rate", "murmur_rest"),
            "stormed_devices": row.stormed_devices,
            "stormed_alerts": row.stormed_alerts,
            **_test("stormed", row.shouters, "stormed_share", "stormed_rest"),
            "second_alerts": row.second_alerts,
            "alternation_share": row.alternation,
            "chattering_devices": row.chattering,
            "devices_continuous": patterns[Pattern.CONTINUOUS],
            "devices_periodic": patterns[Pattern.PERIODIC],
            "devices_burst": patterns[Pattern.BURST],
            "devices_irregular": patterns[Pattern.IRREGULAR],
            "devices_few": patterns[Pattern.FEW],
            "busiest_hours_utc": " ".join(f"{hour:02d}" for hour in busiest_hours(row.by_hour)),
            "by_region": _counts(row.regions),
            "by_recipient": _counts(row.recipients),
            "by_supplier": _counts(row.suppliers),
            "first_at": row.first_at,
            "last_at": row.last_at,
        }


def hour_rows(found: Offending) -> Iterator[dict[str, Cell]]:
    """Alerts of each row by hour of the day, UTC; an hour without any is 0."""
    for row in found.offenders:
        said = {name: row.group.get(name) for name in GROUPINGS}
        for hour in range(HOURS):
            yield {
                "alert_codes": codes_label(row.alert_codes),
                **said,
                "hour_utc": hour,
                "alerts": row.by_hour[hour],
            }


def cause_rows(found: Offending) -> Iterator[dict[str, Cell]]:
    """A row for each cause."""
    for number, cause in enumerate(found.causes, start=1):
        yield {
            "cause": number,
            "kind": cause.kind.value,
            "alert_codes": codes_label(cause.alert_codes),
            **cause.product._asdict(),
            "is_named": _said(cause.is_named),
            "is_excluded": _said(cause.is_excluded),
            "alerts": cause.alerts,
            "share_of_alerts": cause.alerts / found.alerts,
            "devices": cause.devices,
            "installed": cause.installed if cause.is_named else None,
            **_tested(cause),
        }


def _tested(cause: Cause) -> dict[str, Any]:
    if not cause.is_named:
        return dict.fromkeys(("rate", "rest", "ratio", "ratio_low", "ratio_high", "p_value"))
    return {
        "rate": cause.rate,
        "rest": cause.rest,
        "ratio": _finite(cause.ratio),
        "ratio_low": _finite(cause.low),
        "ratio_high": _finite(cause.high),
        "p_value": cause.p_value,
    }


def _test(kind: str, test: Comparison | None, rate: str, rest: str) -> dict[str, Cell]:
    return {
        rate: None if test is None else test.rate,
        rest: None if test is None else test.rest,
        f"{kind}_ratio": None if test is None else _finite(test.ratio),
        f"{kind}_ratio_low": None if test is None else _finite(test.low),
        f"{kind}_ratio_high": None if test is None else _finite(test.high),
        f"{kind}_p": None if test is None else test.p_value,
    }


def _finite(number: float) -> float | None:
    return None if math.isinf(number) else number


def _said(is_so: bool) -> str:  # noqa: FBT001 - what it says
    return "yes" if is_so else "no"


def _counts(counted: tuple[tuple[str, int], ...], most: int = 10) -> str:
    """`North 1200; South 30`; where there are more than the most, how many more."""
    words = [f"{name or 'not said'} {count}" for name, count in counted[:most]]
    if len(counted) > most:
        words.append(f"{len(counted) - most} more")
    return "; ".join(words)
