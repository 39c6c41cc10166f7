"""report.xlsx, read back from its own XML."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tests.unit.reports.replayed_examples import (
    FIRST_DEVICE,
    START,
    empty,
    policy,
    quiet,
    replayed,
    spell,
    spells,
    storming,
    week,
)

from tidegate.alert_storm.decision import Level
from tidegate.formats import report_xlsx
from tidegate.formats.report_xlsx import write_report_xlsx
from tidegate.reports.replayed import Replayed, Totals

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SHEETS = ["Verdict", "Codes", "Recipients", "Hours", "Storms", "Rejected", "About"]


class _Workbook:
    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        book = ET.fromstring(self.parts["xl/workbook.xml"])  # noqa: S314 - we wrote it
        self.names = [sheet.attrib["name"] for sheet in book.iter(f"{MAIN}sheet")]
        strings = self.parts.get("xl/sharedStrings.xml")
        self._strings = (
            ["".join(item.itertext()) for item in ET.fromstring(strings).iter(f"{MAIN}si")]  # noqa: S314
            if strings
            else []
        )

    def xml(self, name: str) -> ET.Element:
        return ET.fromstring(self.parts[f"xl/worksheets/sheet{self.names.index(name) + 1}.xml"])  # noqa: S314

    def rows(self, name: str) -> list[list[str | float]]:
        return [
            [self._value(cell) for cell in row.iter(f"{MAIN}c")] for row in self.xml(name).iter(f"{MAIN}row")
        ]

    def _value(self, cell: ET.Element) -> str | float:
        kind = cell.attrib.get("t")
        assert cell.find(f"{MAIN}f") is None, "a formula"
        if kind == "s":
            return self._strings[int("".join(cell.itertext()))]
        text = "".join(cell.itertext())
        return text if kind in ("inlineStr", "str") else float(text)


def _written(made: Replayed, path: Path, **limits: int) -> _Workbook:
    write_report_xlsx(made, path / "report.xlsx", **limits)
    return _Workbook(path / "report.xlsx")


def test_the_sheets_are_there_the_verdict_first(tmp_path: Path) -> None:
    book = _written(week(), tmp_path)

    assert book.names == SHEETS
    assert "58 Devices stormed" in str(book.rows("Verdict")[0][1])


def test_numbers_are_numbers_and_add_up(tmp_path: Path) -> None:
    made = week()
    book = _written(made, tmp_path)

    for sheet in ("Codes", "Recipients", "Hours"):
        heading, *rows = book.rows(sheet)
        column = heading.index("received")
        assert made.received - made.rejected == sum(float(row[column]) for row in rows), sheet


def test_a_device_is_text_and_an_instant_is_iso_8601(tmp_path: Path) -> None:
    book = _written(replayed({0x8F75: Totals(100, 10, 90)}, [spell()]), tmp_path)

    _, row = book.rows("Storms")
    assert row[0] == "00-DB-12-34-56-78-90-A0"
    assert row[3:7] == ["red", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z", 100]


def test_a_running_storm_has_an_empty_end(tmp_path: Path) -> None:
    book = _written(replayed({0x8F75: Totals(100, 10, 90)}, [spell(ended_at=None)]), tmp_path)

    assert not [cell for cell in book.xml("Storms").iter(f"{MAIN}c") if cell.attrib["r"] == "F2"]


def test_a_formula_stays_text(tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://example.org")'
    made = replace(storming(), source=formula, by_recipient={formula: Totals(1, 1)})

    book = _written(made, tmp_path)

    assert book.rows("Recipients")[1][0] == formula
    assert ["Source", formula] in book.rows("Verdict")


@pytest.mark.parametrize("sheet", ["Codes", "Recipients", "Hours", "Storms", "Rejected", "About"])
def test_headings_stay_in_sight_and_have_filters(tmp_path: Path, sheet: str) -> None:
    xml = _written(week(), tmp_path).xml(sheet)

    assert [pane.attrib["state"] for pane in xml.iter(f"{MAIN}pane")] == ["frozen"]
    assert len(list(xml.iter(f"{MAIN}autoFilter"))) == 1


def _many(count: int) -> Replayed:
    rows = [
        spell(FIRST_DEVICE + at, started_at=START + at, received=100 + at, forwarded=10)
        for at in range(count)
    ]
    return replace(empty(), spells=spells(rows))


@pytest.mark.parametrize(("expected", "storms"), [(9, 9), (10, 10), (10, 11)])
def test_storms_that_do_not_fit_are_cut_at_the_least_and_it_is_said(
    tmp_path: Path, expected: int, storms: int
) -> None:
    _, *rows = _written(_many(storms), tmp_path, most_storms=10).rows("Storms")

    told = [row for row in rows if len(row) > 1]
    assert expected == len(told)
    assert [100 + storms - 1 - at for at in range(expected)] == [row[5 + 1] for row in told]
    note = "The first 10 of 11. All of them are in storms.parquet (red) and amber.parquet."
    assert ([[note]] if storms > 10 else []) == rows[expected:]


@pytest.mark.parametrize(("expected", "storms"), [(8, 8), (9, 9), (8, 10)])
def test_a_sheet_never_has_more_rows_than_a_spreadsheet_can_show(
    tmp_path: Path, expected: int, storms: int
) -> None:
    rows = _written(_many(storms), tmp_path, most_rows=10).rows("Storms")

    assert len(rows) <= 10
    assert expected == len([row for row in rows[1:] if len(row) > 1])
    assert (storms > 9) == str(rows[-1][0]).startswith("The first 8 of 10.")


def test_storms_come_before_amber_spells(tmp_path: Path) -> None:
    made = replace(
        empty(),
        spells=spells([spell(level=Level.AMBER, received=900, forwarded=900), spell(started_at=START + 1)]),
    )

    _, *rows = _written(made, tmp_path).rows("Storms")

    assert [row[3] for row in rows] == ["red", "amber"]


def test_many_storms_are_written_row_by_row_and_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = _written(week(), tmp_path)
    expected = {name: in_memory.rows(name) for name in SHEETS}
    monkeypatch.setattr(report_xlsx, "_KEPT_IN_MEMORY", 10)

    book = _written(week(), tmp_path)

    assert expected == {name: book.rows(name) for name in SHEETS}
    assert [path.name for path in tmp_path.iterdir()] == ["report.xlsx"]


def test_the_same_replay_makes_the_same_file(tmp_path: Path) -> None:
    assert _written(week(), tmp_path).parts == _written(week(), tmp_path).parts


def test_nothing_received_makes_a_workbook_all_the_same(tmp_path: Path) -> None:
    book = _written(empty(), tmp_path)

    assert book.rows("Verdict")[0][1] == "There was no Alert to replay."
    assert len(book.rows("Storms")) == 1


def test_a_partial_workbook_says_so(tmp_path: Path) -> None:
    assert _written(replace(quiet(), completed=0.5), tmp_path).rows("Verdict")[0][0] == "PARTIAL"


def test_parameters_and_the_exclusion_list_stand_in_about(tmp_path: Path) -> None:
    made = replayed(policies=[policy(excluded={0x8F35: "Supply outage"})])

    about = _written(made, tmp_path).rows("About")

    assert ["excluded: 8F35", "Supply Outage Restored", "Supply outage"] in about
    assert any(str(row[1]).startswith("30 in 1 h, one in 10 forwarded") for row in about)


def test_a_folder_that_is_not_there_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_report_xlsx(quiet(), tmp_path / "none" / "report.xlsx")


def test_devices_of_all_64_bits_keep_every_digit(tmp_path: Path) -> None:
    made = replace(empty(), spells=spells([spell(2**64 - 1)]))

    assert made.spells.columns["device_id"].dtype == np.uint64
    assert _written(made, tmp_path).rows("Storms")[1][0] == "FF-FF-FF-FF-FF-FF-FF-FF"
