"""What must hold of the suppressions of a policy file, and between them and the rest of it.

Looked at in the raw document, as in `crosswise`: what cannot be read of one
suppression hides nothing of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tidegate.alert_storm.parameters import AlertStormParameters, faults_of, softer_values
from tidegate.alert_storm.suppressions import Suppression, ambiguities, faults_of_suppression
from tidegate.policy.suppressions import FixStatus
from tidegate.policy_files.as_written import (
    code_of,
    codes_of,
    parameters_as_written,
    resolved,
    table_of,
    usable,
)
from tidegate.policy_files.findings import Finding
from tidegate.policy_files.places import KeyPath
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.products import Product

_NEVER: Final[Instant] = 2**62
_PARAMETERS: Final = ("threshold", "forward_one_in", "forward_at_least_every", "clear_threshold")


@dataclass(frozen=True, slots=True)
class _AsWritten(Suppression):
    """A suppression that need not be valid, to ask what is wrong with it."""

    def __post_init__(self) -> None:
        """Let anything in."""


def suppression_findings(storm: Mapping[str, Any], *, is_enforced: bool) -> Iterator[Finding]:
    """Everything that does not go together in `[[alert_storm.suppressions]]`."""
    listed = storm.get("suppressions")
    if not isinstance(listed, list):
        return
    excluded = codes_of(table_of(storm, "exclusion_list"))
    tables = [(number, table) for number, table in enumerate(listed) if isinstance(table, dict)]
    for number, table in tables:
        path: KeyPath = ("alert_storm", "suppressions", number)
        as_written = _as_written(table)
        yield from _alone(path, table, as_written)
        yield from _codes_findings(path, as_written, excluded, _groups(storm))
        yield from _softer(path, as_written, storm)
        yield from _fix_findings(path, table, as_written)
        if is_enforced and not _is_approved(table):
            what = "the policy is enforced, and it does not say who approved this suppression, and when"
            remedy = (
                'Write approval = { approved_by = "who", on = 2026-01-23 }, or mode = "shadow" to try it.'
            )
            yield Finding((*path, "approval"), what, remedy)
    yield from _between(tables)


def _as_written(table: Mapping[str, Any]) -> Suppression:
    values = usable(table)
    codes = table.get("codes")
    text = {
        key: value if isinstance(value := table.get(key), str) else ""
        for key in ("device_type", "manufacturer", "model")
    }
    firmware = table.get("firmware", [""])
    names = [firmware] if isinstance(firmware, str) else firmware if isinstance(firmware, list) else ["?"]
    return _AsWritten(
        id=str(table.get("id", "")),
        codes=tuple(
            code for code in map(code_of, codes if isinstance(codes, list) else []) if code is not None
        ),
        products=tuple(Product(**text, firmware=name) for name in names if isinstance(name, str)),
        expires=values.get("expires", _NEVER),
        threshold=values.get("threshold"),
        forward_one_in=values.get("forward_one_in"),
        forward_at_least_every_us=values.get("forward_at_least_every"),
        clear_threshold=values.get("clear_threshold"),
    )


def _alone(path: KeyPath, table: Mapping[str, Any], as_written: Suppression) -> Iterator[Finding]:
    for sentence in faults_of_suppression(as_written):
        key = sentence.split(" ", maxsplit=1)[0]
        if key == "codes" and not as_written.codes and table.get("codes") != []:
            continue  # Missing, or none of them can be read: told of the form.
        if "left out" in sentence and any(name in table for name in _named_in(key)):
            continue  # It stands there, and cannot be read: told of the form.
        what, _, remedy = sentence.partition("; ")
        yield Finding((*path, key) if key in table else path, what, f"{remedy[0].upper()}{remedy[1:]}.")


def _named_in(key: str) -> tuple[str, ...]:
    return _PARAMETERS if key == "threshold" else ("manufacturer", "model", "firmware")


def _groups(storm: Mapping[str, Any]) -> list[list[AlertCode]]:
    groups = storm.get("code_groups")
    return [
        [code for code in map(code_of, group) if code is not None]
        for group in (groups if isinstance(groups, list) else [])
        if isinstance(group, list)
    ]


def _codes_findings(
    path: KeyPath, as_written: Suppression, excluded: set[AlertCode], groups: list[list[AlertCode]]
) -> Iterator[Finding]:
    for code in as_written.codes:
        if code in excluded:
            what = f"{format_alert_code(code)} is suppressed, and it is on the exclusion list too"
            remedy = "Take it out of one of them: an excluded code is never counted."
            yield Finding((*path, "codes"), what, remedy)
    for group in groups:
        named = [format_alert_code(code) for code in group if code in as_written.codes]
        others = [format_alert_code(code) for code in group if code not in as_written.codes]
        if named and others:
            what = f"{named[0]} is counted as one with {' and '.join(others)}, which is not named"
            yield Finding((*path, "codes"), what, "Name every code of a group, or none.")


def _softer(path: KeyPath, as_written: Suppression, storm: Mapping[str, Any]) -> Iterator[Finding]:
    """Each value that would hold back less than the ordinary parameters of one of its codes."""
    told: set[str] = set()
    for code in as_written.codes:
        own = _own(code, storm)
        if own is None:
            continue
        for key, value, range_ in softer_values(as_written, own):
            if key not in told:
                told.add(key)
                name = format_alert_code(code)
                what = f"{key} is {value}, and would hold back less than {name}'s own parameters do"
                yield Finding((*path, key), what, f"Let it be {range_}.")


def _own(code: AlertCode, storm: Mapping[str, Any]) -> AlertStormParameters | None:
    """The ordinary parameters of a code; None where they cannot be read or are at fault themselves."""
    default = table_of(storm, "default")
    overrides = resolved(table_of(storm, "codes"), default)
    members = next((group for group in _groups(storm) if code in group), [code])
    values = next((overrides[member] for member in members if member in overrides), usable(default))
    if not {"threshold", "window"} <= values.keys():
        return None
    own = parameters_as_written(values)
    return None if faults_of(own) else own


def _fix_findings(path: KeyPath, table: Mapping[str, Any], as_written: Suppression) -> Iterator[Finding]:
    status, fixed_in = table.get("fix_status"), table.get("fixed_in")
    if status == FixStatus.FIXED_IN and fixed_in is None:
        remedy = 'Write fixed_in = "3.1", the firmware that mends it.'
        yield Finding((*path, "fix_status"), "it does not say which firmware mends the fault", remedy)
    if fixed_in is None or not isinstance(fixed_in, str):
        return
    if status in (FixStatus.NOT_FIXABLE, FixStatus.IN_PROGRESS):
        what = f'{fixed_in} mends the fault, and fix_status is "{status}"'
        yield Finding((*path, "fixed_in"), what, f'Write fix_status = "{FixStatus.FIXED_IN}".')
    if any(product.firmware == "" for product in as_written.products):
        what = f"{fixed_in} mends the fault, and would be suppressed with every other firmware"
        yield Finding((*path, "fixed_in"), what, 'Write firmware = "3.0": those that have the fault.')
    elif any(product.firmware == fixed_in for product in as_written.products):
        what = f"{fixed_in} mends the fault, and is suppressed itself"
        yield Finding((*path, "firmware"), what, "Leave it out of firmware.")


def _is_approved(table: Mapping[str, Any]) -> bool:
    approval = table.get("approval")
    # What is no table is told of the form.
    return approval is not None and (
        not isinstance(approval, dict) or bool(approval.get("approved_by") and approval.get("on"))
    )


def _between(tables: list[tuple[int, dict[str, Any]]]) -> Iterator[Finding]:
    first_with: dict[str, int] = {}
    for number, table in tables:
        name = table.get("id")
        if not isinstance(name, str):
            continue
        if name in first_with:
            remedy = "Give each suppression an id of its own."
            yield Finding(
                ("alert_storm", "suppressions", number, "id"), f"{name} stands above already", remedy
            )
        first_with.setdefault(name, number)
    # What cannot be read of a scope makes it look wider than it is: only scopes that can be are compared.
    comparable = {number: _as_written(table) for number, table in tables if _is_readable(table)}
    number_of = {id(each): number for number, each in comparable.items()}
    for one, other, product in ambiguities(list(comparable.values())):
        what = f"{other.id} and {one.id} are both about {product}, and neither is the narrower"
        remedy = "Say more of the product in one of them, or make one of the two."
        yield Finding(("alert_storm", "suppressions", number_of[id(other)]), what, remedy)


def _is_readable(table: Mapping[str, Any]) -> bool:
    firmware = table.get("firmware", "")
    return all(isinstance(table.get(key, ""), str) for key in ("device_type", "manufacturer", "model")) and (
        isinstance(firmware, str)
        or (isinstance(firmware, list) and all(isinstance(name, str) for name in firmware))
    )
