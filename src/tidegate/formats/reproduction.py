"""How a result was made, so that anyone can make it again: the command, the inputs and their SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate import __version__
from tidegate.formats.page import Section, Table


@dataclass(frozen=True, slots=True)
class Input:
    """One input file.

    sha256:  In hexadecimal; empty where it was not taken, and `why_not` says why.
    """

    name: str
    size: int
    sha256: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How a result was made: the command as it was given, and what it read."""

    command: str
    inputs: Sequence[Input] = ()

    def as_json(self) -> dict[str, object]:
        """As plain values."""
        return {
            "command": self.command,
            "tidegate": __version__,
            "inputs": [
                {"name": it.name, "bytes": it.size, "sha256": it.sha256 or None} for it in self.inputs
            ],
        }


def reproduction_section(made: Reproduction) -> Section:
    """The section of a page that says how to make it again."""
    return Section(
        "How to reproduce",
        [
            (
                f"With tidegate {__version__} and the same inputs this command makes the same files, byte for byte; it "
                "reads no clock and asks no network for anything."
            )
        ],
        commands=[made.command],
        tables=[
            Table(
                ("input", "bytes", "SHA-256"),
                [(it.name, it.size, it.sha256 or it.why_not) for it in made.inputs],
            )
        ]
        if made.inputs
        else [],
    )
