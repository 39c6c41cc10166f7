"""A broken policy file is refused with every fault in it: where, what, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.policy_files import parse_policy, read_policy
from tidegate.vocabulary.faults import InputError

BROKEN = Path(__file__).resolve().parents[2] / "policies"

# File -> for each fault: its place, a part of what is wrong, a part of what to write.
EXPECTED: dict[str, list[tuple[str, str, str]]] = {
    "approval_day": [("line 6, approval.on", "'January' is not a day", "2024-01-23")],
    "bracket_left_open": [("line 6", "Unclosed array", 'code_groups = [["8014", "8015"]')],
    "capacity_missing": [
        ("line 9, service_requests.maximum_system_capacity", "missing", "maximum_system_capacity = 300")
    ],
    "code_is_no_code": [
        ("line 9, alert_storm.codes.8F7", "'8F7' is not an Alert Code", "four hexadecimal digits"),
        ("line 13, alert_storm.exclusion_list.N2400", "'N2400' is not an Alert Code", "N24"),
    ],
    "code_without_quotation_marks": [
        ("line 6, alert_storm.code_groups, item 1, item 1", "8014 is not in quotation marks", '"8014"')
    ],
    "count_is_text": [
        (
            "line 6, alert_storm.default.threshold",
            '"30" stands where a whole number belongs',
            "threshold = 30",
        )
    ],
    "count_too_large": [("line 6, alert_storm.default.threshold", "past any count", "threshold = 30")],
    "durations": [
        ("line 7, alert_storm.default.window", "60 has no unit", '"60m"'),
        ("line 8, alert_storm.default.forward_at_least_every", "'1 hour' is not a duration", "60m"),
    ],
    "effective_from": [("line 3, effective_from", "'26 February 2024' is not an instant", "T12:00:00Z")],
    "empty": [("", "the file is empty", "tidegate policy show illustrative-2 --toml")],
    "excluded_and_overridden": [
        ("line 9, alert_storm.codes.8F75", "on the exclusion list too", "Take it out of one")
    ],
    "excluded_as_a_list": [
        (
            "line 6, alert_storm.exclusion_list",
            "a list stands where a table belongs",
            "[alert_storm.exclusion_list]",
        )
    ],
    "excluded_twice": [
        ("line 11, alert_storm.exclusion_list.0x8f75", "8F75 in another spelling", "Leave one of the two out")
    ],
    "excluded_without_reason": [
        ("line 10, alert_storm.exclusion_list.8F75", "it has no reason", "why in quotation marks")
    ],
    "group_not_in_a_list": [
        ("line 6, alert_storm.code_groups, item 1", "a list belongs", '[["8014", "8015"]]'),
        ("line 6, alert_storm.code_groups, item 2", "a list belongs", '[["8014", "8015"]]'),
    ],
    "groups": [
        ("line 6, alert_storm.code_groups, item 1", "fewer than two codes", '["8014", "8015"]'),
        ("line 6, alert_storm.code_groups, item 2", "8F75 is in a group, and", "never counted"),
        ("line 6, alert_storm.code_groups, item 3", "8015 stands in group 2 too", "one place"),
        ("line 6, alert_storm.code_groups, item 4", "8002 and 8085 are counted as one", "one override"),
    ],
    "key_in_the_wrong_table": [("line 4, threshold", "not a key", "[alert_storm.default]")],
    "key_misspelt": [("line 6, alert_storm.default.treshold", "not a key", "Did you mean threshold?")],
    "key_twice": [("line 3, column 16", "Cannot overwrite a value", "leave one of the two")],
    "key_unknown": [("line 4, colour", "not a key", "version, mode, effective_from")],
    "mode": [("line 2, mode", '"Enforce" is none of "off", "shadow", "enforced"', '"enforced"')],
    "nothing_in_it": [
        ("version", "missing", "version ="),
        ("mode", "missing", "mode ="),
        ("effective_from", "missing", "effective_from ="),
        ("alert_storm", "missing", "[alert_storm.default]"),
    ],
    "override_inherits_a_clear_threshold_above_its_own": [
        (
            "line 11, alert_storm.codes.8F75.threshold",
            "clear_threshold is 15 in the default, and it must be from 0 to threshold (10)",
            'clear_threshold = "none"',
        )
    ],
    "ranges": [
        ("line 7, alert_storm.default.window", "longer than nothing", '"60m"'),
        ("line 8, alert_storm.default.forward_one_in", "forward_one_in is 0", "1 or more (1 forwards all)"),
        ("line 9, alert_storm.default.forward_at_least_every", "longer than nothing", "leave it out"),
        ("line 10, alert_storm.default.clear_threshold", "clear_threshold is 31", "from 0 to threshold (30)"),
        ("line 11, alert_storm.default.amber_threshold", "amber_threshold is 0", "from 1 to threshold (30)"),
    ],
    "service_requests": [
        ("line 10, service_requests.period", "longer than nothing", '"1s"'),
        (
            "line 12, service_requests.operating_threshold",
            "is 101",
            "from 1 to maximum_system_capacity (100)",
        ),
        ("line 13, service_requests.prepayment_multiplier", "is -1", "0 or more"),
        ("line 14, service_requests.early_warning_at", "is 80", "at most 1"),
        ("line 17, service_requests.prioritised.8.1.1", "8.1.1 is not in quotation marks", '"8.1.1" = "why"'),
        ("line 18, service_requests.prioritised.8-7", "not a Service Reference Variant", "7.4 or 8.1.1"),
    ],
    "six_faults": [
        ("line 2, mode", '"enforce" is none of', '"enforced"'),
        ("line 7, alert_storm.default.window", "'an hour' is not a duration", "60m"),
        ("line 8, alert_storm.default.forward_one", "not a key", "Did you mean forward_one_in?"),
        ("line 9, alert_storm.default.clear_threshold", "is 45", "from 0 to threshold (30)"),
        ("line 11, alert_storm.codes.8F75", "on the exclusion list too", "Take it out of one"),
        ("line 17, alert_storm.exclusion_list.8F6", "'8F6' is not an Alert Code", "N24 or AD1"),
    ],
    "suppressions": [
        (f"line {line}, alert_storm.suppressions{key}, item {item}", what, remedy)
        for line, item, key, what, remedy in [
            (27, 1, ".threshold", "hold back less than 8F3E's own", "from 1 to 5"),
            (28, 1, ".forward_one_in", "hold back less than 8002's own", "10 or more"),
            (29, 1, ".forward_at_least_every", "hold back less than 8002's own", '"1h" or longer'),
            (30, 1, ".clear_threshold", "hold back less than 8002's own", "from 0 to 6"),
            (36, 2, ".approval", "does not say who approved", 'mode = "shadow"'),
            (38, 2, ".codes", "8F35 is suppressed, and it is on the exclusion list", "never counted"),
            (38, 2, ".codes", "8015 is counted as one with 8014", "every code of a group, or none"),
            (45, 3, "", "manufacturer, model and firmware are all left out", "Give one of them"),
            (45, 3, "", "every other parameter are left out", "nothing is held back"),
            (47, 3, ".codes", "names no Alert Code", '["8F3E"]'),
            (52, 3, ".approval", "does not say who approved", "on = 2026-01-23"),
            (56, 4, ".codes", "an Alert Code twice", "Leave one of the two out"),
            (58, 4, ".firmware", "names one twice", "Leave one of the two out"),
            (58, 4, ".firmware", "3.1 mends the fault, and is suppressed itself", "Leave it out"),
            (59, 4, ".threshold", "threshold is 0", "1 or more"),
            (73, 5, ".fixed_in", 'fix_status is "in_progress"', 'fix_status = "fixed_in"'),
            (73, 5, ".fixed_in", "suppressed with every other firmware", 'firmware = "3.0"'),
        ]
    ],
    "suppressions_overlap": [
        ("line 32, alert_storm.suppressions, item 3", "S-2 and S-1 are both about Maker C 3.1", "Say more"),
        ("line 33, alert_storm.suppressions.id, item 3", "S-2 stands above already", "an id of its own"),
    ],
    "suppressions_unreadable": [
        (f"line {line}, alert_storm.suppressions.{key}, item {item}", what, remedy)
        for line, item, key, what, remedy in [
            (9, 1, "reason", "missing", 'reason = "why"'),
            (11, 1, "codes", '"8F3E" stands where a list belongs', 'codes = ["8F3E"]'),
            (12, 1, "firmware", "3.0 is not in quotation marks", '"3.0"'),
            (13, 1, "threshold", '"3" stands where a whole number belongs', "threshold = 3"),
            (14, 1, "window", "not a key", "[alert_storm.default]"),
            (15, 1, "amber_threshold", "not a key", "[alert_storm.default]"),
            (16, 1, "fix_status", '"fixed" is none of "not_fixable"', '"fixed_in"'),
            (17, 1, "expires", "'never' is not an instant", "2026-03-01T12:00:00Z"),
            (21, 1, "approval.on", "'January' is not a day", "2024-01-23"),
            (23, 2, "id", "missing", 'id = "S-2026-01"'),
            (23, 2, "expires", "missing", "expires = 2026-12-31T00:00:00Z"),
            (26, 2, "forward_at_least_every", "'none' is not a duration", "60m"),
            (27, 2, "reason", "no reason", "why in quotation marks"),
            (28, 2, "fix_status", "does not say which firmware", 'fixed_in = "3.1"'),
        ]
    ],
    "supersedes_itself": [("line 4, supersedes", "cannot supersede itself", "the version before")],
    "text_without_quotation_marks": [("line 2, column 8", "is not TOML: Invalid value", "mode = enforced")],
}

GOOD = """
version = "good"
mode = "enforced"
effective_from = 2024-02-26T00:00:00Z
alert_storm.default.threshold = 30
alert_storm.default.window = "60m"
"""


def test_every_broken_file_is_expected_to_be_so():
    assert sorted(EXPECTED) == sorted(path.stem.removeprefix("broken_") for path in BROKEN.glob("*.toml"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_file_is_refused_with_exactly_its_faults(name: str):
    path = BROKEN / f"broken_{name}.toml"
    with pytest.raises(InputError) as refused:
        read_policy(path)

    faults = refused.value.faults
    assert len(EXPECTED[name]) == len(faults), [str(fault) for fault in faults]
    for (place, what, remedy), fault in zip(EXPECTED[name], faults, strict=True):
        assert f"{path}{', ' if place else ''}{place}" == fault.where
        assert what in fault.what
        assert remedy in fault.remedy


def test_a_file_with_six_faults_reports_six():
    with pytest.raises(InputError) as refused:
        read_policy(BROKEN / "broken_six_faults.toml")

    assert 6 == len(refused.value.faults)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"a = " + b"[" * 20_000, "brackets stand in brackets too deep"),
        (b"a = " + b"9" * 5_000, "thousands of digits"),
        (b'version = "\xff"', "is not UTF-8 text"),
        ('version = "x"'.encode("utf-16"), "is not UTF-8 text"),
        (b"#" * ((1 << 20) + 1), "larger than 1 MiB"),
        (b'version = "\x00"', "is not TOML"),
    ],
)
def test_what_is_no_policy_file_at_all_is_refused_in_words(tmp_path: Path, content: bytes, what: str):
    path = tmp_path / "policy.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_policy(path)

    assert what in refused.value.faults[0].what


@pytest.mark.parametrize("name", ["", "absent.toml"])
def test_what_cannot_be_opened_is_refused_in_words(tmp_path: Path, name: str):
    with pytest.raises(InputError, match="cannot be read"):
        read_policy(tmp_path / name)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("alert_storm.default.amber_threshold = true", "true stands where a whole number belongs"),
        ("alert_storm.default.clear_threshold = 1.5", "1.5 stands where a whole number belongs"),
        ("alert_storm.default.forward_at_least_every = 1.5", "1.5 is not a duration"),
        ('alert_storm.default.forward_at_least_every = "367d"', "too long"),
        ("service_requests = 3", "3 stands where a table belongs"),
        ("service_requests.network_weight = 1e999999999", "not a usable number"),
        ("service_requests.network_weight = nan", "not a usable number"),
        ("approval.on = 3", "3 stands where text in quotation marks belongs"),
        ("alert_storm.suppressions = 3", "3 stands where a list belongs"),
        ("supersedes = ''", "it is empty"),
        ('supersedes = "a\\nb"', "it is no name"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_in_words(line: str, what: str):
    with pytest.raises(InputError) as refused:
        parse_policy(f"{GOOD}{line}\n", "policy.toml")

    assert [("policy.toml, line 7", what)] == [
        (fault.where.rsplit(", ", 1)[0], what if what in fault.what else fault.what)
        for fault in refused.value.faults
        if "missing" not in fault.what
    ]


def test_the_good_file_that_these_begin_with_is_good():
    assert "good" == parse_policy(GOOD, "policy.toml").version
