"""What happens to an Alert of a code under a policy, in sentences and by clock times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tidegate.alert_storm.parameters import harder
from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.wording import (
    code_in_words,
    codes_in_words,
    count_by_in_words,
    mode_in_words,
    storm_in_words,
    suppressed_in_words,
)
from tidegate.policy.worked_example import WorkedExample, worked_example
from tidegate.vocabulary.alert_codes import AlertCode, published_alert_codes
from tidegate.vocabulary.instants import format_instant


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a policy does with an Alert Code.

    code:       The code told of; a code like most, where none was asked for.
    sentences:  What happens, in order.
    example:    A storm of it by clock times, made by running the rule.
    """

    code: AlertCode
    sentences: tuple[str, ...]
    example: WorkedExample


def explain(
    policy: MechanismDocument, code: AlertCode | None = None, suppression: Suppression | None = None
) -> Explanation:
    """Say what happens to Alerts of a code; without one, to those of any code that is not named.

    With a suppression of the policy that is about the code, its example is of a Device under it.
    """
    told_of = _ordinary_code(policy) if code is None else code
    sentences = chain(
        (mode_in_words(policy.mode),),
        _ordinarily(policy) if code is None else (),
        _of_code(policy, told_of, is_named=code is not None),
    )
    return Explanation(told_of, tuple(sentences), worked_example(policy, told_of, suppression))


def _ordinarily(policy: MechanismDocument) -> Iterator[str]:
    if policy.exclusion_list.reasons:
        yield f"Never throttled: {codes_in_words(sorted(policy.exclusion_list))}."
    if policy.alert_storm.codes:
        yield f"With parameters of their own: {codes_in_words(sorted(policy.alert_storm.codes))}."
    for group in policy.alert_storm.code_groups:
        yield f"Counted as one: {codes_in_words(group)}."
    for suppression in policy.alert_storm.suppressions:
        yield f"{suppression.id} suppresses {suppressed_in_words(suppression)}."
    yield "Every other Alert Code:"


def _of_code(policy: MechanismDocument, code: AlertCode, *, is_named: bool) -> Iterator[str]:
    if code in policy.exclusion_list:
        yield f"{code_in_words(code)} is on the exclusion list: always forwarded, never counted."
        yield f"The reason: {policy.exclusion_list.reasons[code]}"
        return
    rules = policy.alert_storm
    if is_named:
        whose = "parameters of its own" if code in rules.codes else "the default parameters"
        if rules.parameters_for(code) != rules.default and code not in rules.codes:
            whose = "the parameters of its group"
        yield f"{code_in_words(code)} has {whose}."
        if reason := policy.reasons.get(code, "" if code in rules.codes else policy.default_reason):
            yield f"The reason: {reason}"
        for group in rules.code_groups:
            if code in group:
                yield f"{codes_in_words(group)} are counted as one."
    yield count_by_in_words(rules.count_by)
    yield from storm_in_words(rules.parameters_for(code))
    for suppression in rules.suppressions:
        if code in suppression.codes:
            does = " ".join(storm_in_words(harder(rules.parameters_for(code), suppression)))
            until = format_instant(suppression.expires)
            yield f"{suppression.id} suppresses {suppressed_in_words(suppression)} until {until}. {does}"
            yield f"The reason: {policy.register[suppression.id].reason}"


def _ordinary_code(policy: MechanismDocument) -> AlertCode:
    """A published code that the policy does not name."""
    named = {
        *policy.exclusion_list,
        *policy.alert_storm.codes,
        *chain.from_iterable(each.codes for each in policy.alert_storm.suppressions),
        *chain.from_iterable(policy.alert_storm.code_groups),
    }
    return next((code for code in sorted(published_alert_codes()) if code not in named), 0)
