"""Text that was no UTF-8 is told with where it is."""

from __future__ import annotations

from dataclasses import replace

from tests.fleets import Entry, inventory_of
from tests.unit.reports.replayed_examples import replayed, storming

from tidegate.reports.damaged_text import damaged_in_words
from tidegate.reports.replayed import InventoryFound, Totals
from tidegate.reports.verdict import verdict


def test_damaged_text_is_told_with_where_it_is_and_what_to_do():
    assert "" == damaged_in_words("a.csv", ())
    assert (
        "Not UTF-8: a.csv has text that was saved in another encoding, now with \ufffd in it: "
        "supplier 'Fourni\ufffd'. Save it as CSV UTF-8."
    ) == damaged_in_words("a.csv", ["supplier 'Fourni\ufffd'"])
    assert "a, b, c and 2 more. Save" in damaged_in_words("a.csv", list("abcde"))


def test_an_inventory_knows_which_of_its_columns_are_damaged():
    found = inventory_of(Entry(1, manufacturer="Maker \ufffd"), Entry(2, supplier="\ufffd"), Entry(3))

    assert ("manufacturer 'Maker \ufffd'", "supplier '\ufffd'") == found.damaged


def test_a_verdict_cautions_about_damaged_recipients_and_inventories():
    made = replayed({5: Totals(1, 1)}, by_recipient={"Sup\ufffd": Totals(1, 1)})
    known = InventoryFound("devices.csv", 1, 1, 0, 0, ("model '\ufffd'",))

    assert "Not UTF-8: alerts.csv has" in " ".join(verdict(made).cautions)
    assert "Not UTF-8: devices.csv has" in " ".join(verdict(replace(made, inventory=known)).cautions)
    assert "UTF-8" not in " ".join(verdict(storming()).cautions)
