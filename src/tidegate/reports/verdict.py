"""The verdict of a replay, in words, and its table by Alert Code.

A replay asks what a policy would have done to a log, so the verdict says
"would". It is honest about nothing: where no stream went over, it says that
the parameters would have held back nothing.

What throttling cannot touch is counted exactly: an Alert outside every storm
of its stream came while the count was at or under the threshold, so no
throttling ratio reaches it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, harder
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.reports.damaged_text import damaged_in_replay
from tidegate.reports.kinds import kinds_in_words, kinds_told, remedies
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.replayed import Replayed, Spells
from tidegate.reports.silence import storms_after_silence
from tidegate.reports.storm_streams import RUNNING, numbered, storm_streams
from tidegate.reports.suppressed import suppression_cautions, suppression_findings
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, name_of, parse_alert_code
from tidegate.vocabulary.instants import Instant, format_instant

MOST_OF_IT: Final = 50
"""Per cent held back from which throttling is said to deal with most of the Alerts."""

PART_OF_IT: Final = 20
"""Per cent held back under which throttling alone is said not to be enough."""

_NAMED = 3
"""Codes, versions or reasons that a sentence names before it says how many more."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay found, as sentences.

    headline:  The finding.
    findings:  What it rests on, the most important first.
    cautions:  What a reader must know before using it: interrupted, in shadow, rows not used.
    """

    headline: str
    findings: tuple[str, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One Alert Code: what was received of it and what became of that.

    name:             Published name, or `unknown`.
    storms:           Alert Storms of the code. A storm of a code group stands at each of its members.
    devices_stormed:  Different Devices that stormed with it.
    """

    alert_code: str
    name: str
    received: int
    forwarded: int
    throttled: int
    excluded: int
    storms: int
    devices_stormed: int

    @property
    def held(self) -> str:
        """The share held back, as text: `11.2%`."""
        return percent(self.throttled, self.received)


def verdict(replayed: Replayed) -> Verdict:
    """Say what a replay found."""
    storms = replayed.storms
    devices = len(np.unique(storms.columns["device_id"]))
    return Verdict(
        kinds_in_words(kinds_told(replayed)) + _headline(replayed, len(storms), devices),
        tuple(_findings(replayed, storms, devices)),
        tuple(_cautions(replayed)),
    )


def table_by_code(replayed: Replayed) -> list[CodeRow]:
    """A row for each Alert Code, the most received first."""
    storms, devices = _storms_by_code(replayed.storms)
    rows = [
        CodeRow(
            format_alert_code(code),
            name_of(code),
            totals.received,
            totals.forwarded,
            totals.throttled,
            totals.excluded,
            storms[code],
            devices[code],
        )
        for code, totals in replayed.by_code.items()
    ]
    return sorted(rows, key=lambda row: (-row.received, row.alert_code))


def parameters_in_words(parameters: AlertStormParameters) -> str:
    """The parameters in one line: `30 in 1 h, one in 10 forwarded, at least one every 1 h, clear at 15`."""
    p = parameters
    words = [threshold_in_words(p)]
    words.append(
        "all forwarded" if p.forward_one_in == 1 else f"one in {thousands(p.forward_one_in)} forwarded"
    )
    if p.forward_at_least_every_us is not None:
        words.append(f"at least one every {length(p.forward_at_least_every_us)}")
    if p.clear_threshold is not None:
        words.append(f"clear at {thousands(p.clear_threshold)}")
    if p.amber_threshold is not None:
        words.append(f"amber over {thousands(p.amber_threshold)}")
    return ", ".join(words)


def threshold_in_words(parameters: AlertStormParameters) -> str:
    """What a stream must go over to storm: `30 in 1 h`."""
    return f"{thousands(parameters.threshold)} in {length(parameters.window_us)}"


def hour_in_words(hour: Instant) -> str:
    """An hour as a person writes it: `2026-03-04 02:00 UTC`."""
    return f"{format_instant(hour)[:16].replace('T', ' ')} UTC"


