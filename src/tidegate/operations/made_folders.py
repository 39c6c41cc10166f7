"""Folders made for results, and taken away again where nothing came of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def make_folder(folder: Path) -> Sequence[Path]:
    """Make a folder and those above it, as far as they are not there; says which were made, the innermost first.

    Raises:
        OSError: it cannot be made, or is no folder.
    """
    missing = []
    for each in (folder, *folder.parents):
        if each.exists():
            break
        missing.append(each)
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def remove_empty(folders: Sequence[Path]) -> None:
    """Remove folders that nothing is in, in the order given; the first that holds something stays, with those above."""
    with suppress(OSError):
        for each in folders:
            each.rmdir()
