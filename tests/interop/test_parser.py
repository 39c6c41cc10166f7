"""The DCC's own parser, which DCC Boxed users have, reads what we forward, but for throttle metadata."""

from __future__ import annotations

import base64

import pytest

from tests.interop.clients import needs_node, parsed
from tests.material.duis_documents import device_alert, future_dated_alert, power_outage
from tests.material.gbcs_alerts import mint_alert
from tests.material.signed_alerts import AlertMint, mint_party, signed
from tests.shared_material import needs_shared, shared_files
from tidegate.duis.signing_keys import Signer
from tidegate.duis.throttle_metadata import with_throttle_metadata, without_throttle_metadata

dsp, gateway = mint_party(), mint_party()
signer = Signer(gateway.key, gateway.certificate)


@needs_node
def test_the_parser_reads_a_device_alert_that_we_signed() -> None:
    payload = mint_alert(0x8F75)

    (read,) = parsed([signer.sign(device_alert("8F75", payload=payload))])

    duis = read["duis"]
    assert {
        "originatorId": "00-db-12-34-56-78-90-a0",
        "targetId": "90-b3-d5-1f-30-01-00-00",
        "counter": "2000",
    } == duis["header"]["responseId"]
    assert {
        "AlertCode": "8F75",
        "GBCSPayload": base64.b64encode(payload).decode(),
    } == duis["body"]["DeviceAlertMessage"]


@needs_node
def test_the_parser_reads_every_kind_that_we_forward_without_metadata() -> None:
    documents = [device_alert("8F75"), power_outage(), future_dated_alert()]
    documents = [signed(document, dsp) for document in documents] + [signer.sign(one) for one in documents]

    assert ["duis"] * 6 == [next(iter(read)) for read in parsed(documents)]


@needs_node
@pytest.mark.parametrize("document", [device_alert("8F75"), power_outage()])
def test_the_parser_refuses_every_alert_with_throttle_metadata(document: bytes) -> None:
    """So metadata is off for a User until its software takes it; taken out again, the Alert is read."""
    ours = with_throttle_metadata(document, 7, 9, signer)

    refused, read = parsed([ours, without_throttle_metadata(ours, signer)])

    assert "error" in refused
    assert "duis" in read


@needs_node
def test_the_parser_reads_what_the_load_tests_mint() -> None:
    mint = AlertMint(dsp)

    read = parsed([mint.alert(0x8F36, counter=counter) for counter in range(100)])

    assert [str(counter) for counter in range(100)] == [
        one["duis"]["header"]["responseId"]["counter"] for one in read
    ]


@needs_node
@needs_shared
def test_the_samples_are_refused_by_the_parser_for_their_metadata_and_read_without_it() -> None:
    samples = [path.read_bytes() for path in shared_files("samples/*alert*.signed.xml")]
    has_metadata = [b"ThrottledAlert" in sample for sample in samples]

    as_they_are = parsed(samples)
    without = parsed([without_throttle_metadata(sample, signer) for sample in samples])

    assert has_metadata == ["error" in read for read in as_they_are]
    assert [True] * len(samples) == ["duis" in read for read in without]
