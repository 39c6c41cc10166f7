"""The same rule at three places: sums hold at each, and each holds what it can see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from tests.logs import LogInMemory
from tests.streams import WINDOW, exclusion_lists, logs, rules

from tidegate.alert_storm.decision import Outcome
from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.alert_storm.suppressions import Suppression
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute, Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.edge_events import EventPairs
from tidegate.operations.protect_the_edge import EdgeOptions, protect_the_edge
from tidegate.operations.replay import ReplayOptions, always, replay
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.policy.suppressions import FixStatus, RegisterEntry
from tidegate.reports.edge import LINKS, PLACES, EdgeProtection, Link, Place, WanCopies
from tidegate.vocabulary.alert_codes import DCC_ALERT
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import HOUR, MINUTE, SECOND
from tidegate.vocabulary.products import Product

LAST = 2**64 - 1
SMALL = AlertStormParameters(threshold=2, window_us=100 * SECOND, forward_one_in=3)


def policy(
    alert_storm: AlertStormRules, excluded: ExclusionList | None = None, mode: Mode = Mode.ENFORCED
) -> MechanismDocument:
    named = {*alert_storm.codes, *(code for group in alert_storm.code_groups for code in group)}
    reasons = {} if excluded is None else {code: "" for code in excluded if code not in named}
    entry = RegisterEntry("the hardware cannot be mended", FixStatus.NOT_FIXABLE)
    register = {suppression.id: entry for suppression in alert_storm.suppressions}
    return MechanismDocument("p", mode, 0, alert_storm, ExclusionList(reasons), register=register)


def regions_of(rows: list[tuple[int, int, str]]) -> Inventory:
    """An Inventory of (Device, since, region), sorted."""
    texts = ["", *sorted({region for *_, region in rows} - {""})]
    nothing = Attribute(np.zeros(len(rows), np.int32), [""])
    places = Attribute(np.array([texts.index(region) for *_, region in rows], np.int32), texts)
    return Inventory(
        "inventory.csv",
        np.array([device for device, *_ in rows], np.uint64),
        np.array([since for _, since, _ in rows], np.int64),
        {**dict.fromkeys(INVENTORY_COLUMNS, nothing), "csp_region": places},
    )


NORTH_AND_SMETS1 = regions_of([(0, BEFORE_ALL, "North"), (1, BEFORE_ALL, "SMETS1")])


def ask(
    alerts: list[Alert], document: MechanismDocument, cuts: tuple[int, ...] = (), **options: object
) -> EdgeProtection:
    return protect_the_edge(
        LogInMemory(alerts, cuts),
        document,
        options.pop("regions", NORTH_AND_SMETS1),  # type: ignore[arg-type]
        EdgeOptions(shards=1, **options),  # type: ignore[arg-type]
    )


def storm(
    device: int = 0, recipients: tuple[str, ...] = ("supplier", "network"), events: int = 9
) -> list[Alert]:
    """Events ten seconds apart, a copy to each recipient a microsecond after the other."""
    return [
        Alert(number * 10 * SECOND + place, device, 0x8F75, to)
        for number in range(events)
        for place, to in enumerate(recipients)
    ]


@given(logs(), rules(), exclusion_lists(), st.sampled_from(WanCopies), st.sampled_from([0, 1, WINDOW]))
def test_sums_hold_at_every_place_in_every_region(alerts, alert_storm, excluded, copies, same_event):
    found = ask(alerts, policy(alert_storm, excluded), wan_copies=copies, same_event_us=same_event)

    assert len(alerts) == found.total.alerts == sum(region.alerts for region in found.regions)
    for region in (*found.regions, found.total):
        for place in PLACES:
            reach = region.places[place].reach
            assert region.alerts == reach.alerts
            assert reach.throttled == region.spared(place, Link.DSP_TO_USER)
    for place in (Place.NOWHERE, *PLACES):
        for link in LINKS:
            assert found.total.flow(place, link).alerts == sum(
                region.flow(place, link).alerts for region in found.regions
            )


@given(logs(), rules(), exclusion_lists())
def test_the_dsp_throttles_what_a_replay_throttles(alerts, alert_storm, excluded):
    document = policy(alert_storm, excluded)

    found = ask(alerts, document)

    replayed = replay(LogInMemory(alerts), always(document), ReplayOptions(shards=1))
    reach = found.total.places[Place.DSP].reach
    assert replayed.throttled == reach.throttled
    assert replayed.excluded == reach.excluded
    in_storms = int(replayed.storms.columns["received"].sum())
    assert in_storms == reach.throttled + reach.forwarded_in_storms


@given(logs(), rules(), exclusion_lists())
def test_with_one_recipient_the_hub_throttles_what_the_dsp_does(alerts, alert_storm, excluded):
    """There is nothing to pair, and a stream is the same at both; but for DCC Alerts and SMETS1."""
    everywhere = regions_of([(0, BEFORE_ALL, "North"), (1, BEFORE_ALL, "South"), (LAST, BEFORE_ALL, "")])
    one = [
        Alert(each.at, each.device_id, each.alert_code, "network")
        for each in alerts
        if each.alert_code < DCC_ALERT
    ]

    found = ask(one, policy(alert_storm, excluded), regions=everywhere)

    assert found.total.places[Place.DSP].reach == found.total.places[Place.HUB].reach


@given(logs(), rules(), exclusion_lists(), st.lists(st.integers(0, 120), max_size=4), st.integers(1, 3))
def test_it_does_not_matter_where_the_log_is_cut(alerts, alert_storm, excluded, cuts, shards):
    document = policy(alert_storm, excluded)
    whole = ask(alerts, document, same_event_us=WINDOW)

    cut = protect_the_edge(
        LogInMemory(alerts, cuts),
        document,
        NORTH_AND_SMETS1,
        EdgeOptions(shards=shards, same_event_us=WINDOW),
    )

    assert whole.regions == cut.regions
    assert whole.total == cut.total
    assert whole.hours == cut.hours


def test_a_place_spares_the_links_after_it_and_none_before():
    found = ask(storm(), policy(AlertStormRules(SMALL)))

    spared = {place: [found.total.spared(place, link) for link in LINKS] for place in PLACES}
    # Nine events: two pass, then every third of seven; the others are held back, both copies.
    assert {Place.HUB: [10, 10, 10], Place.CSP: [0, 10, 10], Place.DSP: [0, 0, 10]} == spared


def test_the_copies_of_an_event_have_one_fate_at_the_hub():
    """Counted one by one, a threshold of 2 would be passed by the second event's first copy."""
    found = ask(storm(events=2), policy(AlertStormRules(SMALL)))

    assert 0 == found.total.places[Place.HUB].reach.throttled
    assert 2 == found.events


