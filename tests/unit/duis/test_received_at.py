"""When a document was received: its file's name and the sidecar."""

from __future__ import annotations

import pytest

from tidegate.duis.received_at import instant_in_head, instant_in_name, read_sidecar
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import HOUR, SECOND, parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026-03-01T120000Z_a1b2.xml", NOON),
        ("20260301T120000.123Z-alert.xml", NOON + 123_000),
        ("2026-03-01T12-00-00Z.xml", NOON),
        ("2026-03-01T12:00:00.000001Z.xml", NOON + 1),
        ("20260301T120000.xml", NOON),
        ("20260301T120000-0001.xml", NOON),
        ("20260301T130000+0100.xml", NOON),
        ("20260301T130000+01:00_x.xml", NOON),
        ("alert_20260301T120001Z.xml", NOON + SECOND),
        ("20260301T120000,5Z.xml", NOON + SECOND // 2),
        ("20261301T120000Z.xml", None),
        ("120260301T120000Z.xml", None),
        ("20260301.xml", None),
        ("device_alert_minted_8F75.xml", None),
    ],
)
def test_an_iso_instant_in_a_file_name_is_the_receipt_instant(name: str, expected: int | None) -> None:
    assert expected == instant_in_name(name)


def test_the_head_of_a_document_gives_its_response_date_time() -> None:
    assert NOON == instant_in_head(b"<r><sr:ResponseDateTime> 2026-03-01T12:00:00Z</sr:ResponseDateTime>")
    assert instant_in_head(b"<r><sr:ResponseDateTime>soon</sr:ResponseDateTime>") is None
    assert instant_in_head(b"<r/>") is None


def test_a_sidecar_gives_instants_by_file_in_any_order_of_columns() -> None:
    sidecar = read_sidecar(
        b"\xef\xbb\xbfReceived_At,note,FILE\r\n2026-03-01T12:00:00Z,x,a.xml\r\n\r\n2026-03-01T13:00:00Z,,b\\c.xml\r\n",
        "received_at.csv",
    )

    assert {"a.xml": NOON, "b/c.xml": NOON + HOUR} == sidecar.instants
    assert not sidecar.rejected


def test_the_names_in_a_sidecar_are_relative_to_its_own_folder() -> None:
    sidecar = read_sidecar(b"file,received_at\n./a.xml,2026-03-01T12:00:00Z\n", "s", "october/day1")

    assert {"october/day1/a.xml": NOON} == sidecar.instants


def test_a_row_of_a_sidecar_that_cannot_be_used_is_kept_with_its_line() -> None:
    sidecar = read_sidecar(b"file,received_at\na.xml,soon\nb.xml\nc.xml,2026-03-01T12:00:00Z\n", "s.csv")

    assert {"c.xml": NOON} == sidecar.instants
    assert [("s.csv", 2), ("s.csv", 3)] == [(row.source, row.line) for row in sidecar.rejected]
    assert "'soon' is not an instant" in sidecar.rejected[0].reason
    assert "the row has too few fields" == sidecar.rejected[1].reason


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"", "its columns are none"),
        (b"name,when\n", "it has no column file and no column received_at; its columns are name, when"),
        (b"file;received_at\n", "it has no column file"),
        (b"file,received_at\n\xff\xfe", "it is not UTF-8"),
        (b"file,received_at\n" + b"x" * 200_000, "it is not CSV"),
    ],
)
def test_a_sidecar_that_is_none_is_a_fault(octets: bytes, what: str) -> None:
    with pytest.raises(InputError) as fault:
        read_sidecar(octets, "received_at.csv")

    assert what in str(fault.value)
