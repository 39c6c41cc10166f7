"""summary.json, for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.unit.reports.replayed_examples import empty, policy, quiet, replayed, storming, week

from tidegate import __version__
from tidegate.columnar.batches import RejectedRow
from tidegate.formats.summary_json import summary, write_summary
from tidegate.reports.replayed import Totals

KEYS_OF_THE_CONTRACT = {
    "received",
    "forwarded",
    "throttled",
    "excluded",
    "rejected",
    "streams",
    "storms",
    "policy_version",
    "by_code",
}


def test_the_keys_of_the_contract_are_there_and_the_numbers_add_up() -> None:
    made = summary(week())

    assert made.keys() >= KEYS_OF_THE_CONTRACT
    assert made["received"] == sum(made[name] for name in ("forwarded", "throttled", "excluded", "rejected"))
    for name in ("forwarded", "throttled", "excluded"):
        assert made[name] == sum(code[name] for code in made["by_code"].values())
        assert made[name] == sum(recipient[name] for recipient in made["by_recipient"].values())
    assert made["tidegate"] == __version__


def test_codes_are_written_as_duis_writes_them() -> None:
    made = summary(replayed({0x8F75: Totals(1, 1), 0x10018: Totals(2, 0, 0, 2), 0x10000: Totals(3, 3)}))

    assert list(made["by_code"]) == ["8F75", "AD1", "N24"]
    assert made["by_code"]["N24"] == {
        "name": "CHF whitelist (HAN device log) update succeeded",
        "received": 2,
        "forwarded": 0,
        "throttled": 0,
        "excluded": 2,
    }


def test_the_file_is_the_summary(tmp_path: Path) -> None:
    write_summary(week(), tmp_path / "summary.json")

    assert summary(week()) == json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))


def test_nothing_received_has_no_first_and_no_last() -> None:
    made = summary(empty())

    assert made["first"] is None
    assert made["last"] is None
    assert made["by_code"] == {}


def test_the_parameters_in_force_stand_as_in_a_policy_file() -> None:
    (in_force,) = summary(quiet())["in_force"]

    assert in_force["policy_version"] == "example-1"
    assert in_force["mode"] == "enforced"
    assert in_force["alert_storm"]["default"] == {
        "threshold": 30,
        "window": "1h",
        "amber_threshold": 20,
        "forward_one_in": 10,
        "forward_at_least_every": "1h",
        "clear_threshold": 15,
    }


def test_the_exclusion_list_stands_with_its_reasons() -> None:
    made = summary(replayed(policies=[policy(excluded={0x8F35: "Supply outage"})]))

    assert made["in_force"][0]["alert_storm"]["exclusion_list"] == {"8F35": "Supply outage"}


def test_an_interrupted_replay_says_how_far_it_came() -> None:
    made = summary(replace(storming(), completed=0.4))

    assert made["partial"] is True
    assert made["completed"] == 0.4


def test_a_name_that_is_no_text_is_written_all_the_same(tmp_path: Path) -> None:
    made = replace(quiet(), source="\udcff.csv")

    write_summary(made, tmp_path / "summary.json")

    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["streams"] == 2


def test_the_first_row_of_each_reason_is_shown_the_commonest_reason_first() -> None:
    row = RejectedRow("alerts.csv", 7, "why", "text")
    made = replace(
        replayed({0x8F75: Totals(1, 1)}, rejected=5), rejected_by_reason={"few": (1, row), "many": (4, row)}
    )

    reasons = summary(made)["rejected_by_reason"]

    assert list(reasons) == ["many", "few"]
    assert reasons["many"] == {
        "rows": 4,
        "first": {"source": "alerts.csv", "line": 7, "reason": "why", "text": "text"},
    }
