"""Alert Storm parameters: for one Alert Code, for all of them, and harder ones under a suppression.

The values of the real Mechanism Document are not public. Nothing here has a
default but what the rule itself defines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from tidegate.alert_storm.suppressions import Scope, Suppression, ambiguities, narrowest
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.instants import Duration, format_duration


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


def harder(own: AlertStormParameters, suppression: Suppression) -> AlertStormParameters:
    """The parameters under a suppression of a code that has these of its own: of each the harder."""
    s = suppression
    threshold = own.threshold if s.threshold is None else min(own.threshold, s.threshold)
    clears_at = min(own.clears_at, threshold)
    if s.clear_threshold is not None:
        clears_at = min(clears_at, s.clear_threshold)
    every, amber = own.forward_at_least_every_us, own.amber_threshold
    if s.forward_at_least_every_us is not None:
        every = max(s.forward_at_least_every_us, shortest_promise(own))
    return replace(
        own,
        threshold=threshold,
        forward_one_in=max(own.forward_one_in, s.forward_one_in or 1),
        forward_at_least_every_us=every,
        clear_threshold=None if clears_at == threshold else clears_at,
        # Amber throttles nothing, so nothing of it can be harder; it only has to lie below the threshold.
        amber_threshold=None if amber is None else min(amber, threshold),
    )


def shortest_promise(own: AlertStormParameters) -> Duration:
    """The least `forward_at_least_every` that forwards no more than a code's own parameters do.

    Where they promise nothing they still forward one in n. A stream in a storm sends at least one Alert in
    every window, and so n of them within n windows.
    """
    every = own.forward_at_least_every_us
    return own.forward_one_in * own.window_us if every is None else every


def softer_values(suppression: Suppression, own: AlertStormParameters) -> Iterator[tuple[str, str, str]]:
    """Values of a suppression softer than a code's own: the parameter, its value, and what it may be."""
    s = suppression
    if s.threshold is not None and s.threshold > own.threshold:
        yield "threshold", str(s.threshold), f"from 1 to {own.threshold}"
    if s.forward_one_in is not None and s.forward_one_in < own.forward_one_in:
        yield "forward_one_in", str(s.forward_one_in), f"{own.forward_one_in} or more"
    every, least = s.forward_at_least_every_us, shortest_promise(own)
    if every is not None and every < least:
        yield "forward_at_least_every", format_duration(every), f'"{format_duration(least)}" or longer'
    most = min(own.clears_at, own.threshold if s.threshold is None else s.threshold)
    if s.clear_threshold is not None and s.clear_threshold > most:
        yield "clear_threshold", str(s.clear_threshold), f"from 0 to {most}"


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
    suppressions: Harder parameters for some products, until an instant. Of several that an Alert is
                  under, the one with the narrowest product counts.

    Raises:
        ValueError: a code is in two groups, a group has fewer than two members, two members of a
            group have different overrides, a suppression is about a part of a group, two of them have
            one name, or an Alert can be under two of them neither of which is narrower.
    """

    default: AlertStormParameters
    codes: Mapping[AlertCode, AlertStormParameters] = field(default_factory=dict)
    count_by: CountBy = CountBy.DEVICE_CODE_RECIPIENT
    code_groups: tuple[tuple[AlertCode, ...], ...] = ()
    suppressions: tuple[Suppression, ...] = ()

    def __post_init__(self) -> None:
        members = [code for group in self.code_groups for code in group]
        if len(members) != len(set(members)):
            raise ValueError("an Alert Code stands in two code groups; it can be counted in one only")
        if any(len(group) < 2 for group in self.code_groups):  # noqa: PLR2004 - a pair is the smallest group
            raise ValueError("a code group needs at least two Alert Codes")
        for group in self.code_groups:
            if len({self.codes[code] for code in group if code in self.codes}) > 1:
                raise ValueError("the members of a code group have different overrides; give them one")
        self._check_suppressions()

    def _check_suppressions(self) -> None:
        if len({suppression.id for suppression in self.suppressions}) < len(self.suppressions):
            raise ValueError("two suppressions have one id")
        for suppression in self.suppressions:
            if left_out := self.left_out_of_groups(suppression):
                names = ", ".join(map(format_alert_code, left_out))
                raise ValueError(f"{suppression.id} leaves out {names}, counted as one with a code of it")
        for first, second, product in ambiguities(self.suppressions):
            raise ValueError(f"{first.id} and {second.id} are both about {product}, and neither is narrower")

    def left_out_of_groups(self, suppression: Suppression) -> list[AlertCode]:
        """Codes that a suppression does not name though it names one that they are counted as one with."""
        named = set(suppression.codes)
        return [
            code for group in self.code_groups if named & set(group) for code in group if code not in named
        ]

    @cached_property
    def _group_of(self) -> Mapping[AlertCode, tuple[AlertCode, ...]]:
        return {code: group for group in self.code_groups for code in group}

    def counted_as(self, code: AlertCode) -> AlertCode:
        """The code an Alert is counted under: its own, or its group's first member."""
        return self._group_of.get(code, (code,))[0]

    def parameters_for(self, code: AlertCode) -> AlertStormParameters:
        """A code's own parameters: those of every Alert that is under no suppression."""
        for member in self._group_of.get(code, (code,)):
            if member in self.codes:
                return self.codes[member]
        return self.default

    def suppression_of(self, scope: Scope) -> Suppression | None:
        """The suppression an Alert is under, if any."""
        return narrowest(self.suppressions, scope)

    def parameters_in(self, scope: Scope) -> AlertStormParameters:
        """The parameters an Alert is judged by: its code's own, or harder under a suppression."""
        own = self.parameters_for(scope.alert_code)
        suppression = self.suppression_of(scope)
        return own if suppression is None else harder(own, suppression)
