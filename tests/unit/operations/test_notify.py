"""Who is told what, when: one message for one fault, one digest a day, and every event for machines."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tidegate.alert_storm.decision import Level, Storm
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute, Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.digest import MOST_ROWS
from tidegate.operations.live import LiveStorm
from tidegate.operations.messages import EVERYONE, Audience, Message, NoticeParty
from tidegate.operations.notes import NoticeEntry, NoticeState, ServiceEvent
from tidegate.operations.notify import Notices
from tidegate.operations.party_told import next_time
from tidegate.policy.mechanism import Mode
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, parse_instant

NOON = parse_instant("2026-01-07T12:00:00Z")
SEVEN = parse_instant("2026-01-08T07:00:00Z")
TAMPER = 0x8F75


def storm(device=1, code=TAMPER, recipient="network", at=NOON, ended_at=None, level=Level.RED):
    record = Storm(Stream(device, code, recipient), level, at, ended_at, 40, 10, 30, 31, at - MINUTE)
    return LiveStorm(record, "v1", Mode.ENFORCED)


def ended(live, at):
    return LiveStorm(replace(live.storm, ended_at=at), live.policy_version, live.mode)


def an_inventory(makers):
    """Device n, an ESME, is of the n-th maker, and Supplier Z's."""
    said = dict.fromkeys(INVENTORY_COLUMNS, ("",)) | {"device_type": ("ESME",), "supplier": ("Supplier Z",)}
    said["manufacturer"] = tuple(makers)
    places = {name: np.zeros(len(makers), np.int32) for name in said}
    places["manufacturer"] = np.arange(len(makers), dtype=np.int32)
    return Inventory(
        "inventory",
        np.arange(len(makers), dtype=np.uint64),
        np.full(len(makers), BEFORE_ALL, np.int64),
        {name: Attribute(places[name], said[name]) for name in said},
        len(makers),
    )


def notices(*parties, inventory=None, now=NOON):
    return Notices(parties or (NoticeParty("network"),), now, inventory)


def for_people(messages):
    return [it for it in messages if it.audience is Audience.PEOPLE]


def kinds(messages, audience=Audience.MACHINES):
    return [it.kind.removeprefix("uk.tidegate.") for it in messages if it.audience is audience]


def test_a_recipient_is_told_when_a_storm_starts_and_when_it_ends():
    told = notices()

    started = told.storms([storm()], [], NOON)
    over = told.storms([], [ended(storm(), NOON + HOUR)], NOON + HOUR)

    assert ["storm.started", "problem.opened"] == kinds(started)
    assert ["storm.ended"] == kinds(over)
    assert (30, "2026-01-07T13:00:00Z") == (over[0].data["throttled"], over[0].data["ended_at"])


def test_ten_thousand_devices_with_one_fault_are_one_message_to_people():
    told = notices()

    messages = [
        message
        for first in range(0, 10_000, 500)
        for message in told.storms([storm(device) for device in range(first, first + 500)], [], NOON + first)
    ]

    (only,) = for_people(messages)
    assert "500 Devices, 500 storms" in only.text
    assert 10_000 == kinds(messages).count("storm.started")


def test_a_problem_that_grows_is_told_to_machines_when_it_has_twice_the_devices():
    told = notices()

    messages = [it for device in range(100) for it in told.storms([storm(device)], [], NOON + device)]

    sizes = [it.data["devices"] for it in messages if it.kind.endswith("problem.updated")]
    assert [2, 4, 8, 16, 32, 64] == sizes


def test_amber_is_told_to_nobody():
    told = notices()

    assert [] == told.storms([storm(level=Level.AMBER)], [], NOON)


def test_what_goes_to_another_recipient_is_not_told():
    told = notices(NoticeParty("supplier"))

    assert [] == told.storms([storm(recipient="network")], [], NOON)


def test_storms_are_grouped_by_product_and_told_to_who_can_mend_it_and_to_who_is_informed():
    parties = (NoticeParty("network"), NoticeParty("Supplier Z"), NoticeParty(EVERYONE))
    told = notices(*parties, inventory=an_inventory(["Maker A", "Maker B"]))

    messages = for_people(told.storms([storm(0), storm(1)], [], NOON))

    assert Counter({"network": 2, "Supplier Z": 2, EVERYONE: 2}) == Counter(it.party for it in messages)
    by_party = {it.party: it for it in messages if "Maker A" in it.title}
    assert "Its Devices are yours to mend." in by_party["Supplier Z"].text
    assert "Supplier Z can mend its Devices; you receive their Alerts." in by_party["network"].text


