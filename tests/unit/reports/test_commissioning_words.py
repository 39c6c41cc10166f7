"""What a list of Devices is called: the same in every report, and of every step another."""

from __future__ import annotations

import re

from hypothesis import given, strategies as st
from tests.commissioning_statuses import DIFFERS, EMPTY

from tidegate.commissioning.finding import Reason
from tidegate.reports.commissioning_status import Change, Step
from tidegate.reports.commissioning_words import of_step, step_file

PLACES = (
    st.sampled_from(["", "a b", "a-b", "a  b", "a/b", "../a", "Ä", "a" * 60, "a" * 61, "a" * 62]) | st.text()
)


def test_a_list_is_called_by_what_becomes_of_its_devices_and_why():
    assert "steps/01-cleared-update-remote-party-credentials-empty.csv" == step_file(EMPTY)
    assert "steps/05-confirmed-NetworkOperator-cells-differs.csv" == step_file(DIFFERS)
    assert "steps/03-untold-timed-out.csv" == step_file(Step(Change.UNTOLD, "", Reason.TIMED_OUT))


@given(PLACES, PLACES)
def test_two_steps_have_two_lists(one, other):
    names = {step_file(Step(Change.CLEARED, place, Reason.EMPTY)) for place in (one, other)}

    assert len({one, other}) == len(names)


@given(PLACES)
def test_a_name_is_one_that_every_system_takes(place):
    name = step_file(Step(Change.CONFIRMED, place, Reason.FOR_ANOTHER_PARTY))

    assert re.fullmatch(r"steps/05-confirmed-[A-Za-z0-9-]{0,80}for-another-party\.csv", name)


def test_a_step_is_told_by_what_decided():
    assert "update remote party credentials: the response has no outcome" == of_step(EMPTY)
    assert "there was no response in time" == of_step(Step(Change.UNTOLD, "", Reason.TIMED_OUT))
