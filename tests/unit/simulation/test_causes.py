"""Each cause raises what it says it does, when it says it does."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.unit.simulation.simulated import log_of, most_in_a_window, simulation_of, streams_of

from tidegate.simulation.catalogue import FIRMWARES, DeviceType, firmware_number
from tidegate.simulation.code_mix import DCC_ALERTS, DEVICE_ALERTS, HOURS
from tidegate.simulation.murmur import SHORTEST_STAY, Murmur
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.shouters import Shouters
from tidegate.simulation.traffic import Rows, To
from tidegate.simulation.weather import OUTAGE, RESTORED, RESTORED_LATE, Weather
from tidegate.vocabulary.alert_codes import DCC_ALERT, parse_alert_code, published_alert_codes
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND

BELOW, OK = parse_alert_code("8014"), parse_alert_code("8015")
MAGNET = parse_alert_code("8F75")
MURMURING = firmware_number("M1 1.04")


# Quiet


@pytest.mark.parametrize("seen", [To.BOTH, To.SUPPLIER, To.NETWORK_OPERATOR])
def test_quiet_traffic_has_the_rate_asked_for_in_rows_of_the_log(seen: To) -> None:
    log = log_of(simulation_of(Quiet(0.96), devices=210_000, seen=seen))

    assert 0.96 == pytest.approx(len(log) / 210_000, rel=0.02)


def test_quiet_traffic_follows_the_hours_of_the_day() -> None:
    log = log_of(simulation_of(Quiet(1.0), devices=210_000))
    by_hour = np.bincount(log.received_at // HOUR % 24, minlength=24) / len(log)

    assert list(HOURS) == pytest.approx((by_hour * 24).tolist(), rel=0.06)


def test_the_hours_of_the_day_have_a_mean_of_one() -> None:
    assert 1.0 == pytest.approx(sum(HOURS) / 24)


def test_quiet_codes_come_from_the_type_of_device_that_raises_them() -> None:
    simulation = simulation_of(Quiet(2.0))
    rows = next(simulation.inventory())
    place = {
        int(device): int(kind)
        for device, kind in zip(rows.device_id, rows.attributes["device_type"].places, strict=True)
    }
    allowed = {(share.code, int(share.device_type)) for share in DEVICE_ALERTS}
    log = log_of(simulation)

    assert {
        (int(code), place[int(device)]) for code, device in zip(log.alert_code, log.device_id, strict=True)
    } <= allowed


def test_every_published_code_goes_to_a_published_recipient() -> None:
    for share in (*DEVICE_ALERTS, *DCC_ALERTS):
        entry = published_alert_codes().get(share.code)
        if entry is None or not entry.recipients:
            continue
        assert ("Network Operator" in entry.recipients) or not share.to & To.NETWORK_OPERATOR, entry.name
        assert ("Supplier" in entry.recipients) or not share.to & To.SUPPLIER, entry.name


def test_the_mix_has_codes_that_no_list_has() -> None:
    unknown = {share.code for share in DEVICE_ALERTS} - set(published_alert_codes())

    assert {0x8FE1, 0x81F7} == unknown


def test_an_alert_to_two_recipients_is_received_by_the_second_within_60_ms() -> None:
    mix = [share for share in DEVICE_ALERTS if share.code == MAGNET]
    simulation = simulation_of(Quiet(0.05, mix=mix))
    log = log_of(simulation)
    to_network = log.recipient == simulation.recipients.number_of("Network B")
    firsts, seconds = log.take(~to_network), log.take(to_network)
    first_at = dict(zip(firsts.device_id.tolist(), firsts.received_at.tolist(), strict=True))

    assert len(firsts) == len(seconds) > 100
    lags = [
        at - first_at[device]
        for device, at in zip(seconds.device_id.tolist(), seconds.received_at.tolist(), strict=True)
        if firsts.device_id.tolist().count(device) == 1
    ]
    assert all(0 < lag <= 60 * SECOND // 1_000 for lag in lags)


# Murmur


def test_no_murmuring_meter_raises_more_than_29_alerts_in_an_hour_with_both_codes() -> None:
    # 500 a day is far more than a meter can raise: every stay is as short as it may be.
    log = log_of(simulation_of(Murmur([MURMURING], 500.0), devices=21_000))
    by_meter: dict[int, list[int]] = {}
    for (device, _, _), instants in streams_of(log).items():
        by_meter.setdefault(device, []).extend(instants)

    most = max(most_in_a_window(instants, HOUR) for instants in by_meter.values())
    assert 10 < most <= 29


def test_no_more_than_28_of_the_shortest_stays_fit_into_an_hour() -> None:
    assert 28 * SHORTEST_STAY < HOUR < 29 * SHORTEST_STAY


def test_a_meter_stays_at_least_the_shortest_stay() -> None:
    log = log_of(simulation_of(Murmur([MURMURING], 200.0), devices=5_250))
    instants: dict[int, list[int]] = {}
    for device, at in zip(log.device_id.tolist(), log.received_at.tolist(), strict=True):
        instants.setdefault(device, []).append(at)

    assert SHORTEST_STAY <= min(int(np.diff(each).min()) for each in instants.values() if len(each) > 1)


def test_below_and_ok_take_turns() -> None:
    log = log_of(simulation_of(Murmur([MURMURING], 20.0), devices=5_250))
    codes: dict[int, list[int]] = {}
    for device, code in zip(log.device_id.tolist(), log.alert_code.tolist(), strict=True):
        codes.setdefault(device, []).append(code)

    assert {BELOW, OK} == set(log.alert_code.tolist())
    for each in codes.values():
        assert all(first != second for first, second in pairwise(each))


@pytest.mark.parametrize("rate", [5.0, 14.0, 30.0])
def test_murmur_has_the_rate_asked_for(rate: float) -> None:
    simulation = simulation_of(Murmur([MURMURING], rate), devices=210_000, days=2)
    log = log_of(simulation)
    (cause,) = simulation.truth()["causes"]

    assert rate == pytest.approx(len(log) / 2 / cause["meters"], rel=0.04)
    assert simulation.alerts_per_day * 2 == pytest.approx(len(log), rel=0.03)


def test_only_meters_of_the_firmware_murmur_and_all_of_them_do() -> None:
    simulation = simulation_of(Murmur([MURMURING], 20.0), devices=10_500, days=7)
    rows = next(simulation.inventory())
    of_firmware = (rows.attributes["firmware"].places == MURMURING) & (
        rows.attributes["device_type"].places == DeviceType.ESME
    )

    assert set(rows.device_id[of_firmware].tolist()) == set(log_of(simulation).device_id.tolist())
    assert int(of_firmware.sum()) == simulation.truth()["causes"][0]["meters"]


def test_a_supplier_hears_no_murmur() -> None:
    assert 0 == len(log_of(simulation_of(Murmur([MURMURING], 20.0), seen=To.SUPPLIER)))


# Shouters

SHOUTING = Shouters(
    count=10, events_per_day=1_000, firmwares=(MURMURING,), worst_share=0.1, worst_on_share=0.05
)


def test_shouters_raise_what_they_are_to_raise_each_day() -> None:
    log = log_of(simulation_of(SHOUTING, days=3, devices=210_000))
    by_day = np.bincount((log.received_at - 100 * DAY) // DAY)

    assert [20_000] * 3 == pytest.approx(by_day.tolist(), rel=0.05)


def test_a_shouter_raises_at_most_3600_an_hour_and_the_worst_come_near() -> None:
    streams = streams_of(log_of(simulation_of(SHOUTING, days=3, devices=210_000)))
    peaks = [most_in_a_window(instants, HOUR) for instants in streams.values()]

    assert 20 == len(peaks)
    assert 1_000 < max(peaks) <= 3_602


def test_most_shouters_have_the_firmware() -> None:
    simulation = simulation_of(SHOUTING, devices=210_000)
    (cause,) = simulation.truth()["causes"]

    assert (10, 7) == (cause["shouters"], cause["of_product"])
    assert "Maker A" == cause["products"][0]["manufacturer"] == FIRMWARES[MURMURING].manufacturer


def test_the_shouters_of_the_truth_are_those_of_the_log() -> None:
    simulation = simulation_of(SHOUTING, devices=210_000)
    log = log_of(simulation)
    listed = {
        int(each["device_id"].replace("-", ""), 16) for each in simulation.truth()["causes"][0]["devices"]
    }

    assert listed == set(log.device_id.tolist())


def test_an_estate_with_too_few_of_the_firmware_still_has_all_its_shouters() -> None:
    log = log_of(simulation_of(replace(SHOUTING, count=200), devices=2_100))

    assert 200 == len(set(log.device_id.tolist()))


def test_shouters_of_one_supplier_are_all_its_own() -> None:
    simulation = simulation_of(replace(SHOUTING, supplier="Supplier 4"), devices=210_000, seen=To.SUPPLIER)

    assert {simulation.recipients.number_of("Supplier 4")} == set(log_of(simulation).recipient.tolist())


@pytest.mark.parametrize("slice_us", [HOUR, 7 * MINUTE, 29_999_993])
def test_what_shouters_raise_does_not_depend_on_the_slices_it_is_asked_in(slice_us: int) -> None:
    simulation = simulation_of(replace(SHOUTING, count=3), devices=21_000)
    (source,) = simulation._sources
    random = np.random.default_rng(1)
    since, until = simulation.since, simulation.since + 6 * HOUR
    whole = source.alerts(since, until, random)
    edges = [*range(since, until, slice_us), until]
    parts = Rows.concatenate([source.alerts(*edge, random) for edge in pairwise(edges)])

    assert len(whole) > 100
    # A copy to the second recipient may be a little later than its slice, so rows are compared whole.
    rows = [
        sorted(zip(each.at.tolist(), each.device.tolist(), each.recipient.tolist(), strict=True))
        for each in (whole, parts)
    ]
    assert rows[0] == rows[1]


# Weather

WEATHER = Weather(day=1, from_hour=10, hours=6, premises_share=0.2)
WINDOW = (101 * DAY + 10 * HOUR, 101 * DAY + 16 * HOUR)


def test_the_weather_lies_in_its_window_and_has_its_three_codes() -> None:
    simulation = simulation_of(WEATHER, days=3, devices=105_000)
    log = log_of(simulation)

    assert {OUTAGE, RESTORED, RESTORED_LATE} == set(log.alert_code.tolist())
    assert WINDOW[0] <= log.received_at.min()
    assert log.received_at.max() < WINDOW[1]
    (cause,) = simulation.truth()["causes"]
    assert ("1970-04-12T10:00:00Z", "1970-04-12T16:00:00Z") == (cause["from"], cause["until"])


def test_every_premises_that_lost_supply_says_when_it_is_back() -> None:
    simulation = simulation_of(WEATHER, days=3, devices=105_000)
    log = log_of(simulation)
    (cause,) = simulation.truth()["causes"]

    assert 5_000 == cause["premises"]
    assert 5_000 == int((log.alert_code != OUTAGE).sum())
    assert 0.8 == pytest.approx(int((log.alert_code == OUTAGE).sum()) / 5_000, abs=0.06)


def test_weather_in_a_shorter_log_comes_on_its_last_day() -> None:
    log = log_of(simulation_of(WEATHER, days=1))

    assert len(log) > 1_000
    assert WINDOW[0] - DAY <= log.received_at.min()


def test_a_long_outage_is_8f36_and_a_short_one_8f35() -> None:
    simulation = simulation_of(replace(WEATHER, premises_share=1.0), days=3)
    rows = next(simulation.inventory())
    number_of = {device: number for number, device in enumerate(rows.device_id.tolist())}
    home = simulation.estate.premises_of(np.arange(simulation.estate.devices))
    log = log_of(simulation)
    out: dict[int, list[tuple[int, int]]] = {}
    back: dict[int, list[tuple[int, int]]] = {}
    for at, device, code in zip(
        log.received_at.tolist(), log.device_id.tolist(), log.alert_code.tolist(), strict=True
    ):
        (out if code == OUTAGE else back).setdefault(int(home[number_of[device]]), []).append((at, code))
    once = [each for each in out if len(out[each]) == 1 and len(back.get(each, [])) == 1]

    assert len(once) > 100
    for each in once:
        (lost_at, _), (back_at, code) = out[each][0], back[each][0]
        # Either message may come up to a minute after what it tells of.
        lasted = back_at - lost_at
        assert lasted < 4 * MINUTE if code == RESTORED else lasted > 2 * MINUTE


def test_dcc_alerts_are_dcc_alerts() -> None:
    log = log_of(simulation_of(Quiet(0.5, mix=DCC_ALERTS)))

    assert min(log.alert_code.tolist()) >= DCC_ALERT
