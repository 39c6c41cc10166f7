"""Criteria files: what may be said, every fault at once, back again, and the difference between two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from tests.evidence_drawn import criteria_of, seeds

from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.obligations import Communicates
from tidegate.policy.criteria_changes import criteria_changes
from tidegate.policy_files import (
    find_criteria,
    parse_criteria,
    published_criteria,
    published_criteria_names,
    write_criteria,
)
from tidegate.policy_files.criteria_form import CRITERIA_FILE
from tidegate.policy_files.form import Form
from tidegate.vocabulary.faults import InputError

SMALLEST = """
name = "small"
time_allowed = "0s"
[[obligations]]
name = "communicates"
check = "communication"
"""

BROKEN = """
name = "x"
time_alowed = "7d"
[proof]
empty = "maybe"
[[obligations]]
name = "a"
any_of = ["6.15.1", "9.99"]
at_least = 0
each_credential_type = true
[[obligations]]
name = "a"
check = "comms"
[[obligations]]
name = "a"
cell = "Supplier"
any_of = ["6.17"]
[[obligations]]
name = "c"
cell = "Supplier"
at_least = 2
[[cells]]
role = "Root"
holds = "registered"
[[cells]]
role = "Suplier"
holds = "listed"
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_criteria(text, "c.toml")
    return [str(fault) for fault in caught.value.faults]


def test_the_smallest_file_leaves_the_rest_to_the_rule():
    assert Criteria("small", 0, (Communicates("communicates"),)) == parse_criteria(SMALLEST, "small")


@given(seeds)
def test_criteria_that_are_written_read_back_the_same(seed):
    criteria = criteria_of(Random(seed))  # noqa: S311 - drawn again from its seed

    assert criteria == parse_criteria(write_criteria(criteria), "written")


@pytest.mark.parametrize("name", published_criteria_names())
def test_the_published_criteria_are_written_with_their_clauses(name):
    criteria = published_criteria(name)
    again = parse_criteria(write_criteria(criteria), name)

    assert (criteria, criteria.note) == (again, again.note)
    assert [each.clause for each in criteria.obligations] == [each.clause for each in again.obligations]


def test_every_fault_is_told_at_once_with_its_place_and_what_to_write():
    told = faults_of(BROKEN)

    assert told == [
        'c.toml, time_allowed: it is missing. Write time_allowed = "7d".',
        "c.toml, line 3, time_alowed: time_alowed is not a key of a criteria file here. Did you mean time_allowed?",
        'c.toml, line 5, proof.empty: "maybe" is none of "unmet", "cannot_be_told". Write "unmet".',
        ("c.toml, line 8, obligations.any_of, item 1: any_of names 9.99, which is not a published Service Reference "
        "Variant. Write one such as 6.15.1."),
        "c.toml, line 9, obligations.at_least, item 1: at_least is 0; it must be 1 to 100. Write 2.",
        ("c.toml, line 10, obligations.each_credential_type, item 1: each_credential_type is set, and 6.15.1 brings a "
        "remote party's certificates, not the Device's. Write false."),
        'c.toml, line 12, obligations.name, item 2: "a" stands above. Name it otherwise.',
        'c.toml, line 13, obligations.check, item 2: "comms" is none of "communication". Write "communication".',
        "c.toml, line 14, obligations, item 3: asks for any_of and cell at once. Make an obligation of each.",
        'c.toml, line 15, obligations.name, item 3: "a" stands above. Name it otherwise.',
        ('c.toml, line 16, obligations.cell, item 3: nothing says what the cells of Supplier must hold. Write [[cells]] '
        'with role = "Supplier".'),
        ('c.toml, line 20, obligations.cell, item 4: nothing says what the cells of Supplier must hold. Write [[cells]] '
        'with role = "Supplier".'),
        ("c.toml, line 21, obligations.at_least, item 4: only Service Requests are counted. Leave at_least out, or "
        "write any_of."),
        ('c.toml, line 24, cells.holds, item 1: holds is "registered", and nobody is registered as Root. Write '
        '"listed".'),
        ('c.toml, line 26, cells.role, item 2: "Suplier" is none of "Supplier", "NetworkOperator", "Recovery", "Root", '
        '"ACB", "TransCoS", "LoadController". Write "Supplier".'),
    ]  # fmt: skip


