"""Python quoted in the documents, run again.

On a page of ours each block marked `python` is run, one after another and in one
namespace, in a folder of its own. Where a block marked `text` follows, it is
what the one before it printed.

    python -m tests.documents.python_pages          write what the blocks print now into the pages
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.documents.pages import DOCS, name_of, text_of

PAGES: Final = (DOCS / "how-to" / "use-from-python.md", DOCS / "how-to" / "write-an-adapter.md")

_BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<printed>.*?)^```\n)?", re.MULTILINE | re.DOTALL
)


def run_again(page: Path, folder: Path) -> Iterator[tuple[re.Match[str], str]]:
    """Each block of a page, and what it prints now."""
    namespace: dict[str, Any] = {"__name__": "a page"}
    before = Path.cwd()
    os.chdir(folder)
    try:
        for block in _BLOCK.finditer(text_of(page)):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block["code"], page.name, "exec"), namespace)  # noqa: S102 - our own pages
            yield block, "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
    finally:
        os.chdir(before)


def main() -> None:
    """Write what the blocks print now into the pages."""
    for page in PAGES:
        parts, end = [], 0
        text = text_of(page)
        with tempfile.TemporaryDirectory() as folder:
            for block, printed in run_again(page, Path(folder)):
                shown = f"\n```text\n{printed}```\n" if printed else ""
                parts += [text[end : block.start()], f"```python\n{block['code']}```\n{shown}"]
                end = block.end()
        written = "".join([*parts, text[end:]])
        if written != text:
            page.write_text(written, encoding="utf-8")
            print(f"{name_of(page)}: written anew")  # noqa: T201 - a program for people


if __name__ == "__main__":
    main()
