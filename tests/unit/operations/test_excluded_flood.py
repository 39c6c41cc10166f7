"""A flood of excluded codes: when it begins, when it is over, who is in it. Time is whole microseconds."""

from __future__ import annotations

import shlex

import numpy as np
import typer
from hypothesis import given, strategies as st

from tidegate.alert_storm.decision import Outcome
from tidegate.cli.main import app
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.operations.excluded_events import OVER_CAPACITY, WITHIN_CAPACITY, flood_event, override_command
from tidegate.operations.excluded_flood import MOST_DEVICES, ExcludedCapacity, ExcludedFlood
from tidegate.operations.messages import EVERYONE, Audience, NoticeParty
from tidegate.operations.notify import Notices
from tidegate.vocabulary.instants import MINUTE, SECOND

W = 60
COVER, OUTAGE = 0x8F76, 0x8F35
CAPACITY = ExcludedCapacity(10, W)
SERVER = "http://127.0.0.1:8080"


class Watched:
    """A flood that is watched, with its recipients' numbers."""

    def __init__(self, capacity=CAPACITY, now=0, running_since=None):
        self.flood = ExcludedFlood(capacity, now, running_since)
        self.recipients = Recipients()

    def send(self, at, count, code=COVER, devices=None, recipient="network", outcome=Outcome.EXCLUDED):
        """What changed by some Alerts at an instant: "began", "ended" or nothing."""
        devices = range(count) if devices is None else devices
        alerts = AlertBatch(
            np.full(count, at, np.int64),
            np.array(list(devices), np.uint64),
            np.full(count, code, np.uint32),
            np.full(count, self.recipients.number_of(recipient), np.uint32),
        )
        return in_a_word(self.flood.decided(alerts, np.full(count, outcome, np.uint8), self.recipients))

    def wait(self, until):
        return in_a_word(self.flood.advance_to(until))


def in_a_word(change):
    return None if change is None else "began" if change.has_begun else "ended"


def test_a_flood_begins_with_the_first_alert_above_the_capacity_and_is_told_once():
    watched = Watched()

    assert [None, "began", None] == [watched.send(5, 10), watched.send(5, 1), watched.send(5, 1)]


def after_ten_at_zero():
    watched = Watched()
    watched.send(0, 10)
    return watched


def test_alerts_count_together_for_less_than_a_period():
    assert "began" == after_ten_at_zero().send(W - 1, 1)
    assert after_ten_at_zero().send(W, 1) is None
    assert after_ten_at_zero().send(W + 1, 1) is None


def test_a_flood_is_over_at_four_fifths_of_the_capacity_and_not_before():
    for left, over in ((9, None), (8, "ended"), (7, "ended")):
        watched = Watched()
        watched.send(100, 11)
        watched.send(100 + W - 1, left)

        assert watched.wait(100 + W - 1) is None
        assert over == watched.wait(100 + W)


def test_a_rate_just_about_the_capacity_does_not_flicker():
    watched = Watched()
    changes = [watched.send(at, 1 + (at % 12 == 0)) for at in range(0, 50 * W, 6)]

    assert ["began"] == [it for it in changes if it]


def test_it_is_told_again_when_it_begins_again():
    watched = Watched()
    changes = [watched.send(1, 11), watched.wait(1 + W), watched.send(2 + W, 11), watched.wait(2 + 2 * W)]

    assert ["began", "ended"] * 2 == changes


def test_only_excluded_alerts_count():
    watched = Watched()

    assert watched.send(1, 100, outcome=Outcome.FORWARDED) is None
    assert watched.send(1, 100, outcome=Outcome.THROTTLED) is None
    assert 0 == watched.flood.now().alerts


def test_other_alerts_let_time_pass():
    watched = Watched()
    watched.send(1, 11)

    assert "ended" == watched.send(1 + W, 1, outcome=Outcome.FORWARDED)


def test_it_says_which_codes_of_how_many_devices_go_to_whom():
    watched = Watched()
    watched.send(1, 6, COVER, devices=[1, 1, 1, 2, 2, 2], recipient="supplier")
    watched.send(2, 3, COVER, devices=[1, 2, 3], recipient="network")
    watched.send(3, 2, OUTAGE, devices=[9, 9])
    now = watched.flood.now()

    assert (3, 11, 1, 11) == (now.since, now.received, now.over, now.peak)
    cover, outage = now.codes
    assert (COVER, 9, 3, {"supplier": 6, "network": 3}) == (
        cover.code,
        cover.alerts,
        cover.devices,
        dict(cover.recipients),
    )
    assert (OUTAGE, 2, 1) == (outage.code, outage.alerts, outage.devices)


