"""Scenarios as TOML: those that come with tidegate are read, and faults are told together."""

from pathlib import Path

import pytest
from tests.unit.simulation.requests.small import TOML

from tidegate.policy.priority_asks import PRIORITY_ASKS
from tidegate.simulation.requests.demand import draw
from tidegate.simulation.requests.scenario import Counted
from tidegate.simulation.requests.scenario_files import find_scenario, parse_scenario, request_scenarios
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import MINUTE, SECOND
from tidegate.vocabulary.service_reference_variants import published_variants
from tidegate.vocabulary.users import User, UserRole

EXPECTED = {
    "2am-restart", "beast-from-the-east", "one-user-bug", "priority-only-overload", "install-and-commission-day",
    "prepay-evening-peak", "mhhs-daily-reads", "extra-capacity",
}  # fmt: skip


def faults_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_scenario(text, "mine.toml")
    return [str(fault) for fault in caught.value.faults]


def test_every_scenario_comes_with_tidegate() -> None:
    assert set(request_scenarios()) == EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_scenario_answers_somebody_and_says_what_is_invented(name: str) -> None:
    scenario = request_scenarios()[name]

    assert scenario.answers
    assert scenario.invented
    assert set(scenario.asks) <= set(PRIORITY_ASKS)
    assert all(0 <= stream.from_us < scenario.length_us for stream in scenario.streams)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_only_who_may_send_a_request_sends_it(name: str) -> None:
    for stream in request_scenarios()[name].streams:
        for srv in stream.srvs:
            assert set(stream.roles) <= set(published_variants()[srv].roles), (stream.name, srv)


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(TOML)
    scenario = find_scenario(str(tmp_path / "mine.toml"))

    assert ("tiny", 2 * MINUTE, MINUTE) == (scenario.name, scenario.length_us, scenario.settled_us)
    assert [(20 * SECOND, 10 * SECOND)] == [(each.from_us, each.for_us) for each in scenario.outages]
    assert [60, 0] == [each.count(Counted.SUPPLIED) for each in scenario.users]


def test_a_file_that_names_no_user_has_the_usual_ones() -> None:
    without = TOML[: TOML.index("[[users]]")] + TOML[TOML.index("[[outages]]") :]
    users = parse_scenario(without, "x").users

    assert "Supplier A" in {each.user.user for each in users}
    assert 10 == len(users)


def test_all_faults_are_told_at_once_with_what_to_write() -> None:
    text = (
        TOML.replace('length = "2m"', 'length = "two"')
        .replace('srvs = ["7.4"]', 'srvs = ["7.99"]')
        .replace('role = "ED"', 'role = "DNO"')
        .replace('shape = "falling"', 'shape = "falling"\ncolour = "red"')
    )
    faults = faults_of(text)

    assert 4 == len(faults)
    assert any("length: 'two' is not a duration" in fault for fault in faults)
    assert any("streams 2: srvs: '7.99' is none of" in fault for fault in faults)
    assert any("users 2: role: 'DNO' is none of IS, ES" in fault for fault in faults)
    assert any("streams 2: colour is no key here" in fault for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('watches = "reads"', 'watches = "writes"', "no stream has that name"),
        ('name = "status reads"', 'name = "reads"', "two streams are named reads"),
        ('length = "2m"', 'length = "2d"', "length is no length for a simulation"),
        ('summary = "Two Users and an outage."', "", "has no summary"),
        ("credit_meters = 60", "credit_meters = -1", "-1 is no count"),
        ("starts_at = 2026-03-01T00:00:00Z", "starts_at = [", "is not TOML"),
    ],
)
def test_a_fault_is_told_in_words(old: str, new: str, said: str) -> None:
    assert old in TOML
    assert any(said in fault for fault in faults_of(TOML.replace(old, new)))


def test_a_name_that_is_nearly_right_is_understood() -> None:
    with pytest.raises(InputError, match="Did you mean 2am-restart"):
        find_scenario("2am-restar")


def test_a_file_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        find_scenario("nowhere.toml")


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    scenario = parse_scenario(TOML, "tiny")
    first, again, other = draw(scenario, 1), draw(scenario, 1), draw(scenario, 2)

    assert first.due.tolist() == again.due.tolist() != other.due.tolist()
    assert sorted(first.due.tolist()) == first.due.tolist()


def test_a_million_tasks_for_a_million_meters_is_one_for_each() -> None:
    demand = draw(parse_scenario(TOML, "tiny"), 3)

    assert [60, 20] == [int((demand.stream == number).sum()) for number in (0, 1)]
    assert max(demand.due) < MINUTE


def test_users_without_meters_that_count_have_nothing_to_do() -> None:
    scenario = parse_scenario(TOML, "tiny").of_users([User("Other", UserRole.OU)])

    with pytest.raises(InputError, match="nothing to do"):
        draw(scenario, 1)


def test_a_user_that_is_known_keeps_its_retry_strategy() -> None:
    usual = request_scenarios()["one-user-bug"]
    users = usual.of_users([User("Supplier C", UserRole.IS), User("Other", UserRole.OU)]).users

    assert ["fixed", "obeys"] == [each.retry for each in users]


def test_the_one_user_of_a_stream_is_told_by_its_place_among_its_roles() -> None:
    scenario = request_scenarios()["one-user-bug"].scaled(0.001)
    demand = draw(scenario, 1)
    fault = next(number for number, each in enumerate(scenario.streams) if each.only == 3)

    assert {"Supplier C"} == {
        scenario.users[user].user.user for user in demand.user[demand.stream == fault].tolist()
    }
