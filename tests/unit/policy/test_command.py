"""`tidegate policy`, as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.material.request_policies import request_policy
from typer.testing import CliRunner, Result

from tidegate.cli.policy import policy_app
from tidegate.policy_files import parse_policy, published
from tidegate.vocabulary.faults import InputError

BROKEN = Path(__file__).resolve().parents[2] / "policies"


def test_check_says_ok_of_what_is():
    assert "illustrative-1: ok (illustrative-1)" in _run("check", "illustrative-1").stdout


def test_check_tells_the_faults_of_all_files_and_still_says_which_are_ok():
    result = _run(
        "check", str(BROKEN / "broken_six_faults.toml"), "illustrative-2", str(BROKEN / "broken_mode.toml")
    )

    assert "illustrative-2: ok" in result.stdout
    assert isinstance(result.exception, InputError)
    assert 7 == len(result.exception.faults)


def test_check_reads_a_folder_as_a_history():
    folder = Path(__file__).resolve().parents[3] / "policies"

    assert "illustrative-1 -> illustrative-2" in _run("check", str(folder)).stdout


@pytest.mark.parametrize(("room", "is_told"), [(0, True), (1, True), (2, False)])
def test_check_cautions_of_too_little_room_above_the_operating_threshold(tmp_path, room, is_told):
    """Without the Users it is not known how many there are: two at least."""
    (tmp_path / "ours.toml").write_text(request_policy("ours", threshold=270, maximum=270 + room))

    result = _run("check", str(tmp_path / "ours.toml"))

    told = " ".join(result.stdout.split())
    assert 0 == result.exit_code
    assert "ok (ours)" in told
    assert is_told == ("! ours: Between the operating threshold (270)" in told)
    assert is_told == ("or operating_threshold = " in told)


def test_show_tells_every_excluded_code_within_80_columns():
    shown = _run("show", "illustrative-2").stdout

    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "illustrative-2: enforced, illustrative, from 2024-02-26T00:00:00Z" in shown
    assert all(f"  {code}  " in shown for code in ("8F35", "8F3C", "8F66", "AD1 "))
    assert "More than 30 in any 1h starts an Alert Storm." in shown


def test_show_prints_json():
    document = json.loads(_run("show", "illustrative-2", "--json").stdout)

    assert {"threshold": 30, "window": "1h"}.items() <= document["alert_storm"]["default"].items()


def test_show_prints_a_policy_file_to_begin_with():
    text = _run("show", "illustrative-1", "--toml").stdout

    assert published("illustrative-1") == parse_policy(text, "shown")


def test_diff_tells_the_change_of_february_2024_in_words():
    told = " ".join(_run("diff", "illustrative-1", "illustrative-2").stdout.split())

    assert "8F75 (Unauthorised Physical Access - Strong Magnetic field) leaves the exclusion list" in told
    assert told.endswith("1 change.")


def test_diff_of_a_policy_with_itself_says_that_they_do_the_same():
    assert "They do the same." in _run("diff", "illustrative-1", "illustrative-1").stdout


def test_explain_tells_a_storm_by_clock_times():
    lines = _run("explain", "illustrative-2", "0x8f75").stdout.splitlines()

    assert any(
        line.startswith("12:30:00     31     31  more than 30 in 1h: an Alert Storm") for line in lines
    )
    assert any(line.startswith("13:37:00            15  the count is down to 15") for line in lines)


def test_explain_says_why_a_code_is_never_held():
    told = _run("explain", "illustrative-1", "8F75").stdout

    assert "always forwarded, never counted" in " ".join(told.split())


def test_explain_without_a_code_tells_of_any_other():
    assert "Every other Alert Code:" in _run("explain", "illustrative-2").stdout


def test_explain_refuses_what_is_no_code():
    result = _run("explain", "illustrative-2", "zz")

    assert isinstance(result.exception, InputError)
    assert "four hexadecimal digits" in result.exception.faults[0].remedy


@pytest.mark.parametrize("command", ["show", "explain"])
def test_a_policy_that_is_not_there_is_a_fault_of_the_call(command: str):
    assert isinstance(_run(command, "no-such-policy").exception, InputError)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(policy_app, list(arguments), env={"COLUMNS": "80"})
