"""report.html: the verdict, its pictures and their data in one file that needs no network and no script.

Everything a person must know to judge a picture is printed with it: the
parameters, the period and the policy. Meets WCAG 2.2 AA: a table behind every
picture, headings in order, colours told apart without hue.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np

from tidegate import __version__
from tidegate.formats.page import Section, environment
from tidegate.formats.pictures import pictures
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.wording import count_by_in_words, mode_in_words
from tidegate.reports.numerals import many, percent
from tidegate.reports.replayed import InForce, Replayed
from tidegate.reports.storm_streams import storm_streams
from tidegate.reports.verdict import hour_in_words, parameters_in_words, table_by_code, verdict
from tidegate.vocabulary.alert_codes import format_alert_code, name_of

MOST_STREAMS: Final = 20
MOST_RECIPIENTS: Final = 50


def write_report_html(replayed: Replayed, path: Path, behind: Sequence[Section] = ()) -> None:
    """Write the report; `behind` are sections on what lies behind the storms."""
    path.write_text(report_html(replayed, behind), encoding="utf-8", errors="backslashreplace")


def report_html(replayed: Replayed, behind: Sequence[Section] = ()) -> str:
    """The report as text."""
    storms = replayed.storms
    devices_stormed = len(np.unique(storms.columns["device_id"]))
    streams = storm_streams(storms, MOST_STREAMS)
    table = table_by_code(replayed)
    recipients = sorted(replayed.by_recipient.items(), key=lambda item: (-item[1].received, item[0]))
    decided = replayed.received - replayed.rejected
    made: str = (
        environment()
        .get_template("report.html.j2")
        .render(
            tidegate=__version__,
            source=replayed.source,
            partial=replayed.is_partial,
            completed=f"{int(100 * replayed.completed)}%",
            period=period_in_words(replayed),
            policy_version=replayed.policy_version,
            verdict=verdict(replayed),
            received=replayed.received,
            forwarded=replayed.forwarded,
            throttled=replayed.throttled,
            excluded=replayed.excluded,
            rejected=replayed.rejected,
            late=replayed.late,
            outside_period=replayed.outside_period,
            shares={
                "forwarded": percent(replayed.forwarded, replayed.received),
                "throttled": percent(replayed.throttled, replayed.received),
                "throttled_of_decided": percent(replayed.throttled, decided),
            },
            storms=len(storms),
            devices_stormed=many(devices_stormed, "Device"),
            devices_stormed_count=devices_stormed,
            streams=replayed.streams,
            streams_stormed=streams.streams,
            pictures=pictures(replayed, table, storms),
            under_pictures=_under_pictures(replayed),
            behind=behind,
            worst=streams.worst,
            by_code=table,
            has_groups=any(each.policy.alert_storm.code_groups for each in replayed.in_force)
            and len(storms) > 0,
            recipients=len(recipients),
            by_recipient=[
                (name, totals, percent(totals.throttled, totals.received))
                for name, totals in recipients[:MOST_RECIPIENTS]
            ],
            in_force=[_in_force(each) for each in replayed.in_force],
            columns=columns_in_words(replayed),
            ignored=", ".join(replayed.columns.ignored),
            rejected_by_reason=[
                (reason, rows, first)
                for reason, (rows, first) in sorted(
                    replayed.rejected_by_reason.items(), key=lambda item: (-item[1][0], item[0])
                )
            ],
        )
    )
    return made


def period_in_words(replayed: Replayed) -> str:
    """From the first Alert decided to the last: `2026-03-01 00:00 to 2026-03-07 23:59 UTC`; empty without any."""
    if replayed.first is None or replayed.last is None:
        return ""
    return f"{hour_in_words(replayed.first).removesuffix(' UTC')} to {hour_in_words(replayed.last)}"


def columns_in_words(replayed: Replayed) -> list[tuple[str, str, str]]:
    """Each column of ours: its name, its name in the input, and how it was found."""
    columns = replayed.columns
    rows = [
        (ours, theirs, "guessed" if ours in columns.guessed else "same name" if ours == theirs else "mapped")
        for ours, theirs in columns.mapping.items()
    ]
    return rows + [(ours, "", "missing") for ours in columns.missing]


def parameter_rows(policy: MechanismDocument) -> list[dict[str, str]]:
    """The parameters of a policy, a row each: default first, then each override with its reason.

    Codes with the same override for the same reason share a row.
    """
    overrides = sorted(
        (parameters_in_words(each), policy.reasons.get(code, ""), format_alert_code(code))
        for code, each in policy.alert_storm.codes.items()
    )
    rows = [
        {
            "codes": "Every other code" if overrides else "Every code",
            "words": parameters_in_words(policy.alert_storm.default),
            "reason": policy.default_reason,
        }
    ]
    for (words, reason), members in groupby(overrides, key=lambda row: row[:2]):
        rows.append({"codes": ", ".join(code for *_, code in members), "words": words, "reason": reason})
    return rows


def excluded_rows(policy: MechanismDocument) -> list[dict[str, str]]:
    """The exclusion list of a policy, a row each."""
    return [
        {"code": format_alert_code(code), "name": name_of(code), "reason": reason}
        for code, reason in sorted(policy.exclusion_list.reasons.items())
    ]


def _in_force(each: InForce) -> dict[str, Any]:
    policy = each.policy
    approval = policy.approval
    said = [
        f"Consulted: {approval.consulted}" if approval and approval.consulted else "",
        f"approved by {approval.approved_by}" if approval and approval.approved_by else "",
        f"on {approval.on}" if approval and approval.on else "",
        approval.reference if approval else "",
    ]
    since = "" if each.since is None else f"from {hour_in_words(each.since)}"
    until = "" if each.until is None else f"until {hour_in_words(each.until)}"
    return {
        "version": policy.version,
        "mode": policy.mode.value,
        "is_illustrative": policy.is_illustrative,
        "note": policy.note,
        "period": f"in force {since} {until}".strip() if since or until else "in force throughout",
        "totals": each.totals,
        "held": percent(each.totals.throttled, each.totals.received),
        "meaning": f"{mode_in_words(policy.mode)} {count_by_in_words(policy.alert_storm.count_by)}",
        "parameters": parameter_rows(policy),
        "groups": "; ".join(
            " + ".join(format_alert_code(code) for code in group) for group in policy.alert_storm.code_groups
        ),
        "excluded": excluded_rows(policy),
        "approval": ", ".join(part for part in said if part),
    }


def _under_pictures(replayed: Replayed) -> str:
    """What every picture has printed under it: policy, parameters, period."""
    parts = []
    for each in replayed.in_force:
        rules = each.policy.alert_storm
        more = f", {many(len(rules.codes), 'code')} with their own" if rules.codes else ""
        parts.append(
            f"{each.policy.version} ({each.policy.mode.value}): {parameters_in_words(rules.default)}{more}"
        )
    words = "; ".join(parts) or "No policy"
    partial = "PARTIAL. " if replayed.is_partial else ""
    return f"{partial}{words}. {period_in_words(replayed)}."
