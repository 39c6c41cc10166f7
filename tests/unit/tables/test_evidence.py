"""Evidence and registrations from tables: what a row may say, which cannot be used, and Devices kept whole in shards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidegate.columnar.batches import Names, RejectedRow
from tidegate.columnar.evidence import REGISTRATION
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.commissioning.columns import registrations_of, rows_of
from tidegate.commissioning.evidence import CredentialType, Evidence, Kind, Outcome, Registration, Role
from tidegate.tables.alert_columns import read_recipient
from tidegate.tables.evidence import evidence_source, registrations_source
from tidegate.tables.evidence_shards import SHARDS, evidence_shards
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import SECOND, parse_instant

HEADER = "at,device_id,kind,srv,credential_type,outcome,role,party_id,certificate_hash,sender"
DEVICE = 0x00DB1234567890A0
EUI = "00-DB-12-34-56-78-90-A0"
USER = "90-B3-D5-1F-30-01-00-00"
NOON = parse_instant("2026-03-01T12:00:00Z")
GOOD = f"2026-03-01T12:00:00Z,{EUI},commissioned,,,,,,,"


def written(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def read(*paths: Path) -> tuple[list[Evidence], list[tuple[int, str]]]:
    names, rows, rejected = Names(), [], []
    for part in evidence_source(paths, names).rows():
        rows += rows_of(part.records, names)
        rejected += [(each.line, each.reason) for each in part.rejected]
        assert len(part.records) == len(part.line)
    return rows, rejected


def test_a_row_is_what_it_says(tmp_path):
    rows = (
        GOOD,
        f"2026-03-01T12:00:01Z,{EUI.replace('-', '').lower()},SRV response,6.17,Digital Signature,Success,,,,{USER}",
        f"2026-03-01T12:00:02Z,{EUI},future_dated_outcome,,,8F66,NetworkOperator,90b3d51f30010000,,",
        f"2026-03-01T12:00:03Z,{EUI},credentials_read,6.24.1,KeyAgreementTopUp,,Supplier,A, 4899+/= ,",
        f"2026-03-01T12:00:04Z,{EUI},change_of_supplier,,,,,,,B",
        f"2026-03-01T12:00:05Z,{EUI},srv_response,7.4,,timeout,,,,",
    )

    assert (
        [
            Evidence(NOON, DEVICE, Kind.COMMISSIONED),
            Evidence(NOON + SECOND, DEVICE, Kind.SRV_RESPONSE, "6.17", CredentialType.DIGITAL_SIGNING, Outcome.SUCCESS, sender=USER),
            Evidence(NOON + 2 * SECOND, DEVICE, Kind.FUTURE_DATED_OUTCOME, "", CredentialType.NOT_SAID, Outcome.SUCCESS, Role.NETWORK_OPERATOR, USER),
            Evidence(NOON + 3 * SECOND, DEVICE, Kind.CREDENTIALS_READ, "6.24.1", CredentialType.KEY_AGREEMENT_TOP_UP, Outcome.NOT_SAID, Role.SUPPLIER, "A", "4899+/="),
            Evidence(NOON + 4 * SECOND, DEVICE, Kind.CHANGE_OF_SUPPLIER, sender="B"),
            Evidence(NOON + 5 * SECOND, DEVICE, Kind.SRV_RESPONSE, "7.4", outcome=Outcome.TIMEOUT),
        ],
        [],
    ) == read(written(tmp_path / "e.csv", *rows))  # fmt: skip


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"2026-03-01T12:00:00Z,{EUI},comissioned,,,,,,,", "kind: 'comissioned' is none of commissioned, srv_response"),
        (f"2026-03-01T12:00:00Z,{EUI},,,,,,,,", "kind: is empty: write one of commissioned"),
        (f"2026-03-01T12:00:00Z,{EUI},srv_response,,,success,,,,", "srv: is empty: write which Service Request it answers"),
        (f"2026-03-01T12:00:00Z,{EUI},srv_response,6.1O,,success,,,,", "srv: '6.1O' is no Service Reference Variant"),
        (f"2026-03-01T12:00:00Z,{EUI},srv_response,6.77,,success,,,,", "srv: 6.77 is not a published Service Reference Variant"),
        (f"2026-03-01T12:00:00Z,{EUI},srv_response,6.17,,,,,,", "outcome: is empty: write one of success, failure, empty"),
        (f"2026-03-01T12:00:00Z,{EUI},srv_response,6.17,DS?,failure,,,,", "credential_type: 'DS?' is none of DigitalSigning"),
        (f"2026-03-01T12:00:00Z,{EUI},communication_check,,,,,,,", "outcome: is empty"),
        (f"2026-03-01T12:00:00Z,{EUI},future_dated_outcome,,,timeout,,,,", "outcome: is not that of a future-dated Command"),
        (f"2026-03-01T12:00:00Z,{EUI},credentials_read,,,,,A,,", "role: is empty: write whose cell was read"),
        (f"2026-03-01T12:00:00Z,{EUI},credentials_read,,,,Shipper,A,,", "role: 'Shipper' is none of Supplier, NetworkOperator"),
        (f"2026-03-01T12:00:00Z,{EUI},change_of_supplier,,,,,,,", "party_id: is empty: write who the new Supplier is"),
        (f"yesterday,{EUI},commissioned,,,,,,,", "at: 'yesterday' is not an instant"),
        ("2026-03-01T12:00:00Z,meter 7,commissioned,,,,,,,", "device_id: 'meter 7' is not an EUI-64"),
        (f"2026-03-01T12:00:00,{EUI},commissioned,,,,,,,", "at: names no zone, and the file's first row does"),
        (f"2026-03-01T12:00:00Z,{EUI}", "has 2 fields where the header has 10"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_named_with_its_line(tmp_path, row, reason):
    rows, rejected = read(written(tmp_path / "e.csv", GOOD, row, GOOD))

    assert 2 == len(rows)
    assert [(3, True)] == [(line, told.startswith(reason)) for line, told in rejected], rejected


def test_what_is_no_service_request_is_not_called_empty_too(tmp_path):
    _, [(_, told)] = read(
        written(tmp_path / "e.csv", GOOD, f"2026-03-01T12:00:00Z,{EUI},srv_response,99.9,,success,,,,")
    )

    assert "srv: " in told
    assert "is empty" not in told


def test_a_file_with_a_nul_in_it_is_told_to_be_exported(tmp_path):
    with pytest.raises(InputError, match=r"is not text.*Export it as CSV or Parquet"):
        read(written(tmp_path / "e.csv", GOOD + "\0"))


def test_all_that_is_wrong_with_a_row_is_told(tmp_path):
    _, [(_, told)] = read(written(tmp_path / "e.csv", GOOD, "no,no,no,no,no,no,no,,,"))

    assert ["at", "device_id", "kind", "srv", "credential_type", "outcome", "role"] == [
        each.split(":")[0] for each in told.split("; ")
    ]


def test_parquet_says_what_csv_says(tmp_path):
    rows = (GOOD, f"2026-03-01T12:00:01Z,{EUI},srv_response,6.15.1,,empty,Supplier,A,,{USER}")
    table = pa.table(
        {
            "DEVICE": pa.array([DEVICE, DEVICE], pa.uint64()),
            "at": pa.array([NOON, NOON + SECOND], pa.timestamp("us", "UTC")),
            "kind": pa.array(["commissioned", "srv_response"]).dictionary_encode(),
            "srv": [None, "6.15.1"],
            "credential_type": pa.nulls(2),
            "outcome": [None, "empty"],
            "role": ["", "Supplier"],
            "party_id": [None, "A"],
            "certificate_hash": pa.array([None, b""]),
            "sender": pa.array([None, int(USER.replace("-", ""), 16)], pa.uint64()),
        }
    )
    pq.write_table(table, tmp_path / "e.parquet")

    assert read(written(tmp_path / "e.csv", *rows)) == read(tmp_path / "e.parquet")


def test_columns_that_say_nothing_of_what_a_row_is_may_be_lacking(tmp_path):
    path = written(tmp_path / "e.csv", f"2026-03-01T12:00:00Z,{EUI},commissioned", header="at,device_id,kind")

    assert ([Evidence(NOON, DEVICE, Kind.COMMISSIONED)], []) == read(path)


def test_a_number_where_a_variant_belongs_is_refused(tmp_path):
    """6.10 as a number is 6.1."""
    pq.write_table(
        pa.table({"at": [NOON], "device_id": [EUI], "kind": ["commissioned"], "srv": [6.17]}),
        tmp_path / "e.parquet",
    )

    with pytest.raises(InputError, match="is double, and cannot be srv"):
        read(tmp_path / "e.parquet")


def test_a_table_of_something_else_is_told_what_it_lacks(tmp_path):
    with pytest.raises(InputError, match="no column is kind"):
        read(written(tmp_path / "e.csv", "2026-03-01T12:00:00Z,8F75", header="received_at,alert_code"))


def test_registrations_begin_at_an_instant_or_a_day_or_have_always_been(tmp_path):
    path = written(
        tmp_path / "r.csv",
        f"{EUI},Supplier,{USER},2026-03-01",
        f"{EUI},network operator,N,2026-03-01T12:00:00Z",
        f"{EUI},Supplier,B,",
        f"{EUI},Recovery,R,",
        f"{EUI},Supplier,,tomorrow",
        header="device_id,role,party_id,from",
    )
    names = Names()
    [part] = registrations_source([path], names).rows()

    assert [
        Registration(DEVICE, Role.SUPPLIER, USER, parse_instant("2026-03-01T00:00:00Z")),
        Registration(DEVICE, Role.NETWORK_OPERATOR, "N", NOON),
        Registration(DEVICE, Role.SUPPLIER, "B", BEFORE_ALL),
    ] == registrations_of(part.records, names)
    assert [
        (5, "role: 'Recovery' is none of Supplier, NetworkOperator"),
        (6, "from: 'tomorrow' is not an instant: write 2026-03-01T12:00:00Z; party_id: is empty: write who is registered"),
    ] == [(each.line, each.reason) for each in part.rejected]  # fmt: skip


@pytest.mark.parametrize("most_bytes", [1 << 20, 400, 0])
def test_a_device_is_whole_in_one_shard_however_little_fits_in_memory(tmp_path, most_bytes):
    euis = [f"00DB12345678{number:04X}" for number in range(300)]
    first = written(tmp_path / "1.csv", *(f"2026-03-01T12:00:00Z,{eui},commissioned,,,,,,," for eui in euis))
    second = written(
        tmp_path / "2.csv", *(f"2026-03-02T12:00:00Z,{eui},change_of_supplier,,,,,B,," for eui in euis), "no"
    )
    registered = written(
        tmp_path / "r.csv", *(f"{eui},Supplier,A," for eui in euis), header="device_id,role,party_id,from"
    )  # fmt: skip
    names, rejected = Names(), list[RejectedRow]()

    shards = list(
        evidence_shards(
            evidence_source([first, second], names),
            registrations_source([registered], names),
            rejected.append,
            most_bytes=most_bytes,
        )
    )

    assert (1 if most_bytes > 400 else SHARDS) == len(shards)
    assert [302] == [row.line for row in rejected]
    found = [sorted(set(evidence["device_id"].tolist())) for evidence, _ in shards]
    assert found == [sorted(of["device_id"].tolist()) for _, of in shards]
    assert sorted(int(eui, 16) for eui in euis) == sorted(device for of in found for device in of)
    assert all(2 * len(set(evidence["device_id"].tolist())) == len(evidence) for evidence, _ in shards)


def test_what_has_no_name_is_told_from_the_last_of_a_dictionary_that_is_full():
    parties = [f"party {number}" for number in range(128)]
    encoded = pa.DictionaryArray.from_arrays(pa.array([0, 127, None], pa.int8()), parties)

    named = read_recipient(encoded)

    assert ["party 0", "party 127", ""] == [named.names[index] for index in named.index]


def test_registrations_need_not_be(tmp_path):
    [(evidence, registrations)] = evidence_shards(
        evidence_source([written(tmp_path / "e.csv", GOOD)], Names()), None, print
    )

    assert (1, 0) == (len(evidence), len(registrations))
    assert np.dtype(REGISTRATION) == registrations.dtype
