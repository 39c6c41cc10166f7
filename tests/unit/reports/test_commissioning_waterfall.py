"""The waterfall: its strides add up, name every step once, and pool what could not be seen."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, strategies as st
from tests.commissioning_statuses import DIFFERS, EMPTY, MISSED, NOTHING, REPLACED, nation, steps

from tidegate.commissioning.finding import Reason
from tidegate.reports.commissioning_status import Change, Step
from tidegate.reports.commissioning_waterfall import (
    MOST_STRIDES,
    steps_in_order,
    waterfall,
    what_is_wrong,
)

ANY_STEP = st.builds(
    Step,
    st.sampled_from([change for change in Change if change is not Change.NONE]),
    st.sampled_from(["", "issue credentials", REPLACED, "Recovery cell"]),
    st.sampled_from(list(Reason)),
)


def cleared(reason: Reason) -> Step:
    return Step(Change.CLEARED, REPLACED, reason)


@given(st.dictionaries(ANY_STEP, st.sampled_from([1, 2, 199, 200, 10_000]), max_size=30), st.integers(0, 9))
def test_strides_lead_from_the_failed_of_the_first_to_those_of_the_last(counts, secure):
    found = waterfall(steps({**counts, NOTHING: secure}))
    first = sum(devices for step, devices in counts.items() if step.change is not Change.FOUND)
    last = sum(devices for step, devices in counts.items() if step.change in (Change.FOUND, Change.CONFIRMED))

    assert (sum(counts.values()) + secure, first, last) == (found.devices, found.first, found.last)
    ends = [first, *(stride.after for stride in found.strides)]
    assert ends[:-1] == [stride.before for stride in found.strides]
    assert ends[-1] == last


@given(st.dictionaries(ANY_STEP, st.sampled_from([1, 2, 199, 200, 10_000]), max_size=30))
def test_every_step_is_of_one_stride_of_its_change(counts):
    found = waterfall(steps(counts))

    told = Counter({step: devices for step, devices in counts.items() if step.change is not Change.CONFIRMED})
    assert told == Counter(dict(each for stride in found.strides for each in stride.steps))
    assert all(step.change is stride.change for stride in found.strides for step, _ in stride.steps)


def test_a_reason_is_one_stride_whatever_the_obligation():
    other = Step(Change.CLEARED, "issue credentials", Reason.EMPTY)
    (stride,) = waterfall(steps({EMPTY: 3, other: 5})).strides

    assert (8, Reason.EMPTY) == (stride.devices, stride.reason)
    assert ["issue credentials", REPLACED] == stride.places


def test_what_could_not_be_seen_is_pooled_where_it_is_more_than_one_reason():
    small = {cleared(Reason.TIMED_OUT): 4, cleared(Reason.TOO_FEW): 3}
    found = waterfall(steps({EMPTY: 993, **small}))

    assert [Reason.EMPTY, None] == [stride.reason for stride in found.strides]
    assert 7 == found.strides[-1].devices


def test_one_small_reason_keeps_its_name():
    found = waterfall(steps({EMPTY: 999, cleared(Reason.TIMED_OUT): 1}))

    assert [Reason.EMPTY, Reason.TIMED_OUT] == [stride.reason for stride in found.strides]


def test_one_in_two_hundred_of_what_is_called_failed_is_seen():
    def reasons(large: int) -> list[Reason | None]:
        rest = {cleared(Reason.TIMED_OUT): 5, cleared(Reason.TOO_FEW): 5}
        return [stride.reason for stride in waterfall(steps({EMPTY: large, **rest})).strides]

    assert [Reason.EMPTY, Reason.TIMED_OUT, Reason.TOO_FEW] == reasons(990)
    assert [Reason.EMPTY, None] == reasons(991)


def test_no_change_has_more_strides_than_can_be_read():
    many = {cleared(reason): 10 for reason in list(Reason)[: MOST_STRIDES + 2]}
    found = waterfall(steps(many))

    assert MOST_STRIDES + 1 == len(found.strides)
    assert 20 == found.strides[-1].devices


def test_all_that_has_time_yet_is_one_stride():
    waiting = {Step(Change.WAITING, REPLACED, reason): 50 for reason in (Reason.EMPTY, Reason.FAILED)}

    assert [(Change.WAITING, 100)] == [
        (stride.change, stride.devices) for stride in waterfall(steps(waiting)).strides
    ]


def test_steps_are_told_by_change_and_then_the_most_devices():
    other = cleared(Reason.TIMED_OUT)

    assert [(other, 9), (EMPTY, 5), (MISSED, 7), (DIFFERS, 8)] == steps_in_order(
        steps({DIFFERS: 8, MISSED: 7, EMPTY: 5, other: 9, NOTHING: 3})
    )


def test_what_is_wrong_is_every_true_failure_once():
    status = nation()
    found = what_is_wrong(status)

    assert status.true_failures == sum(it.devices for it in found)
    assert status.missed_failures == sum(it.missed for it in found)
    assert found == sorted(found, key=lambda it: -it.devices)
