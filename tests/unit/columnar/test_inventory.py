"""What a row of an Inventory holds for, and which row holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from tests.fleets import Entry, inventories, inventory_of

from tidegate.columnar.inventory import numbered_together
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.vocabulary.instants import DAY
from tidegate.vocabulary.products import NOT_KNOWN, Product

CHANGED = inventory_of(
    Entry(7, BEFORE_ALL, firmware="1.04"),
    Entry(7, 100, firmware="2.00"),
    Entry(7, 200, firmware="2.01"),
    Entry(9),
)


@pytest.mark.parametrize(
    ("at", "firmware"),
    [(-5, "1.04"), (99, "1.04"), (100, "2.00"), (101, "2.00"), (199, "2.00"), (200, "2.01"), (10**9, "2.01")],
)
def test_the_row_in_force_at_the_instant_counts(at, firmware):
    (row,) = CHANGED.rows_at(np.array([7], np.uint64), np.array([at]))

    assert firmware == CHANGED.attributes["firmware"][row]


def test_before_the_first_since_the_first_row_counts():
    inventory = inventory_of(Entry(7, 100), Entry(7, 200))

    assert [0, 0, 1] == inventory.rows_at(np.full(3, 7, np.uint64), np.array([-1, 100, 200])).tolist()


def test_a_device_that_is_not_there_has_no_row():
    assert [-1, 3, -1] == CHANGED.rows_at(np.array([6, 9, 10], np.uint64), np.zeros(3, np.int64)).tolist()


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (0, 4 * DAY, [2, 1, 1, 4]),
        (2 * DAY, 3 * DAY, [0, 1, 0, 1]),
        (3 * DAY, 9 * DAY, [0, 0, 6, 6]),
        (0, 2 * DAY, [2, 0, 0, 2]),
        (0, 2 * DAY + 1, [2, 1 / DAY, 0, 2 + 1 / DAY]),
    ],
)
def test_a_row_has_the_days_of_the_period_it_held(since, until, days):
    changed = inventory_of(Entry(7, DAY), Entry(7, 2 * DAY), Entry(7, 3 * DAY), Entry(9, 9 * DAY))

    assert days == pytest.approx(changed.days_within(since, until).tolist())


@given(inventories())
def test_every_device_has_all_the_days_of_the_period_and_no_more(inventory):
    days = np.bincount(inventory.is_first.cumsum(), inventory.days_within(5 * DAY, 100 * DAY))

    assert [95.0] * inventory.devices == pytest.approx(days[1:].tolist())


def test_products_are_numbered_in_order_and_the_unknown_first():
    inventory = inventory_of(
        Entry(1, firmware="9"), Entry(2, device_type="", manufacturer="", model="", firmware=""), Entry(3)
    )

    assert [
        NOT_KNOWN,
        Product("ESME", "Maker A", "M1", "1.04"),
        Product("ESME", "Maker A", "M1", "9"),
    ] == inventory.products
    assert [2, 0, 1] == inventory.product_numbers.tolist()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 1_000)), max_size=30))
def test_rows_alike_have_one_number_and_others_another(rows):
    columns = [np.array([row[place] for row in rows], np.int32) for place in range(3)]
    numbers, first = numbered_together(columns)

    assert len(set(rows)) == len(set(numbers.tolist())) == len(first)
    assert [rows[first[number]] for number in numbers] == rows
    assert [rows.index(row) for row in rows] == [first[number] for number in numbers]
