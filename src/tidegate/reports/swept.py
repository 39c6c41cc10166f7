"""The result of a sweep: what each policy of a grid would have done, in all and for each Alert Code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.columnar.batches import Columns, RejectedRow
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.swept_parameters import SweptParameter
from tidegate.policy.variations import Point
from tidegate.reports.replayed import Totals
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, name_of
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, Duration, Instant

ALL: Final = "all"
"""Where a code would stand, for all codes together."""

_SHORTEST: Final = HOUR
"""A log shorter than this is taken for one as long, where something is told by the day."""


@dataclass(frozen=True, slots=True)
class SweptRow:
    """What one policy would have done, in all or for one counted Alert Code.

    point:    Place of the policy in `Swept.points`.
    code:     The code counted (of a code group its first member); None for all codes together.
    totals:   Alerts of the code, or of every member of its group.
    storms:   Alert Storms. SECMP0062 raises an incident for each.
    streams:  Different streams that stormed.
    devices:  Different Devices that stormed.
    problems: Different causes among the storms: codes (both of a toggle pair as one) with an Inventory's product.
    detect_us: Median time to detect: from the first Alert that counted towards a storm to the one that started
              it; None without storms.
    storm_us: Time of all storms together; a running one up to the last Alert of the log.
    in_storms: Alerts in storms; `forwarded_in_storms` of them were forwarded.
    """

    point: int
    code: AlertCode | None
    totals: Totals
    storms: int
    streams: int
    devices: int
    problems: int
    detect_us: Duration | None
    storm_us: Duration
    in_storms: int
    forwarded_in_storms: int

    @property
    def delivered(self) -> int:
        """Alerts that reach their recipient."""
        return self.totals.received - self.totals.throttled

    @property
    def out_of_reach(self) -> int:
        """Alerts counted that came while their stream was at or under its threshold, as a replay has it."""
        return self.totals.received - self.totals.excluded - self.in_storms

    @property
    def minutes_to_detect(self) -> float | None:
        """Median minutes from the first Alert that counted to the start of its storm."""
        return None if self.detect_us is None else self.detect_us / MINUTE

    @property
    def forwarded_per_storm_hour(self) -> float | None:
        """Alerts a recipient still gets from a stream in an hour of storm."""
        return self.forwarded_in_storms * HOUR / self.storm_us if self.storm_us else None


@dataclass(frozen=True, slots=True)
class Swept:
    """All that a sweep found out.

    base:      The policy it began from.
    swept:     What was varied.
    points:    The policies.
    left_out:  Combinations that no policy can have.
    only:      The one code whose parameters were varied; None: every code's.
    rows:      By point and code, `SweptRow`: None for all codes, and each counted code met, excluded ones too.
    codes:     Counted codes met, the most received first.
    streams:   Different streams by counted code, as far as they can be told apart.
    inventory: The Inventory that says the products behind problems; empty where there was none.
    source, first, last, rejected, rejected_by_reason, outside_period, late, completed: as in `Replayed`.
    """

    source: str
    columns: Columns
    base: MechanismDocument
    swept: Sequence[SweptParameter]
    points: Sequence[Point]
    left_out: int
    only: AlertCode | None
    rows: Mapping[tuple[int, AlertCode | None], SweptRow]
    codes: Sequence[AlertCode]
    streams: Mapping[AlertCode, int]
    inventory: str
    first: Instant | None
    last: Instant | None
    rejected: int
    rejected_by_reason: Mapping[str, tuple[int, RejectedRow]]
    outside_period: int
    late: int
    completed: float = 1.0

    @property
    def is_partial(self) -> bool:
        """It was interrupted before the end of the input."""
        return self.completed < 1.0

    @property
    def in_force(self) -> int:
        """Place of the point that does what the policy does that the sweep began from."""
        return next(place for place, point in enumerate(self.points) if point.is_in_force)

    @property
    def received(self) -> int:
        """Alerts that every policy decided."""
        return self.rows[self.in_force, None].totals.received

    @property
    def days(self) -> float:
        """Length of the log in days, from its first Alert to its last; at least an hour."""
        if self.first is None or self.last is None:
            return _SHORTEST / DAY
        return max(self.last - self.first, _SHORTEST) / DAY

    @property
    def main(self) -> SweptParameter:
        """The parameter that pictures and tables are ordered by: the first swept that has several values."""
        return next((one for one in self.swept if len(one.values) > 1), self.swept[0])

    def row(self, point: int, code: AlertCode | None) -> SweptRow:
        """What a policy would have done."""
        return self.rows[point, code]

    def rows_of(self, code: AlertCode | None) -> Iterator[SweptRow]:
        """What every policy would have done, in the order of the points."""
        return (self.rows[place, code] for place in range(len(self.points)))

    def parameters(self, point: int, code: AlertCode | None) -> AlertStormParameters:
        """The parameters of a policy for a code; for all codes those of the swept one, or the default."""
        rules = self.points[point].policy.alert_storm
        if code is None and self.only is None:
            return rules.default
        return rules.parameters_for(code if code is not None else self.only or 0)

    def is_excluded(self, code: AlertCode) -> bool:
        """Whether every policy of the grid excludes a code."""
        return all(code in point.policy.exclusion_list for point in self.points)

    def label(self, code: AlertCode | None) -> str:
        """A counted code as a person reads it: `8F75`, `8014+8015`, `all`."""
        if code is None:
            return ALL
        groups = self.base.alert_storm.code_groups
        group = next((each for each in groups if each[0] == code), (code,))
        return "+".join(format_alert_code(member) for member in group)

    def name(self, code: AlertCode | None) -> str:
        """The published name of a counted code, of a group its first member's; empty for all."""
        return "" if code is None else name_of(code)
