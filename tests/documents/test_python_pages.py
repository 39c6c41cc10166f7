"""Python on our pages runs, and prints what the pages say."""

from __future__ import annotations

import re

import pytest

import tidegate
from tests.documents.pages import DOCS, name_of, text_of
from tests.documents.python_pages import PAGES, run_again

NAMES = sorted({name for names in vars(tidegate)["_HOMES"].values() for name in names})


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_prints_what_it_says(page, tmp_path):
    """Where this fails: `python -m tests.documents.python_pages`, then read the page again."""
    blocks = 0
    for block, printed in run_again(page, tmp_path):
        blocks += 1

        assert (block["printed"] or "") == printed

    assert blocks > 2


def test_every_name_has_a_row_in_the_reference():
    page, arguments = text_of(DOCS / "reference" / "python.md").split("\n| argument |")
    arguments = arguments.split("\n## ", 1)[1]
    rows = re.findall(r"^\| `(\w+)", page + arguments, re.MULTILINE)

    assert NAMES == sorted(rows)


def test_every_argument_of_a_call_is_in_the_reference():
    import inspect  # noqa: PLC0415

    page = text_of(DOCS / "reference" / "python.md")
    calls = [name for name in NAMES if inspect.isfunction(getattr(tidegate, name))]
    missing = [
        f"{name}: {argument}"
        for name in calls
        for argument in inspect.signature(getattr(tidegate, name)).parameters
        if not re.search(rf"^\| `{name}\(.*\b{argument}\b.*$", page, re.MULTILINE)
    ]

    assert 13 == len(calls)
    assert [] == missing
