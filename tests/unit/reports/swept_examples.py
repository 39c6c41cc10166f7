"""Sweeps over small logs made here: shouters, murmur, and the quiet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.logs import LogInMemory

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.operations.ordered_log import OrderedLog, ReadOptions
from tidegate.operations.sweep import sweep
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.policy.swept_parameters import parse_ranges
from tidegate.reports.swept import Swept
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, Duration, parse_instant

START = parse_instant("2026-03-02T00:00:00Z")
RULE = AlertStormParameters(30, HOUR, 10, HOUR, clear_threshold=15)


def policy(
    rule: AlertStormParameters = RULE,
    *,
    excluded: Iterable[int] = (),
    groups: tuple[tuple[int, ...], ...] = (),
    codes: dict[int, AlertStormParameters] | None = None,
    mode: Mode = Mode.ENFORCED,
) -> MechanismDocument:
    rules = AlertStormRules(rule, codes or {}, code_groups=groups)
    return MechanismDocument("example-1", mode, 0, rules, ExclusionList(dict.fromkeys(excluded, "because")))


def device(
    device_id: int, every: Duration, *, code: int = 0x8F75, lasting: Duration = DAY, first: Duration = 0
) -> list[Alert]:
    """One Device that raises a code at even distances."""
    return [Alert(START + first + at, device_id, code, "supplier") for at in range(0, lasting, every)]


def shouters(number: int = 5, code: int = 0x8F75) -> list[Alert]:
    """Devices that raise a code once a minute all day: 60 an hour."""
    return [alert for n in range(number) for alert in device(n, MINUTE, code=code, first=n)]


def murmur(number: int = 400, code: int = 0x8014) -> list[Alert]:
    """Devices that each raise a code six times a day."""
    return [
        alert
        for n in range(number)
        for alert in device(1_000 + n, 4 * HOUR, code=code, first=n * MINUTE // 4)
    ]


def swept(
    alerts: Sequence[Alert],
    *ranges: str,
    base: MechanismDocument | None = None,
    code: int | None = None,
    options: ReadOptions | None = None,
) -> Swept:
    in_order = sorted(alerts, key=lambda alert: alert.at)
    log = OrderedLog(LogInMemory(in_order), options or ReadOptions())
    return sweep(log, base or policy(), parse_ranges(ranges), shards=1, code=code)
