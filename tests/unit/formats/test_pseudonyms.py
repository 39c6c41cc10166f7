"""Pseudonyms: the same for the same Device and key, and no Device seen through them."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from pyarrow import parquet
from tests.unit.reports.replayed_examples import week

from tidegate.columnar.batches import RejectedRow
from tidegate.formats.pseudonyms import Pseudonyms, pseudonymised
from tidegate.formats.report_html import write_report_html
from tidegate.formats.report_xlsx import write_report_xlsx
from tidegate.formats.storms_parquet import write_amber, write_storms
from tidegate.formats.summary_json import write_summary
from tidegate.vocabulary.devices import LARGEST_EUI, format_device_id, parse_device_id
from tidegate.vocabulary.faults import InputError

KEY = bytes(range(32))
DEVICES = st.integers(0, LARGEST_EUI)


@given(DEVICES)
def test_a_pseudonym_is_an_eui_that_no_manufacturer_gives(device_id: int) -> None:
    first = Pseudonyms(KEY).number_for(device_id) >> 56

    assert first & 0b11 == 0b10


@given(st.lists(DEVICES, max_size=20))
def test_a_column_has_the_pseudonyms_of_its_devices_in_order(device_ids: list[int]) -> None:
    pseudonyms = Pseudonyms(KEY)

    column = pseudonyms.numbers_for(np.array(device_ids, np.uint64))

    assert [pseudonyms.number_for(each) for each in device_ids] == column.tolist()


def test_the_known_answer_does_not_change_from_version_to_version() -> None:
    assert Pseudonyms(KEY).text_for("00-DB-12-34-56-78-90-A0") == "DE-12-CE-D7-A2-5E-86-A1"


def test_another_key_makes_another_pseudonym() -> None:
    assert Pseudonyms(KEY).number_for(1) != Pseudonyms(KEY[::-1]).number_for(1)


def test_a_key_of_16_bytes_will_do_and_one_of_15_will_not() -> None:
    Pseudonyms(bytes(16))

    with pytest.raises(InputError, match="15 bytes long"):
        Pseudonyms(bytes(15))


def test_no_result_names_a_device(tmp_path: Path) -> None:
    secret = "00-DB-12-34-56-78-90-A0"  # noqa: S105 - a Device, the one to hide
    made = week()
    row = RejectedRow("a.csv", 1, f"'{secret[:-1]}' is not an EUI-64, {secret} is", f"{secret},x")
    made = replace(made, rejected_by_reason={f"'{secret}' is odd": (1_204, row)})

    shown = pseudonymised(made, Pseudonyms(KEY))
    write_summary(shown, tmp_path / "summary.json")
    write_report_html(shown, tmp_path / "report.html")
    write_report_xlsx(shown, tmp_path / "report.xlsx")
    write_storms(shown, tmp_path / "storms.parquet")
    write_amber(shown, tmp_path / "amber.parquet")

    pseudonym = Pseudonyms(KEY).text_for(secret)
    assert pseudonym in (tmp_path / "report.html").read_text(encoding="utf-8")
    for path in (tmp_path / "report.html", tmp_path / "summary.json"):
        assert secret[:-1] not in path.read_text(encoding="utf-8")
        assert "(withheld)" in path.read_text(encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "report.xlsx") as workbook:
        strings = workbook.read("xl/sharedStrings.xml").decode()
    assert pseudonym in strings
    assert secret[:-1] not in strings
    for name in ("storms.parquet", "amber.parquet"):
        devices = parquet.read_table(tmp_path / name)["device_id"].to_pylist()
        assert devices
        assert not [device for device in devices if str(device).startswith("00-DB")]


def test_reasons_that_differed_in_the_device_they_named_are_one() -> None:
    row = RejectedRow("a.csv", 1, "why", "text")
    made = replace(week(), rejected_by_reason={"'a' is odd": (4, row), "'b' is odd": (1_200, row)})

    reasons = pseudonymised(made, Pseudonyms(KEY)).rejected_by_reason

    assert [(reason, rows) for reason, (rows, _) in reasons.items()] == [("(withheld) is odd", 1_204)]


def test_storms_and_their_hours_stay_together() -> None:
    made = pseudonymised(week(), Pseudonyms(KEY))

    stormed = {format_device_id(each) for each in made.storms.columns["device_id"].tolist()}
    assert {each.device_id for each in made.storm_hours} == stormed
    assert not {parse_device_id(each) for each in stormed} & set(week().storms.columns["device_id"].tolist())
    assert week().devices_stormed == made.devices_stormed
