"""The table of refusals, and how one is written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st
from lxml import etree

from tidegate.duis.refusals import Reason
from tidegate.gateway.replies import REPLIES, AtTheDoor, Refusal, body_of, headers_of


def test_every_reason_has_one_row():
    assert {*map(str, Reason), *map(str, AtTheDoor)} == set(map(str, REPLIES))


@pytest.mark.parametrize("reason", REPLIES)
def test_a_503_says_when_to_come_back_and_no_other_does(reason):
    assert (REPLIES[reason].status == 503) == ("retry-after" in headers_of(Refusal(reason)))


def test_a_503_comes_with_the_seconds_the_engine_gives():
    assert "5" == headers_of(Refusal(AtTheDoor.NOT_DURABLE, retry_after_s=5))["retry-after"]


@given(st.text())
def test_whatever_a_detail_says_both_forms_can_be_read(detail):
    refusal = Refusal(AtTheDoor.QUERY, detail)

    as_json = json.loads(body_of(refusal, "", "1")[1])
    as_xml = etree.fromstring(body_of(refusal, "application/xml", "1")[1])

    assert refusal.detail == as_json.get("detail", "")
    assert "query" == as_xml.findtext("{urn:ietf:rfc:7807}reason")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/xml", "xml"),
        ("application/xml, application/json", "json"),
    ],
)
def test_xml_is_for_who_asks_for_it_and_not_for_json(accept, kind):
    assert f"application/problem+{kind}" == body_of(Refusal(AtTheDoor.BUSY), accept, "1")[0]


def test_a_detail_is_cut():
    assert len(Refusal(AtTheDoor.QUERY, "a" * 10_000).detail) < 600
