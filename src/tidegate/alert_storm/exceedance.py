"""How far a part of the fleet exceeds the rest of it, and how likely that is by chance alone.

Two tests, one for each kind of trouble; docs/explanation/causes.md states both
with a worked example, and decision 14 says why these. Both compare within
strata (CSP regions) and then add up, so that what befalls a whole region
accuses nobody. Both are one-sided: raising less than others is no fault.

Nothing is assumed of how Alerts are spread over Devices: the variance is taken
from the Devices themselves, each being one draw, so that neither
overdispersion of whatever form nor one wild Device looks like a product.

Probabilities are natural logarithms, for they are soon smaller than any float.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, fields
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

Numbers: TypeAlias = NDArray[np.float64]

CONFIDENCE: Final = 1.96
"""Standard errors each way of a 95 % confidence interval."""

NONE_SEEN: Final = 3.0
"""Where a rest of the fleet raised nothing, as many Alerts as it may have been about to (95 %, rule of three)."""

MOST_EXACT: Final = 2_000
"""Storming Devices up to which their spread over products is counted exactly; above, by a binomial, which is wider."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What some Devices raised, summed over them; each array (..., strata).

    With x the Alerts of a Device and e its days in the period:
    alerts:           Sum of x.
    exposure:         Sum of e.
    squares:          Sum of x * x.
    exposed:          Sum of x * e.
    exposure_squared: Sum of e * e.
    """

    alerts: Numbers
    exposure: Numbers
    squares: Numbers
    exposed: Numbers
    exposure_squared: Numbers

    def __sub__(self, other: Raised) -> Raised:
        return Raised(
            *(
                # What is left of equal sums may be a little less than nothing.
                np.maximum(getattr(self, each.name) - getattr(other, each.name), 0.0)
                for each in fields(Raised)
            )
        )

    def of(self, members: NDArray[np.bool_]) -> Raised:
        """Summed over groups of rows: members (groups, rows) of arrays (rows, strata) give (groups, strata)."""
        return Raised(*(members.astype(np.float64) @ getattr(self, each.name) for each in fields(Raised)))

    def in_strata(self, which: NDArray[np.bool_]) -> Raised:
        """The same, nothing in the other strata; which (..., strata)."""
        return Raised(*(np.where(which, getattr(self, each.name), 0.0) for each in fields(Raised)))

    def spread(self, rate: Numbers) -> Numbers:
        """Sum over the Devices of (x - rate * e) squared."""
        spread = self.squares - 2 * rate * self.exposed + rate**2 * self.exposure_squared
        return np.maximum(spread, 0.0)


@dataclass(frozen=True, slots=True)
class Exceedance:
    """How parts of the fleet compare with the rest; arrays of one number for each part.

    rate:      Alerts per Device-day; of Devices that stormed, the share of them.
    rest:      What it would be, were the part like the rest in each stratum.
    ratio:     rate / rest; infinite where the rest is silent, 1 where both are or nothing can be compared.
    low, high: 95 % confidence interval of the ratio.
    z:         Standard errors that the part is over the rest.
    log_p:     Natural logarithm of the chance of such an exceedance or a larger one, were there no difference.
    """

    rate: Numbers
    rest: Numbers
    ratio: Numbers
    low: Numbers
    high: Numbers
    z: Numbers
    log_p: Numbers


def murmur_exceedance(part: Raised, rest: Raised) -> Exceedance:
    """Compare the rate of Alerts of parts of the fleet with that of the rest, in each stratum.

    In a stratum, with Y the Alerts and E the Device-days of the part (P) and the rest (R), r the rate of both
    together and w = E / (E_P + E_R): D = w_R Y_P - w_P Y_R, which is 0 on average where the rates are alike.
    Its variance is the larger of two: the Devices' own, w_R^2 S_P + w_P^2 S_R with S the sum over Devices of
    (x - r e)^2, which one wild Device cannot escape; and w_P w_R (S_P + S_R), that of dealing out the Devices
    at random, which a rest too small to show its own spread cannot escape. z is the sum of D over the
    strata by the root of the sum of the variances. A stratum where either has no exposure tells nothing.
    """
    both = (part.exposure > 0) & (rest.exposure > 0)
    part, rest = part.in_strata(both), rest.in_strata(both)
    exposure = part.exposure + rest.exposure
    rate = _ratio(part.alerts + rest.alerts, exposure)
    of_part, of_rest = _ratio(part.exposure, exposure), _ratio(rest.exposure, exposure)
    difference = (of_rest * part.alerts - of_part * rest.alerts).sum(axis=-1)
    spread_part, spread_rest = part.spread(rate), rest.spread(rate)
    own = of_rest**2 * spread_part + of_part**2 * spread_rest
    dealt = of_part * of_rest * (spread_part + spread_rest)
    z = _ratio(difference, np.sqrt(np.maximum(own, dealt).sum(axis=-1)))
    return _compared(part, rest, z, np.asarray(special.log_ndtr(-z), np.float64))


def storm_exceedance(
    stormed: Numbers, installed: Numbers, rest_stormed: Numbers, rest_installed: Numbers
) -> Exceedance:
    """Compare how many Devices of parts of the fleet stormed with how many of the rest did; arrays (parts, strata).

    Given how many Devices stormed in a stratum, were product of no matter, those of the part among them would be
    as many as drawn without replacement: hypergeometric. The chance is of the sum over strata, exactly up to
    `MOST_EXACT` storming Devices; it is never told as less than about 1e-308.
    """
    both = (installed > 0) & (rest_installed > 0)
    part = [np.where(both, each, 0.0) for each in (np.minimum(stormed, installed), installed)]
    rest = [np.where(both, each, 0.0) for each in (np.minimum(rest_stormed, rest_installed), rest_installed)]
    log_p = np.zeros(len(stormed))
    z = np.zeros(len(stormed))
    for at in np.flatnonzero(part[0].sum(axis=-1) > 0).tolist():
        strata = np.flatnonzero(both[at] & (part[0][at] + rest[0][at] > 0))
        cells = [
            (int(p), int(n), int(q), int(m))
            for p, n, q, m in zip(*(each[at, strata] for each in (*part, *rest)), strict=True)
        ]
        z[at], log_p[at] = _drawn(cells)
    # A Device storms or it does not: x and x * x are the same, and its exposure is itself.
    return _compared(
        Raised(part[0], part[1], part[0], part[0], part[1]),
        Raised(rest[0], rest[1], rest[0], rest[0], rest[1]),
        z,
        log_p,
    )


def standard_errors(log_p: float) -> float:
    """How many standard errors over the rest have this chance, one-sided; of the normal distribution."""
    return -float(special.ndtri_exp(log_p))


def _drawn(cells: list[tuple[int, int, int, int]]) -> tuple[float, float]:
    """Standard errors over, and log p, of at least as many storming Devices; cells of part stormed, installed, rest stormed, installed."""
    seen = sum(stormed for stormed, *_ in cells)
    mean = variance = 0.0
    for stormed, installed, others, other_installed in cells:
        draws, total = stormed + others, installed + other_installed
        share = installed / total
        mean += draws * share
        variance += draws * share * (1 - share) * (total - draws) / max(total - 1, 1)
    z = (seen - mean) / variance**0.5 if variance > 0 else 0.0
    all_stormed = sum(stormed + others for stormed, _, others, _ in cells)
    if all_stormed > MOST_EXACT:
        # No sum of draws with or without replacement that has this mean is spread wider (Hoeffding, 1956).
        tail = float(special.betainc(seen, all_stormed - seen + 1, mean / all_stormed))
    else:
        chances = np.ones(1)
        for stormed, installed, others, other_installed in cells:
            chances = np.convolve(chances, _hypergeometric(stormed + others, installed, other_installed))
        tail = float(chances[seen:].sum())
    return z, min(math.log(max(tail, sys.float_info.min)), 0.0)


def _hypergeometric(draws: int, installed: int, other_installed: int) -> Numbers:
    """The chance of each number, from 0 on, of the part's Devices among those drawn."""
    of_part = np.arange(min(draws, installed) + 1, dtype=np.float64)
    is_possible = draws - of_part <= other_installed
    log = np.full(len(of_part), -np.inf)
    found = of_part[is_possible]
    log[is_possible] = (
        _log_choose(installed, found)
        + _log_choose(other_installed, draws - found)
        - _log_choose(installed + other_installed, np.float64(draws))
    )
    chances: Numbers = np.exp(log)
    return chances


