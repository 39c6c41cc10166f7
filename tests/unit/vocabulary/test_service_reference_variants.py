"""The published Service Reference Variants are all there, and say what the request matrix says."""

from __future__ import annotations

import csv

import pytest
from tests.shared_material import shared

from tidegate.vocabulary.service_reference_variants import published_variants, variant_in_words
from tidegate.vocabulary.service_requests import is_service_reference_variant
from tidegate.vocabulary.users import UserRole


@pytest.mark.parametrize(
    ("srv", "roles"),
    [("7.4", "IS ES GS RSA ED GT"), ("7.6", "IS"), ("8.14.1", "IS GS"), ("8.11", "IS GS OU"), ("7.16", "")],
)
def test_a_variant_is_open_to_the_roles_of_the_request_matrix(srv, roles):
    assert tuple(map(UserRole, roles.split())) == published_variants()[srv].roles


def test_a_critical_variant_and_one_that_asks_no_device_are_told():
    entries = published_variants()

    assert (True, False) == (entries["7.1"].is_critical, entries["7.1"].is_non_device)
    assert (False, True) == (entries["8.2"].is_critical, entries["8.2"].is_non_device)


def test_a_variant_in_words_has_its_name_where_it_has_one():
    assert "7.4 Read Supply Status" == variant_in_words("7.4")
    assert "99.9" == variant_in_words("99.9")


def test_every_variant_has_the_form_of_one():
    assert all(map(is_service_reference_variant, published_variants()))


def test_the_table_is_that_of_the_published_matrix():
    with shared("tables/srv_list.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))

    assert [row["srv"] for row in rows] == list(published_variants())
    for row, entry in zip(rows, published_variants().values(), strict=True):
        assert (row["critical"] == "Yes", row["non_device"] == "Yes") == (
            entry.is_critical,
            entry.is_non_device,
        )
        assert {*row["eligible_user_roles"].split(",")} - {"NONE-IN-SOURCE"} == {*entry.roles}
