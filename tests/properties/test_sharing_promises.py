"""Several gateways over one store: never more than the whole, whatever is lost; and all of it where nothing is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings, strategies as st

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.capacity_part import Whole
from tidegate.admission.control import AdmissionControl
from tidegate.admission.decision import Outcome
from tidegate.admission.held_part import HeldPart
from tidegate.admission.shared import NoPlaceError, Pool, SharingTerms, exchange
from tidegate.vocabulary.service_requests import ServiceRequest

PERIOD = 40
EVERY = 8
TERMS = SharingTerms(lease_for=30, silent_for=400)
USERS = ("alpha", "beta", "gamma", "no-one")


@dataclass
class Store:
    """A store in memory; `is_up`: it can be reached."""

    pool: Pool = field(default_factory=Pool)
    is_up: bool = True

    def exchange(self, report, now):
        self.pool, lease = exchange(self.pool, report, now, TERMS)
        return lease


class Gateway:
    """One gateway: a rule, a part, and what it admitted."""

    def __init__(self, name, rules, whole, now, run="1"):
        self.name, self.rules, self.whole = name, rules, whole
        self.held = HeldPart(name, run, whole, TERMS, now)
        self.part = self.held.part(now)
        self.control = AdmissionControl(self._rules(), self.part.allocations)
        self.offered: list[tuple[int, str]] = []
        self.admitted: list[int] = []

    def _rules(self):
        return replace(
            self.rules,
            maximum_system_capacity=self.part.maximum,
            operating_threshold=self.part.threshold,
        )

    def move(self, now):
        part = self.held.part(now)
        if part is not self.part:
            self.part = part
            self.control.change(self._rules(), part.allocations, now)

    def receive(self, number, user, srv, now):
        self.move(now)
        answer = self.control.receive(ServiceRequest(now, f"{self.name}:{number}", user, srv))
        self.offered.append((now, user))
        if answer.outcome is not Outcome.THROTTLED:
            self.admitted.append(now)
        return answer

    def report(self, now):
        self.move(now)
        used = sum(1 for at in self.admitted if at > now - PERIOD)
        offered = Counter(user for at, user in self.offered if at > now - PERIOD)
        return self.held.report(used, offered, now)


def rules_of(threshold, maximum):
    return CapacityRules(
        period_us=PERIOD,
        maximum_system_capacity=maximum,
        operating_threshold=threshold,
        prioritised=frozenset({"2.2"}),
        horizon_us=100,
    )


def used_of_all(admitted, now):
    return sum(1 for at in admitted if at > now - PERIOD)


@settings(max_examples=15)
@given(st.data())
def test_all_gateways_together_never_use_more_than_the_maximum(data):
    """Reports and answers are late or lost, gateways and the store come and go; no one is silent for long enough to be
    taken for gone."""
    count = data.draw(st.integers(1, 3))
    threshold = data.draw(st.integers(count, 40))
    rules = rules_of(threshold, threshold + data.draw(st.integers(0, 6)))
    allocations = {user: threshold // data.draw(st.integers(3, 9)) for user in USERS[:-1]}
    whole = Whole.of(rules, allocations, count)
    store, now, number, runs = Store(), 1_000, 0, 1
    gateways = [Gateway(f"g{place}", rules, whole, now) for place in range(count)]
    heard, down_until = [now] * count, [now] * count
    admitted: list[int] = []
    busy = data.draw(st.sampled_from([1, 3, 12]))
    for _ in range(data.draw(st.integers(5, 50))):
        now += data.draw(st.sampled_from([1, EVERY - 1, EVERY, TERMS.lease_for, PERIOD]))
        store.is_up = data.draw(st.integers(0, 7)) > 0
        for place in range(count):
            fate = data.draw(
                st.sampled_from(["arrives"] * 5 + ["answer lost", "report lost", "restart", "late"])
            )
            if now < down_until[place]:
                continue
            if fate == "restart":  # which takes a period
                runs += 1
                down_until[place] = now + PERIOD
                gateways[place] = Gateway(f"g{place}", rules, whole, now + PERIOD, str(runs))
                continue
            gateway = gateways[place]
            at_once = data.draw(st.integers(0, busy))
            srvs = data.draw(st.sampled_from([["2.2"], ["4.8.1"], ["4.8.1", "2.2"]]))
            report = gateway.report(now)
            for each in range(at_once):
                number += 1
                user = USERS[(place + each) % data.draw(st.integers(1, len(USERS)))]
                if (
                    gateway.receive(number, user, srvs[each % len(srvs)], now).outcome
                    is not Outcome.THROTTLED
                ):
                    admitted.append(now)
            must = now - heard[place] > TERMS.silent_for - 2 * PERIOD
            if (store.is_up and fate != "report lost") or must:
                heard[place] = now
                lease = store.exchange(report, now + (fate == "late"))
                if fate in ("arrives", "late"):
                    gateway.held.take(lease, report, now, now)

        assert rules.maximum_system_capacity >= used_of_all(admitted, now)
        parts = [gateway.held.part(now) for place, gateway in enumerate(gateways) if now >= down_until[place]]
        assert rules.maximum_system_capacity >= sum(part.maximum for part in parts)
        assert rules.operating_threshold >= sum(part.threshold for part in parts)
        for user, allocation in allocations.items():
            assert allocation >= sum(part.allocations.get(user, 0) for part in parts)


def run(gateways, store, demand, periods, start=10_000):
    """Steady demand: at each tick each gateway is offered `demand[place]`, user -> requests; (now, place, user) admitted."""
    got = []
    tick, numbers = PERIOD // 10, iter(range(start * 10**6, 10**12))
    for now in range(start, start + periods * PERIOD, tick):
        for place, gateway in enumerate(gateways):
            if now % EVERY == 0 and store.is_up:
                report = gateway.report(now - 1)  # between two ticks: a period has ten of them
                gateway.held.take(store.exchange(report, now - 1), report, now - 1, now - 1)
            for user, offered in demand[place].items():
                got += [
                    (now, place, user)
                    for _ in range(offered)
                    if gateway.receive(next(numbers), user, "4.8.1", now).outcome is not Outcome.THROTTLED
                ]
    return got


def last_period(got, end):
    return Counter(user for now, _, user in got if now >= end - PERIOD)


def scene(threshold, maximum, allocations, count=2):
    rules = rules_of(threshold, maximum)
    whole = Whole.of(rules, allocations, count)
    return [Gateway(f"g{place}", rules, whole, 10_000) for place in range(count)], Store()


@pytest.mark.parametrize(
    "demand",
    [
        ({"alpha": 40}, {"beta": 40}),
        ({"alpha": 30, "beta": 10}, {"alpha": 10, "beta": 30}),
        ({"alpha": 40, "beta": 40}, {}),
        ({"alpha": 40}, {"alpha": 5, "beta": 30}),
    ],
)
def test_under_steady_load_each_user_has_at_all_gateways_what_it_would_have_at_one(demand):
    gateways, store = scene(300, 320, {"alpha": 200, "beta": 100})

    got = run(gateways, store, demand, 20)

    used = last_period(got, 10_000 + 20 * PERIOD)
    assert (
        280 <= used.total() <= 300
    )  # the least part of who is asked for nothing is the most that is not used
    assert used["alpha"] == pytest.approx(200, abs=14)
    assert used["beta"] == pytest.approx(100, abs=14)


def test_spare_goes_to_the_gateway_that_is_asked_for_it():
    gateways, store = scene(300, 320, {"alpha": 150, "beta": 150})

    got = run(gateways, store, ({"alpha": 60}, {"beta": 4}), 20)

    used = last_period(got, 10_000 + 20 * PERIOD)
    assert 40 == used["beta"]
    assert 245 <= used["alpha"] <= 260


def test_what_is_within_the_threshold_is_not_throttled_once_the_parts_have_settled():
    gateways, store = scene(300, 320, {"alpha": 150, "beta": 150})

    got = run(gateways, store, ({"alpha": 20}, {"beta": 8, "alpha": 1}), 20)

    assert 290 == last_period(got, 10_000 + 20 * PERIOD).total()


def test_after_demand_has_moved_the_parts_follow_within_two_exchanges_and_a_period():
    gateways, store = scene(300, 320, {"alpha": 150, "beta": 150})
    run(gateways, store, ({"alpha": 14, "beta": 14}, {}), 10)

    moved = 10_000 + 10 * PERIOD
    got = run(gateways, store, ({}, {"alpha": 14, "beta": 14}), 6, moved)

    settled = moved + 2 * EVERY + PERIOD
    assert 14 * 2 * 10 == sum(1 for now, _, _ in got if settled <= now < settled + PERIOD)


def test_without_the_store_each_falls_to_its_local_share_and_comes_back_by_itself():
    gateways, store = scene(300, 320, {"alpha": 150, "beta": 150})
    demand = ({"alpha": 60}, {"beta": 4})
    run(gateways, store, demand, 10)
    store.is_up = False

    got = run(gateways, store, demand, 10, 10_400)
    assert gateways[0].held.is_alone(10_800)
    assert {"alpha": 150, "beta": 40} == last_period(got, 10_800)

    store.is_up = True
    got = run(gateways, store, demand, 10, 10_800)
    assert not gateways[0].held.is_alone(11_199)
    assert 240 <= last_period(got, 11_200)["alpha"]


def test_who_is_cut_off_alone_leaves_its_local_share_free_until_it_is_taken_for_gone():
    gateways, store = scene(300, 320, {"alpha": 150, "beta": 150})
    run(gateways, store, ({"alpha": 60}, {"beta": 60}), 10)
    gateway, now = gateways[0], 10_400

    for now in range(10_400, 10_400 + TERMS.silent_for + 2 * EVERY, EVERY):
        report = gateway.report(now)
        gateway.held.take(store.exchange(report, now), report, now, now)
        if 10_400 + 3 * TERMS.lease_for < now < 10_000 + TERMS.silent_for:
            assert 150 >= gateway.part.threshold

    assert 280 <= gateway.held.part(now).threshold


def test_a_gateway_more_than_were_agreed_on_has_no_place():
    gateways, store = scene(10, 12, {"alpha": 5})
    rules, whole = gateways[0].rules, gateways[0].whole
    for gateway in gateways:
        store.exchange(gateway.report(10_000), 10_000)

    with pytest.raises(NoPlaceError, match="2 gateways share the capacity already: g0, g1"):
        store.exchange(Gateway("g2", rules, whole, 10_000).report(10_000), 10_000)


def test_two_gateways_of_one_name_are_told():
    gateways, store = scene(10, 12, {"alpha": 5})
    first, second = gateways[0], Gateway("g0", gateways[0].rules, gateways[0].whole, 10_000, "2")
    store.exchange(first.report(10_000), 10_000)
    store.exchange(second.report(10_000), 10_000)

    with pytest.raises(NoPlaceError, match="another gateway is named g0 too"):
        store.exchange(first.report(10_001), 10_001)


def test_gateways_that_do_not_share_the_same_are_told():
    gateways, store = scene(10, 12, {"alpha": 5})
    other = Gateway("g1", gateways[0].rules, Whole.of(rules_of(9, 12), {"alpha": 5}, 2), 10_000)
    assert store.exchange(gateways[0].report(10_000), 10_000).agrees

    assert not store.exchange(other.report(10_000), 10_000).agrees


@pytest.mark.parametrize(
    ("said", "make"),
    [
        ("from 1 to the operating threshold", lambda: Whole.of(rules_of(2, 3), {}, 3)),
        ("gateways is 0", lambda: Whole.of(rules_of(2, 3), {}, 0)),
        ("more than four times", lambda: SharingTerms(10, 40)),
        ("longer than nothing", lambda: SharingTerms(0, 40)),
    ],
)
def test_what_cannot_be_shared_is_told(said, make):
    with pytest.raises(ValueError, match=said):
        make()