def _headline(replayed: Replayed, storms: int, devices_stormed: int) -> str:
    decided = replayed.received - replayed.rejected
    if decided == 0:
        if replayed.rejected:
            return f"None of the {many(replayed.received, 'row')} could be used, so nothing was replayed."
        return "There was no Alert to replay."
    policies = [each.policy for each in replayed.in_force]
    if all(policy.mode is Mode.OFF for policy in policies):
        return f"Alert Storm Protection is off: all {many(decided, 'Alert')} would have been forwarded."
    if storms == 0:
        return f"No counted stream went over {_thresholds(policies)}; these parameters would have held back nothing."
    devices = many(devices_stormed, "Device")
    if replayed.throttled == 0:
        return f"{devices} stormed, and these parameters would have held back nothing: all is forwarded."
    held = percent(replayed.throttled, replayed.received)
    share = 100 * replayed.throttled / replayed.received
    if share >= MOST_OF_IT:
        return f"Throttling would deal with most of this: {devices} stormed and {held} of all Alerts are held back."
    if share >= PART_OF_IT:
        return f"Throttling would deal with part of this: {devices} stormed and {held} of all Alerts are held back."
    return (
        f"Throttling alone will not fix this: {devices} stormed, but only {held} of all Alerts are held back."
    )


def _thresholds(policies: list[MechanismDocument]) -> str:
    kinds = {
        threshold_in_words(parameters)
        for policy in policies
        if policy.mode is not Mode.OFF
        for parameters in _every_parameters(policy.alert_storm)
    }
    return kinds.pop() if len(kinds) == 1 else "its threshold"


def _every_parameters(rules: AlertStormRules) -> Iterator[AlertStormParameters]:
    yield from (rules.default, *rules.codes.values())
    for suppression in rules.suppressions:
        yield from (harder(rules.parameters_for(code), suppression) for code in suppression.codes)


def _findings(replayed: Replayed, storms: Spells, devices_stormed: int) -> Iterator[str]:
    if replayed.received == replayed.rejected:
        return
    yield from remedies(replayed)
    yield from _storm_findings(replayed, storms, devices_stormed)
    if replayed.excluded:
        codes = {code: totals.excluded for code, totals in replayed.by_code.items() if totals.excluded}
        yield (
            f"Excluded: {many(replayed.excluded, 'Alert')} ({percent(replayed.excluded, replayed.received)}) of "
            f"{many(len(codes), 'code')} on the exclusion list always pass: {_largest(codes)}."
        )
    yield from suppression_findings(replayed)
    yield from _policy_findings(replayed)
    busiest = max(replayed.by_code.items(), key=lambda item: (item[1].received, -item[0]))
    code, totals = busiest
    yield (
        f"Busiest code: {format_alert_code(code)} ({short_name(name_of(code))}), "
        f"{many(totals.received, 'Alert')}, {percent(totals.received, replayed.received)} of all."
    )
    by_hour: Counter[Instant] = Counter()
    for each in replayed.hours:
        by_hour[each.hour] += each.totals.received
    if by_hour:
        hour, received = max(by_hour.items(), key=lambda item: (item[1], -item[0]))
        yield f"Busiest hour: {hour_in_words(hour)}, {many(received, 'Alert')}."


def _storm_findings(replayed: Replayed, storms: Spells, devices_stormed: int) -> Iterator[str]:
    if len(storms):
        columns = storms.columns
        in_storms = int(columns["received"].sum())
        running = int((columns["ended_at"] == RUNNING).sum())
        yield (
            f"Storms: {many(storm_streams(storms, 0).streams, 'stream')} of {many(devices_stormed, 'Device')} stormed "
            f"{_times(len(storms))}, up to {thousands(int(columns['peak_count'].max()))} Alerts in one window"
            + (f"; {thousands(running)} still ran at the end of the log." if running else ".")
        )
        yield (
            f"Held back: {thousands(replayed.throttled)} of {many(replayed.received, 'Alert')} received "
            f"({percent(replayed.throttled, replayed.received)}), "
            f"{percent(replayed.throttled, in_storms)} of those in storms."
        )
        outside = replayed.received - replayed.rejected - replayed.excluded - in_storms
        yield (
            f"Out of reach: {many(outside, 'Alert')} ({percent(outside, replayed.received)}) came while their "
            "stream was at or under its threshold; no throttling touches these."
        )
    amber = replayed.spells.at_level(Level.AMBER)
    if len(amber):
        yield (
            f"Amber: {many(storm_streams(amber, 0).streams, 'stream')} of "
            f"{many(len(np.unique(amber.columns['device_id'])), 'Device')} went over the amber threshold "
            f"{_times(len(amber))}; amber holds back nothing."
        )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{thousands(number)} times"