def test_an_alert_that_crosses_the_wan_once_spares_it_once():
    found = ask(storm(), policy(AlertStormRules(SMALL)), wan_copies=WanCopies.ONE)

    assert 9 == found.total.flow(Place.NOWHERE, Link.WAN).alerts
    assert 18 == found.total.flow(Place.NOWHERE, Link.DSP_TO_USER).alerts
    assert 5 == found.total.spared(Place.HUB, Link.WAN)
    assert 10 == found.total.spared(Place.HUB, Link.DSP_TO_USER)


@pytest.mark.parametrize(("apart", "events"), [(SECOND - 1, 1), (SECOND, 1), (SECOND + 1, 2)])
def test_copies_are_of_one_event_up_to_a_second_apart(apart, events):
    found = ask(
        [Alert(0, 0, 0x8F75, "supplier"), Alert(apart, 0, 0x8F75, "network")], policy(AlertStormRules(SMALL))
    )

    assert events == found.events


def test_a_third_row_is_another_event_even_when_it_comes_at_once():
    recipients = Recipients()
    rows = [(0, "supplier"), (1, "network"), (2, "supplier"), (3, "network"), (4, "network")]
    batch = AlertBatch(
        np.array([at for at, _ in rows], np.int64),
        np.zeros(5, np.uint64),
        np.full(5, 0x8F75, np.uint32),
        np.array([recipients.number_of(to) for _, to in rows], np.uint32),
    )

    event, _ = EventPairs(SECOND).push(batch)

    assert [0, 0, 2, 2, 4] == event.tolist()


def test_no_place_before_the_dsp_holds_a_dcc_alert():
    alerts = [Alert(number, 0, DCC_ALERT + 24, "supplier") for number in range(9)]

    found = ask(alerts, policy(AlertStormRules(SMALL)))

    assert 9 == found.total.dcc_alerts
    assert 0 == found.total.flow(Place.NOWHERE, Link.WAN).alerts
    assert [9, 9, 0] == [found.total.places[place].reach.beyond for place in PLACES]
    assert [0, 0, 5] == [found.total.places[place].reach.throttled for place in PLACES]


def test_a_smets1_device_has_no_csp_to_hold_its_alerts():
    found = ask(storm(device=1), policy(AlertStormRules(SMALL)))

    (region,) = found.regions
    assert "SMETS1" == region.region
    assert 0 == region.flow(Place.NOWHERE, Link.CSP_TO_DSP).alerts
    assert [0, 0, 10] == [region.spared(place, Link.DSP_TO_USER) for place in PLACES]


def test_a_policy_that_is_off_spares_nothing():
    found = ask(storm(), policy(AlertStormRules(SMALL), mode=Mode.OFF))

    assert [0, 0, 0] == [found.total.places[place].reach.throttled for place in PLACES]


def test_the_dsp_counts_as_its_policy_says():
    together = AlertStormRules(SMALL, count_by=CountBy.DEVICE_CODE)

    found = ask(storm(events=2), policy(together))

    # The third row is over a threshold of two; with one in three it is held back, and so is the fourth.
    assert 2 == found.total.places[Place.DSP].reach.throttled
    assert 0 == found.total.places[Place.HUB].reach.throttled


