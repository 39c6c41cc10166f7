"""Who gets what part of a report, and what its folder is called."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, strategies as st
from tests.commissioning_statuses import DIFFERS, EMPTY, NOTHING, cohort, nation, status

from tidegate.formats.commissioning_page import Beside, commissioning_page
from tidegate.formats.page import page_html
from tidegate.reports.commissioning_findings import compared
from tidegate.reports.commissioning_recipients import RecipientKind, folders_of, recipients
from tidegate.reports.party_performance import party_performance

SUPPLIER, OPERATOR, CSP = RecipientKind

PARTIES = st.tuples(st.sampled_from(RecipientKind), st.text(min_size=1, max_size=70))


@given(st.sets(PARTIES, max_size=8))
@example({(SUPPLIER, "a b"), (SUPPLIER, "A b"), (SUPPLIER, "a-b"), (SUPPLIER, "a/b"), (SUPPLIER, "a\\b")})
@example({(SUPPLIER, ".."), (SUPPLIER, "."), (SUPPLIER, "/"), (SUPPLIER, "\0"), (OPERATOR, "..")})
@example({(SUPPLIER, "x" * 60), (SUPPLIER, "x" * 61), (SUPPLIER, "x" * 62), (CSP, "x" * 60)})
def test_each_has_a_folder_of_its_own_whatever_it_is_called(parties):
    folders = folders_of(parties)

    assert len(parties) == len({name.casefold() for name in folders.values()})
    assert all(re.fullmatch("[A-Za-z0-9-]{1,100}", name) for name in folders.values())
    assert not {"panel", "ssc"} & set(folders.values())


@pytest.mark.parametrize(
    ("kind", "name", "folder"),
    [
        (SUPPLIER, "Larch Energy", "supplier-Larch-Energy"),
        (OPERATOR, "Moor", "network-operator-Moor"),
        (CSP, "North", "csp-North"),
    ],
)
def test_a_plain_name_is_its_folder(kind, name, folder):
    assert {(kind, name): folder} == folders_of([(kind, name)])


def test_a_name_that_is_not_plain_keeps_what_can_be_read_of_it():
    (folder,) = folders_of([(SUPPLIER, "../Larch & Co")]).values()

    assert re.fullmatch("supplier-Larch-Co-[0-9a-f]{16}", folder)


def test_every_part_is_of_its_own_devices_and_one_of_nobody_has_no_folder():
    found = recipients(
        status(
            {
                cohort(EMPTY, supplier="Larch", operator="Moor", region="North"): 3,
                cohort(DIFFERS, supplier="Birch", operator="Moor"): 2,
                cohort(NOTHING): 10,
            },
            shown=2,
        )
    )

    assert [
        (SUPPLIER, "Birch", "supplier-Birch", 2, "Supplier Birch"),
        (SUPPLIER, "Larch", "supplier-Larch", 3, "Supplier Larch"),
        (SUPPLIER, "", "", 10, ""),
        (OPERATOR, "Moor", "network-operator-Moor", 5, "Network Operator Moor"),
        (OPERATOR, "", "", 10, ""),
        (CSP, "North", "csp-North", 3, "the CSP of North"),
        (CSP, "", "", 12, ""),
    ] == [(*each[:3], each.status.devices, each.status.recipient) for each in found]
    assert all(not each.status.shown and not each.status.evidence.read for each in found)


def test_how_a_party_does_is_what_is_open_for_how_long_and_what_it_most_often_is():
    found = party_performance(
        status(
            {
                cohort(DIFFERS, responsible="Moor", months_open=2): 3,
                cohort(DIFFERS, responsible="Moor", months_open=5): 1,
                cohort(NOTHING, responsible=""): 10,
            }
        )
    )

    assert [("Moor", 4, 0, 0, 2, 5, "NetworkOperator cells: the cell holds another party's certificate")] == [
        (*it.devices, *it[1:]) for it in found
    ]


def test_one_partys_part_does_not_tell_how_the_others_do():
    whole = nation()
    part = next(each.status for each in recipients(whole) if each.name == "North")
    html = page_html(commissioning_page(part, (), beside=Beside.OWN_LISTS))

    assert {"supplier", "network_operator"} == {*compared(whole)} - {*compared(part)}
    assert "for the CSP of North" in html
    assert "Whose it is to do" not in html
    assert "Whose it is to do" in page_html(commissioning_page(whole, ()))
