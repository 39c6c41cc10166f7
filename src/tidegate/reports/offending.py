"""Who offends: what `tidegate offenders` found out, and the rows it ranks.

A row is one counted Alert Code and one group of Devices: a product, a maker, a
CSP region, whatever was asked to group by. `offender_comparison` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.fleet import FleetView, Pattern
from tidegate.columnar.inventory import Attribute
from tidegate.reports.replayed import Replayed
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import DAY, Instant

GROUPINGS: Final = ("device_type", "manufacturer", "model", "firmware", "csp_region")
"""What Devices can be grouped by, in the order it is told."""

HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class InventoryUsed:
    """What there was of an Inventory.

    missing:   Devices that raised an Alert and that it has not.
    doubled:   Rows that said again what a Device was from the same instant on; the first counts.
    rejected:  Rows that could not be read; `first_rejected` says why the first could not.
    unsaid:    Devices of it of which it says no product.
    """

    source: str
    rows: int
    devices: int
    missing: int
    doubled: int
    rejected: int
    first_rejected: str = ""
    unsaid: int = 0


@dataclass(frozen=True, slots=True)
class DevicesListed:
    """The Devices of each cause, the cause with most Alerts first, in it those with most Alerts first.

    rows:        Array of `fleet_summing.FLEET_DEVICE`.
    of_cause:    int32, the cause of each, as its place in `Offending.causes`.
    attributes:  What the Inventory says of each; texts by place, of INVENTORY_COLUMNS. Empty without one.
    """

    rows: NDArray[Any]
    of_cause: NDArray[np.int32]
    attributes: Mapping[str, Attribute]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Offending:
    """All that `tidegate offenders` found out.

    replayed:      The replay that told shouters from the rest.
    view:          What the fleet raised.
    inventory:     None where none was given: then nothing is known of installed Devices or products.
    by:            What Devices are grouped by.
    code:          The one code asked about; None: all.
    alerts:        Of the log, all codes together; what shares are of.
    causes:        Of the codes asked about, the most Alerts first; `comparisons` were made to find them.
    offenders:     A row for each counted code and group.
    devices:       Those of every cause.
    loudest:       Those with most Alerts of one code, whatever is behind it; as `DevicesListed.rows`.
    """

    replayed: Replayed
    view: FleetView
    inventory: InventoryUsed | None
    by: Sequence[str]
    code: AlertCode | None
    alerts: int
    causes: Sequence[Cause]
    comparisons: int
    offenders: Sequence[Offender]
    devices: DevicesListed
    loudest: DevicesListed

    @property
    def days(self) -> float:
        """Length of the period."""
        return (self.view.until - self.view.since) / DAY

    def installed_of_type(self, device_type: str) -> int:
        """Devices of a type in the Inventory."""
        of_type = [product.device_type == device_type for product in self.view.products]
        return self.view.installed_in(np.array(of_type, np.bool_))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One test of one group against the rest of its type.

    rate, rest:  Murmur: Alerts per Device-day of Devices that did not storm. Shouters: the share of Devices that
                 stormed. `rest` is what it would be, were the group like the rest.
    ratio:       rate / rest; infinite where the rest is silent. `low` and `high` are its 95 % confidence interval.
    p_value:     One-sided, for all comparisons made of the log.
    is_guilty:   All of the group is behind a named cause of this kind.
    """

    rate: float
    rest: float
    ratio: float
    low: float
    high: float
    p_value: float
    is_guilty: bool


@dataclass(frozen=True, slots=True)
class Offender:
    """One counted code of one group of Devices.

    alert_codes:   The code, or both of a toggle pair where both came.
    group:         What is said of the Devices, by GROUPINGS; "" where the Inventory does not say.
    is_known:      The Inventory knows the Devices; if not, nothing stands beside their Alerts.
    devices:       Different Devices that raised the code.
    installed, device_days: Devices of the group, and their days in the period.
    alternation:   Of both codes of a pair, the share of Alerts unlike the one before of the same Device.
    patterns:      Devices by `Pattern`.
    by_hour:       Alerts by hour of the day, UTC.
    regions:       Alerts by CSP region, recipients: by recipient, suppliers: Devices by supplier; the most first.
    murmur, shouters: The two tests; None where there is nothing to compare with.
    """

    alert_codes: tuple[AlertCode, ...]
    group: Mapping[str, str]
    is_known: bool
    alerts: int
    second_alerts: int
    devices: int
    installed: int
    device_days: float
    stormed_alerts: int
    stormed_devices: int
    chattering: int
    alternation: float
    patterns: tuple[int, ...]
    by_hour: tuple[int, ...]
    regions: tuple[tuple[str, int], ...]
    recipients: tuple[tuple[str, int], ...]
    suppliers: tuple[tuple[str, int], ...]
    first_at: Instant
    last_at: Instant
    murmur: Comparison | None
    shouters: Comparison | None

    @property
    def per_day(self) -> float:
        """Alerts per installed Device and day; 0 where none is known to be installed."""
        return self.alerts / self.device_days if self.device_days else 0.0

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of trouble it is behind."""
        both = ((Kind.SHOUTERS, self.shouters), (Kind.MURMUR, self.murmur))
        return tuple(kind for kind, test in both if test is not None and test.is_guilty)

    @property
    def told(self) -> Comparison | None:
        """The test that says more: that of the kind it is behind, else the less likely by chance."""
        tests = [test for test in (self.murmur, self.shouters) if test is not None]
        return min(tests, key=lambda test: (not test.is_guilty, test.p_value, -test.ratio), default=None)


def patterns_in_words(patterns: Sequence[int]) -> str:
    """Devices by how they raised it, the most first: `12 continuous, 3 burst`; those with too few left out."""
    counts = [
        (count, Pattern(at).name.lower()) for at, count in enumerate(patterns) if at != Pattern.FEW and count
    ]
    return ", ".join(f"{count:,} {name}" for count, name in sorted(counts, key=lambda each: -each[0]))


def busiest_hours(by_hour: Sequence[int], most: int = 3) -> tuple[int, ...]:
    """The hours of the day (UTC) with most Alerts, the most first; none where all are alike."""
    if len(by_hour) != HOURS or max(by_hour) == min(by_hour):
        return ()
    return tuple(sorted(range(HOURS), key=lambda hour: (-by_hour[hour], hour))[:most])
