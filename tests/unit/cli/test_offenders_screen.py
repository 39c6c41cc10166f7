"""What a person sees of offenders."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from tests.unit.operations.test_find_offenders import each, of, offending, quiet

from tidegate.cli.asked import Asked
from tidegate.cli.offenders_screen import show
from tidegate.reports.offending import Offending
from tidegate.vocabulary.instants import HOUR, SECOND

ASKED = Asked(["a.csv"], "p.toml", "i.csv", ["--since", "2026-03-01"], "tidegate offenders a.csv")


def shown(found: Offending, results: Path | None = None, width: int = 80) -> str:
    text = io.StringIO()
    show(found, results, asked=ASKED, out=Console(file=text, width=width, highlight=False))
    return text.getvalue()


@pytest.fixture(scope="module")
def both() -> Offending:
    """A firmware that murmurs, and of its Devices one that shouts too."""
    murmur = each(of("1.04"), 2 * HOUR, 12, 0x8014)
    return offending([*murmur, *each(of("1.04")[:1], SECOND, 90, 0x8F75), *quiet()])


def test_a_device_with_two_kinds_of_trouble_is_one_device_to_hand_on(both: Offending) -> None:
    assert len(of("1.04")) + 1 == len(both.devices)
    assert f"the {len(of('1.04'))} Devices behind it, to hand on" in shown(both, Path("out"))


def test_what_to_run_next_looks_at_the_same_log_under_the_same_options(both: Offending) -> None:
    text = shown(both)

    assert "8014 --inventory i.csv --policy p.toml --since 2026-03-01\n" in text
    assert "  tidegate offenders a.csv -o offenders\n" in text


@pytest.mark.parametrize("width", [80, 60, 40])
def test_numbers_are_shown_whole_at_any_width(both: Offending, width: int) -> None:
    text = shown(both, width=width)

    assert " 720 " in text
    assert "…" not in "".join(line.partition(" 8014 ")[2] for line in text.splitlines())
    assert all(len(line) <= width for line in text.splitlines() if "tidegate " not in line)
