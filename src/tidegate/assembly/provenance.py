"""What was read, so that a result can be made again from the same: each input's SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tidegate.formats.reproduction import Input, Reproduction

LARGEST: Final = 2 << 30
"""Bytes of a file up to which it is read once more for its SHA-256: seconds."""

MOST_FILES: Final = 100


def provenance(command: str, paths: Sequence[Path | str]) -> Reproduction:
    """How a result was made: the command, and the files that these paths lead to, in order.

    A path that leads nowhere is the name of something that comes with tidegate, whose version says it all; an
    empty one is no input.
    """
    from tidegate.formats.reproduction import Input, Reproduction  # noqa: PLC0415

    files = [file for path in paths if path for file in _files(Path(path))]
    inputs = [_input(file) for file in files[:MOST_FILES]]
    if rest := files[MOST_FILES:]:
        size = sum(file.stat().st_size for file in rest)
        inputs.append(Input(f"{len(rest):,} more files", size, why_not="not taken: too many files"))
    return Reproduction(command, inputs)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in sorted(path.rglob("*")) if file.is_file())
    elif path.exists():
        yield path
    else:
        # A glob, as a reader of Alerts takes it.
        yield from sorted(file for file in _anchored(path) if file.is_file())


def _anchored(path: Path) -> Iterator[Path]:
    pattern = path.as_posix().removeprefix(path.anchor)
    return Path(path.anchor or ".").glob(pattern)


def _input(file: Path) -> Input:
    from tidegate.formats.reproduction import Input  # noqa: PLC0415

    if not file.is_file():
        return Input(str(file), 0, why_not="not taken: not a regular file")
    size = file.stat().st_size
    if size > LARGEST:
        return Input(str(file), size, why_not="not taken: over 2 GiB")
    with file.open("rb") as content:
        return Input(str(file), size, hashlib.file_digest(content, "sha256").hexdigest())
