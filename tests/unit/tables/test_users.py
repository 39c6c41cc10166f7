"""A table of Users is read from whatever people have; what is wrong with it is told at once, row by row."""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidegate.tables import users as module
from tidegate.tables.users import read_users
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.users import User, UserRole


def read(folder, *lines, name="users.csv", encoding="utf-8"):
    (folder / name).write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return read_users(folder / name)


def faults(folder, *lines, **how):
    with pytest.raises(InputError) as caught:
        read(folder, *lines, **how)
    return [
        (fault.where.removeprefix(f"{folder}/"), fault.what, fault.remedy) for fault in caught.value.faults
    ]


def test_users_stand_in_the_order_of_the_file_whatever_its_columns_order_and_letter_case(tmp_path):
    table = read(
        tmp_path,
        "ROLE;Credit_Meters;user;note;Forecast",
        "is;100; Larch ;x;2.5",
        'ED;;"Network;A";;',
        "OU;0;00db1234567890a0;;7.0",
    )

    assert (
        User("Larch", UserRole.IS, credit_meters=100, forecast=Fraction(5, 2)),
        User("Network;A", UserRole.ED),
        User("00-DB-12-34-56-78-90-A0", UserRole.OU, credit_meters=0, forecast=Fraction(7)),
    ) == table.users
    assert ("note",) == table.passed_over
    assert ("prepayment_meters", "unknown_meters", "network_meters", "charged_mpans") == table.missing


def test_parquet_says_the_same_as_text(tmp_path):
    columns = {
        "user": ["Larch", "Network A"],
        "role": pa.array(["IS", "ED"]).dictionary_encode(),
        "credit_meters": [100.0, None],
        "network_meters": pa.array([None, 7], pa.int64()),
        "forecast": [2.5, float("nan")],
    }
    pq.write_table(pa.table(columns), tmp_path / "users.parquet")

    assert (
        User("Larch", UserRole.IS, credit_meters=100, forecast=Fraction(5, 2)),
        User("Network A", UserRole.ED, network_meters=7),
    ) == read_users(tmp_path / "users.parquet").users


def test_one_user_may_stand_in_several_roles_and_not_twice_in_one(tmp_path):
    assert 2 == len(read(tmp_path, "user,role", "Larch,IS", "Larch,GS").users)
    assert [
        (
            "users.csv, line 4",
            "Larch stands here a second time as IS; it does in line 2",
            "Make one row of the two, with their meters together.",
        )
    ] == faults(tmp_path, "user,role", "Larch,IS", "Larch,GS", "Larch ,is")


@pytest.mark.parametrize("header", ["user,role,credit_meters,user", "user,role, User ,credit_meters"])
def test_of_two_columns_of_one_name_nobody_guesses_which_is_meant(tmp_path, header):
    path = tmp_path / "users.csv"
    path.write_text(f"{header}\nLarch,IS,1,Moor\n", encoding="utf-8")

    with pytest.raises(InputError, match="2 columns are named user"):
        read_users(path)


def test_of_two_columns_of_one_name_in_parquet_nobody_guesses_either(tmp_path):
    columns = [pa.array(["Larch"]), pa.array(["IS"]), pa.array(["Moor"])]
    pq.write_table(pa.table(columns, names=["user", "role", "User"]), tmp_path / "users.parquet")

    with pytest.raises(InputError, match="2 columns are named user"):
        read_users(tmp_path / "users.parquet")


def test_every_row_at_fault_is_told_with_what_to_write(tmp_path):
    found = faults(
        tmp_path,
        "user,role,credit_meters,network_meters",
        "Larch,DNO,1,",
        ",IS,1,",
        'Rowan,IS,"2,400,000",',
        "Alder,GS,1.5,-3",
        "Beech,MSA,1,",
        "Birch,IS,1",
        f"Elm,IS,{module.MOST_COUNTED + 1},",
        f"Oak,IS,{module.MOST_COUNTED},",
    )

    assert [
        ("users.csv, line 7", "has 3 fields where the header has 4"),
        ("users.csv, line 2", "role is 'DNO'"),
        ("users.csv, line 3", "user is empty"),
        ("users.csv, line 4", "credit_meters is '2,400,000'"),
        ("users.csv, line 5", "credit_meters is '1.5'"),
        ("users.csv, line 5", "network_meters is '-3'"),
        ("users.csv, line 6", "role is 'MSA'"),
        ("users.csv, line 8", "credit_meters is 1000000000001: no User has so many"),
    ] == [(where, what) for where, what, _ in found]
    assert "Write ED (Electricity Distributor)." == found[1][2]
    assert "Write 2400000, without separators." == found[3][2]
    assert found[6][2].startswith("Write one of IS (Import Supplier), ES")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("user,credit_meters", "Larch,1"), "no column role; it has user, credit_meters"),
        (("name,kind", "Larch,1"), "no column user and no column role"),
        (("user,role",), "a header and no rows"),
        (("",), "the file is empty"),
    ],
)
def test_a_table_of_no_users_says_what_is_missing(tmp_path, lines, said):
    assert said in faults(tmp_path, *lines)[0][1]


def test_a_name_that_is_not_utf_8_is_not_guessed_at(tmp_path):
    assert (
        "is not UTF-8 text"
        in faults(tmp_path, "user,role", "Llŷn,IS".replace("ŷ", "ÿ"), encoding="latin-1")[0][1]
    )


def test_a_long_table_is_one_of_something_else(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_USERS", 2)

    assert 2 == len(read(tmp_path, "user,role", "A,IS", "B,IS").users)
    assert "a table of something else" in faults(tmp_path, "user,role", "A,IS", "B,IS", "C,IS")[0][1]


def test_what_is_no_table_says_so(tmp_path):
    (tmp_path / "users.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(InputError, match="cannot be read"):
        read_users(tmp_path / "users.parquet")
    with pytest.raises(InputError, match="there is no such file"):
        read_users(tmp_path / "none.csv")
