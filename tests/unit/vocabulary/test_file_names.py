"""Names of files that are no text."""

from __future__ import annotations

import os

import pytest

from tidegate.vocabulary.file_names import is_text, shown_name


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        (b"alerts.csv", True, "alerts.csv"),
        ("é.csv".encode(), True, "é.csv"),
        (b"al\xe9rts", False, "al\\xe9rts"),
    ],
)
def test_a_name_is_text_where_its_octets_are_utf_8_and_can_be_shown_if_not(name, text, shown):
    assert text == is_text(os.fsdecode(name))
    assert shown == shown_name(os.fsdecode(name))
