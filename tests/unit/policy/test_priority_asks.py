"""What was asked of the Prioritised Service Requests List can be tried by name, and a diff says what it changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tidegate.policy.changes import changes
from tidegate.policy.priority_asks import PRIORITY_ASKS, with_asks
from tidegate.policy_files import find_policy, parse_policy, published, write_policy
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.service_reference_variants import published_variants

POLICY = published("illustrative-2")


def differences(*asks):
    return {
        change.key.removeprefix("service_requests.prioritised.").strip('"'): "-"
        if change.after is None
        else "+"
        for change in changes(POLICY, with_asks(POLICY, asks))
    }


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        ("eon-install", {"8.11": "+", "8.1.1": "+"}),
        ("enwl-supply-status", {"7.4": "+"}),
        ("edf-auxiliary-load", {"7.5": "+", "7.6": "+"}),
        ("ssen-auxiliary-load", {"7.6": "+", "7.7": "+", "7.8": "+"}),
        ("wpd-auxiliary-load", {"7.6": "+"}),
        ("edf-without-1.5", {"1.5": "-"}),
        ("edf-without-6.25", {"6.25": "-"}),
        ("edf-without-8.14", {"8.14.1": "-", "8.14.2": "-"}),
    ],
)
def test_an_ask_changes_what_was_asked_and_nothing_else(ask, expected):
    assert expected == differences(ask)


def test_every_ask_is_tested_says_how_it_is_known_and_names_published_variants():
    assert 8 == len(PRIORITY_ASKS)
    for ask in PRIORITY_ASKS.values():
        assert {*ask.adds, *ask.removes} <= published_variants().keys()
        assert all(reason.endswith("[S]") for reason in ask.adds.values())


def test_asks_add_up_and_a_variant_on_the_list_keeps_its_reason():
    both = with_asks(POLICY, ["edf-auxiliary-load", "ssen-auxiliary-load"])

    assert both.service_requests is not None
    assert both.service_requests.prioritised["7.6"].startswith("EDF: ")
    assert "illustrative-2+edf-auxiliary-load+ssen-auxiliary-load" == both.version


def test_what_was_asked_is_a_draft_that_supersedes_the_policy_it_was_asked_of():
    draft = with_asks(POLICY, ["enwl-supply-status"])

    assert (None, "illustrative-2", True) == (draft.approval, draft.supersedes, draft.is_illustrative)
    assert "ENWL asked for" in draft.note


def test_the_list_stays_in_the_order_of_numbers():
    draft = with_asks(POLICY, ["eon-install", "enwl-supply-status"])

    assert draft.service_requests is not None
    assert ["7.2", "7.4", "8.1.1", "8.7.1"] == [*draft.service_requests.prioritised][4:8]
    assert "8.11" == [*draft.service_requests.prioritised][-3]


@pytest.mark.parametrize(
    ("policy", "asks", "said"),
    [
        (POLICY, ["enwl"], "there is no ask of this name"),
        (POLICY, ["edf-without-1.5", "edf-without-1.5"], "changes nothing"),
        (replace(POLICY, service_requests=None), ["enwl-supply-status"], "says nothing of Service Requests"),
    ],
)
def test_what_cannot_be_asked_of_a_policy_is_refused(policy, asks, said):
    with pytest.raises(InputError, match=said):
        with_asks(policy, asks)


def test_a_policy_is_found_with_asks_by_name_and_by_file(tmp_path):
    named = find_policy("illustrative-2+enwl-supply-status")
    file = tmp_path / "mine.toml"
    file.write_text(write_policy(named), encoding="utf-8")

    assert with_asks(POLICY, ["enwl-supply-status"]) == named == parse_policy(write_policy(named), "again")
    assert "illustrative-2+enwl-supply-status+eon-install" == find_policy(f"{file}+eon-install").version


def test_a_file_with_a_plus_in_its_name_is_that_file(tmp_path):
    file = tmp_path / "mine+enwl-supply-status"
    file.write_text(write_policy(POLICY), encoding="utf-8")

    assert POLICY == find_policy(str(file))


@pytest.mark.parametrize("name", ["+eon-install", "none.toml+eon-install"])
def test_an_ask_of_no_policy_is_no_policy(name):
    with pytest.raises(InputError, match="there is no such policy file"):
        find_policy(name)


def test_a_difference_names_the_variant_and_who_may_send_it():
    draft = with_asks(POLICY, ["enwl-supply-status", "edf-auxiliary-load", "edf-without-1.5"])
    told = [change.sentence for change in changes(POLICY, draft)]

    assert told[0].startswith(
        "1.5 Update Meter Balance is not prioritised any more: it counts as any other request."
    )
    assert "IS, ES, GS, RSA, ED and GT may send it." in told[1]
    assert "Only IS may send it. The reason: EDF" in told[2]
