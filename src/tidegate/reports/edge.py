"""The same rule at three places: what each would have spared the links above it, per CSP region.

A Device's Alert goes by its Communications Hub over the SM WAN to the CSP, from
there to the DSP, and on to a User. What is throttled at a place is spared every
link after it and none before. DCC Alerts are made by the DSP, and SMETS1 Devices
have no CSP: no place before the DSP can hold either (readings.md#20).

At every place and in every region: Alerts = beyond it + excluded + under the
threshold + forwarded in storms + throttled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.columnar.batches import RejectedRow
from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.instants import Duration, Instant

ALL: Final = "all"
"""The name of every region together."""

NOT_IN_INVENTORY: Final = "not in the Inventory"
NOT_SAID: Final = "not said"

SMETS1: Final = "SMETS1"
"""The region of Devices that no CSP serves, as DUIS names it."""


class Place(StrEnum):
    """Where the rule stands."""

    NOWHERE = "nowhere"
    HUB = "hub"
    CSP = "csp"
    DSP = "dsp"


class Link(StrEnum):
    """What Alerts cross, in this order."""

    WAN = "wan"
    CSP_TO_DSP = "csp_to_dsp"
    DSP_TO_USER = "dsp_to_user"


LINKS: Final = tuple(Link)
PLACES: Final = (Place.HUB, Place.CSP, Place.DSP)
"""The places a rule can stand at, from the Device on."""

FIRST_SPARED: Final[Mapping[Place, Link]] = {
    Place.HUB: Link.WAN,
    Place.CSP: Link.CSP_TO_DSP,
    Place.DSP: Link.DSP_TO_USER,
}
"""The first link that is spared by a rule at a place; those after it are too."""


class WanCopies(StrEnum):
    """How often an Alert with two recipients crosses the SM WAN."""

    EACH = "each"
    """Once for each: the Device sends one to its Supplier and one to its Network Operator (0x8F75 conclusions, 6)."""

    ONE = "one"
    """Once, and the DSP sends a copy to each."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The most Alerts in one clock minute or hour of UTC, and the instant it begins; None when there was none."""

    alerts: int = 0
    at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """What crosses a link.

    alerts:        Alerts; on the SM WAN and to the DSP as `WanCopies` has it.
    minute, hour:  The busiest of each.
    minutes_over:  Minutes above the capacity given for the region's SM WAN; None where none was, and on other links.
    """

    alerts: int
    minute: Rate
    hour: Rate
    minutes_over: int | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """What a place can do about a region's Alerts, counted as they are delivered: one for each recipient.

    beyond:               Not seen there: DCC Alerts, and those of SMETS1 Devices.
    excluded:             On the exclusion list: passed, never counted.
    under_threshold:      Outside every storm; no throttling touches these.
    forwarded_in_storms:  Within a storm, and passed.
    throttled:            Held back.
    told:                 Forwarded ones that have a count to carry.
    """

    beyond: int = 0
    excluded: int = 0
    under_threshold: int = 0
    forwarded_in_storms: int = 0
    throttled: int = 0
    told: int = 0

    @property
    def alerts(self) -> int:
        """All of them."""
        passed = self.excluded + self.under_threshold + self.forwarded_in_storms
        return self.beyond + passed + self.throttled


@dataclass(frozen=True, slots=True)
class AtPlace:
    """A rule at a place, and what then crosses each link."""

    reach: Reach
    flows: Mapping[Link, Flow]


@dataclass(frozen=True, slots=True)
class RegionEdge:
    """One CSP region, or all of them.

    alerts:               Alerts of its Devices, one for each recipient.
    dcc_alerts:           Those of them that the DSP makes.
    capacity_per_second:  Of its SM WAN, as given; None where it was not.
    places:               With the rule at each place, and nowhere.
    """

    region: str
    alerts: int
    dcc_alerts: int
    capacity_per_second: float | None
    places: Mapping[Place, AtPlace]

    def flow(self, place: Place, link: Link) -> Flow:
        """What crosses a link with the rule at a place."""
        return self.places[place].flows[link]

    def spared(self, place: Place, link: Link) -> int:
        """Alerts that a rule at a place spares a link."""
        return self.flow(Place.NOWHERE, link).alerts - self.flow(place, link).alerts


@dataclass(frozen=True, slots=True)
class BusyHour:
    """The busiest minute on a region's SM WAN within an hour, with the rule nowhere and at the Hub."""

    hour: Instant
    region: str
    nowhere: int
    hub: int


@dataclass(frozen=True, slots=True)
class EdgeProtection:
    """The same rule at three places.

    source, inventory:  What was read, as a person would call it.
    first, last:     Receipt instants of the first and last Alert decided; None when there was none.
    received:        Rows read within the period, usable or not.
    rejected, outside_period, late: As in a replay.
    wan_copies:      How often an Alert with two recipients crosses the SM WAN.
    same_event_us:   Copies to two recipients received within this time are of one event.
    events:          Alerts as their Devices raise them, each once whoever it goes to; DCC Alerts are not among them.
    regions:         The CSP regions that have Alerts, the one with most first.
    total:           All regions.
    hours:           Each hour of each region that has any.
    completed:       Share of the input that was read: 1 unless it was interrupted.
    """

    source: str
    inventory: str
    policy: MechanismDocument
    first: Instant | None
    last: Instant | None
    received: int
    rejected: int
    outside_period: int
    late: int
    wan_copies: WanCopies
    same_event_us: Duration
    events: int
    regions: Sequence[RegionEdge]
    total: RegionEdge
    hours: Sequence[BusyHour]
    rejected_by_reason: Mapping[str, tuple[int, RejectedRow]]
    completed: float = 1.0

    def __post_init__(self) -> None:
        for region in (*self.regions, self.total):
            for place in PLACES:
                assert region.places[place].reach.alerts == region.alerts
        assert self.received == self.total.alerts + self.rejected

    @property
    def is_partial(self) -> bool:
        """It was interrupted before the end of the input."""
        return self.completed < 1.0