def test_a_device_that_no_inventory_knows_is_a_problem_of_its_code():
    told = notices(inventory=an_inventory(["Maker A"]))

    (message,) = for_people(told.storms([storm(99)], [], NOON))

    assert "Who can mend its Devices is not known" in message.text


def test_nobody_learns_whom_else_a_problem_concerns_or_how_many_devices_of_others_it_has():
    told = notices(NoticeParty("network"), NoticeParty(EVERYONE))

    made = told.storms([storm(1), storm(2, recipient="other"), storm(3, recipient="other")], [], NOON)

    said = {
        it.party: it.data for it in made if it.kind.endswith("problem.opened") and it.audience == "machines"
    }
    assert ("informed" not in said["network"], 1) == (True, said["network"]["devices"])
    assert (["network", "other"], 3) == (said[EVERYONE]["informed"], said[EVERYONE]["devices"])
    assert [1] == [it["storms"] for it in told.problems_for("network")]
    assert [3] == [it["storms"] for it in told.problems_for(None)]
    assert [2] == [it["storms"] for it in told.problems_for("other")], "it is not told, and may ask"
    assert [] == told.problems_for("supplier")


def counts(problems):
    return [(it["received"], it["throttled"]) for it in problems]


def test_a_problem_counts_alerts_while_its_storms_run_and_each_storm_once():
    told = notices()
    first, second = storm(1), storm(2, recipient="other")
    told.storms([first, second], [], NOON)
    assert [(80, 60)] == counts(told.problems_for(None, [first, second]))
    assert [(40, 30)] == counts(told.problems_for("network", [first, second]))

    told.storms([], [ended(first, NOON + HOUR)], NOON + HOUR)

    assert [(80, 60)] == counts(told.problems_for(None, [second]))
    assert [(80, 60)] == counts(told.problems_for(None, [first, second])), "it ended since it was asked for"
    assert [(40, 30)] == counts(told.problems_for(None)), "nothing of it is kept"


def test_a_storm_nobody_was_told_of_yet_and_an_amber_spell_count_in_no_problem():
    told = notices()
    told.storms([storm(1)], [], NOON)

    assert [(0, 0)] == counts(told.problems_for(None, [storm(2), storm(1, level=Level.AMBER)]))


@pytest.mark.parametrize(("silent_for", "is_closed"), [(DAY - 1, False), (DAY, True), (DAY + 1, True)])
def test_a_problem_closes_once_it_has_been_silent_for_a_day(silent_for, is_closed):
    told = notices(NoticeParty("network", digest=False))
    told.storms([storm()], [], NOON)
    told.storms([], [ended(storm(), NOON + HOUR)], NOON + HOUR)

    messages = told.advance_to(NOON + HOUR + silent_for)

    assert is_closed == ("problem.closed" in kinds(messages))
    again = told.storms([storm(at=NOON + 3 * DAY)], [], NOON + 3 * DAY)
    assert is_closed == ("problem.opened" in kinds(again))


def test_a_problem_with_a_storm_that_runs_is_not_closed():
    told = notices(NoticeParty("network", digest=False))
    told.storms([storm(1), storm(2)], [], NOON)
    told.storms([], [ended(storm(1), NOON + HOUR)], NOON + HOUR)

    assert [] == told.advance_to(NOON + 5 * DAY)


def test_the_digest_comes_once_a_day_and_only_where_something_happened():
    told = notices()
    told.storms([storm(device) for device in range(58)], [], NOON)
    told.storms([], [ended(storm(device), NOON + HOUR) for device in range(58)], NOON + HOUR)

    before = told.advance_to(SEVEN - 1)
    (digest,) = for_people(told.advance_to(SEVEN))
    after = told.advance_to(SEVEN + 1)

    assert [] == before == after
    assert "Tidegate: 58 Alert Storms of 1 problem, 7 January 2026" == digest.title
    assert "58 Devices, 58 storms started, 1,740 of 2,320 Alerts throttled" in digest.text
    assert "114 messages avoided" in digest.text, "58 starts and 58 ends, less one notice and the digest"
    assert "(new, open, 0 running)" in digest.text
    next_day = for_people(told.advance_to(SEVEN + DAY))
    assert ["closed"] == [word for it in next_day for word in ("closed",) if f"({word})" in it.text]
    assert [] == for_people(told.advance_to(SEVEN + 2 * DAY))


