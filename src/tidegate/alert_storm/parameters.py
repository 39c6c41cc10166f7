"""Alert Storm parameters: for one Alert Code, and for all of them.

The values of the real Mechanism Document are not public. Nothing here has a
default but what the rule itself defines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import Duration


@dataclass(frozen=True, slots=True)
class AlertStormParameters:
    """Alert Storm parameters for one Alert Code; valid once built.

    threshold:               Alerts of a stream in a window above which it storms (red). At least 1.
    window_us:               Length of the sliding window. More than 0.
    forward_one_in:          While storming, the n-th Alert since the last forwarded one is forwarded;
                             1 forwards all. At least 1.
    forward_at_least_every_us:  While storming, an Alert this long after the last forwarded one is
                             forwarded whatever its number. None: no such promise.
    clear_threshold:         The storm ends when the count has fallen to this or fewer. None: `threshold`.
    amber_threshold:         Above this a stream is seen and reported, and nothing is throttled. None: no amber.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    threshold: int
    window_us: Duration
    forward_one_in: int = 1
    forward_at_least_every_us: Duration | None = None
    clear_threshold: int | None = None
    amber_threshold: int | None = None

    def __post_init__(self) -> None:
        for fault in faults_of(self):
            raise ValueError(fault)

    @property
    def clears_at(self) -> int:
        """The count at which a storm is over: the clear threshold, or the threshold where none is given."""
        return self.threshold if self.clear_threshold is None else self.clear_threshold

    @property
    def amber_clears_at(self) -> int | None:
        """The count at which amber is over: never above the amber threshold (readings.md#4)."""
        return None if self.amber_threshold is None else min(self.clears_at, self.amber_threshold)


def faults_of(parameters: AlertStormParameters) -> list[str]:
    """Everything out of range in a set of parameters, each in a sentence that names the parameter."""
    p = parameters
    faults = []
    if p.threshold < 1:
        faults.append(f"threshold is {p.threshold}; it must be 1 or more")
    if p.window_us <= 0:
        faults.append("window must be longer than nothing, as 60m")
    if p.forward_one_in < 1:
        faults.append(f"forward_one_in is {p.forward_one_in}; it must be 1 or more (1 forwards all)")
    if p.forward_at_least_every_us is not None and p.forward_at_least_every_us <= 0:
        faults.append(
            "forward_at_least_every must be longer than nothing, as 60m; leave it out for no promise"
        )
    if p.clear_threshold is not None and not 0 <= p.clear_threshold <= p.threshold:
        faults.append(
            f"clear_threshold is {p.clear_threshold}; it must be from 0 to threshold ({p.threshold})"
        )
    if p.amber_threshold is not None and not 1 <= p.amber_threshold <= p.threshold:
        faults.append(
            f"amber_threshold is {p.amber_threshold}; it must be from 1 to threshold ({p.threshold})"
        )
    return faults


class CountBy(StrEnum):
    """What a stream is."""

    DEVICE_CODE_RECIPIENT = "device_code_recipient"
    """One Device, one Alert Code, one recipient: each party's own copy is counted for itself."""

    DEVICE_CODE = "device_code"
    """One Device and one Alert Code, whoever it goes to."""


@dataclass(frozen=True)
class AlertStormRules:
    """The parameters of every Alert Code, and what is counted together; valid once built.

    default:      For every code not named in `codes`.
    codes:        Overrides by Alert Code.
    count_by:     What a stream is.
    code_groups:  Codes counted as one (a toggle pair). A group is named by its first member and has
                  the parameters of the first member that has an override, else the default.

    Raises:
        ValueError: a code is in two groups, a group has fewer than two members, or two members of a
            group have different overrides.
    """

    default: AlertStormParameters
    codes: Mapping[AlertCode, AlertStormParameters] = field(default_factory=dict)
    count_by: CountBy = CountBy.DEVICE_CODE_RECIPIENT
    code_groups: tuple[tuple[AlertCode, ...], ...] = ()

    def __post_init__(self) -> None:
        members = [code for group in self.code_groups for code in group]
        if len(members) != len(set(members)):
            raise ValueError("an Alert Code stands in two code groups; it can be counted in one only")
        if any(len(group) < 2 for group in self.code_groups):  # noqa: PLR2004 - a pair is the smallest group
            raise ValueError("a code group needs at least two Alert Codes")
        for group in self.code_groups:
            if len({self.codes[code] for code in group if code in self.codes}) > 1:
                raise ValueError("the members of a code group have different overrides; give them one")

    @cached_property
    def _group_of(self) -> Mapping[AlertCode, tuple[AlertCode, ...]]:
        return {code: group for group in self.code_groups for code in group}

    def counted_as(self, code: AlertCode) -> AlertCode:
        """The code an Alert is counted under: its own, or its group's first member."""
        return self._group_of.get(code, (code,))[0]

    def parameters_for(self, code: AlertCode) -> AlertStormParameters:
        """The parameters in force for a code."""
        for member in self._group_of.get(code, (code,)):
            if member in self.codes:
                return self.codes[member]
        return self.default
