"""An Inventory is read from whatever people have: columns missing or unknown, rows doubled, changed and broken."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidegate.assembly.opening import open_inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.tables import inventory as module
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY
from tidegate.vocabulary.products import Product

ONE, TWO, THREE = (0x02_7D_01_00_00_00_00_01 + n for n in range(3))
A, B, C = map(format_device_id, (ONE, TWO, THREE))


def read(folder, *lines, name="inventory.csv"):
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return open_inventory(folder / name)


def column(inventory, name):
    return [inventory.attributes[name][row] for row in range(len(inventory))]


def test_devices_stand_in_order_with_what_is_said_of_each(tmp_path):
    inventory = read(
        tmp_path, "firmware,device_id,model,device_type", f"2.00,{B},M2,GSME", f" 1.04 ,{A.lower()},M1,ESME"
    )

    assert [ONE, TWO] == inventory.device_id.tolist()
    assert ["1.04", "2.00"] == column(inventory, "firmware")
    assert [Product("ESME", "", "M1", "1.04"), Product("GSME", "", "M2", "2.00")] == [
        inventory.products[number] for number in inventory.product_numbers
    ]
    assert (2, 2, 0, 0) == (inventory.rows_read, inventory.devices, inventory.doubled, inventory.rejected)


def test_columns_that_are_missing_say_nothing_and_others_are_passed_over(tmp_path):
    inventory = read(tmp_path, "postcode;DEVICE_ID;Firmware", f"ZZ1 1ZZ;{A};1.04")

    assert [""] == column(inventory, "supplier") == column(inventory, "csp_region")
    assert ["1.04"] == column(inventory, "firmware")
    assert [BEFORE_ALL] == inventory.since.tolist()


@pytest.mark.parametrize("name", ["since", "valid_from", "Valid_From"])
def test_a_history_is_sorted_by_instant(tmp_path, name):
    inventory = read(
        tmp_path,
        f"device_id,{name},firmware",
        f"{A},1970-01-03,2.00",
        f"{B},,1.00",
        f"{A},1970-01-02T00:00:00Z,1.04",
        f"{A},1970-01-04T01:00:00+01:00,2.01",
    )

    assert [DAY, 2 * DAY, 3 * DAY, BEFORE_ALL] == inventory.since.tolist()
    assert ["1.04", "2.00", "2.01", "1.00"] == column(inventory, "firmware")
    assert (4, 2) == (len(inventory), inventory.devices)


def test_instants_may_be_whole_microseconds(tmp_path):
    inventory = read(tmp_path, "device_id,since", f"{A},1767312000000001", f"{B},", f"{C},2026-01-02")

    assert [1767312000000001, BEFORE_ALL] == inventory.since.tolist()
    assert ["2026-01-02"] == [row.reason.split("'")[1] for row in inventory.rejected_rows]


def test_whole_seconds_are_refused(tmp_path):
    with pytest.raises(InputError, match="which are seconds"):
        read(tmp_path, "device_id,since", f"{A},1767312000")


def test_of_two_rows_for_one_device_and_instant_the_first_counts(tmp_path):
    inventory = read(
        tmp_path,
        "device_id,since,firmware",
        f"{B},,1",
        f"{A},1970-01-02,2",
        f"{A},,3",
        f"{A},1970-01-02,4",
        f"{B},,5",
        f"{B},,6",
    )

    assert ["3", "2", "1"] == column(inventory, "firmware")
    assert (6, 3) == (inventory.rows_read, inventory.doubled)


def test_rows_that_cannot_be_read_are_counted_and_the_first_few_kept_with_line_and_reason(tmp_path):
    bad = [f"rubbish {n},,x" for n in range(9)]
    inventory = read(
        tmp_path,
        "device_id,since,firmware",
        f"{A},,1",
        "too,few",
        *bad,
        f"{B},never,2",
        f'{C},,"3\n4"',
        f"{C},,5,6",
    )

    assert [ONE, THREE] == inventory.device_id.tolist()
    assert (14, 12) == (inventory.rows_read, inventory.rejected)
    assert 5 == len(inventory.rejected_rows)
    assert (4, "device_id: 'rubbish 0' is not an EUI-64") == (
        inventory.rejected_rows[0].line, inventory.rejected_rows[0].reason.split(":  ")[0].rsplit(":", 1)[0]
    )  # fmt: skip


def test_lines_are_told_where_records_span_several(tmp_path):
    inventory = read(tmp_path, "device_id,since,model", f'{A},,"M\n1"', f"{B},never,M2", "x")

    assert [(4, "since"), (5, "has 1 field where the header has 3")] == [
        (row.line, row.reason.split(":")[0]) for row in inventory.rejected_rows
    ]


def test_text_may_be_compressed(tmp_path):
    path = tmp_path / "inventory.csv.gz"
    path.write_bytes(gzip.compress(f"device_id\tmodel\n{A}\tM1\n".encode()))

    assert ["M1"] == column(open_inventory(path), "model")


@pytest.mark.parametrize(
    "since",
    [
        pa.array([datetime(1970, 1, 2, tzinfo=UTC), None], pa.timestamp("ms", "UTC")),
        pa.array([date(1970, 1, 2), None]),
        pa.array([DAY, None], pa.int64()),
        pa.array(["1970-01-02", ""]),
        pa.array(["1970-01-02T00:00Z", None]).dictionary_encode(),
        pa.array([str(DAY), None]),
    ],
    ids=["timestamp", "date", "integer", "text", "dictionary", "digits"],
)
def test_parquet_may_keep_instants_in_any_way(tmp_path, since):
    pq.write_table(
        pa.table({"device_id": pa.array([TWO, ONE], pa.uint64()), "since": since}), tmp_path / "i.parquet"
    )

    assert [BEFORE_ALL, DAY] == open_inventory(tmp_path / "i.parquet").since.tolist()


def test_parquet_may_keep_attributes_as_text_dictionaries_or_numbers_and_leave_some_out(tmp_path):
    table = pa.table(
        {
            "device_id": pa.array([A, None, B, C]),
            "model": pa.array(["M1", "x", None, "M2"]).dictionary_encode(),
            "firmware": pa.array([1.5, 1.0, None, 2.25]),
            "manufacturer": pa.array([b"Maker A", b"x", b"", b"Maker B"]),
            "supplier": pa.array([7, 7, 8, None]),
        }
    )
    pq.write_table(table, tmp_path / "i.parquet")
    inventory = open_inventory(tmp_path / "i.parquet")

    assert ["M1", "", "M2"] == column(inventory, "model")
    assert ["1.5", "", "2.25"] == column(inventory, "firmware")
    assert ["Maker A", "", "Maker B"] == column(inventory, "manufacturer")
    assert ["7", "8", ""] == column(inventory, "supplier")
    assert [(2, "device_id: is empty")] == [(row.line, row.reason) for row in inventory.rejected_rows]


def test_a_parquet_file_of_many_row_groups_is_one_inventory(tmp_path):
    table = pa.table(
        {
            "device_id": pa.array(range(1_000, 0, -1), pa.uint64()),
            "model": [f"M{n % 7}" for n in range(1_000)],
        }
    )
    pq.write_table(table, tmp_path / "i.parquet", row_group_size=64)
    seen = []
    inventory = module.read_inventory(tmp_path / "i.parquet", lambda done, rows: seen.append((done, rows)))

    assert list(range(1, 1_001)) == inventory.device_id.tolist()
    assert [f"M{(1_000 - n) % 7}" for n in range(1, 1_001)] == column(inventory, "model")
    assert (1.0, 1_000) == seen[-1]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["meter,model", "1,M1"], "has no column device_id; it has meter, model"),
        (["device_id,model"], "has no Device in it: the file has a header and no rows. Write a row for each"),
        (["device_id,model", "x,M1"], "no row that can be used"),
        ([""], "the file is empty"),
    ],
)
def test_a_file_that_is_no_inventory_is_refused_in_words(tmp_path, lines, what):
    with pytest.raises(InputError, match=what):
        read(tmp_path, *lines)


def test_a_parquet_file_that_is_no_inventory_is_refused_in_words(tmp_path):
    (tmp_path / "no.parquet").write_bytes(b"PAR1 and no more")
    pq.write_table(pa.table({"device_id": pa.array([], pa.uint64())}), tmp_path / "empty.parquet")
    pq.write_table(
        pa.table({"device_id": [1.5], "since": [True], "model": [[1]]}), tmp_path / "wrong.parquet"
    )
    for name, what in (
        ("no", "not a whole Parquet file"),
        ("empty", "no rows"),
        ("wrong", "cannot be device_id"),
    ):
        with pytest.raises(InputError, match=what) as refused:
            open_inventory(tmp_path / f"{name}.parquet")
        assert (3 if name == "wrong" else 1) == len(refused.value.faults)


def test_a_column_of_serial_numbers_is_refused(tmp_path, monkeypatch):
    """Otherwise each Device would be a product of its own, and no product would stand out."""
    monkeypatch.setattr(module, "MOST_PRODUCTS", 3)
    monkeypatch.setattr(module, "MOST_PARTIES", 3)
    rows = [f"{format_device_id(ONE + n)},M{n},S{n}" for n in range(3)]
    for header, what in (
        ("device_id,model,x", "manufacturer, model and firmware"),
        ("device_id,x,supplier", "of supplier"),
    ):
        with pytest.raises(InputError, match=f"4 different values {what}|4 different values of {what}"):
            read(tmp_path, header, *rows)
