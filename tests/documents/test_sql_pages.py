"""SQL on our pages runs, and answers what the pages say."""

from __future__ import annotations

import re

import pytest

from tests.documents.pages import DOCS, name_of, text_of
from tests.documents.sql_pages import PAGES, run_again


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_answers_what_it_says(page, tmp_path):
    """Where this fails: `python -m tests.documents.sql_pages`, then read the page again."""
    answers = []
    for block, answer in run_again(page, tmp_path):
        answers.append(answer)

        assert (block["answer"] or "") == answer

    assert any(answers)
    assert all("0 rows" not in answer for answer in answers)


def test_there_are_ten_questions():
    questions = re.findall(r"^## (\d+)\. .+\?$", text_of(DOCS / "how-to" / "ask-in-sql.md"), re.MULTILINE)

    assert [str(number) for number in range(1, 11)] == questions
