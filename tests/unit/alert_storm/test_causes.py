"""Who is accused, and above all who is not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.fleet_views import CODE, Fleet, fleet_of, view_of

from tidegate.alert_storm import trials
from tidegate.alert_storm.causes import MURMUR_DEVICES, Kind, examine, find_causes
from tidegate.alert_storm.trials import LEAST_DEVICES
from tidegate.vocabulary.products import NOT_KNOWN, Product


def esme(maker: str, model: str = "", firmware: str = "") -> Product:
    return Product("ESME", f"Maker {maker}", model, firmware)


GUILTY = esme("A", "M1", "1.04")
INSTALLED = {
    esme("B", "M2", "2.01"): 1_500, esme("B", "M2", "1.97"): 750, esme("B", "M2", "1.90"): 330,
    esme("C", "M3", "1.10"): 750, esme("C", "M3", "1.08"): 400,
    GUILTY: 500, esme("A", "M1", "1.02"): 300, esme("A", "M1", "1.00"): 150,
    esme("D", "M4", "3.00"): 350, esme("D", "M4", "2.20"): 150, esme("D", "M9", "1.00"): 200,
    esme("E", "M5", "5.12"): 200,
    Product("GSME", "Maker A", "M6", "1.20"): 600, Product("GSME", "Maker B", "M7", "3.01"): 400,
}  # fmt: skip
FLEET = fleet_of(INSTALLED)
WEEK = 7


def background(seed: int, mean: float = 0.3, fleet: Fleet = FLEET):
    """Alerts of a week of Devices with nothing wrong."""
    return np.random.default_rng(seed).poisson(mean, len(fleet))


def with_more(alerts, product: Product, mean: float, seed: int = 1, fleet: Fleet = FLEET):
    """The same, and so many more from each Device of a product."""
    made = alerts.copy()
    devices = fleet.is_of(product)
    made[devices] += np.random.default_rng(seed).poisson(mean, devices.sum())
    return made


def named(alerts, fleet: Fleet = FLEET, **options) -> list[str]:
    return [str(cause.product) for cause in find_causes(view_of(fleet, {CODE: alerts}, **options))]


DISTRIBUTIONS = {
    "poisson": lambda random, fleet: random.poisson(0.3, len(fleet)),
    "negative binomial with a heavy tail": lambda random, fleet: random.poisson(
        random.gamma(0.05, 6.0, len(fleet))
    ),
    "one Device in fifty raises thirty": lambda random, fleet: (
        random.poisson(30, len(fleet)) * (random.random(len(fleet)) < 0.02)
    ),
    "a power law without variance": lambda random, fleet: np.floor(random.pareto(1.1, len(fleet))),
    "regions unlike each other": lambda random, fleet: random.poisson(
        np.array([0.0, 0.3, 3.0, 10.0])[fleet.region]
    ),
}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_quiet_fleet_accuses_nobody(distribution):
    """In a thousand and more quiet fleets not one; each distribution has its share of them."""
    accused = 0
    for seed in range(250):
        alerts = DISTRIBUTIONS[distribution](np.random.default_rng(seed), FLEET)
        accused += any(cause.is_named for cause in find_causes(view_of(FLEET, {CODE: alerts})))

    assert 0 == accused


def test_the_level_holds_where_no_least_effect_is_asked_for(monkeypatch):
    """The chance alone keeps what is promised: at 5 % at most about 5 of 100 logs accuse someone."""
    for name in ("LEAST_RATIO", "LEAST_DEVICES", "LEAST_EXCESS", "LEAST_SHARE"):
        monkeypatch.setattr(trials, name, 0)
    monkeypatch.setattr(trials, "LEVEL", 0.05)
    accused = 0
    for seed in range(400):
        alerts = np.random.default_rng(seed).poisson(0.3, len(FLEET))
        accused += any(cause.is_named for cause in find_causes(view_of(FLEET, {CODE: alerts})))

    assert 1 <= accused <= 30


@pytest.mark.parametrize("seed", range(20))
def test_a_firmware_with_three_times_the_alerts_is_found(seed):
    alerts = with_more(background(seed), GUILTY, 0.6, seed)

    assert ["Maker A M1 1.04"] == named(alerts)


def test_a_cause_says_what_it_rests_on():
    alerts = with_more(background(1), GUILTY, 70.0)
    (cause,) = find_causes(view_of(FLEET, {CODE: alerts}))

    assert Kind.MURMUR is cause.kind
    assert (CODE,) == cause.alert_codes
    assert 500 == cause.devices == cause.installed
    assert alerts[FLEET.is_of(GUILTY)].sum() == cause.alerts
    assert cause.alerts / (500 * WEEK) == pytest.approx(cause.rate)
    others = FLEET.is_of(Product("ESME")) & ~FLEET.is_of(GUILTY)
    assert alerts[others].mean() / WEEK == pytest.approx(cause.rest, rel=0.02)
    assert cause.rate / cause.rest == pytest.approx(cause.ratio)
    assert 0 < cause.p_value < 1e-12


def test_one_wild_device_accuses_nobody():
    for wild in (1_000, 1_000_000):
        alerts = background(3)
        alerts[np.flatnonzero(FLEET.is_of(GUILTY))[0]] = wild

        assert [] == named(alerts)


def test_nineteen_devices_are_no_murmur_and_a_product_of_them_is_not_accused():
    alerts = np.zeros(len(FLEET), np.int64)
    devices = np.flatnonzero(FLEET.is_of(GUILTY))
    alerts[devices[:19]] = 500

    assert [] == named(alerts)


def test_two_guilty_products_are_both_found_though_one_hides_the_other():
    """Against a rest with the louder in it, the other raises less than twice as much."""
    other = esme("D", "M4", "2.20")
    alerts = with_more(with_more(background(4), GUILTY, 140.0), other, 14.0)
    view = view_of(FLEET, {CODE: alerts})
    with_the_louder = alerts[FLEET.is_of(Product("ESME")) & ~FLEET.is_of(other)].mean()

    assert alerts[FLEET.is_of(other)].mean() < trials.LEAST_RATIO * with_the_louder
    assert ["Maker A M1 1.04", "Maker D M4 2.20"] == [str(cause.product) for cause in find_causes(view)]


def test_all_firmwares_of_a_model_are_the_model():
    assert ["Maker A M1"] == named(with_more(background(5), esme("A", "M1"), 60.0))


def test_all_models_of_a_manufacturer_are_the_manufacturer():
    assert ["Maker D"] == named(with_more(background(6), esme("D"), 60.0))


def test_a_model_of_one_firmware_is_named_by_its_firmware():
    """Nothing says that it is not the firmware."""
    assert ["Maker E M5 5.12"] == named(with_more(background(7), esme("E"), 60.0))


def test_a_firmware_too_rare_to_tell_does_not_keep_its_model_from_being_named():
    installed = INSTALLED | {esme("A", "M1", "0.90"): 4}
    fleet = fleet_of(installed)
    guilty = esme("A", "M1")
    alerts = with_more(background(8, fleet=fleet), guilty, 60.0, fleet=fleet)
    alerts[fleet.is_of(esme("A", "M1", "0.90"))] = 0

    assert ["Maker A M1"] == named(alerts, fleet)


def test_most_of_a_fleet_may_be_guilty():
    """As in wpd-2m-a-day, where more than half of the meters murmur."""
    alerts = with_more(with_more(background(9), esme("B", "M2"), 67.0), esme("A", "M1"), 67.0)

    assert ["Maker B M2", "Maker A M1"] == named(alerts)


def test_devices_of_another_type_are_not_compared_with():
    """Gas meters raise what electricity meters do not: that is no fault of any gas meter."""
    alerts = with_more(background(10, 0.0), Product("GSME"), 5.0)

    assert [] == named(alerts)


def test_weather_accuses_nobody():
    """A fault takes supply from neighbours: whole feeders of one region, in which one product stands mostly."""
    shares = {GUILTY: (1.0, 8.0, 1.0), esme("C", "M3", "1.10"): (6.0, 1.0, 1.0)}
    fleet = fleet_of(INSTALLED, shares=shares)
    for seed in range(50):
        random = np.random.default_rng(seed)
        alerts = random.poisson(0.02, len(fleet))
        for region in (1, 2, 3):
            stands = random.permutation(np.flatnonzero(fleet.region == region))
            share = 0.5 if region == 2 else 0.02
            feeders = np.array_split(stands, max(1, len(stands) // 80))
            for feeder in feeders:
                if random.random() < share:
                    alerts[feeder] += 1

        assert [] == named(alerts, fleet)


def test_weather_in_the_streets_of_one_product_accuses_nobody():
    """A supplier fitted one firmware street by street: what befalls a town in one region befalls it most."""
    fleet = fleet_of(INSTALLED)
    alerts = background(11, 0.02)
    in_town = (fleet.region == 2) & fleet.is_of(GUILTY)
    alerts[in_town] += 4

    assert [] == named(alerts, fleet)


def there_for_half(view, product: Product):
    """The same, the Devices of a product being of it for half of the period only."""
    is_it = np.array([product.includes(each) for each in view.products])
    view.exposure[is_it] /= 2
    view.exposure_squared[is_it] /= 4
    view.groups["sum_exposed"][is_it[view.groups["product"]]] /= 2
    return view


def test_a_firmware_that_is_new_since_the_weather_came_is_not_accused():
    """Everyone raises an Alert on one day; it was there on that day, and for half of the others."""
    alerts = np.full(len(FLEET), 2)
    view = there_for_half(view_of(FLEET, {CODE: alerts}), GUILTY)

    assert [] == find_causes(view)


def test_a_firmware_that_is_new_and_guilty_is_found_with_the_rate_of_its_own_days():
    view = there_for_half(view_of(FLEET, {CODE: with_more(background(25), GUILTY, 42.0)}), GUILTY)
    (cause,) = find_causes(view)

    assert GUILTY == cause.product
    assert 12.0 == pytest.approx(cause.rate, rel=0.05)


def test_a_fault_goes_with_its_product_into_every_region():
    fleet = fleet_of(INSTALLED, shares={GUILTY: (1.0, 8.0, 1.0)})
    alerts = with_more(background(12, fleet=fleet), GUILTY, 28.0, fleet=fleet)

    assert ["Maker A M1 1.04"] == named(alerts, fleet)


def test_devices_that_no_inventory_knows_are_never_accused():
    fleet = replace(FLEET, product=np.where(FLEET.is_of(GUILTY), 0, FLEET.product))
    view = view_of(fleet, {CODE: with_more(background(13), GUILTY, 60.0)})
    view.installed[0] = 0
    view.exposure[0] = 0.0
    view.exposure_squared[0] = 0.0

    assert [NOT_KNOWN] == [cause.product for cause in find_causes(view)]


def test_shouters_of_one_firmware_are_found_and_the_others_are_told_beside_them():
    random = np.random.default_rng(14)
    stormed = np.zeros(len(FLEET), np.bool_)
    stormed[random.choice(np.flatnonzero(FLEET.is_of(GUILTY)), 41, replace=False)] = True
    others = np.flatnonzero(FLEET.is_of(Product("ESME")) & ~FLEET.is_of(GUILTY))
    stormed[random.choice(others, 17, replace=False)] = True
    alerts = background(14) + 2_000 * stormed
    first, second = find_causes(view_of(FLEET, {CODE: alerts}, {CODE: stormed}))

    assert (Kind.SHOUTERS, GUILTY, 41) == (first.kind, first.product, first.devices)
    assert alerts[stormed & FLEET.is_of(GUILTY)].sum() == first.alerts
    assert 41 / 500 == pytest.approx(first.rate)
    assert first.p_value < 1e-20
    assert (Kind.SHOUTERS, NOT_KNOWN, 17, 1.0) == (
        second.kind,
        second.product,
        second.devices,
        second.p_value,
    )


def test_a_firmware_of_which_few_stormed_is_guilty_with_its_sisters_though_alone_it_would_not_be():
    """Three of 150 are too few among all comparisons; among the firmwares of a guilty model they are not."""
    stormed = np.zeros(len(FLEET), np.bool_)
    for firmware, count in (("1.04", 20), ("1.02", 12), ("1.00", 3)):
        stormed[np.flatnonzero(FLEET.is_of(esme("A", "M1", firmware)))[:count]] = True
    stormed[np.flatnonzero(FLEET.is_of(esme("B")))[::300]] = True
    quiet = {code: background(code) for code in range(0x8100, 0x8140)}
    causes = find_causes(view_of(FLEET, {**quiet, CODE: 900 * stormed}, {CODE: stormed}))
    alone = stormed & ~FLEET.is_of(GUILTY) & ~FLEET.is_of(esme("A", "M1", "1.02"))
    others = find_causes(view_of(FLEET, {**quiet, CODE: 900 * alone}, {CODE: alone}))

    assert ["Maker A M1", "not known"] == [str(cause.product) for cause in causes]
    assert [NOT_KNOWN] == [cause.product for cause in others]


@pytest.mark.parametrize("stormed_of_it", [1, 2])
def test_fewer_than_three_shouters_accuse_nobody(stormed_of_it):
    rare = esme("A", "M1", "1.00")
    stormed = np.zeros(len(FLEET), np.bool_)
    stormed[np.flatnonzero(FLEET.is_of(rare))[:stormed_of_it]] = True
    causes = find_causes(view_of(FLEET, {CODE: 900 * stormed}, {CODE: stormed}))

    assert [NOT_KNOWN] == [cause.product for cause in causes]


def test_a_device_that_stormed_is_a_shouter_and_adds_nothing_to_murmur():
    stormed = np.zeros(len(FLEET), np.bool_)
    stormed[np.flatnonzero(FLEET.is_of(GUILTY))[::2]] = True
    causes = find_causes(view_of(FLEET, {CODE: background(15) + 300 * stormed}, {CODE: stormed}))

    assert [Kind.SHOUTERS] == [cause.kind for cause in causes]


def test_both_kinds_are_told_where_there_are_both():
    stormed = np.zeros(len(FLEET), np.bool_)
    stormed[np.flatnonzero(FLEET.is_of(GUILTY))[:30]] = True
    murmuring = with_more(background(16), esme("C", "M3", "1.08"), 40.0)
    view = view_of(FLEET, {CODE: background(17) + 500 * stormed, 0x8014: murmuring}, {CODE: stormed})

    assert {(Kind.SHOUTERS, "Maker A M1 1.04"), (Kind.MURMUR, "Maker C M3 1.08")} == {
        (cause.kind, str(cause.product)) for cause in find_causes(view)
    }


def test_without_an_inventory_murmur_and_shouters_are_told_and_nobody_is_accused():
    stormed = np.zeros(len(FLEET), np.bool_)
    stormed[:58] = True
    alerts = with_more(background(18, 0.05), GUILTY, 70.0) + 0
    view = view_of(FLEET, {0x8014: alerts, CODE: 2_000 * stormed}, {CODE: stormed}, has_inventory=False)
    causes = find_causes(view)

    assert {Kind.MURMUR, Kind.SHOUTERS} == {cause.kind for cause in causes}
    assert all(cause.product == NOT_KNOWN and cause.p_value == 1.0 for cause in causes)
    assert 0 == examine(view).comparisons


def test_quiet_without_an_inventory_is_no_murmur():
    assert [] == named(background(19), has_inventory=False)


PLACES = MURMUR_DEVICES
"""Devices of which an unnamed murmur is, at least, unless they are loud."""


def murmurs(loud: int, per_day: float, quiet: int = 0, others: int = 0) -> bool:
    """Whether Devices that raise so many a day are murmur beside some with one in a week, and so many of other codes."""
    alerts = np.zeros(len(FLEET), np.int64)
    alerts[:loud] = round(per_day * WEEK)
    alerts[loud : loud + quiet] = 1
    rest = np.zeros(len(FLEET), np.int64)
    rest[0] = others
    causes = find_causes(view_of(FLEET, {CODE: alerts, 0x8154: rest}, has_inventory=False))
    return any(cause.kind is Kind.MURMUR and cause.alert_codes == (CODE,) for cause in causes)


@pytest.mark.parametrize(
    ("expected", "loud", "per_day"),
    [
        (True, PLACES, 3), (False, PLACES - 1, 3), (False, PLACES, 3 - 1 / WEEK),
        (True, LEAST_DEVICES, 24), (False, LEAST_DEVICES - 1, 24), (False, LEAST_DEVICES, 24 - 1 / WEEK),
        (False, PLACES - 1, 24 - 1 / WEEK), (True, PLACES - 1, 24),
    ],
)  # fmt: skip
def test_murmur_of_no_product_is_of_more_than_a_street_or_louder_than_a_street(expected, loud, per_day):
    assert expected == murmurs(loud, per_day)


@pytest.mark.parametrize(("expected", "others"), [(True, 19 * 6_300), (False, 19 * 6_300 + 1)])
def test_murmur_of_no_product_is_a_twentieth_of_the_log(expected, others):
    """Three hundred raise 21 each in the week."""
    assert expected == murmurs(PLACES, 3, others=others)


@pytest.mark.parametrize(("expected", "quiet"), [(True, 1_111), (False, 1_112)])
def test_murmur_of_no_product_is_most_of_its_code(expected, quiet):
    """6,300 of 7,411 are 85 in a hundred; the loudest of Devices unlike each other are less."""
    assert expected == murmurs(PLACES, 3, quiet=quiet)


def test_murmur_of_no_product_says_how_many_murmur_and_how_much_each():
    """Those who raise one now and then water nothing down."""
    alerts = np.zeros(len(FLEET), np.int64)
    alerts[:400] = 10 * WEEK
    alerts[400:2_000] = 1
    (cause,) = find_causes(view_of(FLEET, {CODE: alerts}, has_inventory=False))

    assert (400, 400 * 10 * WEEK, 10.0) == (cause.devices, cause.alerts, cause.rate)


def test_the_shouters_that_the_rest_leaves_out_are_counted():
    """All others storm: that the rest raise none is said of none of them."""
    stormed = ~FLEET.is_of(GUILTY) & FLEET.is_of(Product("ESME"))
    stormed[np.flatnonzero(stormed)[::2]] = False
    alerts = 70 * FLEET.is_of(GUILTY) + 900 * stormed
    (murmur,) = (
        it for it in find_causes(view_of(FLEET, {CODE: alerts}, {CODE: stormed})) if it.kind is Kind.MURMUR
    )

    assert (GUILTY, 0.0, stormed.sum()) == (murmur.product, murmur.rest, murmur.rest_shouters)


def test_a_log_without_alerts_has_no_cause():
    assert [] == find_causes(view_of(FLEET, {}))


def test_one_device_alone_in_an_inventory_is_accused_of_nothing():
    fleet = fleet_of({GUILTY: 1})
    stormed = np.ones(1, np.bool_)
    (cause,) = find_causes(view_of(fleet, {CODE: np.array([5_000])}, {CODE: stormed}))

    assert NOT_KNOWN == cause.product


@settings(max_examples=25, deadline=None)
@given(st.permutations(["A", "B", "C", "D", "E"]), st.integers(0, 50))
def test_what_products_are_called_changes_nothing(makers, seed):
    renamed = dict(zip("ABCDE", makers, strict=True))

    def rename(product: Product) -> Product:
        return product._replace(manufacturer=f"Maker {renamed[product.manufacturer[-1]]}")

    alerts = with_more(with_more(background(seed), GUILTY, 9.0, seed), esme("D"), 30.0, seed)
    other = fleet_of({rename(product): count for product, count in INSTALLED.items()})
    # The same Devices, in the order in which the other fleet has its products.
    order = np.concatenate(
        [np.flatnonzero(FLEET.is_of(product)) for product in sorted(INSTALLED, key=rename)]
    )
    before = find_causes(view_of(FLEET, {CODE: alerts}))
    after = find_causes(view_of(other, {CODE: alerts[order]}))

    assert {rename(cause.product) for cause in before} == {cause.product for cause in after}
    assert 2 == len(before)
    assert sorted(cause.ratio for cause in before) == pytest.approx(sorted(cause.ratio for cause in after))


@pytest.mark.parametrize("times", [2, 5])
def test_a_longer_log_of_the_same_changes_no_name_and_no_ratio(times):
    """x times the Alerts in x times the days are the same rates."""
    alerts = with_more(background(20), GUILTY, 20.0)
    (before,) = find_causes(view_of(FLEET, {CODE: alerts}, days=7))
    (after,) = find_causes(view_of(FLEET, {CODE: times * alerts}, days=7 * times))

    assert before.product == after.product
    assert before.ratio == pytest.approx(after.ratio)
    assert before.p_value == pytest.approx(after.p_value)


def test_more_comparisons_make_the_same_finding_less_sure():
    alerts = with_more(background(21), GUILTY, 1.0)
    few = find_causes(view_of(FLEET, {CODE: alerts}))[0]
    more = {code: background(code, 0.05) for code in range(0x8100, 0x8110)}
    many = next(cause for cause in find_causes(view_of(FLEET, {CODE: alerts, **more})) if cause.is_named)

    assert few.product == many.product
    assert few.p_value < many.p_value
    assert 1 == round(math.log10(many.p_value / few.p_value))


def test_causes_come_by_alerts():
    view = view_of(
        FLEET,
        {CODE: with_more(background(22), GUILTY, 5.0), 0x8014: with_more(background(23), GUILTY, 50.0)},
    )
    causes = find_causes(view)

    assert [0x8014, CODE] == [cause.alert_codes[0] for cause in causes]
    assert causes[0].alerts > causes[1].alerts


def test_both_codes_of_a_toggle_pair_are_named_where_both_came():
    view = view_of(FLEET, {0x8014: with_more(background(24), GUILTY, 50.0)})
    view.groups["second_alerts"][:] = view.groups["alerts"] // 2
    (cause,) = find_causes(view)

    assert (0x8014, 0x8015) == cause.alert_codes
