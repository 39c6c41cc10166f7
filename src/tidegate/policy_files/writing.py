"""Policies to policy files: what is written reads back as the same policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.approval import Approval
from tidegate.policy.mechanism import MechanismDocument, ServiceRequestRules
from tidegate.policy.suppressions import RegisterEntry
from tidegate.policy_files.form import NONE
from tidegate.policy_files.places import dotted
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import format_duration, format_instant

Table: TypeAlias = dict[str, Any]


def write_policy(policy: MechanismDocument) -> str:
    """The text of a policy file."""
    return "\n".join(lines_of(policy_document(policy), ())).strip() + "\n"


def policy_document(policy: MechanismDocument) -> Table:
    """A policy as plain text, numbers, lists and tables, in the form of a policy file; also fit for JSON."""
    rules = policy.alert_storm
    default = _parameters(rules.default)
    head = {
        "version": policy.version,
        "mode": policy.mode.value,
        "effective_from": format_instant(policy.effective_from),
        "supersedes": policy.supersedes,
        "illustrative": policy.is_illustrative or None,
        "note": policy.note or None,
    }
    approval = policy.approval
    storm: Table = {
        "count_by": rules.count_by.value,
        "code_groups": [[format_alert_code(code) for code in group] for group in rules.code_groups] or None,
        "default": _present({**default, "reason": policy.default_reason or None}),
        "codes": {
            format_alert_code(code): _present(
                {**_differences(_parameters(parameters), default), "reason": policy.reasons.get(code)}
            )
            for code, parameters in sorted(rules.codes.items())
        }
        or None,
        "exclusion_list": {
            format_alert_code(code): reason for code, reason in sorted(policy.exclusion_list.reasons.items())
        }
        or None,
        "suppressions": [
            _suppression(suppression, policy.register[suppression.id]) for suppression in rules.suppressions
        ]
        or None,
    }
    requests = policy.service_requests
    return {
        **_present(head),
        **({"approval": _approval(approval)} if approval else {}),
        "alert_storm": _present(storm),
        **({"service_requests": _service_requests(requests)} if requests else {}),
    }


def _approval(approval: Approval) -> Table:
    return _present(
        {
            "consulted": approval.consulted or None,
            "approved_by": approval.approved_by or None,
            "on": approval.on or None,
            "reference": approval.reference or None,
        }
    )


def _suppression(suppression: Suppression, entry: RegisterEntry) -> Table:
    # Its products differ in their firmware alone.
    device_type, manufacturer, model, _ = suppression.products[0]
    firmware = [product.firmware for product in suppression.products if product.firmware]
    every = suppression.forward_at_least_every_us
    return _present(
        {
            "id": suppression.id,
            "codes": [format_alert_code(code) for code in suppression.codes],
            "device_type": device_type or None,
            "manufacturer": manufacturer or None,
            "model": model or None,
            "firmware": (firmware[0] if len(firmware) == 1 else firmware) or None,
            "threshold": suppression.threshold,
            "forward_one_in": suppression.forward_one_in,
            "forward_at_least_every": None if every is None else format_duration(every),
            "clear_threshold": suppression.clear_threshold,
            "reason": entry.reason,
            "fix_status": entry.fix_status.value,
            "fixed_in": entry.fixed_in or None,
            "expires": format_instant(suppression.expires),
            "approval": _approval(entry.approval) if entry.approval else None,
        }
    )


def _parameters(parameters: AlertStormParameters) -> Table:
    every = parameters.forward_at_least_every_us
    return {
        "threshold": parameters.threshold,
        "window": format_duration(parameters.window_us),
        "forward_one_in": parameters.forward_one_in,
        "forward_at_least_every": None if every is None else format_duration(every),
        "clear_threshold": parameters.clear_threshold,
        "amber_threshold": parameters.amber_threshold,
    }


def _differences(override: Mapping[str, Any], default: Mapping[str, Any]) -> Table:
    """What an override must say: where it differs, and that it is without what the default has."""
    return {key: NONE if value is None else value for key, value in override.items() if value != default[key]}


def _service_requests(rules: ServiceRequestRules) -> Table:
    return _present(
        {
            "period": format_duration(rules.period_us),
            "maximum_system_capacity": rules.maximum_system_capacity,
            "operating_threshold": rules.operating_threshold,
            "prepayment_multiplier": _number(rules.prepayment_multiplier),
            "network_weight": _number(rules.network_weight),
            "floor": rules.floor,
            "early_warning_at": _number(rules.early_warning_at),
            "prioritised": dict(rules.prioritised) or None,
        }
    )


def _number(value: Fraction) -> int | float | str:
    """A number as people write it: `2`, `0.8`, or `1/3` where no short decimal says it exactly."""
    if value.denominator == 1:
        return value.numerator
    decimal = float(value)
    return decimal if Fraction(repr(decimal)) == value else f"{value.numerator}/{value.denominator}"


def _present(table: Mapping[str, Any]) -> Table:
    return {key: value for key, value in table.items() if value is not None}


def lines_of(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """A table as TOML: its values first, then the tables in it."""
    values = {key: value for key, value in table.items() if not _has_tables(value)}
    if path and (values or len(values) == len(table)):
        yield f"\n[{dotted(path)}]"
    yield from _values(values)
    for key, value in table.items():
        if isinstance(value, dict):
            yield from lines_of(value, (*path, key))
        elif _has_tables(value):
            for item in value:
                yield f"\n[[{dotted((*path, key))}]]"
                yield from _values(item)


def _has_tables(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(item, dict) for item in value)
    )


def _values(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{dotted((key,))} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, dict):
        inner = ", ".join(_values(value))
        return f"{{ {inner} }}" if inner else "{}"
    # JSON's strings, numbers and lists are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
