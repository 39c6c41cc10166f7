"""Which products are guilty: step by step, the most exceeding first.

A guilty product raises the rate of the rest that others are held against, and
so hides them. Therefore the one that exceeds most is found, taken out of the
rest, and all is compared again, until none is left that exceeds enough. At every
step the chance that is allowed is divided among the comparisons still open
(Holm, 1979), over every code, product, level and kind together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from tidegate.alert_storm import trials as criteria
from tidegate.alert_storm.exceedance import Exceedance
from tidegate.alert_storm.fleet_changed import Mask
from tidegate.alert_storm.trials import Trial


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in every trial, of which each keeps its `guilty`.

    comparisons:  How many were made.
    allowed:      Natural logarithm of the chance that the last one found was allowed.
    """

    comparisons: int
    allowed: float


def find_guilty(trials: Sequence[Trial]) -> Findings:
    """Find who is guilty in every trial.

    Of a guilty node only what can be shown of it is marked: those of its children that exceed what is
    outside it, or all of it where no child alone can be shown to.
    """
    comparisons = sum(trial.comparisons for trial in trials)
    best = [_most_exceeding(trial) for trial in trials]
    found = 0
    while True:
        allowed = math.log(criteria.LEVEL / max(comparisons - found, 1))
        log_p, at = min(((log_p, at) for at, (log_p, _) in enumerate(best)), default=(0.0, -1))
        if log_p > allowed:
            break
        _accuse(trials[at], best[at][1], allowed)
        best[at] = _most_exceeding(trials[at])
        found += 1
    for trial in trials:
        _accuse_relatives(trial)
    return Findings(comparisons, allowed)


def _most_exceeding(trial: Trial) -> tuple[float, int]:
    """The log p and the node of the one that exceeds most, of those that exceed by enough to matter."""
    parts = trial.tree.members & ~trial.guilty
    if not parts.any():
        return 0.0, -1
    rests = trial.rest_of(trial.tree.members)
    found = trial.compare(parts, rests)
    is_open = (found.log_p < math.log(criteria.LEVEL)) & trial.matters(parts, found)
    is_open[is_open] = trial.stands_out(parts[is_open], rests[is_open], _only(found, is_open))
    if not is_open.any():
        return 0.0, -1
    # Of equals the smallest: firmwares stand before models.
    node = int(np.argmin(np.where(is_open, found.log_p, np.inf)))
    return float(found.log_p[node]), node


def _accuse(trial: Trial, node: int, allowed: float) -> None:
    rest = trial.rest_of(trial.tree.members[node][None])[0]
    trial.guilty = trial.guilty | _shown(trial, node, rest, allowed)


def _shown(trial: Trial, node: int, rest: Mask, allowed: float) -> Mask:
    """The leaves of a guilty node that are guilty; all in it are held against the same rest, outside it."""
    of_node: Mask = trial.tree.members[node] & ~trial.guilty
    children = [
        child for child in trial.tree.children[node] if (trial.tree.members[child] & ~trial.guilty).any()
    ]
    guilty = [child for child in children if _is_guilty(trial, child, rest, allowed)]
    if not guilty:
        return of_node
    shown: Mask = np.logical_or.reduce([_shown(trial, child, rest, allowed) for child in guilty])
    return shown


def _is_guilty(trial: Trial, node: int, rest: Mask, allowed: float) -> bool:
    part = (trial.tree.members[node] & ~trial.guilty)[None]
    found = trial.compare(part, rest[None])
    return bool(found.log_p[0] <= allowed and trial.stands_out(part, rest[None], found)[0])


def _accuse_relatives(trial: Trial) -> None:
    """Find the others of makers who are guilty: those who stand out, but alone would not matter or not be sure.

    Of a guilty maker's products there are few: they share the level among themselves, not with all comparisons.
    """
    for top in trial.tree.tops:
        family = trial.tree.members[top]
        while (family & trial.guilty).any() and (family & ~trial.guilty).any():
            relatives = np.flatnonzero((trial.tree.members & family & ~trial.guilty).any(axis=1)).tolist()
            allowed = math.log(criteria.LEVEL / len(relatives))
            guilty = [
                node
                for node in relatives
                if _is_guilty(trial, node, trial.rest_of(trial.tree.members[node][None])[0], allowed)
            ]
            if not guilty:
                break
            _accuse(trial, guilty[0], allowed)


def _only(found: Exceedance, which: Mask) -> Exceedance:
    return Exceedance(*(getattr(found, each.name)[which] for each in fields(Exceedance)))
