"""A file is under its final name only when it is whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from tidegate.vocabulary.faults import Fault, InputError


def unfinished_name(path: Path) -> Path:
    """The name a file is written under until it is whole: beside it, and told apart at a glance."""
    return path.with_name(f".{path.name}.{os.getpid()}.unfinished")


def finish(path: Path) -> None:
    """Give a whole file its final name, once it is on the disk itself.

    Raises:
        InputError: the disk is full or the name cannot be taken.
    """
    unfinished = unfinished_name(path)
    with faults_of_writing(path):
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)


@contextmanager
def faults_of_writing(path: Path) -> Iterator[None]:
    """Say what a failed write means to whoever asked for the file."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        if (isinstance(error, OSError) and error.errno == errno.ENOSPC) or "No space left" in str(error):
            remedy = "Free some space, or write to another disk with -o. Nothing was left under that name."
            raise InputError(Fault(str(path), "the disk is full", remedy)) from None
        what = str(error).split("\n", 1)[0]
        raise InputError(
            Fault(str(path), f"cannot be written: {what}", "Choose another place with -o.")
        ) from None
