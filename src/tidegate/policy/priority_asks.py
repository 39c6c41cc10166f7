"""What users asked of the draft Prioritised Service Requests List, each ask by a name (SECMP0067, questions 1 and 9).

The draft list is what the responses let us recover; a policy can be had with
any of the asks in it, `illustrative-2+enwl-supply-status`, to compare and to
replay. Nobody approved such a policy, so it is a draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.service_requests import ServiceReferenceVariant

JOINS: Final = "+"
"""What stands between a policy's name and those of the asks."""


@dataclass(frozen=True, slots=True)
class PriorityAsk:
    """One change that was asked for.

    name:      What it is called here.
    asked_by:  Who asked.
    says:      What for, in their words or near them.
    adds:      Service Reference Variants to prioritise, each with its reason.
    removes:   Variants to prioritise no more.
    """

    name: str
    asked_by: str
    says: str
    adds: Mapping[ServiceReferenceVariant, str] = field(default_factory=dict)
    removes: tuple[ServiceReferenceVariant, ...] = ()


_ASKS = (
    PriorityAsk(
        "eon-install",
        "E.ON",
        "Most installation and commissioning commands are not exempt; join and unjoin alone may be academic.",
        adds={
            "8.11": 'E.ON: involved in "HAN creation/device join completion", asked for as a minimum. [S]',
            "8.1.1": "E.ON: as 8.11; configuration can be completed later. [S]",
        },
    ),
    PriorityAsk(
        "enwl-supply-status",
        "ENWL",
        "Networks must be able to check the supply of customers during extreme weather.",
        adds={"7.4": "ENWL: a network checks the supply status of customers during extreme weather. [S]"},
    ),
    PriorityAsk(
        "edf-auxiliary-load",
        "EDF",
        "Consider auxiliary load: a demand control event is time critical.",
        adds={
            "7.5": "EDF: needed in a time critical demand control event. [S]",
            "7.6": "EDF: needed in a time critical demand control event. [S]",
        },
    ),
    PriorityAsk(
        "ssen-auxiliary-load",
        "SSEN",
        "What relates to ALCS and HCALCS may need to be added, with SECMP0025 and SECMP0046.",
        adds={
            "7.6": "SSEN: relates to ALCS and HCALCS; may need to be added. [S]",
            "7.7": "SSEN: relates to ALCS and HCALCS; may need to be added. [S]",
            "7.8": "SSEN: relates to ALCS and HCALCS; may need to be added. [S]",
        },
    ),
    PriorityAsk(
        "wpd-auxiliary-load",
        "WPD",
        "If SECMP0046 is approved, add 7.6.",
        adds={"7.6": "WPD: to be added if SECMP0046 is approved. [S]"},
    ),
    PriorityAsk(
        "edf-without-1.5", "EDF", "It is not clear why 1.5 would be time critical.", removes=("1.5",)
    ),
    PriorityAsk(
        "edf-without-6.25", "EDF", "It is not clear why 6.25 would be a priority.", removes=("6.25",)
    ),
    PriorityAsk(
        "edf-without-8.14",
        "EDF",
        "The logic of 8.14.1 and 8.14.2 is not understood.",
        removes=("8.14.1", "8.14.2"),
    ),
)

PRIORITY_ASKS: Final[Mapping[str, PriorityAsk]] = {ask.name: ask for ask in _ASKS}
"""Every ask, by its name."""


def with_asks(policy: MechanismDocument, names: Sequence[str]) -> MechanismDocument:
    """The policy with what was asked in it, one ask after another, as a draft that supersedes it.

    A variant that is on the list already keeps its reason.

    Raises:
        InputError: there is no such ask; the policy has no Service Request section; or an ask would change nothing.
    """
    for name in names:
        policy = _with_ask(policy, name)
    return policy


def _with_ask(policy: MechanismDocument, name: str) -> MechanismDocument:
    ask = PRIORITY_ASKS.get(name)
    if ask is None:
        raise InputError(
            Fault(f"{JOINS}{name}", "there is no ask of this name", f"There are: {', '.join(PRIORITY_ASKS)}.")
        )
    rules = policy.service_requests
    if rules is None:
        what = "the policy says nothing of Service Requests"
        raise InputError(Fault(policy.version, what, "Add [service_requests], or name illustrative-2."))
    kept = {srv: reason for srv, reason in rules.prioritised.items() if srv not in ask.removes}
    listed = {**ask.adds, **kept}
    if listed.keys() == rules.prioritised.keys():
        what = f"changes nothing: the list of {policy.version} is so already"
        raise InputError(Fault(f"{JOINS}{name}", what, "Leave it out."))
    in_order = dict(sorted(listed.items(), key=lambda entry: tuple(map(int, entry[0].split(".")))))
    return replace(
        policy,
        version=f"{policy.version}{JOINS}{name}",
        supersedes=policy.version,
        approval=None,
        note=f"{policy.version} with what {ask.asked_by} asked for: {ask.says} {policy.note}".strip(),
        service_requests=replace(rules, prioritised=in_order),
    )
