"""Tasks carried through a control, event by event; times in seconds after the start."""

from tests.unit.simulation.requests.small import START, carried, scenario, seconds, stream, user

from tidegate.reports.requests_simulated import Control
from tidegate.vocabulary.instants import MINUTE, SECOND


def test_a_request_is_answered_once_it_was_served_and_its_device_has_answered() -> None:
    outcome, sent = carried(scenario(), (5, 0, 0), maximum=10)

    assert [5.0] == seconds(sent)
    assert (1, 1, 1) == (outcome.total.done, outcome.total.sent, outcome.total.answered)
    assert SECOND // 10 + 3 * SECOND == outcome.total.median_us


def test_a_critical_request_is_a_transform_and_a_pre_command_of_the_same_request_id() -> None:
    _, sent = carried(scenario(stream("8.1.1")), (0, 0, 0))

    assert ["8.1.1", "8.1.1"] == [each.srv for each in sent]
    assert sent[0].request_id == sent[1].request_id
    assert [0.0, 1.1] == seconds(sent)


def test_each_request_of_a_sequence_names_the_one_before_it_and_waits_for_its_answer() -> None:
    _, sent = carried(scenario(stream("8.11", "8.7.2", "6.21")), (0, 0, 0))

    assert ["", sent[0].request_id, sent[1].request_id] == [each.preceding_request_id for each in sent]
    assert [0.0, 4.1, 8.2] == seconds(sent)


def test_what_the_dcc_answers_itself_asks_no_device() -> None:
    outcome, _ = carried(scenario(stream("8.14.1")), (0, 0, 0))

    assert SECOND // 10 == outcome.total.median_us


def test_a_request_that_is_refused_keeps_its_request_id_and_one_unanswered_does_not() -> None:
    of = scenario(users=(user(retry="fixed"),), queue_us=0)
    _, refused = carried(of, (0, 0, 0), (0, 0, 0), control=Control.FIRST_COME, maximum=1, threshold=1)
    _, unanswered = carried(of, (0, 0, 0), (0, 0, 0), maximum=1, threshold=1)

    assert [0.0, 0.0, 30.0] == seconds(refused)
    assert refused[1].request_id == refused[2].request_id
    assert [0.0, 0.0, 40.0] == seconds(unanswered)
    assert unanswered[1].request_id != unanswered[2].request_id


def test_who_obeys_comes_back_at_retry_after_in_whole_seconds_and_is_admitted() -> None:
    outcome, sent = carried(
        scenario(),
        *((0, 0, 0) for _ in range(4)),
        control=Control.TIDEGATE,
        maximum=2,
        threshold=2,
        allocations={"A": 2},
    )

    assert (4, 2) == (outcome.total.done, outcome.total.refused)
    assert [0.0, 0.0, 0.0, 0.0, 1.0, 2.0] == seconds(sent)


def test_who_does_not_try_again_loses_what_is_refused() -> None:
    of = scenario(users=(user(retry="never"),))
    outcome, _ = carried(of, (0, 0, 0), (0, 0, 0), control=Control.FIRST_COME, maximum=1, threshold=1)

    assert (1, 1, 0) == (outcome.total.done, outcome.total.lost, outcome.total.stranded)


def test_a_request_that_times_out_is_triggered_anew_and_a_task_no_longer_of_use_is_given_up() -> None:
    """Refused at 0 and 30; its time is over at 40, it is triggered anew at 70, and at 100; then nobody needs it."""
    of = scenario(stream(gives_up_us=40 * SECOND, useful_for_us=105 * SECOND), users=(user(retry="fixed"),))
    outcome, sent = carried(of, (0, 0, 0), control=Control.HARD_CAPS, allocations={"A": 0})

    assert [0.0, 30.0, 70.0, 100.0] == seconds(sent)
    assert 1 == outcome.total.lost
    assert sent[0].request_id == sent[1].request_id != sent[2].request_id


def test_a_sequence_given_up_half_way_is_stranded() -> None:
    """Its second request, after five seconds, finds the capacity taken by a task that began half a second before."""
    of = scenario(stream("8.11", "8.7.2"), users=(user("A", "never"),))
    outcome, _ = carried(of, (0, 0, 0), (4.5, 0, 0), control=Control.FIRST_COME, maximum=1, threshold=1)

    assert (1, 1, 0) == (outcome.total.done, outcome.total.stranded, outcome.total.lost)


def test_nobody_is_answered_while_the_system_is_out_and_no_control_hears_of_it() -> None:
    of = scenario(users=(user(retry="fixed"),), outage=(0, 45 * SECOND))
    outcome, sent = carried(of, (0, 0, 0))

    assert (1, 2, 3) == (outcome.total.done, outcome.total.met_outage, outcome.total.sent)
    assert [60.0] == seconds(sent)


def test_what_is_served_after_its_user_gave_up_is_served_for_nobody() -> None:
    """One a second is served; a User waits ten seconds, and the queue holds twenty."""
    of = scenario(users=(user(retry="fixed"),), length_us=MINUTE)
    outcome, _ = carried(of, *((0, 0, 0) for _ in range(12)), maximum=1, threshold=1)

    assert 12 == outcome.total.done
    assert 2 == outcome.served_for_nobody == outcome.total.unanswered


def test_the_backlog_is_what_is_due_and_neither_done_nor_given_up() -> None:
    of = scenario(users=(user(retry="fixed"),), outage=(0, 45 * SECOND), length_us=100 * SECOND)
    outcome, _ = carried(of, (5, 0, 0), (6, 0, 0))

    assert [0, 2, 2, 2, 2, 2, 2, 0, 0, 0] == list(outcome.backlog)


def test_a_refusal_within_an_allocation_is_counted_below_the_maximum_and_at_it_apart() -> None:
    users = (user("A", "never"), user("B", "never"))
    tasks = [(0, 0, 0), (0, 0, 0), (0, 1, 0)]
    first_come, _ = carried(
        scenario(users=users),
        *tasks,
        control=Control.FIRST_COME,
        maximum=2,
        threshold=2,
        allocations={"A": 1, "B": 1},
    )
    written, _ = carried(
        scenario(users=users),
        *tasks,
        control=Control.AS_WRITTEN,
        maximum=3,
        threshold=2,
        allocations={"A": 1, "B": 1},
    )

    assert (0, 1) == (first_come.total.refused_within, first_come.total.refused_full)
    assert (0, 0) == (written.total.refused_within, written.total.refused_full)


def test_every_task_is_done_waiting_stranded_or_lost() -> None:
    of = scenario(stream("8.11", "8.1.1"), users=(user("A", "exponential"), user("B", "never")))
    outcome, _ = carried(
        of,
        *((at, at % 2, 0) for at in range(40)),
        control=Control.HARD_CAPS,
        allocations={"A": 1, "B": 0},
    )
    total = outcome.total

    assert 40 == total.due == total.done + total.waiting + total.stranded + total.lost
    assert total.due == sum(each.tally.due for each in outcome.users)
    assert total.sent == sum(each.tally.sent for each in outcome.users)
    assert total.sent == total.answered + total.refused + total.unanswered + total.met_outage


def test_the_start_is_an_instant() -> None:
    _, sent = carried(scenario(), (7, 0, 0))

    assert START + 7 * SECOND == sent[0].at