def test_a_name_that_stands_above_is_told_whatever_else_is_wrong_with_either():
    asked = '[[obligations]]\nname = "a"\n{}\n[[obligations]]\nname = "a"\ncheck = "communication"\n'
    cells = '[[cells]]\nrole = "Root"\nholds = "what"\n[[cells]]\nrole = "root"\nholds = "not_registered"\n'
    told = faults_of('name = "x"\ntime_allowed = "7d"\n' + asked.format('check = "comms"') + cells)

    assert [
        'c.toml, line 5, obligations.check, item 1: "comms" is none of "communication". Write "communication".',
        'c.toml, line 7, obligations.name, item 2: "a" stands above. Name it otherwise.',
        "c.toml, line 13, cells.role, item 2: root stands above. Make one table of the two.",
    ] == [each for each in told if ".holds" not in each]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "the file is empty. Begin with a published one"),
        ("name = 1", "1 stands where text in quotation marks belongs"),
        ('name = "x"\ntime_allowed = "7"\nobligations = []', "nothing is asked"),
        ("[obligations]", "a table stands where a list belongs"),
        (SMALLEST + "[[obligations]]\n" * 65, "Write 64 at most"),
    ],
)
def test_what_is_no_criteria_file_is_told_what_to_write(text, part):
    assert any(part in fault for fault in faults_of(text)), faults_of(text)


def test_criteria_are_found_by_name_and_by_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(SMALLEST)

    assert "small" == find_criteria(str(file)).name
    assert published_criteria("outcome") == find_criteria("outcome")
    with pytest.raises(InputError, match="there is no such criteria file"):
        find_criteria("outcom")
    with pytest.raises(InputError, match="There are: appendix-ac-5, outcome"):
        published_criteria("outcom")


def test_the_difference_between_two_sets_is_told_in_words():
    before, after = published_criteria("appendix-ac-5"), published_criteria("outcome")
    told = {each.key: each.sentence for each in criteria_changes(before, after)}

    assert "The time allowed is 7d; it was 0s." == told["time_allowed"]
    assert "A timeout leaves it open." == told["proof.timeout"]
    assert (
        "update remote party credentials asks for 1 success of 6.15.1 or 6.21 or 6.23; "
        "it asked for 1 success of 6.15.1." == told["obligations.update remote party credentials"]
    )
    assert "Recovery is asked for: any party's but the Supplier's" in told["cells.Recovery"]
    assert "is not asked for any more" in {
        each.key: each.sentence for each in criteria_changes(after, before)
    }["cells.Supplier"]  # fmt: skip


@given(seeds)
def test_sets_that_ask_the_same_do_not_differ_and_others_do(seed):
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    one, other = criteria_of(random), criteria_of(random)

    assert [] == criteria_changes(one, replace(one, name="another", note="n"))
    same = (one.time_allowed_us, one.proof, one.cells) == (other.time_allowed_us, other.proof, other.cells)
    if not same:
        assert criteria_changes(one, other)


@pytest.mark.parametrize("form", CRITERIA_FILE.tables.values())
def test_every_key_has_a_description_and_an_example(form: type[Form]):
    assert all(field.description and field.examples for field in form.model_fields.values())


def test_every_key_is_explained_where_a_person_looks():
    page = (Path(__file__).resolve().parents[3] / "docs/reference/criteria-file.md").read_text()

    assert [] == [
        key for form in CRITERIA_FILE.tables.values() for key in form.model_fields if f"`{key}`" not in page
    ]
