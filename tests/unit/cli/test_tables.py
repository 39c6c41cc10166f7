"""Tables on a narrow terminal: a number is shown whole or not at all."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tidegate.cli.tables import Column, show_table

COLUMNS = (
    Column("Code", is_text=True),
    Column("Name", is_text=True, least=6, gives_way=2),
    Column("Received"),
    Column("Devices", gives_way=1),
)
ROWS = [("8F75", "Strong magnetic field", "2,104,118", "1,234,567"), ("8014", "Power factor", "7", "58")]


def shown(width, columns=COLUMNS, rows=ROWS):
    text = io.StringIO()
    show_table(Console(file=text, width=width, highlight=False), columns, rows, width)
    return text.getvalue()


@pytest.mark.parametrize("width", range(15, 60))
def test_no_number_is_ever_cut_and_no_line_too_wide(width):
    lines = shown(width).splitlines()

    assert max(map(len, lines)) <= width
    assert sum("2,104,118" in line for line in lines) == 1
    assert not any("," in line.replace("2,104,118", "").replace("1,234,567", "") for line in lines)


def test_a_text_is_shortened_before_a_column_goes():
    full, short, dropped = shown(48), shown(32), shown(31)

    assert "Strong magnetic field" in full
    assert "Stron… 2,104,118 1,234,567" in short
    assert "Name" not in dropped
    assert "2,104,118 1,234,567" in dropped


def test_numbers_without_room_are_named_under_the_table():
    assert "No room here for: Devices." in " ".join(shown(24).split())
    assert "No room" not in shown(25)
    assert "No room" not in shown(31)


def test_a_text_that_wraps_loses_nothing():
    columns = (Column("Parameters", is_text=True, least=12, wraps=True), Column("Held"))

    lines = shown(18, columns, [("30 in 1 h, one in 1,000 forwarded", "11.2%")]).splitlines()

    assert "30 in 1 h, one in 1,000 forwarded" == " ".join(
        line.replace("11.2%", "").strip() for line in lines[1:]
    )


def test_a_long_heading_over_numbers_wraps_and_the_numbers_do_not():
    columns = (Column("Of", is_text=True), Column("illustrative-2", wraps=True))

    lines = shown(10, columns, [("8F75", "11.2%")]).splitlines()

    assert "illustrative-2" == "".join(line[5:].strip() for line in lines[:-1]).removeprefix("Of")
    assert "8F75 11.2%" == lines[-1].strip()
