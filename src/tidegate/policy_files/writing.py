"""Policies to policy files: what is written reads back as the same policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.policy.mechanism import MechanismDocument, ServiceRequestRules
from tidegate.policy_files.form import NONE
from tidegate.policy_files.places import dotted
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import format_duration, format_instant

Table: TypeAlias = dict[str, Any]


def write_policy(policy: MechanismDocument) -> str:
    """The text of a policy file."""
    return "\n".join(_lines_of(policy_document(policy), ())).strip() + "\n"


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
    }
    requests = policy.service_requests
    return {
        **_present(head),
        **(
            {
                "approval": _present(
                    {
                        "consulted": approval.consulted or None,
                        "approved_by": approval.approved_by or None,
                        "on": approval.on or None,
                        "reference": approval.reference or None,
                    }
                )
            }
            if approval
            else {}
        ),
        "alert_storm": _present(storm),
        **({"service_requests": _service_requests(requests)} if requests else {}),
    }


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


def _lines_of(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """A table as TOML: its values first, then the tables in it."""
    values = {key: value for key, value in table.items() if not isinstance(value, dict)}
    if path and (values or len(values) == len(table)):
        yield f"\n[{dotted(path)}]"
    for key, value in values.items():
        yield f"{dotted((key,))} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _lines_of(value, (*path, key))


def _value(value: object) -> str:
    # JSON's strings, numbers and lists are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
