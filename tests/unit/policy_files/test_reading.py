"""What a policy file may say, the files that come with tidegate, and histories in folders."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from tidegate.alert_storm.parameters import AlertStormParameters, CountBy
from tidegate.policy.changes import changes
from tidegate.policy.mechanism import Mode
from tidegate.policy_files import (
    DEFAULT_POLICY,
    find_policy,
    parse_policy,
    published,
    published_names,
    read_history,
    read_policy,
    write_policy,
)
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import HOUR, MINUTE, SECOND, parse_instant

POLICIES = Path(__file__).resolve().parents[3] / "policies"
CHANGE = parse_instant("2024-02-26T00:00:00Z")
SMALLEST = """
version = "small"
mode = "off"
effective_from = 2024-02-26T00:00:00Z
alert_storm.default.threshold = 1
alert_storm.default.window = "1us"
"""


def test_the_smallest_file_leaves_the_rest_to_the_rule():
    policy = parse_policy(SMALLEST, "small")

    assert AlertStormParameters(1, 1) == policy.alert_storm.default
    assert CountBy.DEVICE_CODE_RECIPIENT is policy.alert_storm.count_by
    assert (None, None, None, 0) == (
        policy.supersedes,
        policy.approval,
        policy.service_requests,
        len(policy.exclusion_list),
    )


@pytest.mark.parametrize(
    "written",
    [
        "2024-02-26T00:00:00Z",
        '"2024-02-26T00:00:00Z"',
        "2024-02-26T01:00:00+01:00",
        "2024-02-26T00:00:00",
        "2024-02-26",
        '"2024-02-26"',
    ],
)
def test_the_instant_it_takes_force_may_be_written_in_any_usual_way(written: str):
    text = SMALLEST.replace("2024-02-26T00:00:00Z", written)

    assert CHANGE == parse_policy(text, "small").effective_from


def test_an_override_takes_what_it_leaves_out_from_the_default():
    text = f"""{SMALLEST}
[alert_storm.codes.8F75]
threshold = 5
reason = "why"
"""
    policy = parse_policy(text, "small")

    assert AlertStormParameters(5, 1) == policy.alert_storm.parameters_for(0x8F75)
    assert {0x8F75: "why"} == policy.reasons


def test_numbers_of_the_service_request_section_are_exact():
    text = f"""{SMALLEST}
