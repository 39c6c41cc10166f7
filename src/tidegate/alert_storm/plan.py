"""Policies as the arrays a kernel runs on.

Several policies are decided in one pass. Those that count the same things over
the same windows share a *lane*: one table, one count per stream, and a verdict
per policy. A sweep of a hundred thresholds is one lane.

A kernel knows an Alert by its code, and suppressions tell Alerts of one code
apart. So those of a *scope*, which every policy judges alike, come under a code
of their own, from NUMBER_OF_CODES on: a scoped code. It is counted as the code
it stands for, so a stream stays one stream, and has a class of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy
from tidegate.alert_storm.suppressions import Scope
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, AlertCode

NONE: Final = -1
"""An option that a policy does not use: no amber, no forward_at_least_every."""

LIMITS: Final = np.dtype(
    [
        ("threshold", np.int64),
        ("clears_at", np.int64),
        ("amber", np.int64),
        ("amber_clears_at", np.int64),
        ("one_in", np.int64),
        ("at_least_every", np.int64),
        ("is_excluded", np.bool_),
    ]
)
"""The parameters of one policy for one class of codes; `NONE` where it has none."""


@dataclass(frozen=True, slots=True)
class KernelPolicy:
    """What a kernel needs of one policy."""

    rules: AlertStormRules
    exclusion_list: ExclusionList


@dataclass(frozen=True, slots=True)
class Lane:
    """Policies that share their counts, as arrays.

    policies:      Their numbers among all policies of the kernel.
    by_recipient:  Whether the recipient is part of the stream.
    counted_as:    uint32 per Alert Code, and after these per scope: the code it is counted under.
    class_of:      int32 per Alert Code and scope: its class; `NONE` where every policy excludes it.
    limits:        (policies, classes) of LIMITS.
    quiet_until:   int64 per class: a count up to which no policy does anything but forward.
    window_of:     int64 per class: number of its window.
    windows_us:    int64 per window: its length.
    """

    policies: tuple[int, ...]
    by_recipient: bool
    counted_as: NDArray[np.uint32]
    class_of: NDArray[np.int32]
    limits: NDArray[Any]
    quiet_until: NDArray[np.int64]
    window_of: NDArray[np.int64]
    windows_us: NDArray[np.int64]


def lanes_of(policies: Sequence[KernelPolicy], scopes: Sequence[Scope] = ()) -> list[Lane]:
    """Group policies by what and over which windows they count, and state each group as arrays.

    An Alert of the n-th scope comes under the code NUMBER_OF_CODES + n; each scope is an example of its Alerts.
    """
    groups: dict[object, list[int]] = {}
    for number, policy in enumerate(policies):
        groups.setdefault(_counts_of(policy), []).append(number)
    return [
        _lane(tuple(numbers), [policies[number] for number in numbers], scopes) for numbers in groups.values()
    ]


def _counts_of(policy: KernelPolicy) -> object:
    """What decides a stream's count: two policies with an equal one count alike."""
    rules = policy.rules
    default = rules.default.window_us
    windows = {code: rules.parameters_for(code).window_us for code in _named_codes(rules)}
    others = frozenset((code, window) for code, window in windows.items() if window != default)
    # An excluded code is not counted. Alone it has a count of its own; in a group it would change the others'.
    uncounted = frozenset(
        code for group in rules.code_groups for code in group if code in policy.exclusion_list
    )
    return rules.count_by, frozenset(rules.code_groups), default, others, uncounted


def _named_codes(rules: AlertStormRules) -> set[AlertCode]:
    return {*rules.codes, *(code for group in rules.code_groups for code in group)}


def _lane(numbers: tuple[int, ...], policies: Sequence[KernelPolicy], scopes: Sequence[Scope]) -> Lane:
    first = policies[0].rules
    counted_as = np.arange(NUMBER_OF_CODES + len(scopes), dtype=np.uint32)
    for group in first.code_groups:
        counted_as[list(group)] = group[0]
    counted_as[NUMBER_OF_CODES:] = [counted_as[scope.alert_code] for scope in scopes]

    # Codes with the same parameters under every policy are one class; class 0 is every code not named.
    named = sorted({code for p in policies for code in (*_named_codes(p.rules), *p.exclusion_list)})
    class_of = np.zeros(NUMBER_OF_CODES + len(scopes), np.int32)
    classes: dict[tuple[tuple[AlertStormParameters, bool], ...], int] = {
        tuple((p.rules.default, False) for p in policies): 0
    }
    for code in named:
        key = tuple((p.rules.parameters_for(code), code in p.exclusion_list) for p in policies)
        class_of[code] = classes.setdefault(key, len(classes))
    for number, scope in enumerate(scopes):
        key = tuple((p.rules.parameters_in(scope), scope.alert_code in p.exclusion_list) for p in policies)
        class_of[NUMBER_OF_CODES + number] = classes.setdefault(key, len(classes))

    limits = np.zeros((len(policies), len(classes)), LIMITS)
    windows: dict[int, int] = {}
    window_of = np.zeros(len(classes), np.int64)
    for key, number in classes.items():
        for policy, (parameters, is_excluded) in enumerate(key):
            limits[policy, number] = _limits_of(parameters, is_excluded=is_excluded)
        window_of[number] = windows.setdefault(key[0][0].window_us, len(windows))
        if all(is_excluded for _, is_excluded in key):
            class_of[class_of == number] = NONE
    amber = limits["amber"]
    lowest = np.where(amber == NONE, limits["threshold"], np.minimum(amber, limits["threshold"]))
    lowest = np.where(limits["is_excluded"], np.iinfo(np.int64).max, lowest)
    return Lane(
        policies=numbers,
        by_recipient=first.count_by is CountBy.DEVICE_CODE_RECIPIENT,
        counted_as=counted_as,
        class_of=class_of,
        limits=limits,
        quiet_until=lowest.min(axis=0),
        window_of=window_of,
        windows_us=np.array(list(windows), np.int64),
    )


def _limits_of(parameters: AlertStormParameters, *, is_excluded: bool) -> tuple[int | bool, ...]:
    p = parameters
    return (
        p.threshold,
        p.clears_at,
        NONE if p.amber_threshold is None else p.amber_threshold,
        NONE if p.amber_clears_at is None else p.amber_clears_at,
        p.forward_one_in,
        NONE if p.forward_at_least_every_us is None else p.forward_at_least_every_us,
        is_excluded,
    )
