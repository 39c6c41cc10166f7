"""What is sent to one User when, over simulated days: order, second attempts, the failed queue, the return."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings, strategies as st
from tests.deliveries import (
    ACCEPTED,
    BROKEN,
    DOWN,
    REFUSED,
    Simulation,
    always,
    down_between,
    in_order,
    outgoing,
)

from tidegate.operations.delivering import Answer, Ending
from tidegate.operations.delivery_book import WITHOUT_METADATA
from tidegate.operations.outgoing import DeliveryState, QueueQuery
from tidegate.operations.redelivery import DeliveryTerms
from tidegate.vocabulary.instants import SECOND

DAY = 86_400
SMALL = DeliveryTerms(at_once=3, excluded_at_once=2, window=8, pace_per_s=5, most_pace_per_s=20)


def test_what_is_accepted_is_settled_once():
    run = Simulation(always(ACCEPTED))
    run.arrive(1, outgoing(1), outgoing(2, device=2))
    run.run(10)

    assert {1: DeliveryState.DELIVERED, 2: DeliveryState.DELIVERED} == run.settled
    assert 2 == run.queue.book.counters.delivered
    assert 0 == run.queue.book.counters.waiting


def test_the_order_of_a_stream_is_kept_and_streams_do_not_wait_for_one_another():
    run = Simulation(lambda seq, _second: (ACCEPTED, 5.0 if seq == 1 else 0.1))
    run.arrive(1, *(outgoing(seq, device=seq % 2) for seq in range(1, 7)))
    run.run(30)

    assert [2, 4, 6, 1, 3, 5] == [attempt.seq for attempt in sorted(run.attempts, key=_ended(run))]


def _ended(run: Simulation):
    return lambda attempt: attempt.started + run.answers(attempt.seq, attempt.started)[1]


def test_a_stream_waits_while_its_first_alert_is_tried_again():
    tried: list[int] = []

    def answers(seq: int, _second: float) -> tuple[Answer, float]:
        tried.append(seq)
        return (BROKEN if tried.count(1) < 2 and seq == 1 else ACCEPTED, 0.1)

    run = Simulation(answers)
    run.arrive(1, outgoing(1), outgoing(2), outgoing(3, device=2))
    run.run(30)

    assert [1, 3, 1, 2] == tried


def test_a_refused_alert_is_on_the_failed_queue_at_once_and_its_stream_goes_on():
    run = Simulation(lambda seq, _second: (REFUSED if seq == 1 else ACCEPTED, 0.1))
    run.arrive(1, outgoing(1), outgoing(2))
    run.run(1_000)

    assert [1.0] == run.tries(1)
    assert {2: DeliveryState.DELIVERED} == run.settled
    assert DeliveryState.FAILED_QUEUE is run.rows[1].state
    assert "answered 400" == run.rows[1].reason
    assert run.rows[1].next_attempt_at is None
    assert ["alerts_refused"] == [event.kind for event in run.events]


def test_a_refused_alert_is_sent_again_only_when_a_person_says_so():
    run = Simulation(lambda _seq, second: (REFUSED if second < 100 else ACCEPTED, 0.1))
    run.arrive(1, outgoing(1))
    run.at(500, run.retry)
    run.run(499)

    assert {} == run.settled

    run.run(600)

    assert {1: DeliveryState.DELIVERED} == run.settled
    assert 0 == run.queue.book.counters.on_failed_queue


def test_without_metadata_is_known_as_long_as_the_alert_is_not_delivered():
    """Retried so while the system is down, and after a restart of ours, it still is."""
    run = Simulation(
        lambda _seq, second: (REFUSED if second < 100 else DOWN if second < 1_000 else ACCEPTED, 0.1)
    )
    run.arrive(1, outgoing(1, count=9))
    run.at(500, lambda: run.retry(without_metadata=True))
    run.at(700, run.restart)
    run.run(999)

    assert run.rows[1].reason.startswith(WITHOUT_METADATA)
    (held,) = run.queue.ordinary.in_memory.values()
    assert held.reason.startswith(WITHOUT_METADATA)


def test_an_alert_that_fails_for_300_s_is_on_the_failed_queue_and_then_delivered_when_the_user_is_back():
    run = Simulation(down_between(0, 1_000))
    run.arrive(10, outgoing(1))
    run.run(309)

    assert DeliveryState.WAITING is run.rows[1].state
    assert len(run.tries(1)) > 1

    run.run(312)

    assert 311 >= run.failed_at[1]
    assert "alerts_on_failed_queue" in [event.kind for event in run.events]

    run.run(1_100)

    assert {1: DeliveryState.DELIVERED} == run.settled
    assert "user_system_is_back" == run.events[-1].kind


def test_what_comes_while_the_system_is_down_waits_for_the_one_that_asks():
    run = Simulation(down_between(0, 200))
    for seq in range(1, 41):
        run.arrive(seq, outgoing(seq, device=seq))
    run.run(199)

    tried = {attempt.seq for attempt in run.attempts}
    assert len(tried) <= DeliveryTerms().at_once + 1
    assert {} == run.failed_at

    run.run(400)

    assert set(range(1, 41)) == set(run.settled)


def test_what_came_while_it_was_down_fails_300_s_after_it_came_in_memory_or_not():
    run = Simulation(always(DOWN), SMALL)
    for seq in range(1, 61):
        run.arrive(seq, outgoing(seq, device=seq))
    run.run(400)

    assert set(range(1, 61)) == set(run.failed_at)
    late = [run.failed_at[seq] - (max(seq, 1) + 300) for seq in range(1, 61)]
    assert min(late) >= 0
    assert max(late) <= 5
    assert run.most_in_memory <= SMALL.window


def test_an_alert_is_held_for_two_days_from_its_first_attempt_and_then_expires():
    run = Simulation(always(DOWN))
    run.arrive(10, outgoing(1))
    run.run(2 * DAY + 9)

    assert DeliveryState.FAILED_QUEUE is run.rows[1].state

    run.run(2 * DAY + 10 + 120)

    assert {1: DeliveryState.EXPIRED} == run.settled
    assert "alerts_expired" == run.events[-1].kind
    assert 1 == run.queue.book.counters.expired


def test_a_refused_alert_expires_too():
    run = Simulation(always(REFUSED))
    run.arrive(10, outgoing(1))
    run.run(2 * DAY + 10 + 120)

    assert {1: DeliveryState.EXPIRED} == run.settled


def test_an_alert_that_breaks_the_users_software_does_not_hold_up_the_others():
    """Alone it would be taken for a system that is down; other Alerts are let ask, and say that it is up."""
    run = Simulation(lambda seq, _second: (BROKEN if seq == 1 else ACCEPTED, 0.1))
    run.arrive(1, outgoing(1))
    run.arrive(2_000, outgoing(2, device=2))
    run.arrive(2_100, outgoing(3))
    run.run(3_000)

    assert {2: DeliveryState.DELIVERED, 3: DeliveryState.DELIVERED} == run.settled
    assert DeliveryState.FAILED_QUEUE is run.rows[1].state


def test_an_excluded_alert_waits_behind_nothing():
    """Ordinary Alerts hang in every attempt there is; the excluded one goes the instant that it comes."""
    run = Simulation(lambda seq, _second: (ACCEPTED, 0.1 if seq == 1_000 else 9.0))
    run.arrive(1, *(outgoing(seq, device=seq) for seq in range(1, 500)))
    run.arrive(3, outgoing(1_000, device=1_000, code=0x8F3F, excluded=True))
    run.run(4)

    assert [3.0] == run.tries(1_000)


def test_an_excluded_alert_asks_at_once_whether_the_system_is_back():
    run = Simulation(down_between(0, 1_000))
    run.arrive(1, outgoing(1))
    run.arrive(1_003, outgoing(2, device=2, excluded=True))
    run.run(1_004)

    assert [1_003.0] == run.tries(2)


def test_held_alerts_go_on_in_order_and_not_all_at_once():
    run = Simulation(down_between(0, 400), SMALL)
    run.arrive(1, *(outgoing(seq, device=seq % 4) for seq in range(1, 201)))
    run.run(1_000)

    assert set(range(1, 201)) == set(run.settled)
    for device in range(4):
        assert in_order([seq for seq in run.delivered() if seq % 4 == device])
    back = min(attempt.started for attempt in run.attempts if attempt.answer is ACCEPTED)
    first_second = [attempt for attempt in run.attempts if back <= attempt.started < back + 1]
    assert len(first_second) <= SMALL.pace_per_s + 2
    for second in range(int(back), 1_000):
        assert sum(second <= attempt.started < second + 1 for attempt in run.attempts) <= 2 * 20 + 2


def test_new_alerts_of_other_streams_do_not_wait_for_the_flush():
    terms = replace(SMALL, window=400, pace_per_s=1, most_pace_per_s=1)
    run = Simulation(down_between(0, 400), terms)
    run.arrive(1, *(outgoing(seq, device=1) for seq in range(1, 201)))
    run.arrive(500, outgoing(201, device=2))
    run.run(501)

    assert [500.0] == run.tries(201)
    assert len(run.rows) > 50


def test_dropped_alerts_are_not_sent():
    run = Simulation(down_between(0, 500), SMALL)
    run.arrive(1, *(outgoing(seq, device=seq) for seq in range(1, 31)))
    run.at(450, lambda: run.drop(QueueQuery(after_seq=10)))
    run.run(900)

    assert {DeliveryState.DELIVERED} == {run.settled[seq] for seq in range(1, 11)}
    assert {DeliveryState.DROPPED} == {run.settled[seq] for seq in range(11, 31)}
    assert [] == [seq for seq in run.delivered() if seq > 10]
    assert 20 == run.queue.book.counters.dropped


def test_memory_holds_a_window_and_the_journal_the_rest():
    run = Simulation(always(ACCEPTED, took=1.0), SMALL)
    run.arrive(1, *(outgoing(seq, device=seq) for seq in range(1, 101)))
    run.run(200)

    assert SMALL.window == run.most_in_memory
    assert set(range(1, 101)) == set(run.settled)
    assert in_order(run.delivered())


def test_what_nobody_kept_is_read_from_the_journal():
    run = Simulation(always(ACCEPTED))
    run.run(5)
    run.rows = {seq: outgoing(seq, device=seq) for seq in range(1, 20)}
    run.queue.put_unseen(19, 19, run.now)
    run.run(10)

    assert set(range(1, 20)) == set(run.settled)
    assert 0 == run.queue.book.counters.waiting


def test_a_retry_after_is_kept_to():
    busy = Answer(Ending.FAILED, "answered 503", 40 * SECOND)
    run = Simulation(lambda _seq, second: (busy if second < 2 else ACCEPTED, 0.1))
    run.arrive(1, outgoing(1))
    run.run(60)

    first, second = run.tries(1)
    assert 40 <= second - first <= 42


def test_turned_away_by_the_way_and_not_by_the_user_an_alert_is_sent_again_by_itself():
    away = Answer(Ending.TURNED_AWAY, "answered 404")
    run = Simulation(lambda _seq, second: (away if second < 700 else ACCEPTED, 0.1))
    run.arrive(1, outgoing(1), outgoing(2))
    run.run(2)

    assert DeliveryState.FAILED_QUEUE is run.rows[1].state

    run.run(900)

    assert [1, 2] == run.delivered()


outages = st.lists(st.tuples(st.integers(0, 1_500), st.integers(1, 900)), max_size=3)
arrivals = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, 299, 300, 301, 600, 1_200]), st.integers(1, 4), st.booleans()),
    min_size=1,
    max_size=60,
)


@settings(max_examples=50, deadline=None)
@given(
    arrivals=arrivals,
    outages=outages,
    poison=st.sets(st.integers(1, 60), max_size=2),
    refused=st.sets(st.integers(1, 60), max_size=2),
    hangs=st.booleans(),
    restart=st.none() | st.sampled_from([1, 299, 300, 301, 700]),
    seed=st.integers(0, 1_000),
)
def test_promises(arrivals, outages, poison, refused, hangs, restart, seed):
    """Whatever happens: each Alert once settled or on the failed queue, its stream in order, tried twice in 300 s."""

    def answers(seq: int, second: float) -> tuple[Answer, float]:
        if any(start <= second < start + lasts for start, lasts in outages):
            return DOWN, 10.0 if hangs else 0.01
        if seq in poison:
            return BROKEN, 0.01
        return (REFUSED if seq in refused else ACCEPTED), 0.01

    run = Simulation(answers, SMALL, Random(seed).randrange)  # noqa: S311 - as above
    alerts = [
        (at, outgoing(seq, device=device, code=0x8F3F if excluded else 0x8F75, at=at, excluded=excluded))
        for seq, (at, device, excluded) in enumerate(sorted(arrivals), start=1)
    ]
    for at, alert in alerts:
        run.arrive(at, alert)
    if restart is not None:
        run.at(restart, run.restart)
    run.run(4_000)

    seqs = {alert.seq for _, alert in alerts}
    left = {seq for seq in seqs if seq not in run.settled}
    assert left <= poison | refused
    assert all(run.rows[seq].state is DeliveryState.FAILED_QUEUE for seq in left)
    counters = run.queue.book.counters
    assert (0, len(left)) == (counters.waiting, counters.on_failed_queue)
    assert run.most_in_memory <= SMALL.window
    in_stream: dict[tuple[int, int], list[int]] = {}
    streams = {alert.seq: (alert.device_id, alert.alert_code) for _, alert in alerts}
    for seq in run.delivered():
        in_stream.setdefault(streams[seq], []).append(seq)
    if restart is None:
        assert all(in_order(delivered) for delivered in in_stream.values())
        assert all(len(set(delivered)) == len(delivered) for delivered in in_stream.values())
    for seq in seqs - refused:
        tries = run.tries(seq)
        is_at_once = seq in run.settled and len(tries) == 1
        if tries and not is_at_once and restart is None:
            assert tries[1] - tries[0] <= 300
    for attempt in run.attempts:
        limit = SMALL.excluded_at_once if streams[attempt.seq][1] == 0x8F3F else SMALL.at_once
        assert attempt.under_way <= limit + 1
    run.run(4_000 + 2 * DAY + 200)

    assert seqs == set(run.settled)
