"""`tidegate allocate` from a table of Users to a screen, JSON and a workbook, as a person meets them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from zipfile import ZipFile

import pytest
from rich.console import Console
from tests.commands import tidegate

from tidegate.assembly.allocating import allocate_users
from tidegate.cli.allocate_screen import show
from tidegate.operations.allocate import AllocateOptions

USERS = """user,role,credit_meters,prepayment_meters,unknown_meters,network_meters,charged_mpans
Larch Energy,IS,600000,100000,,,700000
Larch Energy,GS,,,80000,,80000
[Moor] Networks,ED,,,,60000,2400000
=Fitter,RSA,,,,,
"""


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("users.csv").write_text(USERS, encoding="utf-8")
    return Path("users.csv")


def screen(users: Path, width: int) -> list[str]:
    allocated = allocate_users(users, None, 0, AllocateOptions())
    out = io.StringIO()
    show(allocated, None, users=users, out=Console(file=out, width=width, highlight=False))
    return out.getvalue().splitlines()


def test_the_json_is_a_list_whose_allocations_add_up_and_cautions_go_to_stderr(users, capfd):
    ran = tidegate(capfd, "allocate", users, "--json", "--capacity", "1004")
    listed = json.loads(ran.out)

    assert 0 == ran.status
    assert [
        ("Larch Energy", "IS", 904),
        ("Larch Energy", "GS", 91),
        ("[Moor] Networks", "ED", 8),
        ("=Fitter", "RSA", 1),
    ] == [(each["user"], each["role"], each["allocation"]) for each in listed]
    assert "! 1,004 is more than the operating threshold of illustrative-2, 270" in ran.err


def test_the_screen_tells_the_table_the_arithmetic_and_what_would_change_it(users, capfd):
    ran = tidegate(capfd, "allocate", users)

    assert ran.out.startswith("270 requests in a period of 1s are shared among 3 Users.\n")
    assert re.search(r"^Larch Energy +IS +600,000 +100,000 +800,000 +89\.3% +241 *$", ran.out, re.MULTILINE)
    assert "weight  600,000 + 2 x 100,000 = 800,000" in ran.out
    assert "share   1 + 266 x 800,000 / 886,000 = 241.18, down to 241" in ran.out
    assert re.search(r"^\[Moor\] Networks +ED +3 +64 *$", ran.out, re.MULTILINE)
    assert "One more in a period: more for Larch Energy IS (+1)." in ran.out


@pytest.mark.parametrize("width", [80, 60, 40])
def test_no_line_is_longer_than_the_terminal_but_a_command_to_copy(users, width):
    lines = [line for line in screen(users, width) if "tidegate " not in line]

    assert [] == [line for line in lines if len(line.rstrip()) > width]


def test_where_there_is_no_room_to_compare_columns_go_and_no_number_is_broken(users):
    lines = screen(users, 40)
    title = lines.index("What would change it")

    assert re.search(r"^Larch Energy +IS +241 +242 +266$", lines[title + 2].rstrip())
    assert "No room here for: x1, x3." in lines


def test_another_basis_works_the_whole_table_out_by_it(users, capfd):
    ran = tidegate(capfd, "allocate", users, "--basis", "charged", "--json")

    assert [183, 22, 64, 1] == [each["allocation"] for each in json.loads(ran.out)]


def test_meters_of_unknown_mode_count_as_prepayment_as_far_as_is_said(users, capfd):
    weights = [
        json.loads(tidegate(capfd, "allocate", users, "--json", "--unknown-prepayment", share).out)[1][
            "weight"
        ]
        for share in ("0%", "13%", "0.13", "100%")
    ]

    assert [80_000, 90_400, 90_400, 160_000] == weights


def test_the_workbook_has_the_arithmetic_of_every_user_and_runs_no_formula(users, capfd):
    ran = tidegate(capfd, "allocate", users, "--xlsx", "allocation.xlsx")

    with ZipFile("allocation.xlsx") as book:
        texts = book.read("xl/sharedStrings.xml").decode()
        sheets = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        cells = "".join(book.read(name).decode() for name in book.namelist() if "worksheets/" in name)
    assert ["Findings", "Allocation", "Bases", "What if", "About"] == sheets
    assert "600,000 + 2 x 100,000 = 800,000" in texts
    assert "=Fitter" in texts
    assert "<f>" not in cells
    assert "allocation.xlsx" in ran.out
    assert ["allocation.xlsx", "users.csv"] == sorted(path.name for path in Path().iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--unknown-prepayment", "thirteen"], "'thirteen' is no share"),
        (["--unknown-prepayment", "101%"], "'101%' is no share"),
        (["--capacity", "3"], "Write --capacity 4 or more"),
        (["--basis", "forecast"], "there is no column forecast"),
        (["--policy", "none.toml"], "there is no such policy file"),
        (["--xlsx", "nowhere/allocation.xlsx"], "Choose another place with --xlsx."),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_write(users, capfd, arguments, said):
    ran = tidegate(capfd, "allocate", users, *arguments)

    assert (2, "") == (ran.status, ran.out)
    assert said in ran.err


def test_rows_at_fault_stop_the_allocation(users, capfd):
    users.write_text(USERS.replace(",ED,", ",DNO,").replace("600000", "many"), encoding="utf-8")
    ran = tidegate(capfd, "allocate", users, "--json")

    assert (2, "") == (ran.status, ran.out)
    assert ["users.csv, line 2", "users.csv, line 4"] == re.findall(
        r"^(users.csv, line \d)", ran.err, re.MULTILINE
    )


def test_of_a_folder_of_versions_the_one_in_force_counts(users, capfd):
    Path("versions").mkdir()
    for name in ("illustrative-1", "illustrative-2"):
        text = tidegate(capfd, "policy", "show", name, "--toml").out
        Path(f"versions/{name}.toml").write_text(text, encoding="utf-8")

    assert (
        "operating threshold of illustrative-2."
        in tidegate(capfd, "allocate", users, "--policy", "versions").out
    )


def test_the_asks_of_the_priority_list_are_shown_and_compared(capfd):
    asks = tidegate(capfd, "policy", "asks")
    diff = tidegate(capfd, "policy", "diff", "illustrative-2", "illustrative-2+enwl-supply-status")

    assert "enwl-supply-status: ENWL." in asks.out
    assert "7.4 Read Supply Status is prioritised" in diff.out
