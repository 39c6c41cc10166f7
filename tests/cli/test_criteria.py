"""`tidegate criteria`: a set of criteria copied, changed, checked and compared, as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import tidegate


@pytest.fixture
def copied(capfd, monkeypatch, tmp_path):
    """Copies a published set into a file, with changes."""
    monkeypatch.chdir(tmp_path)
    return lambda name, *changes: _copied(capfd, name, *changes)


def _copied(capfd: pytest.CaptureFixture[str], name: str, *changes: tuple[str, str]) -> Path:
    text = tidegate(capfd, "criteria", "show", name, "--toml").out
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path = Path("mine.toml")
    path.write_text(text, encoding="utf-8")
    return path


def test_the_published_sets_are_listed_with_what_they_are(capfd):
    said = tidegate(capfd, "criteria", "list").out

    assert "appendix-ac-5: What the reports count now" in said
    assert "outcome: By outcome" in said


def test_a_copy_asks_the_same_until_it_is_changed_and_then_the_change_is_said(copied, capfd):
    same = tidegate(capfd, "criteria", "diff", "outcome", str(copied("outcome")))
    changed = tidegate(capfd, "criteria", "diff", "outcome", str(copied("outcome", ('"7d"', '"14d"'))))

    assert "They ask the same." in same.out
    assert "The time allowed is 14d; it was 7d." in changed.out
    assert "\n1 change." in changed.out


def test_all_that_is_asked_is_shown_with_its_clause(capfd):
    said = " ".join(tidegate(capfd, "criteria", "show", "appendix-ac-5").out.split())

    assert "issue credentials: 2 successes of 6.17. SEC Appendix AC 5: two successful 6.17 [S]." in said
    assert "A timeout counts as not met." in said
    assert "Only the DSP's check proves that a Device communicates." in said
    assert "Trust Anchor Cells" not in said
    document = json.loads(tidegate(capfd, "criteria", "show", "outcome", "--json").out)
    assert ["Supplier", "NetworkOperator", "Recovery"] == [each["role"] for each in document["cells"]]


def test_every_fault_of_every_file_is_told_at_once(copied, capfd):
    path = copied("outcome", ('"7d"', '"a week"'), ('["6.17"]', '["6.99"]'))
    run = tidegate(capfd, "criteria", "check", "outcome", str(path), "nowhere.toml")

    assert 2 == run.status
    assert "outcome: ok (outcome: 5 obligations, 3 roles of cells)" in run.out
    for what in ("a week", "6.99", "nowhere.toml: there is no such criteria file"):
        assert what in run.err
