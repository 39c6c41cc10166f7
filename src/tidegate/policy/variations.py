"""Policies that differ in one parameter or several: the points of a sweep.

A swept parameter has the same value for every Alert Code that is swept; the
others stay as each code has them. The clear threshold keeps its proportion to
the threshold unless it is swept itself. Amber throttles nothing and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.policy.swept_parameters import SweptParameter, Value, value_in_words
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.faults import Fault, InputError

MOST_POLICIES: Final = 400
"""Policies of one sweep: each keeps its state of every stream over the lowest threshold, and all its storms."""


@dataclass(frozen=True, slots=True)
class Point:
    """One policy of a sweep.

    policy:       It, in force over everything.
    values:       The swept parameters and their values; empty for the policy in force, where it is none of the grid.
    is_in_force:  It does what the policy that the sweep began from does.
    """

    policy: MechanismDocument
    values: Mapping[str, Value] = field(default_factory=dict)
    is_in_force: bool = False


@dataclass(frozen=True, slots=True)
class Variations:
    """The points of a sweep.

    points:    The policy in force first where it is none of the grid; then the grid.
    left_out:  Combinations that no policy can have: a clear threshold above the threshold.
    """

    points: Sequence[Point]
    left_out: int

    @property
    def in_force(self) -> int:
        """Place of the point that is in force."""
        return next(place for place, point in enumerate(self.points) if point.is_in_force)


def variations(
    policy: MechanismDocument, swept: Sequence[SweptParameter], *, code: AlertCode | None = None
) -> Variations:
    """Every combination of the swept values, in the place of the policy's own.

    With a `code` only its parameters change (its group's, if it is in one), and an excluded one is taken
    off the exclusion list; without, those of every code that is not excluded. The mode is enforced in all.

    Raises:
        InputError: there are more than `MOST_POLICIES`, or none that is possible.
    """
    named = " ".join(one.name for one in swept)
    count = math.prod(len(one.values) for one in swept)
    if count > MOST_POLICIES:
        sizes = " x ".join(f"{len(one.values)} of {one.name}" for one in swept)
        what = f"{sizes} are {count:,} policies; one sweep takes up to {MOST_POLICIES}"
        raise InputError(Fault(named, what, "Give fewer values or longer steps, as threshold=5..300:20."))
    base = _enforced(policy)
    points: list[Point] = []
    left_out = 0
    for values in product(*(one.values for one in swept)):
        chosen = dict(zip((one.name for one in swept), values, strict=True))
        made = _with(base, chosen, code)
        if made is None:
            left_out += 1
            continue
        same = (made.alert_storm, made.exclusion_list) == (base.alert_storm, base.exclusion_list)
        points.append(Point(made, chosen, is_in_force=same))
    if not points:
        what = "every combination has a clear threshold above its threshold"
        raise InputError(Fault(named, what, "Give a clear_threshold no higher than the threshold."))
    if not any(point.is_in_force for point in points):
        points.insert(0, Point(base, is_in_force=True))
    return Variations(points, left_out)


def _enforced(policy: MechanismDocument) -> MechanismDocument:
    rules = policy.alert_storm
    without_amber = replace(
        rules,
        default=replace(rules.default, amber_threshold=None),
        codes={code: replace(each, amber_threshold=None) for code, each in rules.codes.items()},
    )
    return replace(policy, mode=Mode.ENFORCED, alert_storm=without_amber)


def _with(
    base: MechanismDocument, values: Mapping[str, Value], code: AlertCode | None
) -> MechanismDocument | None:
    """The policy with other values; None where it cannot have them."""
    rules = base.alert_storm
    reasons = dict(base.exclusion_list.reasons)
    try:
        if code is None:
            default = _varied(rules.default, values)
            codes = {each: _varied(its_own, values) for each, its_own in rules.codes.items()}
        else:
            default = rules.default
            members = next((group for group in rules.code_groups if code in group), (code,))
            its_own = _varied(rules.parameters_for(code), values)
            codes = {**rules.codes, **dict.fromkeys(members, its_own)}
            reasons.pop(code, None)
    except ValueError:
        return None
    said = " ".join(f"{name}={value_in_words(name, value)}" for name, value in values.items())
    return replace(
        base,
        version=f"{base.version} {said}",
        alert_storm=replace(rules, default=default, codes=codes),
        exclusion_list=ExclusionList(reasons),
    )


def _varied(parameters: AlertStormParameters, values: Mapping[str, Value]) -> AlertStormParameters:
    threshold = values.get("threshold", parameters.threshold)
    assert threshold is not None
    clear = parameters.clear_threshold
    if clear is not None:
        clear = clear * threshold // parameters.threshold
    changed: dict[str, Any] = {
        "threshold": threshold,
        "clear_threshold": values.get("clear_threshold", clear),
        "window_us": values.get("window", parameters.window_us),
        "forward_one_in": values.get("forward_one_in", parameters.forward_one_in),
        "forward_at_least_every_us": values.get(
            "forward_at_least_every", parameters.forward_at_least_every_us
        ),
    }
    return replace(parameters, **changed)
