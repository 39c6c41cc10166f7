"""What must hold between the keys of a policy file.

Looked at in the raw document, and only as far as that can be read: a misspelt
mode must not hide that a code is both excluded and overridden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tidegate.alert_storm.parameters import faults_of
from tidegate.policy.mechanism import Mode, ServiceRequestRules, faults_of_service_requests
from tidegate.policy_files.as_written import (
    code_of,
    codes_of,
    parameters_as_written,
    resolved,
    table_of,
    usable,
)
from tidegate.policy_files.findings import Finding
from tidegate.policy_files.form import LARGEST_COUNT, NONE, ServiceRequestsForm
from tidegate.policy_files.places import KeyPath
from tidegate.policy_files.suppression_findings import suppression_findings
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.instants import SECOND


@dataclass(frozen=True, slots=True)
class _ServiceRequestsAsWritten(ServiceRequestRules):
    """A Service Request section that need not be valid."""

    def __post_init__(self) -> None:
        """Let anything in."""


def crosswise_findings(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Everything that does not go together in a document."""
    storm = table_of(document, "alert_storm")
    default = table_of(storm, "default")
    yield from _parameters_findings(("alert_storm", "default"), default, {})
    overrides = table_of(storm, "codes")
    for key, override in overrides.items():
        if isinstance(override, dict):
            yield from _parameters_findings(("alert_storm", "codes", key), override, default)
    excluded = table_of(storm, "exclusion_list")
    yield from _twice(("alert_storm", "codes"), overrides)
    yield from _twice(("alert_storm", "exclusion_list"), excluded)
    yield from _excluded_and(excluded, overrides)
    yield from _groups_findings(storm.get("code_groups"), excluded, resolved(overrides, default))
    yield from suppression_findings(storm, is_enforced=document.get("mode") == Mode.ENFORCED)
    yield from _service_requests_findings(table_of(document, "service_requests"))
    if document.get("supersedes") is not None and document.get("supersedes") == document.get("version"):
        remedy = "Name the version before this one; leave supersedes out in the first."
        yield Finding(("supersedes",), "a version cannot supersede itself", remedy)


def _parameters_findings(
    path: KeyPath, table: Mapping[str, Any], default: Mapping[str, Any]
) -> Iterator[Finding]:
    inherited = {key: value for key, value in default.items() if key not in table}
    for sentence in faults_of(parameters_as_written(usable({**default, **table}))):
        key = sentence.split(" ", maxsplit=1)[0]
        if key not in inherited:
            yield _ranged(path, sentence)
        elif (
            key in ("clear_threshold", "amber_threshold") and "threshold" in table and key in usable(default)
        ):
            remedy = f'Give the override a {key} of its own, or {key} = "{NONE}".'
            what, _, range_ = sentence.partition("; ")
            yield Finding((*path, "threshold"), f"{what} in the default, and {range_}", remedy)


def _ranged(path: KeyPath, sentence: str) -> Finding:
    """A sentence such as `threshold is 0; it must be 1 or more` as a finding."""
    key = sentence.split(" ", maxsplit=1)[0]
    what, _, range_ = sentence.partition("; it must be ")
    if range_:
        return Finding((*path, key), what, f"Let it be {range_}.")
    what, _, example = sentence.partition(", as ")
    example, _, else_ = example.partition("; ")
    or_else = f", or {else_}" if else_ else ""
    return Finding((*path, key), what, f'Write {key} = "{example}"{or_else}.')


def _twice(path: KeyPath, table: Mapping[str, Any]) -> Iterator[Finding]:
    """Codes that stand in a table twice, in two spellings."""
    first: dict[AlertCode, str] = {}
    for key in table:
        code = code_of(key)
        if code is None:
            continue
        if code in first:
            yield Finding(
                (*path, key), f"{key} is {first[code]} in another spelling", "Leave one of the two out."
            )
        first.setdefault(code, key)


def _excluded_and(excluded: Mapping[str, Any], overrides: Mapping[str, Any]) -> Iterator[Finding]:
    codes = codes_of(excluded)
    for key in overrides:
        code = code_of(key)
        if code in codes:
            what = f"{format_alert_code(code)} has an override, and it is on the exclusion list too"
            remedy = "Take it out of one of them: an excluded code is never counted."
            yield Finding(("alert_storm", "codes", key), what, remedy)


def _groups_findings(
    groups: object, excluded: Mapping[str, Any], overrides: Mapping[AlertCode, Mapping[str, Any]]
) -> Iterator[Finding]:
    if not isinstance(groups, list):
        return
    never_counted, group_of = codes_of(excluded), dict[AlertCode, int]()
    for number, group in enumerate(groups):
        if not isinstance(group, list):
            continue
        path: KeyPath = ("alert_storm", "code_groups", number)
        if len(group) < 2:  # noqa: PLR2004 - a pair is the smallest group
            yield Finding(path, "a group of fewer than two codes groups nothing", 'Write ["8014", "8015"].')
        members = [code for code in map(code_of, group) if code is not None]
        for code in members:
            name = format_alert_code(code)
            if code in group_of:
                where = "this group twice" if group_of[code] == number else f"group {group_of[code] + 1} too"
                yield Finding(path, f"{name} stands in {where}", "Leave it in one place: it is counted once.")
            group_of.setdefault(code, number)
            if code in never_counted:
                remedy = "Take it out of one of them: an excluded code is never counted."
                yield Finding(path, f"{name} is in a group, and it is on the exclusion list too", remedy)
        yield from _override_of_group(path, members, overrides)


def _override_of_group(
    path: KeyPath, members: list[AlertCode], overrides: Mapping[AlertCode, Mapping[str, Any]]
) -> Iterator[Finding]:
    overridden = [code for code in members if code in overrides]
    if any(overrides[code] != overrides[overridden[0]] for code in overridden):
        names = " and ".join(format_alert_code(code) for code in overridden)
        remedy = "Give the group one override: its first member's is enough."
        yield Finding(path, f"{names} are counted as one and have different overrides", remedy)


def _service_requests_findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    if not table:
        return
    values = usable(table)
    capacity = values.get("maximum_system_capacity", LARGEST_COUNT)
    fields = ServiceRequestsForm.model_fields
    as_written = _ServiceRequestsAsWritten(
        period_us=values.get("period", SECOND),
        maximum_system_capacity=capacity,
        operating_threshold=values.get("operating_threshold", min(capacity, 1)),
        prepayment_multiplier=values.get("prepayment_multiplier", Fraction(1)),
        network_weight=values.get("network_weight", Fraction(1)),
        floor=values.get("floor", 0),
        early_warning_at=values.get("early_warning_at", fields["early_warning_at"].default),
    )
    for sentence in faults_of_service_requests(as_written):
        if sentence.split(" ", maxsplit=1)[0] in values:
            yield _ranged(("service_requests",), sentence)
