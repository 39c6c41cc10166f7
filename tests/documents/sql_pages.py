"""SQL quoted in the documents, run again by DuckDB.

On a page of ours the block marked `sh` is run first, all but a bare `duckdb`. Then
each block marked `sql` is run; the block marked `text` after it is its answer, if it has one.

    python -m tests.documents.sql_pages             write what the queries answer now into the pages
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from tests.documents.pages import DOCS, name_of, text_of
from tests.documents.quotations import Session

CODES_CRITERIA: Final = DOCS / "how-to" / "the-codes-criteria-in-sql.md"
"""States the criteria `appendix-ac-5`."""

PAGES: Final = (DOCS / "how-to" / "ask-in-sql.md", CODES_CRITERIA)

_MAKING: Final = ("CREATE ", "SET ")
"""How what makes or sets something begins: it answers nothing."""

_SHELL: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_QUERY: Final = re.compile(
    r"^```sql\n(?P<query>.*?)^```\n(?:\n```text\n(?P<answer>.*?)^```\n)?", re.MULTILINE | re.DOTALL
)


def run_again(page: Path, folder: Path) -> Iterator[tuple[re.Match[str], str]]:
    """Each query of a page, and what it answers now; empty where it answers nothing."""
    session = Session(page, folder)
    for block in _SHELL.findall(text_of(page)):
        for command in block.splitlines():
            if command != "duckdb":
                session.run(command)
    before = Path.cwd()
    os.chdir(folder)
    try:
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for block in _QUERY.finditer(text_of(page)):
                if block["query"].startswith(_MAKING):
                    connection.execute(block["query"])
                    yield block, ""
                else:
                    shown = str(connection.sql(block["query"]))
                    yield block, "".join(f"{line.rstrip()}\n" for line in shown.strip().splitlines())
    finally:
        os.chdir(before)


def statement_of(page: Path, view: str) -> str:
    """The query of a page that makes a view."""
    [query] = (
        block["query"]
        for block in _QUERY.finditer(text_of(page))
        if block["query"].startswith(f"CREATE VIEW {view} ")
    )
    return query


def main() -> None:
    """Write what the queries answer now into the pages."""
    for page in PAGES:
        parts, end = [], 0
        text = text_of(page)
        with tempfile.TemporaryDirectory() as folder:
            for block, answer in run_again(page, Path(folder)):
                parts += [text[end : block.start()], f"```sql\n{block['query']}```\n"]
                if answer:
                    parts.append(f"\n```text\n{answer}```\n")
                end = block.end()
        written = "".join([*parts, text[end:]])
        if written != text:
            page.write_text(written, encoding="utf-8")
            print(f"{name_of(page)}: written anew")  # noqa: T201 - a program for people


if __name__ == "__main__":
    main()
