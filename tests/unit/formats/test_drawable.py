"""What a name may hold that a drawing cannot: it is drawn as a sign, and ends nothing."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, strategies as st
from lxml import etree

from tidegate.formats.charts import svg
from tidegate.formats.drawable import all_drawable, drawable
from tidegate.formats.picture import Picture, write_png


def test_a_control_character_is_drawn_as_its_sign() -> None:
    assert drawable("Net\x1bwork\x00") == "Net\u241bwork\u2400"


def test_what_xml_cannot_hold_otherwise_is_drawn_as_the_sign_of_what_cannot_be_shown() -> None:
    assert drawable("\uffff\ud800") == "\ufffd\ufffd"


def test_all_else_is_drawn_as_it_stands() -> None:
    assert drawable("Énergie & <Söhne>\t\U0001f50c") == "Énergie & <Söhne>\t\U0001f50c"


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_a_name_holds_can_stand_in_xml(name: str) -> None:
    element = etree.Element("name")
    element.text = drawable(name)
    assert etree.tostring(element)


def test_a_specification_is_made_drawable_however_deep() -> None:
    assert all_drawable({"a": [{"b": ("\x01", 1, None)}]}) == {"a": [{"b": ["\u2401", 1, None]}]}


def test_a_picture_of_a_name_with_a_control_character_is_drawn_and_saved(tmp_path: Path) -> None:
    drawn = svg("one", {"data": {"values": [{"who": "Net\x1bwork"}]}, "mark": "text",
                        "encoding": {"text": {"field": "who"}}})  # fmt: skip
    assert "Net\u241bwork" in drawn

    write_png(Picture("one", "By Net\x1bwork", "", drawn, ("who",), ()), tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