def test_devices_are_told_apart_up_to_a_number_and_then_said_to_be_at_least_so_many():
    for devices, more in ((MOST_DEVICES - 1, False), (MOST_DEVICES, True), (MOST_DEVICES + 1, True)):
        watched = Watched()
        watched.send(1, devices)
        (code,) = watched.flood.now().codes

        assert (min(devices, MOST_DEVICES), more) == (code.devices, code.has_more_devices)


def test_a_flood_that_ran_before_a_restart_is_not_told_again_and_ends_after_a_whole_quiet_period():
    again = Watched(now=1_000, running_since=900)

    assert [None, None] == [again.send(1_001, 11), again.wait(1_000 + W)]
    assert "ended" == again.wait(1_001 + W)
    quiet = Watched(now=1_000, running_since=900)
    assert [None, "ended"] == [quiet.wait(1_000 + W - 1), quiet.wait(1_000 + W)]


def test_time_that_goes_back_stands_still():
    watched = Watched()
    watched.send(100, 10)

    assert "began" == watched.send(50, 1)
    assert 100 == watched.flood.now().at


@given(st.lists(st.tuples(st.sampled_from([0, 1, W - 1, W, W + 1]), st.integers(1, 12)), max_size=30))
def test_it_counts_as_one_who_keeps_every_instant_does(steps):
    watched, kept, at, running = Watched(), [], 0, False
    for gap, count in steps:
        at += gap
        kept += [at] * count
        watched.send(at, count)
        within = sum(at - it < W for it in kept)
        running = within > 10 or (running and (at < W or within > 8))

        assert (within, running) == (watched.flood.now().alerts, watched.flood.now().since is not None)


def test_the_capacity_is_so_many_a_second_over_a_period():
    assert ExcludedCapacity(16_200, MINUTE) == ExcludedCapacity.of(270, MINUTE)
    assert ExcludedCapacity(1, SECOND) == ExcludedCapacity.of(0.001, SECOND)


def changes_of_a_flood():
    flood = ExcludedFlood(ExcludedCapacity.of(0.5, MINUTE))
    recipients = Recipients(["network"])
    alerts = AlertBatch(
        np.full(40, SECOND, np.int64),
        np.arange(40, dtype=np.uint64) % 2,
        np.full(40, COVER, np.uint32),
        np.ones(40, np.uint32),
    )
    began = flood.decided(alerts, np.full(40, Outcome.EXCLUDED, np.uint8), recipients)
    ended = flood.advance_to(SECOND + MINUTE)
    assert began is not None
    assert ended is not None
    return began, ended


def test_the_alarm_tells_the_way_out_as_a_command_that_can_be_typed():
    began, _ = changes_of_a_flood()
    event = flood_event(began, SERVER)
    command = override_command(began.now.codes[0], SERVER)

    assert OVER_CAPACITY == event.kind
    assert command in str(event.details["in_words"])
    assert "40 in 1 min, the capacity is\n30: 10 too many" in str(event.details["in_words"])
    assert "40 Alerts of 2 Devices to 1 recipient" in str(event.details["in_words"])
    words = shlex.split(command)[1:]
    found = typer.main.get_command(app)
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    read = found.make_context("override", words)
    assert ("8F76", "4h", SERVER) == tuple(read.params[it] for it in ("code", "lasts", "server"))


def test_the_end_says_how_long_it_was_and_how_much():
    _, ended = changes_of_a_flood()
    event = flood_event(ended, SERVER)

    assert WITHIN_CAPACITY == event.kind
    assert "for 1 min: 40 Alerts, 40 in one period at most" in str(event.details["in_words"])


def test_who_operates_the_gateway_is_told_of_every_beginning_and_every_end_and_nobody_else_is():
    told = Notices([NoticeParty(EVERYONE), NoticeParty("network")], 0)
    began, ended = changes_of_a_flood()
    messages = [told.service_event(flood_event(change, SERVER)) for change in (began, ended, began, ended)]
    people = [it for each in messages for it in each if it.audience is Audience.PEOPLE]

    assert [EVERYONE] * 4 == [it.party for it in people]
    assert "tidegate policy override 8F76 --for 4h" in people[2].text