def test_the_region_in_force_at_the_alert_counts():
    """Before a Device's first row begins that row counts."""
    moved = regions_of([(0, BEFORE_ALL, "North"), (0, 50, "4G North"), (7, 10, "South")])

    found = ask(
        [Alert(at, device, 1, "") for at, device in [(9, 7), (10, 7), (49, 0), (50, 0), (51, 0), (51, 8)]],
        policy(AlertStormRules(SMALL)),
        regions=moved,
    )

    assert {"4G North": 2, "North": 1, "South": 2, "not in the Inventory": 1} == {
        region.region: region.alerts for region in found.regions
    }


def test_a_region_that_is_not_said_is_shown_as_that():
    found = ask([Alert(1, 5, 1, "")], policy(AlertStormRules(SMALL)), regions=regions_of([(5, 0, "")]))

    assert ["not said"] == [region.region for region in found.regions]


def test_peaks_are_of_clock_minutes_and_hours():
    at = [MINUTE - 1, MINUTE, MINUTE + 1, HOUR - 1, HOUR, HOUR + 1, HOUR + 2]
    found = ask([Alert(each, 0, 1, "") for each in at], policy(AlertStormRules(SMALL)), cuts=(2, 5))

    flow = found.total.flow(Place.NOWHERE, Link.WAN)
    assert (7, 3, HOUR, 4, 0) == (
        flow.alerts,
        flow.minute.alerts,
        flow.minute.at,
        flow.hour.alerts,
        flow.hour.at,
    )


def test_peaks_before_1970_are_peaks():
    found = ask(
        [Alert(-1, 0, 1, ""), Alert(-1, 0, 2, ""), Alert(0, 0, 1, "")], policy(AlertStormRules(SMALL))
    )

    assert -MINUTE == found.total.flow(Place.NOWHERE, Link.WAN).minute.at


@pytest.mark.parametrize(("capacity", "over"), [(0.99 / 6, 1), (1 / 6, 0), (1, 0)])
def test_a_minute_is_over_a_capacity_when_it_has_more_than_that_can_carry(capacity, over):
    """Ten Alerts in one minute are one in six seconds: as many as that is not over it."""
    found = ask(
        [Alert(MINUTE + number, 0, number, "") for number in range(10)],
        policy(AlertStormRules(SMALL)),
        capacity_per_second={"north": capacity},
    )

    (region,) = found.regions
    assert over == region.flow(Place.NOWHERE, Link.WAN).minutes_over
    assert region.flow(Place.NOWHERE, Link.DSP_TO_USER).minutes_over is None
    assert found.total.flow(Place.NOWHERE, Link.WAN).minutes_over is None


def test_a_capacity_of_no_region_is_refused():
    with pytest.raises(InputError, match="no region West"):
        ask([], policy(AlertStormRules(SMALL)), capacity_per_second={"West": 1.0})


def test_a_log_without_alerts_has_nothing_to_spare():
    found = ask([], policy(AlertStormRules(SMALL)))

    assert (0, [], None) == (found.total.alerts, list(found.regions), found.first)


def test_why_copies_are_not_counted_one_by_one():
    """docs/explanation/where-to-throttle.md: with an even "one in n" one recipient hears nothing of a storm."""
    even = AlertStormParameters(threshold=4, window_us=HOUR, forward_one_in=10)
    protection = AlertStormProtection(AlertStormRules(even, count_by=CountBy.DEVICE_CODE))

    heard = [
        alert.recipient
        for alert in storm(events=60)
        if (decision := protection.receive(alert)).outcome is Outcome.FORWARDED and decision.storm
    ]

    assert 11 == len(heard)
    assert 1 == len(set(heard))


def test_a_suppression_holds_at_every_place():
    """Harder parameters for a product: an event a minute is under the threshold of two, and over one of one."""
    product = Product("ESME", "Maker A", "M1", "1.0")
    texts = {"device_type": "ESME", "manufacturer": "Maker A", "model": "M1", "firmware": "1.0"}
    known = Inventory(
        "inventory.csv",
        np.array([0], np.uint64),
        np.array([BEFORE_ALL], np.int64),
        {name: Attribute(np.zeros(1, np.int32), [texts.get(name, "North")]) for name in INVENTORY_COLUMNS},
    )
    suppression = Suppression("magnets", (0x8F75,), (product,), expires=HOUR, threshold=1)
    suppressed = AlertStormRules(SMALL, suppressions=(suppression,))
    alerts = [Alert(number * MINUTE, 0, 0x8F75, "network") for number in range(9)]

    plain = ask(alerts, policy(AlertStormRules(SMALL)), regions=known)
    harder = ask(alerts, policy(suppressed), regions=known)

    assert [0, 0, 0] == [plain.total.places[place].reach.throttled for place in PLACES]
    assert [6, 6, 6] == [harder.total.places[place].reach.throttled for place in PLACES]
