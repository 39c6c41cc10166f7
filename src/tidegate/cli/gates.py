"""Gates: what a scheduler wants to be told by an exit status."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tidegate.vocabulary.faults import Fault, InputError

METRICS: Final = (
    "received", "forwarded", "throttled", "excluded", "rejected", "streams", "storms", "late", "devices_stormed",
)  # fmt: skip
"""Numbers of a replay's summary.json that a gate can be about."""

OF_ADMISSION: Final = (
    "received", "admitted", "prioritised", "continuations", "throttled", "rejected", "early_warnings",
    "minutes_active", "storms_of_503", "late",
)  # fmt: skip
"""The same of `tidegate admit`."""

OF_A_SCORE: Final = ("attempts", "requests", "taken", "throttled", "outages", "rejected", "passed", "failed")
"""The same of `tidegate admit --score`."""

OF_COMMISSIONING: Final = (
    "devices", "false_failures", "true_failures", "missed_failures", "undetermined", "rejected",
)  # fmt: skip
"""The same of `tidegate commissioning`."""

_GATE = re.compile(r"\s*([a-z0-9_]+)\s*(<=|>=|==|!=|<|>)\s*(\d+)\s*")
_COMPARISONS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition on a number of the summary, as `storms > 0`."""

    text: str
    metric: str
    comparison: str
    value: int

    def holds(self, summary: Mapping[str, Any]) -> bool:
        """Say whether it holds of a summary."""
        return _COMPARISONS[self.comparison](int(summary[self.metric]), self.value)


def gates_of(texts: Sequence[str], metrics: Sequence[str] = METRICS) -> list[Gate]:
    """Read gates on some numbers.

    Raises:
        InputError: one is not a gate; says of which numbers there can be one.
    """
    gates, faults = [], []
    for text in texts:
        match = _GATE.fullmatch(text)
        if match is None or match.group(1) not in metrics:
            remedy = f'Write one as "{metrics[-1]} > 0"; it can be about {", ".join(metrics)}.'
            faults.append(Fault("--fail-if", f"{text!r} is not a gate", remedy))
        else:
            gates.append(Gate(text, match.group(1), match.group(2), int(match.group(3))))
    if faults:
        raise InputError(*faults)
    return gates
