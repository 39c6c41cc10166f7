"""One version of the Traffic Management Mechanism Document, as a value.

We call it a *policy*. It holds all that decides: the Alert Storm parameters,
the exclusion list and the Service Request section, with who approved them, from
when they are in force and why each exception stands. If one exists, it is valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from tidegate.admission.capacity import faults_of_capacity
from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormRules
from tidegate.policy.approval import Approval
from tidegate.policy.suppressions import RegisterEntry, names_the_fix
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.instants import Duration, Instant
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_requests import ServiceReferenceVariant

__all__ = ["MechanismDocument", "Mode", "ServiceRequestRules", "faults_of_service_requests"]


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
    faults = faults_of_capacity(r)
    if r.prepayment_multiplier < 0:
        faults.append(f"prepayment_multiplier is {float(r.prepayment_multiplier):g}; it must be 0 or more")
    if r.network_weight < 0:
        faults.append(f"network_weight is {float(r.network_weight):g}; it must be 0 or more")
    if r.floor < 0:
        faults.append(f"floor is {r.floor}; it must be 0 or more")
    return faults


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
