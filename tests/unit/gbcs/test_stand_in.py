"""A stand-in's envelope is a GBCS message's."""

from __future__ import annotations

from tests.material.gbcs_alerts import ESME, SUPPLIER

from tidegate.gbcs.envelope import open_envelope
from tidegate.gbcs.stand_in import LABEL, RESPONSE, stand_in


def test_a_response_that_stands_in_opens_as_one() -> None:
    opened = open_envelope(stand_in(RESPONSE, ESME, SUPPLIER, 2**64 - 1, 0x0027))

    assert (RESPONSE, ESME, SUPPLIER, 2**64 - 1, 0x0027, LABEL) == (
        opened.cra,
        opened.originator,
        opened.recipient,
        opened.counter,
        opened.message_code,
        opened.content,
    )
    assert (False, bytes(12)) == (opened.is_signed, opened.protection)


def test_without_a_published_message_code_it_has_none() -> None:
    assert 0 == open_envelope(stand_in(RESPONSE, ESME, SUPPLIER, 1)).message_code