def _policy_findings(replayed: Replayed) -> Iterator[str]:
    in_force = [each for each in replayed.in_force if each.totals.received]
    if len(in_force) < 2:  # noqa: PLR2004 - one policy is the whole story already
        return
    parts: list[str] = []
    for each in in_force[:_NAMED]:
        since = f" from {hour_in_words(each.since)}" if each.since is not None and parts else ""
        held = percent(each.totals.throttled, each.totals.received)
        parts.append(f"{each.policy.version}{since} held back {held} of {thousands(each.totals.received)}")
    if len(in_force) > _NAMED:
        parts.append(f"and {len(in_force) - _NAMED} more versions")
    yield f"By policy: {'; '.join(parts)}."


def _cautions(replayed: Replayed) -> Iterator[str]:
    if replayed.is_partial:
        # Cut off, never rounded up: an interrupted replay is never told as a whole one.
        yield f"Interrupted: only the first {int(100 * replayed.completed)}% of the input was replayed."
    for mode, meaning in (
        (Mode.SHADOW, "in shadow: what is shown as held back would in fact have been forwarded"),
        (Mode.OFF, "off: all it covers was forwarded"),
    ):
        versions = list(
            dict.fromkeys(each.policy.version for each in replayed.in_force if each.policy.mode is mode)
        )
        if versions:
            yield f"Policy {', '.join(versions)} is {meaning}."
    if replayed.rejected:
        worst = {reason: count for reason, (count, _) in replayed.rejected_by_reason.items()}
        reasons = _largest_reasons(worst)
        yield (
            f"Not used: {many(replayed.rejected, 'row')} "
            f"({percent(replayed.rejected, replayed.received)})" + (f": {reasons}." if reasons else ".")
        )
    inventory = replayed.inventory
    if inventory is not None and inventory.missing:
        yield f"Not in the Inventory: {many(inventory.missing, 'Device')} of those that stormed."
    if inventory is not None and inventory.doubled:
        yield f"Said twice by the Inventory: {many(inventory.doubled, 'row')}; the first of each Device counts."
    yield from suppression_cautions(replayed)
    if silence := storms_after_silence(replayed):
        yield silence
    yield from damaged_in_replay(replayed)
    if replayed.late:
        yield late_in_words(replayed.late)
    if replayed.outside_period:
        yield f"Left out: {many(replayed.outside_period, 'row')} outside the period asked for."
    if any(each.policy.is_illustrative for each in replayed.in_force):
        yield "The parameters are illustrative: those of the real Mechanism Document are not public."


def late_in_words(late: int) -> str:
    """How many Alerts came late."""
    were = "was" if late == 1 else "were"
    return f"Late: {many(late, 'Alert')} came after a younger one and {were} put in order."


def short_name(name: str) -> str:
    """A published name without what it says in brackets."""
    return name.split(" (", maxsplit=1)[0]


def _largest(codes: dict[AlertCode, int]) -> str:
    ranked = sorted(codes.items(), key=lambda item: (-item[1], item[0]))
    words = [f"{thousands(count)} of {format_alert_code(code)}" for code, count in ranked[:_NAMED]]
    if len(ranked) > _NAMED:
        words.append(many(len(ranked) - _NAMED, "more code"))
    return ", ".join(words)


def _largest_reasons(reasons: dict[str, int]) -> str:
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    words = [f"{reason} ({thousands(count)})" for reason, count in ranked[:_NAMED]]
    if len(ranked) > _NAMED:
        words.append(many(len(ranked) - _NAMED, "more reason"))
    return "; ".join(words)


def _storms_by_code(storms: Spells) -> tuple[dict[AlertCode, int], dict[AlertCode, int]]:
    """How many storms, and how many different Devices that stormed, by Alert Code."""
    columns = storms.columns
    number = numbered(columns["alert_code"])
    labels = dict.fromkeys(columns["alert_code"].tolist())
    storms_of: dict[AlertCode, int] = defaultdict(int)
    stormed: dict[AlertCode, list[NDArray[np.uint64]]] = defaultdict(list)
    for at, label in enumerate(labels):
        rows = number == at
        devices = np.unique(columns["device_id"][rows])
        for member in label.split("+"):
            code = parse_alert_code(member)
            storms_of[code] += int(rows.sum())
            stormed[code].append(devices)
    return storms_of, defaultdict(
        int, {code: len(np.unique(np.concatenate(each))) for code, each in stormed.items()}
    )
