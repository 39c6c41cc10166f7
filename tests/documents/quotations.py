"""Commands quoted in the documents, run again.

A block of code marked `console` on one of our pages is a session: each line
that begins with `$ ` is a command, and what follows is what it printed, in
eighty columns without colour. Blocks of one page run one after another in a
folder of their own. A line `[...]` stands for lines left out.

What must be there before a page's first command is made by the commands in a
comment `<!-- before: ... -->`, which a reader does not see. A block of `toml`
that begins with `# NAME.toml` is the file of that name, and so is a block of
`csv` with the title `NAME.csv`.

    python -m tests.documents.quotations            write what the commands print now into the pages
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from tests.documents.pages import DOCS, ROOT, name_of, pages, text_of

LEFT_OUT: Final = "[...]"

_BLOCK = re.compile(r"(?P<fence>^```console\n)(?P<body>.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
_BEFORE = re.compile(r"<!-- before:\n(.*?)-->", re.DOTALL)

_FILE = re.compile(
    r"^```(?:toml\n# (?P<toml>[\w-]+\.toml)|csv title=\"(?P<csv>[\w-]+\.csv)\")\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

_NOT_OURS: Final = {DOCS / "how-to" / "simulate.md", DOCS / "how-to" / "check-a-log.md"}
"""Pages whose blocks show commands that are not to be run again: their logs are large or invented."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A command as a page quotes it, and what the page says that it printed."""

    command: str
    printed: tuple[str, ...]


def quoting_pages() -> list[Path]:
    """Pages that quote commands."""
    return [page for page in pages() if page not in _NOT_OURS and _BLOCK.search(text_of(page))]


def quotations_in(body: str) -> list[Quotation]:
    """The commands of one block, in order."""
    found: list[Quotation] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append(Quotation(line.removeprefix("$ "), ()))
        else:
            last = found.pop()
            found.append(Quotation(last.command, (*last.printed, line)))
    return found


class Session:
    """A folder to run a page's commands in."""

    def __init__(self, page: Path, folder: Path) -> None:
        self._folder = folder
        for file in _FILE.finditer(text_of(page)):
            (folder / (file["toml"] or file["csv"])).write_text(file["text"], encoding="utf-8")
        for commands in _BEFORE.findall(text_of(page)):
            self.run(commands)

    def run(self, command: str) -> list[str]:
        """Run a command as the page's reader would; what it printed, without spaces at the ends of lines."""
        bins = str(Path(sys.executable).parent)
        # A reader says ./run, which sets up an environment of its own; the tests are in one already.
        command = re.sub(r"^\./run (?:tidegate )?", "tidegate ", command)
        command = command.replace(" policies/", f" {ROOT}/policies/")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env={
                **os.environ,
                "PATH": f"{bins}:{os.environ['PATH']}",
                "COLUMNS": "80",
                "NO_COLOR": "1",
                "PYTHONPATH": _path(),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        lines = [line.rstrip() for line in done.stdout.replace(f"{ROOT}/", "").splitlines()]
        while lines and not lines[-1]:
            lines.pop()
        return lines


def _path() -> str:
    """Where modules are found: ours too, for what a page needs before its first command."""
    return os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))


def says(quoted: list[str], printed: list[str]) -> bool:
    """Whether a quotation says what was printed; `[...]` stands for one line or more."""
    pattern = "".join(r"(?:[^\n]*\n)+?" if line == LEFT_OUT else f"{re.escape(line)}\\n" for line in quoted)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def brought_up_to_date(quoted: list[str], printed: list[str]) -> list[str]:
    """What was printed now, with the same parts left out: those between lines that still stand on both sides.

    A line still stands where another begins with the same word: a row of a table, a sum, a heading.
    """
    if says(quoted, printed):
        return quoted
    matcher = SequenceMatcher(None, _first_words(quoted), _first_words(printed), autojunk=False)
    stands_at = {a + k: b + k for a, b, size in matcher.get_matching_blocks() for k in range(size)}
    stands_at[len(quoted)] = len(printed)
    kept, at = [], 0
    for gap in (number for number, line in enumerate(quoted) if line == LEFT_OUT):
        if gap - 1 not in stands_at or gap + 1 not in stands_at:
            return printed
        kept += [*printed[at : stands_at[gap - 1] + 1], LEFT_OUT]
        at = stands_at[gap + 1]
    return kept + printed[at:]


def _first_words(lines: list[str]) -> list[str]:
    return [next(iter(line.split()), "") for line in lines]


def without_end(lines: tuple[str, ...]) -> list[str]:
    """What a page quotes, without the empty lines that only part one command from the next."""
    kept = [line.rstrip() for line in lines]
    while kept and not kept[-1]:
        kept.pop()
    return kept


def run_again(page: Path, folder: Path) -> Iterator[tuple[Quotation, list[str]]]:
    """Each quotation of a page, and what its command prints now."""
    session = Session(page, folder)
    for block in _BLOCK.finditer(text_of(page)):
        for quotation in quotations_in(block["body"]):
            yield quotation, session.run(quotation.command)


def rewritten(page: Path, folder: Path) -> str:
    """A page with what its commands print now; what was left out of it is left out again."""
    now = run_again(page, folder)

    def block(match: re.Match[str]) -> str:
        parts = []
        for quotation in quotations_in(match["body"]):
            _, printed = next(now)
            lines = brought_up_to_date(without_end(quotation.printed), printed)
            parts.append("\n".join([f"$ {quotation.command}", *lines]) + "\n")
        return match["fence"] + "\n".join(parts)

    return _BLOCK.sub(block, text_of(page))


def main() -> None:
    """Write what the commands print now into the pages."""
    named = {(ROOT / name).resolve() for name in sys.argv[1:]}
    for page in quoting_pages():
        if named and page not in named:
            continue
        with tempfile.TemporaryDirectory() as folder:
            text = rewritten(page, Path(folder))
        if text != text_of(page):
            page.write_text(text, encoding="utf-8")
            print(f"{name_of(page)}: written anew")  # noqa: T201 - a program for people


if __name__ == "__main__":
    main()
