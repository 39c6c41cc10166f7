"""What was found about the edge, in words, and its table.

The region that is spoken of is the one with most minutes over its capacity; where
none was given, the North, whose radio was said to be "currently unable to cope with
the alert volumes" (Western Power Distribution on SECMP0062), if the rule at the Hub
spares it anything; else the one that it spares most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tidegate.policy.mechanism import Mode
from tidegate.reports.edge import (
    FIRST_SPARED,
    LINKS,
    NOT_IN_INVENTORY,
    NOT_SAID,
    PLACES,
    SMETS1,
    EdgeProtection,
    Flow,
    Link,
    Place,
    RegionEdge,
    WanCopies,
)
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.verdict import Verdict, hour_in_words
from tidegate.vocabulary.instants import MINUTE, SECOND, Duration, Instant, format_instant

PLACE_NAMES: Final = {
    Place.NOWHERE: "nowhere",
    Place.HUB: "Communications Hub",
    Place.CSP: "CSP",
    Place.DSP: "DSP",
}
LINK_NAMES: Final = {
    Link.WAN: "SM WAN, Hub to CSP",
    Link.CSP_TO_DSP: "CSP to DSP",
    Link.DSP_TO_USER: "DSP to User",
}

_THE_NORTH: Final = "North"
_NO_REGION: Final = frozenset({NOT_IN_INVENTORY, NOT_SAID})


class EdgeRow(NamedTuple):
    """One region with the rule at one place: a row of edge.csv. What was not asked, or did not happen, is None."""

    region: str
    place: str
    alerts: int
    dcc_alerts: int
    beyond: int
    excluded: int
    under_threshold: int
    forwarded_in_storms: int
    throttled: int
    told: int
    wan: int
    wan_spared: int
    csp_to_dsp: int
    csp_to_dsp_spared: int
    dsp_to_user: int
    dsp_to_user_spared: int
    wan_busiest_minute: int
    wan_busiest_minute_at: str | None
    wan_busiest_hour: int
    csp_to_dsp_busiest_minute: int
    csp_to_dsp_busiest_hour: int
    dsp_to_user_busiest_minute: int
    dsp_to_user_busiest_hour: int
    wan_capacity_per_second: float | None
    wan_minutes_over: int | None


def edge_rows(found: EdgeProtection) -> list[EdgeRow]:
    """A row for each region and place, nowhere first."""
    return [edge_row(region, place) for region in found.regions for place in (Place.NOWHERE, *PLACES)]


def edge_row(region: RegionEdge, place: Place) -> EdgeRow:
    """The row of a region with the rule at a place."""
    at = region.places[place]
    wan, to_dsp, to_user = (at.flows[link] for link in LINKS)
    return EdgeRow(
        region.region,
        place.value,
        region.alerts,
        region.dcc_alerts,
        at.reach.beyond,
        at.reach.excluded,
        at.reach.under_threshold,
        at.reach.forwarded_in_storms,
        at.reach.throttled,
        at.reach.told,
        wan.alerts,
        region.spared(place, Link.WAN),
        to_dsp.alerts,
        region.spared(place, Link.CSP_TO_DSP),
        to_user.alerts,
        region.spared(place, Link.DSP_TO_USER),
        wan.minute.alerts,
        None if wan.minute.at is None else format_instant(wan.minute.at),
        wan.hour.alerts,
        to_dsp.minute.alerts,
        to_dsp.hour.alerts,
        to_user.minute.alerts,
        to_user.hour.alerts,
        region.capacity_per_second,
        wan.minutes_over,
    )


def edge_verdict(found: EdgeProtection) -> Verdict:
    """Say what was found."""
    return Verdict(_headline(found), tuple(_findings(found)), tuple(_cautions(found)))


def spoken_of(found: EdgeProtection) -> RegionEdge | None:
    """The region that the headline is about; None where nothing comes over a CSP."""
    served = [region for region in found.regions if region.flow(Place.NOWHERE, Link.WAN).alerts]
    bounded = [region for region in served if region.capacity_per_second is not None]

    def worth_saying(region: RegionEdge) -> tuple[int, bool, bool, int, bool]:
        over = region.flow(Place.NOWHERE, Link.WAN).minutes_over or 0
        spared = region.spared(Place.HUB, Link.WAN)
        is_north = region.region.casefold() == _THE_NORTH.casefold()
        return over, region.region not in _NO_REGION, is_north and spared > 0, spared, is_north

    return max(bounded or served, key=worth_saying, default=None)


def shown_first(found: EdgeProtection) -> Sequence[RegionEdge]:
    """The regions, and all together where there are several."""
    return [*found.regions, found.total] if len(found.regions) > 1 else found.regions


def per_second(alerts: int, over: Duration = MINUTE) -> str:
    """So many Alerts in a time, as a rate: `8.2`, `0.08`."""
    rate = alerts * SECOND / over
    return f"{rate:,.1f}" if rate >= 1 else f"{rate:.2g}"


def period_in_words(found: EdgeProtection) -> str:
    """From the first Alert to the last; empty without any."""
    if found.first is None or found.last is None:
        return ""
    return f"{hour_in_words(found.first).removesuffix(' UTC')} to {hour_in_words(found.last)}"


def _headline(found: EdgeProtection) -> str:
    if not found.total.alerts:
        return "There was no Alert to ask about."
    region = spoken_of(found)
    if found.policy.mode is Mode.OFF:
        return "Alert Storm Protection is off: it spares nothing, wherever it stands."
    if not any(found.total.places[place].reach.throttled for place in PLACES):
        return "No Alert was throttled, so the rule spares nothing, wherever it stands."
    if region is None:
        return "Nothing here comes over a CSP: only the DSP can hold it back."
    alerts = percent(region.spared(Place.HUB, Link.WAN), region.flow(Place.NOWHERE, Link.WAN).alerts)
    where = f"the SM WAN of region {region.region}"
    if region.spared(Place.HUB, Link.WAN) == 0:
        return f"From no place would the rule spare {where} anything: none of its Devices stormed."
    return (
        f"At the Communications Hub the rule would spare {where} {alerts} of its Alerts and "
        f"{_peak_spared(region)} of its busiest minute; at the DSP it spares it nothing."
    )


def _peak_spared(region: RegionEdge) -> str:
    before, after = (region.flow(place, Link.WAN).minute.alerts for place in (Place.NOWHERE, Place.HUB))
    return percent(before - after, before)


def _findings(found: EdgeProtection) -> Iterator[str]:
    total = found.total
    if not total.alerts:
        return
    for place in PLACES:
        yield _of_place(total, place)
    if (region := spoken_of(found)) is not None:
        yield from _of_region(region)
    hub = total.places[Place.HUB].reach
    yield (
        f"Out of reach: {many(hub.under_threshold, 'Alert')} ({percent(hub.under_threshold, total.alerts)}) came "
        "while their Device was at or under its threshold. No place holds these."
    )
    excluded = total.places[Place.DSP].reach.excluded
    if excluded:
        share = percent(excluded, total.alerts)
        yield f"Excluded: {many(excluded, 'Alert')} ({share}) are of excluded codes and pass every place."
    if total.dcc_alerts:
        share = percent(total.dcc_alerts, total.alerts)
        yield (
            f"DCC Alerts: {thousands(total.dcc_alerts)} ({share}) are made by the DSP, so no place before it can "
            "hold them."
        )
    for smets1 in found.regions:
        if smets1.region.upper() == SMETS1:
            yield (
                f"SMETS1: {many(smets1.alerts, 'Alert')} of SMETS1 Devices come over no CSP; only the DSP can "
                "hold them."
            )
    if hub.told:
        yield (
            f"Counts: {many(hub.told, 'Alert')} passed by the Hub would have a count to carry. What a Device signs "
            "has no place for one, so each is a message of the Hub's own, or the recipient is not told."
        )


def _of_place(total: RegionEdge, place: Place) -> str:
    first = FIRST_SPARED[place]
    at = LINKS.index(first)
    spared = total.spared(place, first)
    crossing = total.flow(Place.NOWHERE, first).alerts
    after = f", and {_listed(LINKS[at + 1 :])} after it" if at + 1 < len(LINKS) else ""
    before = f"; {_listed(LINKS[:at])} {'carry' if at > 1 else 'carries'} all" if at else ""
    return (
        f"At the {PLACE_NAMES[place]}: spares {LINK_NAMES[first]} {thousands(spared)} of "
        f"{many(crossing, 'Alert')} ({percent(spared, crossing)}){after}{before}."
    )


def _listed(links: Sequence[Link]) -> str:
    return " and ".join(LINK_NAMES[link] for link in links)


def _of_region(region: RegionEdge) -> Iterator[str]:
    now, then = (region.flow(place, Link.WAN) for place in (Place.NOWHERE, Place.HUB))
    yield (
        f"Region {region.region}: its SM WAN's busiest minute was {_when(now)}, {many(now.minute.alerts, 'Alert')} "
        f"or {per_second(now.minute.alerts)} a second. With the rule at the Hub the busiest has "
        f"{thousands(then.minute.alerts)}, or {per_second(then.minute.alerts)} a second."
    )
    if region.capacity_per_second is not None:
        yield (
            f"Capacity: at {region.capacity_per_second:g} a second, as given, {region.region} was over it in "
            f"{many(now.minutes_over or 0, 'minute')}; with the rule at the Hub in "
            f"{thousands(then.minutes_over or 0)}, at the CSP or the DSP in {thousands(now.minutes_over or 0)}."
        )


def _when(flow: Flow) -> str:
    at: Instant = flow.minute.at or 0
    return hour_in_words(at)


def _cautions(found: EdgeProtection) -> Iterator[str]:
    if found.is_partial:
        yield f"Interrupted: this is the first {int(100 * found.completed)}% of the log."
    if found.policy.mode is Mode.SHADOW:
        yield f"{found.policy.version} is in shadow: this is what it would do, enforced."
    if found.policy.is_illustrative:
        yield f"{found.policy.version} has illustrative values: those of the real Mechanism Document are not public."
    yield (
        "The log is of what reached the DSP. What a radio lost on the way is not in it, so what the SM WAN was "
        "asked to carry is at least this."
    )
    seen = found.total.alerts - found.total.places[Place.HUB].reach.beyond
    if seen and found.events == seen:
        yield (
            "No Alert was seen to go to two recipients. In one User's log the copies to others are not there: the "
            "SM WAN carried them too."
        )
    elif seen > found.events:
        crosses = (
            "once for each, as the 0x8F75 conclusions say (paragraph 6)"
            if found.wan_copies is WanCopies.EACH
            else "once, as asked for (--wan-copies one)"
        )
        yield (
            f"{many(seen - found.events, 'event')} went to two recipients. Each is read as crossing the SM WAN "
            f"{crosses}, and is decided once at the Hub and the CSP. Copies up to {length(found.same_event_us)} "
            "apart are one event: an illustrative value."
        )
    for region in found.regions:
        if region.region == NOT_IN_INVENTORY:
            share = percent(region.alerts, found.total.alerts)
            yield f"{many(region.alerts, 'Alert')} ({share}) are of Devices that {found.inventory} has not."
    if found.rejected:
        yield f"{many(found.rejected, 'row')} of {thousands(found.received)} could not be used."
