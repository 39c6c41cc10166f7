"""The answer that Tidegate and every peer must give alike, and the rule they are asked to apply.

An answer is, for every Alert Code, how many were received, forwarded, throttled
and excluded; and the list of storms: stream, start, end, received and throttled.
A ratio is printed only between programs whose answers were compared in that run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.parameters import CountBy
from tidegate.policy_files.shipped import published
from tidegate.reports.replayed import Replayed
from tidegate.vocabulary.alert_codes import format_alert_code

POLICY: Final = "illustrative-2"
RUNNING: Final = -(2**63)
"""`ended_at` of a storm that runs at the end of the log."""

STORM: Final = np.dtype(
    [
        ("started_at", np.int64),
        ("device_id", np.uint64),
        ("alert_code", "U8"),
        ("recipient", "U40"),
        ("ended_at", np.int64),
        ("received", np.int64),
        ("throttled", np.int64),
    ]
)

Storms: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy of one set of parameters, as a peer is told it; durations in microseconds.

    In SQL the at-least-every promise is left out, and so is what a storm leaves
    untold: under these conditions neither can change the answer. While a storm runs
    more than `clears_at` Alerts are in the window, so the n-th comes before the
    window, let alone `every_us`, has passed; and the Alert after a storm is forwarded.
    """

    threshold: int
    clears_at: int
    window_us: int
    one_in: int
    every_us: int
    excluded: tuple[str, ...]

    def __post_init__(self) -> None:
        assert self.clears_at < self.threshold
        assert self.one_in <= self.clears_at + 2
        assert self.every_us >= self.window_us

    @property
    def suspicious(self) -> int:
        """Alerts in one of two neighbouring windows of the clock, without which no storm can be."""
        return self.threshold // 2 + 1


def rule_of(policy: str = POLICY) -> Rule:
    """A published policy, as a peer is told it."""
    document = published(policy)
    rules = document.alert_storm
    assert not rules.codes
    assert not rules.code_groups
    assert rules.count_by is CountBy.DEVICE_CODE_RECIPIENT
    p = rules.default
    every = p.forward_at_least_every_us
    excluded = tuple(format_alert_code(code) for code in sorted(document.exclusion_list.reasons))
    return Rule(
        p.threshold, p.clears_at, p.window_us, p.forward_one_in, 2**62 if every is None else every, excluded
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a replay says.

    by_code:  Alert Code -> (received, forwarded, throttled, excluded).
    storms:   STORM, in the order of its fields.
    """

    by_code: Mapping[str, tuple[int, int, int, int]]
    storms: Storms

    @property
    def received(self) -> int:
        """How many Alerts there were."""
        return sum(counts[0] for counts in self.by_code.values())

    def save(self, path: Path) -> None:
        """Keep it, for another process to compare."""
        codes = sorted(self.by_code)
        np.savez(
            path, codes=np.array(codes), counts=np.array([self.by_code[c] for c in codes]), storms=self.storms
        )

    @staticmethod
    def load(path: Path) -> Answer:
        """What another process kept."""
        with np.load(path) as kept:
            counts = [tuple(map(int, row)) for row in kept["counts"]]
            by_code = dict(zip(kept["codes"].tolist(), counts, strict=True))
            return Answer(by_code, kept["storms"])


def answer_of(received: Mapping[str, int], rows: Iterable[tuple[Any, ...]] | Storms, rule: Rule) -> Answer:
    """An answer from what a peer counted: Alerts received by code, and its storms in any order."""
    storms = np.sort(rows if isinstance(rows, np.ndarray) else np.array(list(rows), STORM))
    throttled: dict[str, int] = {}
    for storm in storms:
        code = str(storm["alert_code"])
        throttled[code] = throttled.get(code, 0) + int(storm["throttled"])
    by_code = {}
    for code, count in received.items():
        excluded = count if code in rule.excluded else 0
        held = throttled.get(code, 0)
        by_code[code] = (count, count - held - excluded, held, excluded)
    return Answer(by_code, storms)


def answer_of_replay(replayed: Replayed) -> Answer:
    """The same, from a replay of ours."""
    found = replayed.spells.at_level(Level.RED).columns
    storms = np.zeros(len(found["device_id"]), STORM)
    for name in STORM.names or ():
        storms[name] = found[name]
    by_code = {
        format_alert_code(code): (it.received, it.forwarded, it.throttled, it.excluded)
        for code, it in replayed.by_code.items()
    }
    return Answer(by_code, np.sort(storms))


def differences(expected: Answer, actual: Answer) -> list[str]:
    """Where two answers differ, in words; empty when they are the same."""
    found = []
    for code in sorted(expected.by_code.keys() | actual.by_code.keys()):
        one, other = expected.by_code.get(code), actual.by_code.get(code)
        if one != other:
            found.append(f"{code}: {one} and {other}")
    if len(expected.storms) != len(actual.storms):
        found.append(f"{len(expected.storms)} storms and {len(actual.storms)}")
    elif (differs := expected.storms != actual.storms).any():
        first = int(np.flatnonzero(differs)[0])
        found.append(
            f"{int(differs.sum())} storms, the first {expected.storms[first]} and {actual.storms[first]}"
        )
    return found
