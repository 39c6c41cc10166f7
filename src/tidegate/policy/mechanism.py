"""One version of the Traffic Management Mechanism Document, as a value.

We call it a *policy*. It holds all that decides: the Alert Storm parameters,
the exclusion list and the Service Request section, with who approved them, from
when they are in force and why each exception stands. If one exists, it is valid.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormRules
from tidegate.policy.approval import Approval
from tidegate.policy.suppressions import RegisterEntry, names_the_fix
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.instants import Duration, Instant

ServiceReferenceVariant: TypeAlias = str

_SRV = re.compile(r"[1-9]\d?\.\d{1,2}(?:\.\d{1,2})?")


class Mode(StrEnum):
    """What a policy in force does."""

    OFF = "off"
    """Nothing is evaluated; every Alert is forwarded."""

    SHADOW = "shadow"
    """Everything is evaluated and reported, and nothing is held back."""

    ENFORCED = "enforced"
    """What is decided is done."""


@dataclass(frozen=True, slots=True)
class ServiceRequestRules:
    """The Service Request section of a policy (SECMP0067); valid once built.

    period_us:                The period that requests are counted over.
    maximum_system_capacity:  Requests per period the DCC System can take; at least 1.
    operating_threshold:      Requests per period from which traffic is managed; from 1 to the maximum.
    prepayment_multiplier:    Weight of a prepayment meter, where a credit meter weighs 1.
    network_weight:           Weight of a meter on a network, for the Network Operator.
    floor:                    Requests per period every User is given before the rest is shared out.
    early_warning_at:         Share of its allocation at which a User is warned; more than 0, at most 1.
    prioritised:              Service Reference Variants never throttled below the maximum, each with its reason.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    period_us: Duration
    maximum_system_capacity: int
    operating_threshold: int
    prepayment_multiplier: Fraction
    network_weight: Fraction
    floor: int
    early_warning_at: Fraction
    prioritised: Mapping[ServiceReferenceVariant, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for fault in faults_of_service_requests(self):
            raise ValueError(fault)


def faults_of_service_requests(rules: ServiceRequestRules) -> list[str]:
    """Everything out of range in a Service Request section, each in a sentence that starts with its name."""
    r = rules
    faults = []
    if r.period_us <= 0:
        faults.append("period must be longer than nothing, as 1s")
    if r.maximum_system_capacity < 1:
        faults.append(f"maximum_system_capacity is {r.maximum_system_capacity}; it must be 1 or more")
    if not 1 <= r.operating_threshold <= r.maximum_system_capacity:
        faults.append(
            f"operating_threshold is {r.operating_threshold}; "
            f"it must be from 1 to maximum_system_capacity ({r.maximum_system_capacity})"
        )
    if r.prepayment_multiplier < 0:
        faults.append(f"prepayment_multiplier is {float(r.prepayment_multiplier):g}; it must be 0 or more")
    if r.network_weight < 0:
        faults.append(f"network_weight is {float(r.network_weight):g}; it must be 0 or more")
    if r.floor < 0:
        faults.append(f"floor is {r.floor}; it must be 0 or more")
    if not 0 < r.early_warning_at <= 1:
        faults.append(
            f"early_warning_at is {float(r.early_warning_at):g}; it must be more than 0 and at most 1"
        )
    faults.extend(
        f"prioritised names {srv!r}, which is not a Service Reference Variant such as 8.1.1"
        for srv in r.prioritised
        if not is_service_reference_variant(srv)
    )
    return faults


def is_service_reference_variant(text: str) -> bool:
    """Say whether a text has the form of a Service Reference Variant: `7.4`, `8.14.1`."""
    return _SRV.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class MechanismDocument:
    """One version of the Mechanism Document; valid once built.

    version:           Its name, unlike that of any other version.
    mode:              Whether it is off, in shadow or enforced.
    effective_from:    Instant from which it applies.
    alert_storm:       Parameters of every Alert Code, and what is counted together.
    exclusion_list:    Alert Codes never subject to Alert Storm Protection, each with its reason.
    service_requests:  The Service Request section; None where the version says nothing of it.
    supersedes:        Version it takes the place of; None for the first.
    approval:          How it was approved; None for a draft.
    reasons:           Why a code has an override, by Alert Code.
    register:          Why each suppression stands, by its id.
    default_reason:    Why the default parameters are what they are.
    note:              What a reader should know of this version.
    is_illustrative:   Its values stand for values that are not public.

    Raises:
        ValueError: a code is excluded and yet overridden, in a group or suppressed; a reason has no override;
            the register is not of the suppressions there are; or a suppression is about the firmware that
            mends its fault.
    """

    version: str
    mode: Mode
    effective_from: Instant
    alert_storm: AlertStormRules
    exclusion_list: ExclusionList = field(default_factory=ExclusionList)
    service_requests: ServiceRequestRules | None = None
    supersedes: str | None = None
    approval: Approval | None = None
    reasons: Mapping[AlertCode, str] = field(default_factory=dict)
    register: Mapping[str, RegisterEntry] = field(default_factory=dict)
    default_reason: str = ""
    note: str = ""
    is_illustrative: bool = False

    def __post_init__(self) -> None:
        if not self.version.strip():
            raise ValueError("a version needs a name")
        rules = self.alert_storm
        if both := self.exclusion_list.reasons.keys() & rules.codes.keys():
            raise ValueError(f"excluded and yet overridden: {_listed(both)}")
        if both := self.exclusion_list.reasons.keys() & {
            code for group in rules.code_groups for code in group
        }:
            raise ValueError(f"excluded and yet in a code group: {_listed(both)}")
        if loose := self.reasons.keys() - rules.codes.keys():
            raise ValueError(f"a reason without an override: {_listed(loose)}")
        if differing := self.register.keys() ^ {suppression.id for suppression in rules.suppressions}:
            raise ValueError(f"in the register or suppressed, and not both: {', '.join(sorted(differing))}")
        for suppression in rules.suppressions:
            if both := self.exclusion_list.reasons.keys() & set(suppression.codes):
                raise ValueError(f"excluded and yet suppressed by {suppression.id}: {_listed(both)}")
            if names_the_fix(suppression, self.register[suppression.id]):
                raise ValueError(f"{suppression.id} is about the firmware that mends its fault")


def _listed(codes: set[AlertCode]) -> str:
    return ", ".join(format_alert_code(code) for code in sorted(codes))
