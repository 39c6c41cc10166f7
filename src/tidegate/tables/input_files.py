"""The files that a user's paths stand for: files, folders of tables, and globs."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.file_names import is_text as is_utf_8, shown_name

TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")
COMPRESSED_SUFFIXES: Final = ("", ".gz", ".zst")
PARQUET_SUFFIXES: Final = (".parquet", ".pq")
STANDARD_INPUT: Final = "-"
_READABLE: Final = "csv, tsv or txt (plain, .gz or .zst) and parquet"


def is_parquet(path: Path) -> bool:
    """Say whether a file is read as Parquet, by its name."""
    return path.name.lower().endswith(PARQUET_SUFFIXES)


def is_text(path: Path) -> bool:
    """Say whether a file is read as delimited text, by its name."""
    return path.name.lower().endswith(
        tuple(text + end for text in TEXT_SUFFIXES for end in COMPRESSED_SUFFIXES)
    )


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Every table that the paths stand for, each once, in the order given (a folder's by name).

    Raises:
        InputError: a path is nothing we can read; all such paths are named.
    """
    files: dict[Path, None] = {}
    faults = []
    for path in paths:
        if str(path) == STANDARD_INPUT:
            what = "standard input is not read: a log may be read twice, and its name says what it holds"
            faults.append(Fault("-", what, "Write it into a file first, as log.csv, and name that."))
            found = []
        elif path.is_dir():
            found = sorted(
                each for each in path.iterdir() if each.is_file() and (is_text(each) or is_parquet(each))
            )
            # Other text in a folder is more likely a note than a table.
            found = [each for each in found if not each.name.lower().endswith(".txt")]
            if not found:
                faults.append(Fault(str(path), "has no table in it", f"It must hold {_READABLE} files."))
        elif path.exists():
            found = [path]
        else:
            found = [Path(each) for each in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207
            if not found:
                faults.append(Fault(str(path), "there is no such file", "Look at its name and folder."))
        faults += [
            Fault(
                str(each), "its name does not say what it holds", f"Tables are read from {_READABLE} files."
            )
            for each in found
            if not is_text(each) and not is_parquet(each)
        ]
        faults += [
            Fault(shown_name(str(each)), "its name is not UTF-8, so no result could name it", "Rename it.")
            for each in found
            if not is_utf_8(str(each))
        ]
        files.update(dict.fromkeys(found))
    if not paths:
        faults.append(Fault("input", "no file was named", "Name one or more files, folders or globs."))
    if faults:
        raise InputError(*faults)
    return list(files)
