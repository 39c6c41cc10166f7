"""What the pages say of policies is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tidegate.policy.worked_example import NOON, worked_example
from tidegate.policy_files import parse_policy, published, read_policy
from tidegate.policy_files.form import POLICY_FILE, Form
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import format_instant

HOUSE = Path(__file__).resolve().parents[3]
REFERENCE = (HOUSE / "docs/reference/policy-file.md").read_text(encoding="utf-8")
HOW_TO = (HOUSE / "docs/how-to/change-a-policy.md").read_text(encoding="utf-8")
EXPLANATION = (HOUSE / "docs/explanation/alert-storm.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", POLICY_FILE.tables.values())
def test_every_key_is_on_the_reference_page_as_its_form_describes_it(form: type[Form]):
    rows = [
        f"| `{name}` | {field.description} | `{(field.examples or [''])[0]}` |"
        for name, field in form.model_fields.items()
    ]

    assert [] == [row for row in rows if row not in REFERENCE]


def test_the_reference_page_names_no_key_that_a_file_cannot_have():
    known = {name for form in POLICY_FILE.tables.values() for name in form.model_fields}

    assert set() == set(re.findall(r"^\| `(\w+)` \|", REFERENCE, re.MULTILINE)) - known


def test_the_whole_file_on_the_reference_page_is_a_policy():
    (text,) = re.findall(r"```toml\n(.*?)```", REFERENCE, re.DOTALL)

    assert "summer-1" == parse_policy(text, "policy-file.md").version


def test_the_worked_example_is_what_the_rule_does():
    policy = published("illustrative-2")
    rows = [
        f"| {format_instant(moment.at)[11:19]} | {moment.number or ''} | {moment.count} | {moment.text} |".replace(
            "|  |", "| |"
        )
        for moment in worked_example(policy, 0x8F75).moments
    ]

    assert rows == [line for line in EXPLANATION.splitlines() if re.match(r"\| \d", line)]
    assert "2026-03-02T12:00:00Z" == format_instant(NOON)


def test_the_faults_on_the_how_to_page_are_those_of_the_file():
    with pytest.raises(InputError) as refused:
        read_policy(HOUSE / "tests/policies/broken_six_faults.toml")

    for fault in refused.value.faults:
        place = fault.where.replace(f"{HOUSE}/", "")
        assert f"{place}: {fault.what}\n  -> {fault.remedy}" in HOW_TO