def test_messages_avoided_are_counted_on_from_digest_to_digest():
    told = notices()
    for day in range(2):
        at = NOON + day * DAY
        told.storms([storm(n, at=at) for n in range(10)], [], at)
        (digest,) = for_people(told.advance_to(SEVEN + day * DAY))

    assert "9 messages avoided" in digest.text
    assert "(17 so far)" in digest.text, "8 the first day, when a new problem was told of too"
    notes = [note for note in told.take_notes() if isinstance(note, NoticeEntry)]
    assert [(8, NoticeState.AVOIDED), (9, NoticeState.AVOIDED)] == [
        (it.body["avoided"], it.state) for it in notes
    ]


def test_a_digest_has_25_rows_at_most_and_one_line_for_the_rest():
    told = notices(inventory=an_inventory([f"Maker {n}" for n in range(40)]))
    told.storms([storm(device) for device in range(40)], [], NOON)

    (digest,) = for_people(told.advance_to(SEVEN))

    assert MOST_ROWS + 1 == digest.text.count("\n* ")
    assert "* and 15 more problems, 15 storms." in digest.text


def test_a_party_has_its_digest_switched_off_or_its_immediate_notices():
    quiet, mute = NoticeParty("network", immediate=False), NoticeParty("supplier", digest=False)
    told = notices(quiet, mute)

    at_once = told.storms([storm(), storm(recipient="supplier")], [], NOON)

    assert ["supplier"] == [it.party for it in for_people(at_once)]
    assert ["network"] == [it.party for it in for_people(told.advance_to(SEVEN))]


def test_people_are_told_at_once_ten_times_an_hour_at_most():
    told = notices(inventory=an_inventory([f"Maker {n}" for n in range(40)]))

    first = told.storms([storm(device) for device in range(20)], [], NOON)
    later = told.storms([storm(device) for device in range(20, 40)], [], NOON + HOUR)

    assert [10, 10] == [len(for_people(first)), len(for_people(later))]
    assert [20, 20] == [kinds(it).count("problem.opened") for it in (first, later)]
    (digest,) = for_people(told.advance_to(SEVEN))
    assert "of 40 problems" in digest.title


@pytest.mark.parametrize(
    ("at", "is_told"),
    [("21:59:59", True), ("22:00:00", False), ("06:59:59", False), ("07:00:00", True)],
)
def test_nobody_is_told_at_once_in_quiet_hours(at, is_told):
    now = parse_instant(f"2026-01-07T{at}Z")
    told = notices(NoticeParty("network", quiet_from=22 * HOUR, quiet_until=7 * HOUR), now=now)

    messages = told.storms([storm(at=now)], [], now)

    assert is_told == bool(for_people(messages))
    assert "problem.opened" in kinds(messages), "machines do not sleep"


def test_what_was_held_in_quiet_hours_is_one_message_in_the_morning():
    night = parse_instant("2026-01-07T23:00:00Z")
    party = NoticeParty("network", quiet_from=22 * HOUR, quiet_until=6 * HOUR)
    told = notices(party, now=night, inventory=an_inventory(["Maker A", "Maker B"]))
    told.storms([storm(0, at=night), storm(1, at=night)], [], night)

    morning = parse_instant("2026-01-08T06:00:00Z")
    nothing = told.advance_to(morning - 1)
    (message,) = told.advance_to(morning)

    assert [] == nothing
    assert "Tidegate: 2 new problems" == message.title
    assert ("Maker A" in message.text, "Maker B" in message.text) == (True, True)


def test_a_service_management_event_is_told_to_its_recipient_and_to_the_operator_once_a_day():
    told = notices(NoticeParty("network"), NoticeParty("supplier"), NoticeParty(EVERYONE))
    event = ServiceEvent(NOON, "alerts_on_failed_queue", {"recipient": "network", "alerts": 1_200})

    first = told.service_event(event)
    second = told.service_event(replace(event, at=NOON + 1))

    assert ["network", EVERYONE] == [it.party for it in for_people(first)]
    assert "Alerts on failed queue: recipient network, alerts 1,200." == for_people(first)[0].text
    assert [] == for_people(second)
    assert ["service_management.alerts_on_failed_queue"] * 2 == kinds(second)
    assert "2 of alerts on failed queue" in for_people(told.advance_to(SEVEN))[0].text


def test_the_same_event_made_again_after_a_crash_has_the_same_identifier_and_another_has_another():
    ids = [notices().storms([storm()], [], NOON + n)[0].message_id for n in range(2)]
    other = notices().storms([storm(2)], [], NOON)[0].message_id

    assert ids[0] == ids[1] != other


