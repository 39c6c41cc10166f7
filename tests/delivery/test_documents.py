"""What is sent: octet for octet what came, or what came with its throttle metadata and our signature."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.deliveries import outgoing
from tests.material.signed_alerts import AlertMint, mint_party

from tidegate.assembly.delivering import SigningFiles, document_writer, open_delivery
from tidegate.delivery import Recipient
from tidegate.vocabulary.faults import InputError

TAKES = Recipient("network", "http://127.0.0.1:1/", takes_throttle_metadata=True)
PLAIN = replace(TAKES, takes_throttle_metadata=False)


@pytest.fixture
def files(tmp_path):
    party = mint_party()
    (tmp_path / "key.pem").write_bytes(party.key_pem)
    (tmp_path / "certificate.pem").write_bytes(party.pem)
    return SigningFiles(tmp_path / "key.pem", tmp_path / "certificate.pem")


def an_alert(count):
    return replace(outgoing(1, count=count), document=AlertMint(mint_party()).alert())


def test_who_takes_no_metadata_is_sent_what_came(files):
    alert = an_alert(count=9)

    assert alert.document == document_writer(files)(alert, PLAIN)
    assert alert.document == document_writer(None)(alert, TAKES)


def test_an_alert_with_nothing_to_tell_goes_on_as_it_came(files):
    alert = an_alert(count=0)

    assert alert.document == document_writer(files)(alert, TAKES)


def test_who_takes_metadata_is_sent_it_and_after_a_restart_the_same_octets(files):
    alert = an_alert(count=9)
    sent = document_writer(files)(alert, TAKES)

    assert b"<sr:ThrottledAlertCount>9</sr:ThrottledAlertCount>" in sent
    assert sent == document_writer(files)(alert, TAKES)


def test_a_document_that_metadata_cannot_be_added_to_goes_on_as_it_came(files):
    """An Alert is worth more than what it tells of others."""
    alert = replace(an_alert(count=9), document=b"<not DUIS/>")

    assert alert.document == document_writer(files)(alert, TAKES)


def test_metadata_without_a_key_to_sign_it_is_a_fault():
    with pytest.raises(InputError) as refused:
        open_delivery([TAKES])

    (fault,) = refused.value.faults
    assert "takes_throttle_metadata = false" in fault.remedy
