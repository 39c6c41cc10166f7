"""The difference between two sets of criteria, in words. Names, notes and clauses are no difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tidegate.commissioning.cells import Cells, Holds
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.obligations import CellPopulated, Obligation, Proof, ServiceRequests
from tidegate.commissioning.truth import Truth
from tidegate.policy.change import Change, becomes
from tidegate.vocabulary.instants import format_duration


def criteria_changes(before: Criteria, after: Criteria) -> list[Change]:
    """Everything that the second set asks otherwise than the first; empty when they ask the same."""
    return [
        *_time_changes(before, after),
        *_proof_changes(before.proof, after.proof),
        *_asked_changes(
            "obligations",
            {each.name: obligation_in_words(each) for each in before.obligations},
            {each.name: obligation_in_words(each) for each in after.obligations},
        ),
        *_asked_changes(
            "cells",
            {each.role.text: cells_in_words(each) for each in before.cells},
            {each.role.text: cells_in_words(each) for each in after.cells},
        ),
    ]


def obligation_in_words(obligation: Obligation) -> str:
    """What an obligation asks, without a full stop: `2 successes of 6.17, each of another credential type`."""
    if isinstance(obligation, ServiceRequests):
        number = f"{obligation.at_least} success{'es' * (obligation.at_least > 1)}"
        asks = f"{number} of {' or '.join(obligation.any_of)}"
        if obligation.each_credential_type:
            asks += ", each of another credential type"
    elif isinstance(obligation, CellPopulated):
        asks = f"the {obligation.role.text} cells are right, as checked or as read"
    else:
        asks = "the Device communicates"
    return asks + _of_types(obligation.device_types)


def cells_in_words(cells: Cells) -> str:
    """What must stand in a role's cells, without a full stop."""
    which = " and ".join(usage.text for usage in cells.usages) or "those that were read"
    listed = ", ".join((*sorted(cells.parties), *sorted(cells.certificates)))
    whose = {
        Holds.REGISTERED: "the registered party's",
        Holds.LISTED: f"one of {listed}",
        Holds.NOT_REGISTERED: "any party's but the Supplier's and the Network Operator's",
    }[cells.holds]
    return f"{whose}, in {which}{_of_types(cells.device_types)}"


def _of_types(device_types: frozenset[str]) -> str:
    return f" (of {', '.join(sorted(device_types))})" if device_types else ""


def _time_changes(before: Criteria, after: Criteria) -> Iterator[Change]:
    if before.time_allowed_us != after.time_allowed_us:
        was, now = format_duration(before.time_allowed_us), format_duration(after.time_allowed_us)
        yield Change("time_allowed", was, now, becomes("The time allowed", was, now))


_SAYS: Final[Mapping[str, str]] = {
    "empty": "A response without an outcome",
    "timeout": "A timeout",
    "contradictory": "A contradiction between checks of one instant",
    "nothing_sent": "Too little sent, or nothing,",
    "not_checked": "A check that was not made",
}

_COUNTS: Final[Mapping[str, tuple[str, str]]] = {
    "future_dated_outcomes": (
        "8F66 and 8F67 complete a response without an outcome.",
        "8F66 and 8F67 do not count: only responses do.",
    ),
    "registered": (
        "6.15.1, 6.21 and 6.23 count for the parties registered now.",
        "6.15.1, 6.21 and 6.23 count by what was sent, whoever is registered now.",
    ),
    "answers": (
        "What a Device answers proves that it communicates.",
        "Only the DSP's check proves that a Device communicates.",
    ),
}


def proof_in_words(proof: Proof) -> list[str]:
    """What counts as proof, a sentence for each of its settings."""
    says = [_says(name, getattr(proof, name)) for name in _SAYS]
    return says + [sentences[0 if getattr(proof, name) else 1] for name, sentences in _COUNTS.items()]


def _says(name: str, truth: Truth) -> str:
    return f"{_SAYS[name]} {'counts as not met' if truth is Truth.UNMET else 'leaves it open'}."


def _proof_changes(before: Proof, after: Proof) -> Iterator[Change]:
    for name in _SAYS:
        was, now = getattr(before, name), getattr(after, name)
        if was is not now:
            yield Change(f"proof.{name}", was.name.lower(), now.name.lower(), _says(name, now))
    for name, (does, does_not) in _COUNTS.items():
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield Change(f"proof.{name}", str(was).lower(), str(now).lower(), does if now else does_not)


def _asked_changes(key: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if was is None:
            sentence = f"{name} is asked for: {now}."
        elif now is None:
            sentence = f"{name} is not asked for any more; it was: {was}."
        else:
            sentence = f"{name} asks for {now}; it asked for {was}."
        yield Change(f"{key}.{name}", was, now, sentence)