def _log_choose(of: int, chosen: Any) -> Any:
    return special.gammaln(of + 1) - special.gammaln(chosen + 1) - special.gammaln(of - chosen + 1)


def _compared(part: Raised, rest: Raised, z: Numbers, log_p: Numbers) -> Exceedance:
    """The rates side by side, and how sure the ratio is; strata that tell nothing are empty by now."""
    exposure = part.exposure.sum(axis=-1)
    alerts = part.alerts.sum(axis=-1)
    weight = _ratio(part.exposure, rest.exposure)
    expected = (weight * rest.alerts).sum(axis=-1)
    is_silent = (expected == 0) & (alerts > 0)
    ratio = np.where(is_silent, np.inf, np.where(expected == 0, 1.0, _ratio(alerts, expected)))
    own = part.spread(_ratio(part.alerts, part.exposure)).sum(axis=-1)
    others = (weight**2 * rest.spread(_ratio(rest.alerts, rest.exposure))).sum(axis=-1)
    least = NONE_SEEN * _ratio(exposure, rest.exposure.sum(axis=-1))
    told = np.where(is_silent, least, expected)
    others = np.where(is_silent, 0.0, others)
    # The relative variances of both; a part that raised nothing may still have been about to.
    error = CONFIDENCE * np.sqrt(_ratio(own, alerts**2) + _ratio(others, told**2))
    middle = _ratio(alerts, told)
    with np.errstate(over="ignore"):
        high = np.where(is_silent, np.inf, middle * np.exp(error))
    high = np.where(alerts == 0, _ratio(np.full_like(alerts, NONE_SEEN), told), high)
    return Exceedance(
        _ratio(alerts, exposure), _ratio(expected, exposure), ratio, middle * np.exp(-error), high, z, log_p
    )


def _ratio(over: Any, under: Any) -> Numbers:
    """One over the other; 0 where there is nothing under."""
    made = np.zeros(np.broadcast_shapes(np.shape(over), np.shape(under)))
    np.divide(over, under, out=made, where=under > 0)
    return made
