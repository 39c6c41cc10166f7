"""Every key is found on its line, whatever stands around it."""

from __future__ import annotations

import pytest

from tidegate.policy_files.places import KeyPath, Places, dotted

TEXT = '''# a = 1
top = "[not.a.table]" # [nor.this]

[a."b.c"] # x = 1
'quoted key' = """
[no.table] = 1
x = "2"
"""
list = [
  # y = 1
  ["x = 1", ']'],
]
p.q = 1

[ d . e ]
f = { g = 1 }
[[items]]
h = 1
[items.i]
j = 1
[[items]]
h = 1
[[items.k]]
l = 1
[[items.k]]
l = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("a", "b.c"), 4),
        (("a", "b.c", "quoted key"), 5),
        (("a", "b.c", "list"), 9),
        (("a", "b.c", "list", 0, 1), 9),
        (("a", "b.c", "p", "q"), 13),
        (("d", "e"), 15),
        (("d", "e", "f"), 16),
        (("d", "e", "f", "g"), 16),
        (("items",), 17),
        (("items", 0), 17),
        (("items", 0, "h"), 18),
        (("items", 0, "i", "j"), 20),
        (("items", 1), 21),
        (("items", 1, "h"), 22),
        (("items", 1, "k", 1, "l"), 26),
        (("items", 2), 17),
        (("absent",), 0),
    ],
)
def test_a_key_is_on_its_line_or_on_that_of_the_nearest_table_around_it(path: KeyPath, line: int):
    assert line == Places(TEXT).line_of(path)


@pytest.mark.parametrize(
    "inside", [("no", "table"), ("a", "b.c", "x"), ("not", "a", "table"), ("a", "b.c", "y")]
)
def test_what_stands_in_strings_and_comments_is_no_key(inside: KeyPath):
    around = inside[:2] if inside[0] == "a" else ()

    assert Places(TEXT).line_of(around) == Places(TEXT).line_of(inside)


def test_windows_line_ends_count_once():
    assert 3 == Places("a = 1\r\n\r\nb = 2\r\n").line_of(("b",))


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (("alert_storm", "codes", "8F75"), "alert_storm.codes.8F75"),
        (("service_requests", "prioritised", "7.4"), 'service_requests.prioritised."7.4"'),
        (("alert_storm", "code_groups", 1, 0), "alert_storm.code_groups, item 2, item 1"),
    ],
)
def test_a_path_is_written_as_in_a_file(path: KeyPath, written: str):
    assert written == dotted(path)
