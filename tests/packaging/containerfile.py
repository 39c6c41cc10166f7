"""contrib/Containerfile as it is read here: its instructions, and what of the top folder goes into the image."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CONTAINERFILE = TOP / "contrib" / "Containerfile"
IGNORED = TOP / ".dockerignore"


@dataclass(frozen=True)
class Instruction:
    """A line of it, such as RUN and what is run."""

    name: str
    argument: str


def instructions() -> list[Instruction]:
    lines = CONTAINERFILE.read_text(encoding="utf-8").splitlines()
    words = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [Instruction(name, argument) for name, argument in words]


def context() -> list[Path]:
    """The files that the image is built of, by .dockerignore: all are ignored but those it names."""
    lines = [it for it in IGNORED.read_text(encoding="utf-8").splitlines() if it and not it.startswith("#")]
    assert lines[0] == "*", "what is not named stays out"
    named = [TOP / it[1:] for it in lines if it.startswith("!")]
    left_out = [it.removeprefix("**/") for it in lines[1:] if not it.startswith("!")]
    files = [file for it in named for file in ([it] if it.is_file() else it.rglob("*")) if file.is_file()]
    return [
        file
        for file in sorted(files)
        if not any(fnmatch(part, pattern) for part in file.parts for pattern in left_out)
    ]


def pip_options(command: str) -> set[str]:
    """What a call of pip is told, its files by their last name."""
    return {word.rpartition("/")[2] for word in shlex.split(command.split(" install ", 1)[1])}