def test_after_a_restart_nobody_is_told_again_and_the_digest_has_the_whole_day():
    before = notices()
    made = before.storms([storm(n) for n in range(5)], [], NOON)
    entries = [
        NoticeEntry(it.at, it.kind, it.party, it.subject, it.data, it.audience) for it in reversed(made)
    ]

    after = notices(now=NOON + HOUR)
    again = after.resume([storm(n) for n in range(5)], entries, NOON + HOUR)
    # The engine tells of some once more, for it decides again what a crash took from it.
    more = after.storms([storm(3), storm(4), storm(6, at=NOON + HOUR)], [], NOON + HOUR)

    assert [] == again
    assert ["storm.started"] == kinds(more)
    (digest,) = for_people(after.advance_to(SEVEN))
    assert "6 Devices, 6 storms started" in digest.text


def test_what_a_crash_kept_from_being_told_is_told_after_it():
    told = notices(now=NOON + HOUR)

    messages = told.resume([storm(1)], [], NOON + HOUR)

    assert ["problem.opened"] == kinds(messages) == kinds(messages, Audience.PEOPLE)


def test_a_digest_that_was_due_while_nothing_ran_comes_at_once_and_one_that_was_sent_does_not_come_again():
    later = SEVEN + 3 * HOUR
    sent = NoticeEntry(SEVEN, "uk.tidegate.digest", "network", "2026-01-07", {"avoided_so_far": 3}, "mail")
    kept = NoticeEntry(SEVEN, "uk.tidegate.messages.avoided", "network", "2026-01-07", {"avoided": 3})
    opened = NoticeEntry(NOON, "uk.tidegate.problem.opened", "network", "P", {"problems": []}, "mail")
    missed, done = notices(now=later), notices(now=later)
    missed.resume([storm()], [], later)
    done.resume([storm()], [kept, sent, opened], later)

    assert [1, 0] == [len(for_people(it.advance_to(later + 1))) for it in (missed, done)]
    done.storms([storm(2, at=later)], [], later + 2)
    assert "(3 so far)" in for_people(done.advance_to(SEVEN + DAY))[0].text


def test_a_problem_that_fell_silent_while_nothing_ran_is_closed_after_the_restart():
    told = notices(now=NOON + 3 * DAY)
    opened = NoticeEntry(NOON, "uk.tidegate.problem.opened", "network", "P", {}, "mail")
    (first,) = [it for it in notices().storms([storm()], [], NOON) if it.kind.endswith("opened") and it.data][
        :1
    ]
    opened = replace(opened, subject=first.subject)

    told.resume([storm(ended_at=NOON + HOUR)], [opened], NOON + 3 * DAY)

    assert ["problem.closed"] == kinds(told.advance_to(NOON + 3 * DAY))


@pytest.mark.parametrize(
    ("after", "at"),
    [
        ("2026-01-07T06:59:59Z", "2026-01-07T07:00:00Z"),
        ("2026-01-07T07:00:00Z", "2026-01-08T07:00:00Z"),
        ("2026-07-07T05:00:00Z", "2026-07-07T06:00:00Z"),
        ("2026-03-28T12:00:00Z", "2026-03-29T06:00:00Z"),
        ("2026-10-24T12:00:00Z", "2026-10-25T07:00:00Z"),
    ],
)
def test_seven_in_the_morning_is_seven_in_great_britain(after, at):
    assert parse_instant(at) == next_time(7 * HOUR, parse_instant(after))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.sampled_from([0x8F75, 0x8014]), st.sampled_from("ab"), st.integers(0, 2)
        ),
        max_size=40,
    )
)
def test_every_start_and_end_is_told_once_to_each_party_and_told_of_minus_sent_is_avoided(happened):
    told = notices(
        NoticeParty("a"), NoticeParty("b"), NoticeParty(EVERYONE), inventory=an_inventory(["A", "B"])
    )
    messages: list[Message] = []
    expected: Counter[str] = Counter()
    for at, (device, code, recipient, what) in zip(itertools.count(NOON), happened, strict=False):
        live = storm(device, code, recipient, at)
        messages += told.storms([live], [ended(live, at)] if what else [], at)
        expected.update(dict.fromkeys((recipient, EVERYONE), 1 + bool(what)))
    at_once = Counter(it.party for it in for_people(messages))
    digests = for_people(told.advance_to(SEVEN))
    avoided = {it.party: it.body["avoided"] for it in told.take_notes() if isinstance(it, NoticeEntry)}

    assert expected == Counter(it.party for it in messages if ".storm." in it.kind)
    assert {party: max(0, n - at_once[party] - 1) for party, n in expected.items()} == avoided
    assert sorted(expected) == sorted(it.party for it in digests)
