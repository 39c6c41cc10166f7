"""`tidegate explain --request`: why one Service Request was refused, and what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_admit import CAPACITY, USERS, at
from tests.commands import tidegate
from tests.request_logs import write_requests


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Larch asks for eight in a second of which two are its own; the fifth comes back too early, and again in time."""
    monkeypatch.chdir(tmp_path)
    Path("users.csv").write_text(USERS, encoding="utf-8")
    Path("small.toml").write_text(CAPACITY, encoding="utf-8")
    rows = [f"{at(tenth)},L{tenth},Larch,4.8.1," for tenth in range(8)]
    rows.insert(3, f"{at(2)},M1,Moor,7.4,")
    rows += [f"{at(9)},L4,Larch,4.8.1,", f"{at(12)},L4,Larch,4.8.1,", f"{at(14)},M2,Moor,7.4,"]
    write_requests(Path("requests.csv"), rows)


def explain(capfd, *more: object):
    return tidegate(capfd, "explain", "requests.csv", "--users", "users.csv", "--policy", "small.toml", *more)


def in_words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.usefixtures("files")
def test_a_refusal_says_which_step_who_used_the_spare_and_when_to_come_back(capfd):
    told = in_words(explain(capfd, "--request", "L4").out)

    assert told.startswith("Larch L4 4.8.1 ")
    assert (
        "small: operating threshold 4, maximum 5 requests in any second; Larch has an allocation of 2."
        in told
    )
    assert (
        "12:00:00.400 refused by step 6: Larch has used 3 of its allocation of 2, and the system is at its operating "
        "threshold, 4 of 4" in told
    )
    assert "In the second before it 5 requests came, 4 of them of Larch; 4 were admitted." in told
    assert "Used: Larch 3 of its 2; Moor 1 of its 2. Of the spare: 1 beyond allocations, all Larch's." in told
    assert (
        "Told to come back at 12:00:01.200, 0.8 s later: it is admitted then and within 2s after it" in told
    )


@pytest.mark.usefixtures("files")
def test_what_came_of_it_is_told_when_it_came_back(capfd):
    told = in_words(explain(capfd, "--request", "L4").out)

    assert "12:00:00.900 came back 0.3 s too early; refused by step 6" in told
    assert "12:00:01.200 came back just when it was told; admitted by step 2: its place was kept" in told
    assert "here the log ends" not in told


@pytest.mark.usefixtures("files")
def test_who_did_not_come_back_is_told_so(capfd):
    told = in_words(explain(capfd, "--request", "L3").out)

    assert "12:00:01.400 here the log ends, and it did not come back under its RequestID" in told


@pytest.mark.usefixtures("files")
def test_what_was_decided_into_a_folder_is_told_from_there(capfd):
    by = ("--users", "users.csv", "--policy", "small.toml")
    tidegate(capfd, "admit", "requests.csv", *by, "-o", "admitted")
    from_folder = tidegate(capfd, "explain", "admitted", *by, "--request", "L4", "--json")
    other = tidegate(capfd, "explain", "admitted", *by, "--request", "L4", "--capacity", "8")

    steps = json.loads(from_folder.out)[0]["steps"]
    assert [1, 1, 3] == [step["outcome"] for step in steps]
    assert "2026-03-01T12:00:01.200Z" == steps[0]["retry_at"]
    assert [("Larch", 4, 3, 2), ("Moor", 1, 1, 2)] == [tuple(each.values()) for each in steps[0]["in_period"]]
    assert 2 == other.status
    assert "decided by small, 4 of 5 requests, not by small, 8 of 10 requests" in other.err


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--request", "nope"), "there is no Service Request with the RequestID 'nope'"),
        (("--request", "L4", "--user", "Moor"), "It is of Larch: name one, or leave out --user."),
        (("--request", "L4", "--since", "2026-03-02"), "'L4' in this period"),
        (("--request", "L4", "--inventory", "i.csv"), "--inventory is of Alerts"),
        (("--request", "L4", "--capacity", "0"), "a capacity of 0 is none"),
        ((), "no Device and Alert Code was named"),
        (("02-7D-01-51-0D-DF-C2-6C",), "no Alert Code was named"),
        (("02-7D-01-51-0D-DF-C2-6C", "8F75"), "none was named"),
    ],
)
def test_what_is_at_fault_is_said_with_status_two(capfd, more, said):
    ran = explain(capfd, *more)

    assert 2 == ran.status
    assert said in in_words(ran.err)


@pytest.mark.usefixtures("files")
def test_without_the_users_it_says_what_is_missing(capfd):
    ran = tidegate(capfd, "explain", "requests.csv", "--request", "L4")

    assert 2 == ran.status
    assert "there is no table of Users, which says what each is given" in ran.err