[service_requests]
maximum_system_capacity = 10
operating_threshold = 9
network_weight = 0.1
prepayment_multiplier = "1/3"
"""
    rules = parse_policy(text, "small").service_requests

    assert rules is not None
    assert (Fraction(1, 10), Fraction(1, 3), Fraction(4, 5)) == (
        rules.network_weight,
        rules.prepayment_multiplier,
        rules.early_warning_at,
    )
    assert (SECOND, 0) == (rules.period_us, rules.floor)


def test_a_file_saved_on_windows_reads_the_same(tmp_path: Path):
    content = (POLICIES / "illustrative-2.toml").read_bytes()
    saved = tmp_path / "saved.toml"
    saved.write_bytes(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))

    assert read_policy(POLICIES / "illustrative-2.toml") == read_policy(saved)


@pytest.mark.parametrize("name", ["illustrative-1", "illustrative-2"])
def test_a_published_policy_is_illustrative_and_says_so(name: str):
    policy = published(name)

    assert policy.is_illustrative
    assert Mode.ENFORCED is policy.mode
    assert AlertStormParameters(30, 60 * MINUTE, 10, HOUR, 15) == policy.alert_storm.default


@pytest.mark.parametrize("name", ["illustrative-1", "illustrative-2"])
@pytest.mark.parametrize(
    "code",
    ["AD1", "8F35", "8F36", "8F37", "8F38", "8F39", "8F3A", "8F3B", "8F3C", "8F66", "8F67"],
)
def test_outages_restorations_and_future_dated_outcomes_are_never_held(name: str, code: str):
    assert parse_alert_code(code) in published(name).exclusion_list


@pytest.mark.parametrize("name", ["illustrative-1", "illustrative-2"])
def test_every_reason_that_is_published_says_how_it_is_known(name: str):
    policy = published(name)
    assert policy.service_requests is not None
    reasons = [*policy.exclusion_list.reasons.values(), *policy.service_requests.prioritised.values()]

    assert [] == [reason for reason in reasons if not reason.endswith(("[S]", "[I]", "[U]"))]


def test_the_second_published_policy_differs_from_the_first_by_8f75_alone():
    found = changes(published("illustrative-1"), published("illustrative-2"))

    assert ["alert_storm.exclusion_list.8F75"] == [change.key for change in found]


@pytest.mark.parametrize(
    ("instant", "is_excluded"), [(CHANGE - 1, True), (CHANGE, False), (CHANGE + 1, False)]
)
def test_8f75_is_excluded_until_the_instant_of_the_change(instant: int, *, is_excluded: bool):
    in_force = read_history(POLICIES).at(instant)

    assert in_force is not None
    assert is_excluded is (0x8F75 in in_force.exclusion_list)


def test_a_replay_runs_under_a_published_policy_when_none_is_named():
    assert DEFAULT_POLICY in published_names()
    assert "illustrative-2" == DEFAULT_POLICY


def test_a_policy_is_found_by_name_or_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("illustrative-1").write_text(SMALLEST, encoding="utf-8")

    assert "illustrative-2" == find_policy("illustrative-2").version
    assert "illustrative-2" == find_policy(str(POLICIES / "illustrative-2.toml")).version
    assert "small" == find_policy("illustrative-1").version


@pytest.mark.parametrize("find", [find_policy, published])
def test_a_policy_that_is_not_there_is_answered_with_those_that_are(find: object):
    with pytest.raises(InputError, match="illustrative-1, illustrative-2"):
        find("illustrative-3")  # type: ignore[operator]


def test_a_back_out_makes_a_history_of_three(tmp_path: Path):
    history = read_history(POLICIES)
    back = history.back_out("illustrative-1", version="illustrative-3", effective_from=CHANGE + 1)
    for path in POLICIES.glob("*.toml"):
        shutil.copy(path, tmp_path)
    (tmp_path / "0-comes-first-by-name.toml").write_text(write_policy(back), encoding="utf-8")
    longer = read_history(tmp_path)

    assert ["illustrative-1", "illustrative-2", "illustrative-3"] == [policy.version for policy in longer]
    assert longer.backs_out_to("illustrative-3") == longer.version("illustrative-1")


def test_a_broken_chain_is_told_with_file_and_line(tmp_path: Path):
    (tmp_path / "a.toml").write_text(SMALLEST, encoding="utf-8")
    orphan = SMALLEST.replace('"small"', '"other"').replace("2024-02-26", "2024-02-27")
    (tmp_path / "b.toml").write_text(f'supersedes = "none such"{orphan}', encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_history(tmp_path)

    (fault,) = refused.value.faults
    assert f"{tmp_path / 'b.toml'}, line 1, supersedes" == fault.where
    assert "there is no version none such" in fault.what
    assert 'supersedes = "small"' in fault.remedy


def test_the_faults_of_every_file_of_a_folder_are_told_at_once(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(SMALLEST.replace('"off"', '"of"'), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_history(tmp_path)

    assert ["a.toml", "b.toml"] == [Path(fault.where.split(", ")[0]).name for fault in refused.value.faults]


def test_a_folder_without_policy_files_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="no policy file is in it"):
        read_history(tmp_path)


def test_what_a_stream_is_may_stand_at_the_top_of_the_file():
    below = parse_policy(
        POLICY.format("", 'count_by = "device_code"\ncode_groups = [["8014", "8015"]]'), "below"
    )
    above = parse_policy(
        POLICY.format('count_by = "device_code"\ncode_groups = [["8014", "8015"]]', ""), "above"
    )

    assert below == above
    assert above.alert_storm.count_by is CountBy.DEVICE_CODE


def test_what_a_stream_is_is_said_once():
    with pytest.raises(InputError, match="count_by"):
        parse_policy(POLICY.format('count_by = "device_code"', 'count_by = "device_code"'), "twice")


POLICY = """
version = "1"
mode = "enforced"
effective_from = 2024-02-26T00:00:00Z
{}
[alert_storm]
{}
[alert_storm.default]
threshold = 30
window = "60m"
"""
