"""Values of `Replayed` to show: a week of one invented operator, and the odd ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.columnar.batches import Columns, RejectedRow
from tidegate.policy.approval import Approval
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.reports.replayed import HourOfCode, InForce, Replayed, Spells, StormHour, Totals
from tidegate.reports.storm_streams import RUNNING
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, Instant, parse_instant

START = parse_instant("2026-03-01T00:00:00Z")
FIRST_DEVICE = 0x00DB1234567890A0
SUPPLIER = "90-B3-D5-1F-30-01-00-00"
NETWORK = "90-B3-D5-1F-30-02-00-00"
COLUMNS = Columns(
    {"received_at": "RCVD_TS", "device_id": "EUI", "alert_code": "ALERT_CD", "recipient": "recipient"},
    guessed=("received_at", "device_id", "alert_code"),
    ignored=("REGION",),
)
DEFAULT = AlertStormParameters(
    30,
    HOUR,
    forward_one_in=10,
    forward_at_least_every_us=HOUR,
    clear_threshold=15,
    amber_threshold=20,
)


def policy(
    version: str = "example-1",
    *,
    mode: Mode = Mode.ENFORCED,
    excluded: Mapping[int, str] | None = None,
    rules: AlertStormRules | None = None,
    is_illustrative: bool = False,
) -> MechanismDocument:
    return MechanismDocument(
        version,
        mode,
        START,
        rules or AlertStormRules(DEFAULT),
        ExclusionList(excluded or {}),
        approval=Approval("Users and Parties", "SEC Panel", "2024-01-23", "AB 17.10"),
        default_reason="Examples of consultation responses.",
        is_illustrative=is_illustrative,
    )


def spell(
    device_id: int = FIRST_DEVICE,
    alert_code: str = "8F75",
    recipient: str = SUPPLIER,
    *,
    started_at: Instant = START,
    ended_at: Instant | None = START + HOUR,
    received: int = 100,
    forwarded: int = 10,
    peak_count: int = 60,
    level: Level = Level.RED,
    version: str = "example-1",
) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "alert_code": alert_code,
        "recipient": recipient,
        "level": int(level),
        "started_at": started_at,
        "ended_at": RUNNING if ended_at is None else ended_at,
        "received": received,
        "forwarded": forwarded,
        "throttled": received - forwarded,
        "peak_count": peak_count,
        "counting_since": started_at,
        "policy_version": version,
    }


_TYPES: dict[str, Any] = {
    "device_id": np.uint64,
    "alert_code": object,
    "recipient": object,
    "level": np.int32,
    "started_at": np.int64,
    "ended_at": np.int64,
    "received": np.int64,
    "forwarded": np.int64,
    "throttled": np.int64,
    "peak_count": np.int64,
    "counting_since": np.int64,
    "policy_version": object,
}


def spells(rows: Iterable[Mapping[str, Any]] = ()) -> Spells:
    ordered = sorted(rows, key=lambda row: (row["started_at"], row["device_id"], row["alert_code"]))
    return Spells({name: np.array([row[name] for row in ordered], kind) for name, kind in _TYPES.items()})


def replayed(
    by_code: Mapping[int, Totals] | None = None,
    storms: Sequence[Mapping[str, Any]] = (),
    *,
    policies: Sequence[MechanismDocument] = (policy(),),
    rejected: int = 0,
    **changes: Any,
) -> Replayed:
    """A small replay of one hour whose totals add up, whatever is asked for."""
    codes = dict(by_code or {})
    total = sum(codes.values(), Totals())
    reasons = (
        {"not an EUI-64": (rejected, RejectedRow("alerts.csv", 7, "not an EUI-64", "x,y"))}
        if rejected
        else {}
    )
    made = Replayed(
        source="alerts.csv",
        columns=COLUMNS,
        first=START if total.received else None,
        last=START + 59 * MINUTE if total.received else None,
        received=total.received + rejected,
        forwarded=total.forwarded,
        throttled=total.throttled,
        excluded=total.excluded,
        rejected=rejected,
        outside_period=0,
        late=0,
        streams=len(codes),
        by_code=codes,
        by_recipient={SUPPLIER: total} if total.received else {},
        in_force=[
            InForce(each, None, None, total if at == 0 else Totals()) for at, each in enumerate(policies)
        ],
        spells=spells(storms),
        hours=[HourOfCode(START, code, totals) for code, totals in codes.items()],
        storm_hours=[
            StormHour(
                START,
                format_device_id(row["device_id"]),
                row["alert_code"],
                row["recipient"],
                row["received"],
            )
            for row in storms
            if row["level"] == int(Level.RED)
        ],
        rejected_by_reason=reasons,
    )
    return replace(made, **changes)


def quiet() -> Replayed:
    """No stream went over."""
    return replayed({0x8F35: Totals(2_400, 2_400), 0x8014: Totals(600, 600)})


def empty() -> Replayed:
    """No row at all."""
    return replayed()


def storming(received: int = 1_000, in_storm: int = 600, forwarded: int = 60) -> Replayed:
    """One stream storms; the rest stay under the threshold."""
    throttled = in_storm - forwarded
    return replayed(
        {0x8F75: Totals(received, received - throttled, throttled)},
        [spell(received=in_storm, forwarded=forwarded, peak_count=in_storm)],
    )


_MURMUR = {
    0x8014: 0.30, 0x8015: 0.29, 0x8F3E: 0.09, 0x81C0: 0.06, 0x8F35: 0.05, 0x8F36: 0.05, 0x8002: 0.03,
    0x8085: 0.03, 0x8F12: 0.02, 0x8F0C: 0.02, 0x810E: 0.01, 0x8F1C: 0.01, 0x8F30: 0.01, 0x8F3F: 0.007,
    0x8168: 0.006, 0x8154: 0.005, 0x8F72: 0.004, 0x9ABC: 0.004, 0x10018: 0.002,
}  # fmt: skip
_EXCLUDED = {
    0x8F35: "Supply outage: the Network Operator acts on it",
    0x8F36: "Supply restored",
    0x10018: "DCC Alert",
}


def week(devices: int = 58, alerts: int = 2_104_118, days: int = 7) -> Replayed:
    """Seven days of one invented operator: a murmur of many meters and 58 that storm."""
    random = np.random.default_rng(1)
    hours = [START + hour * HOUR for hour in range(24 * days)]
    rows: list[dict[str, Any]] = []
    storm_hours: list[StormHour] = []
    by_hour: dict[tuple[Instant, int], Totals] = defaultdict(Totals)
    for at in range(devices):
        device_id = FIRST_DEVICE + at * 0x101
        pace = int(3_412 / (at + 1) ** 1.3) + 31
        code, label = (0x8014, "8014+8015") if at % 9 == 8 else (0x8F75, "8F75")
        hour = int(random.integers(0, 30))
        while hour < len(hours):
            lasts = (
                len(hours) - hour
                if at == 0
                else min(int(random.integers(1, 5 + 60 // (at + 1))), len(hours) - hour)
            )
            in_storm = 0
            for passing in range(hour, hour + lasts):
                sent = int(pace * random.uniform(0.6, 1.0))
                in_storm += sent
                held = sent - sent // 10
                by_hour[hours[passing], code] += Totals(sent, sent - held, held)
                storm_hours.append(
                    StormHour(hours[passing], format_device_id(device_id), label, SUPPLIER, sent)
                )
            held = int(sum(s.received - s.received // 10 for s in storm_hours[-lasts:]))
            ends = hours[hour] + lasts * HOUR + 17 * MINUTE
            rows.append(
                spell(
                    device_id,
                    label,
                    started_at=hours[hour] + int(random.integers(0, 40)) * MINUTE,
                    ended_at=None if hour + lasts == len(hours) else ends,
                    received=in_storm,
                    forwarded=in_storm - held,
                    peak_count=pace,
                    version="illustrative-2",
                )
            )
            hour += lasts + int(random.integers(2, 12 + 2 * at))
    rows.extend(
        spell(
            FIRST_DEVICE + 0x900000 + at,
            "8F3E",
            started_at=START + at * HOUR,
            ended_at=START + at * HOUR + 90 * MINUTE,
            received=26,
            forwarded=26,
            peak_count=24,
            level=Level.AMBER,
            version="illustrative-2",
        )
        for at in range(40)
    )
    left = alerts - sum(totals.received for totals in by_hour.values())
    assert left > 0
    day_shape = 1 + 0.6 * np.sin(np.arange(len(hours)) / 24 * 2 * np.pi - 2)
    day_shape /= day_shape.sum()
    for code, share in _MURMUR.items():
        for hour_at, weight in zip(hours, day_shape, strict=True):
            sent = int(left * share * weight)
            if sent:
                by_hour[hour_at, code] += (
                    Totals(sent, 0, 0, sent) if code in _EXCLUDED else Totals(sent, sent)
                )
    by_code: dict[int, Totals] = defaultdict(Totals)
    for (_, code), totals in by_hour.items():
        by_code[code] += totals
    total = sum(by_code.values(), Totals())
    half = Totals(total.received // 2, total.forwarded // 2, total.throttled // 2, 0)
    supplier = replace(half, excluded=half.received - half.forwarded - half.throttled)
    network = Totals(
        total.received - supplier.received,
        total.forwarded - supplier.forwarded,
        total.throttled - supplier.throttled,
        total.excluded - supplier.excluded,
    )
    rules = AlertStormRules(
        DEFAULT, {0x8F75: replace(DEFAULT, threshold=20)}, code_groups=((0x8014, 0x8015),)
    )
    in_force = policy("illustrative-2", excluded=_EXCLUDED, rules=rules, is_illustrative=True)
    return Replayed(
        source="our_alerts_oct.csv",
        columns=COLUMNS,
        first=hours[0] + 1_500_000,
        last=START + days * DAY - 2_000_000,
        received=total.received + 1_204,
        forwarded=total.forwarded,
        throttled=total.throttled,
        excluded=total.excluded,
        rejected=1_204,
        outside_period=0,
        late=312,
        streams=41_260,
        by_code=dict(by_code),
        by_recipient={SUPPLIER: supplier, NETWORK: network},
        in_force=[InForce(in_force, None, None, total)],
        spells=spells(rows),
        hours=[HourOfCode(hour, code, totals) for (hour, code), totals in sorted(by_hour.items())],
        storm_hours=sorted(storm_hours, key=lambda each: each.hour),
        rejected_by_reason={
            "an EUI-64 as a spreadsheet mangles it": (
                1_200,
                RejectedRow(
                    "our_alerts_oct.csv",
                    17,
                    "'1.23E+15' is what a spreadsheet makes of it",
                    "2026-03-01,1.23E+15,8F75",
                ),
            ),
            "not an instant": (
                4,
                RejectedRow("our_alerts_oct.csv", 99, "'yesterday' is not an instant", "yesterday,x,8F75"),
            ),
        },
    )
