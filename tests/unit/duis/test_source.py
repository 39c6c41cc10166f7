"""DUIS documents from folders, zips and files, as a source of Alerts."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.material.duis_documents import (
    acknowledgement,
    device_alert,
    document_of,
    eui,
    power_outage,
    service_response,
    write_folder,
)
from tests.material.gbcs_alerts import ESME, GSME, HUB, NETWORK_OPERATOR, SUPPLIER, mint_alert
from tests.shared_material import needs_shared, shared, shared_files

from tidegate.columnar.batches import AlertBatch, ReadBatch, RejectedRow
from tidegate.duis.documents import DecodePayload
from tidegate.duis.places import holds_documents
from tidegate.duis.source import DuisSource
from tidegate.gbcs.alert import read_alert
from tidegate.operations.ports import AlertSource
from tidegate.vocabulary.alert_codes import DCC_ALERT
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import MINUTE, SECOND, parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")


def at(minute: int) -> str:
    return f"2026-03-01T12:{minute:02d}:00Z"


def named(minute: int) -> str:
    return f"20260301T12{minute:02d}00Z.xml"


def read(
    *paths: Path, sidecar: Path | None = None, decode_payload: DecodePayload | None = read_alert
) -> tuple[AlertBatch, list[RejectedRow]]:
    source = DuisSource(paths, sidecar=sidecar, decode_payload=decode_payload)
    batches = list(source.batches())
    return AlertBatch.concatenate([batch.alerts for batch in batches]), rejected_in(batches)


def rejected_in(batches: Sequence[ReadBatch]) -> list[RejectedRow]:
    return [row for batch in batches for row in batch.rejected]


def minutes(alerts: AlertBatch) -> list[int]:
    return [int(instant - NOON) // MINUTE for instant in alerts.received_at]


def reasons(rejected: Sequence[RejectedRow]) -> list[str]:
    return [row.reason for row in rejected]


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members.items():
            archive.writestr(name, octets)
    return path


def test_a_folder_gives_the_alerts_of_its_documents_as_columns(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "october",
        {
            named(1): device_alert("8F75", originator=GSME, recipient=NETWORK_OPERATOR),
            named(2): power_outage(HUB),
        },
    )

    source: AlertSource = DuisSource([folder], decode_payload=read_alert)
    (batch,) = source.batches()

    assert [NOON + MINUTE, NOON + 2 * MINUTE] == batch.alerts.received_at.tolist()
    assert [GSME, HUB] == batch.alerts.device_id.tolist()
    assert [0x8F75, DCC_ALERT] == batch.alerts.alert_code.tolist()
    assert [eui(NETWORK_OPERATOR), eui(SUPPLIER)] == [
        source.recipients.name_of(number) for number in batch.alerts.recipient.tolist()
    ]
    assert f"2 files in {folder}" == source.name
    assert (1.0, None, ()) == (batch.progress, batch.original, batch.rejected)


def test_documents_are_read_in_order_of_the_instants_in_their_names_through_all_folders(
    tmp_path: Path,
) -> None:
    folder = write_folder(
        tmp_path,
        {f"z/{named(1)}": device_alert(), f"a/{named(3)}": device_alert(), f"m/n/{named(2)}": device_alert()},
    )

    alerts, _ = read(folder)

    assert [1, 2, 3] == minutes(alerts)


def test_documents_without_an_instant_in_their_names_are_read_in_order_of_their_own(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        {
            "a.xml": device_alert(sent_at=at(9)),
            "b.xml": device_alert(sent_at=at(1)),
            named(4): device_alert(),
        },
    )

    alerts, _ = read(folder)

    assert [1, 4, 9] == minutes(alerts)


def test_a_sidecar_goes_before_the_file_name_and_the_file_name_before_the_document(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        {
            named(1): device_alert(sent_at=at(50)),
            named(2): device_alert(sent_at=at(51)),
            "c.xml": device_alert(sent_at=at(52)),
            "received_at.csv": f"file,received_at\n{named(1)},{at(7)}\n".encode(),
        },
    )

    alerts, rejected = read(folder)

    assert [2, 7, 52] == minutes(alerts)
    assert not rejected


def test_a_sidecar_in_a_folder_below_speaks_of_the_files_beside_it(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        {
            "day/a.xml": device_alert(sent_at=at(50)),
            "a.xml": device_alert(sent_at=at(51)),
            "day/received_at.csv": f"file,received_at\na.xml,{at(7)}\n".encode(),
        },
    )

    alerts, _ = read(folder)

    assert [7, 51] == minutes(alerts)


def test_a_row_of_a_sidecar_for_a_file_that_is_not_here_is_told(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path, {"a.xml": device_alert(), "received_at.csv": f"file,received_at\nb.xml,{at(7)}\n".encode()}
    )

    _, rejected = read(folder)

    assert ["it names b.xml, which is not here"] == reasons(rejected)


def test_a_sidecar_may_be_given_for_all_paths(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "docs", {"a.xml": device_alert()})
    sidecar = tmp_path / "mine.csv"
    sidecar.write_text(f"file,received_at\na.xml,{at(7)}\nb.xml,soon\n")

    alerts, rejected = read(folder, sidecar=sidecar)

    assert [7] == minutes(alerts)
    assert [(str(sidecar), 3)] == [(row.source, row.line) for row in rejected]


def test_a_zip_is_read_like_a_folder(tmp_path: Path) -> None:
    archive = zip_of(
        tmp_path / "october.zip",
        {
            "october/a.xml": device_alert(),
            f"october/{named(5)}": device_alert(),
            "october/received_at.csv": f"file,received_at\na.xml,{at(7)}\n".encode(),
        },
    )

    alerts, rejected = read(archive)

    assert [5, 7] == minutes(alerts)
    assert not rejected


def test_zips_in_a_folder_are_read_with_it(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "year", {named(2): device_alert()})
    zip_of(folder / "day.zip", {named(1): device_alert()})
    (folder / "torn.zip").write_bytes(b"PK\x03\x04 and no more")

    alerts, rejected = read(folder)

    assert [1, 2] == minutes(alerts)
    assert [str(folder / "torn.zip")] == [row.source for row in rejected]
    assert "it is no whole zip" in rejected[0].reason


def test_one_file_of_one_document_is_read(tmp_path: Path) -> None:
    path = write_folder(tmp_path, {named(3): device_alert(sent_at=at(50))}) / named(3)

    source = DuisSource([path])
    (batch,) = source.batches()

    assert [3] == minutes(batch.alerts)
    assert (str(path), 1) == (source.name, batch.line_of(0))


@pytest.mark.parametrize("opening", ["", "<log>\n"])
def test_one_file_of_many_documents_gives_each_its_own_instant_and_line(tmp_path: Path, opening: str) -> None:
    documents = [device_alert(sent_at=at(minute), declaration="") for minute in (1, 2)]
    path = tmp_path / named(30)
    path.write_bytes(
        opening.encode() + b"\n".join([*documents, acknowledgement()]) + opening.replace("<", "</").encode()
    )

    (batch,) = DuisSource([path]).batches()

    first = 1 + opening.count("\n")
    assert [1, 2] == minutes(batch.alerts)
    assert (str(path), first, first + 1) == (batch.source, batch.line_of(0), batch.line_of(1))
    assert [first + 3] == [row.line for row in batch.rejected]


def test_a_file_of_many_documents_among_others_keeps_its_lines(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        {
            named(1): device_alert(),
            "many.xml": b"\n".join(device_alert(sent_at=at(minute), declaration="") for minute in (2, 3)),
            named(4): device_alert(),
        },
    )
    source = DuisSource([folder])

    batches = [batch for batch in source.batches() if len(batch.alerts)]

    assert [[1], [2, 3], [4]] == [minutes(batch.alerts) for batch in batches]
    assert [source.name, str(folder / "many.xml"), source.name] == [batch.source for batch in batches]
    assert [[1], [1, 2], [4]] == [
        [batch.line_of(row) for row in range(len(batch.alerts))] for batch in batches
    ]


def test_a_sidecar_cannot_speak_for_a_file_of_many_documents_and_that_is_told(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        {
            "many.xml": device_alert(sent_at=at(1)) + device_alert(sent_at=at(2)),
            "received_at.csv": f"file,received_at\nmany.xml,{at(7)}\n".encode(),
        },
    )

    alerts, rejected = read(folder)

    assert [1, 2] == minutes(alerts)
    assert [
        "received_at.csv gives one instant to a file of several documents: each has its ResponseDateTime"
    ] == reasons(rejected)


def test_what_is_no_alert_is_rejected_by_name_and_is_no_fault(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        {"a.xml": acknowledgement("I99", "8.11"), "b.xml": service_response(), "c.xml": device_alert()},
    )

    alerts, rejected = read(folder)

    assert 1 == len(alerts)
    assert {
        (str(folder / "a.xml"), "not an Alert: acknowledgement I99 of 8.11"),
        (str(folder / "b.xml"), "not an Alert: Service Response 4.1.1"),
    } == {(row.source, row.reason) for row in rejected}


def test_a_document_that_cannot_be_read_is_kept_with_its_file_and_reason(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        {
            "a.xml": b"",
            "b.xml": b"not XML",
            "c.xml": device_alert()[:-40],
            "d.xml": b"<!DOCTYPE r [<!ENTITY e 'x'>]>" + device_alert(declaration=""),
            "e.xml": device_alert("8F75", payload=mint_alert(0x8F76)),
            "f.xml": device_alert(),
        },
    )

    alerts, rejected = read(folder)

    told = {Path(row.source).name: row.reason for row in rejected}
    assert 1 == len(alerts)
    assert told["a.xml"] == told["b.xml"] == "it holds no DUIS Response (in UTF-8)"
    assert "not well-formed XML" in told["c.xml"]
    assert "it has a DOCTYPE" in told["d.xml"]
    assert "its AlertCode is 8F75, and its GBCSPayload says 8F76" == told["e.xml"]
    assert {"not XML"} == {row.text for row in rejected if row.source.endswith("b.xml")}


def test_without_a_payload_reader_the_payload_is_not_held_against_the_document(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"e.xml": device_alert("8F75", payload=mint_alert(0x8F76))})

    alerts, _ = read(folder, decode_payload=None)

    assert [0x8F75] == alerts.alert_code.tolist()


def test_other_files_in_a_folder_are_told_and_hidden_ones_are_not(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        {
            "a.xml": device_alert(),
            "README.txt": b"hello",
            ".DS_Store": b"x",
            ".git/a.xml": b"x",
            "x.XML": device_alert(),
        },
    )

    alerts, rejected = read(folder)

    assert 2 == len(alerts)
    assert [(str(folder / "README.txt"), "not read: its name does not end in .xml")] == [
        (row.source, row.reason) for row in rejected
    ]


def test_a_link_that_leads_nowhere_and_a_pipe_are_told_and_not_waited_for(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"a.xml": device_alert()})
    (folder / "b.xml").symlink_to(folder / "gone.xml")
    os.mkfifo(folder / "c.xml")

    _, rejected = read(folder)

    assert ["not read: it is no ordinary file"] * 2 == reasons(rejected)


def test_a_link_to_a_folder_is_not_followed_for_it_may_lead_back(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"a.xml": device_alert()})
    (folder / "again").symlink_to(folder)

    alerts, _ = read(folder)

    assert 1 == len(alerts)


@pytest.mark.parametrize(
    ("name", "octets", "reason"),
    [
        ("../../a.xml", b"x", "its name leads out of the zip"),
        ("/etc/a.xml", b"x", "its name leads out of the zip"),
        ("C:/a.xml", b"x", "its name leads out of the zip"),
        ("a/..\\..\\b.xml", b"x", "its name leads out of the zip"),
        ("inner.zip", b"PK", "it is a zip within a zip; unpack it first"),
        ("a.pdf", b"x", "its name does not end in .xml"),
    ],
)
def test_a_member_of_a_zip_that_is_not_to_be_touched_is_told(
    tmp_path: Path, name: str, octets: bytes, reason: str
) -> None:
    archive = zip_of(tmp_path / "a.zip", {named(1): device_alert(), name: octets})

    alerts, rejected = read(archive)

    assert 1 == len(alerts)
    assert [f"not read: {reason}"] == reasons(rejected)


def test_a_member_that_unpacks_to_a_great_many_times_its_size_is_not_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as it:
        it.writestr("bomb.xml", b" " * 4_000_000)
        it.writestr(named(1), device_alert())
        it.writestr("noise.bin", os.urandom(200_000))

    alerts, rejected = read(archive)

    assert 1 == len(alerts)
    assert "it would unpack to 4000000 octets" in reasons(rejected)[0]


def test_a_zip_bomb_is_refused_whole(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "a.zip", {f"{n}.xml": b" " * 900_000 for n in range(9)})

    with pytest.raises(InputError, match="a zip bomb"):
        DuisSource([archive])


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_said(tmp_path: Path) -> None:
    """The directory of the zip says 100 octets; zipfile reads no more than that, and finds the sum wrong."""
    archive = zip_of(
        tmp_path / "a.zip", {"bomb.xml": b"<a>" + b" " * 4_000_000 + b"</a>", named(1): device_alert()}
    )
    octets = archive.read_bytes()
    archive.write_bytes(octets.replace(struct.pack("<L", 4_000_007), struct.pack("<L", 100)))

    alerts, rejected = read(archive)

    assert 1 == len(alerts)
    assert "it cannot be read: Bad CRC-32" in reasons(rejected)[0]


def test_an_encrypted_member_and_a_strange_packing_are_told(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as it:
        it.writestr(named(1), device_alert())
        it.writestr("b.xml", device_alert(), zipfile.ZIP_LZMA)
        it.writestr("c.xml", device_alert())
    octets = bytearray(archive.read_bytes())
    entry = octets.rindex(b"PK\x01\x02")
    octets[entry + 8] |= 1
    archive.write_bytes(bytes(octets))

    alerts, rejected = read(archive)

    assert 1 == len(alerts)
    assert {
        "not read: it is packed by method 14; only stored and deflated are read",
        "not read: it is encrypted",
    } == set(reasons(rejected))


def test_a_member_whose_octets_were_changed_is_told(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as it:
        it.writestr("a.xml", device_alert())
        it.writestr("b.xml", device_alert())
    octets = archive.read_bytes()
    archive.write_bytes(octets.replace(b"8F75<", b"8F76<", 1))

    alerts, rejected = read(archive)

    assert 1 == len(alerts)
    assert "it cannot be read: Bad CRC-32" in reasons(rejected)[0]


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: path / "gone", "it cannot be read: No such file or directory"),
        (lambda path: write_folder(path / "empty", {}), "it holds no DUIS document (.xml)"),
        (
            lambda path: write_folder(path / "csv", {"a.csv": b"x"}),
            "it holds no DUIS document (.xml); 1 other files",
        ),
        (
            lambda path: write_folder(path, {"a.csv": b"x"}) / "a.csv",
            "it is no DUIS input: its name ends in '.csv'",
        ),
        (lambda path: zip_of(path / "a.zip", {}), "it holds no DUIS document (.xml)"),
        (lambda path: write_folder(path, {"a.zip": b"no zip"}) / "a.zip", "it is no whole zip"),
        (
            lambda path: write_folder(path / "s", {"a.xml": b"", "received_at.csv": b"a,b\n"}),
            "it has no column file and no column received_at",
        ),
    ],
    ids=["nothing there", "empty folder", "other files", "a CSV", "empty zip", "no zip", "wrong sidecar"],
)
def test_an_input_without_documents_is_a_fault(tmp_path: Path, make: object, what: str) -> None:
    assert callable(make)
    with pytest.raises(InputError) as fault:
        DuisSource([make(tmp_path)])

    assert what in str(fault.value)


def test_every_path_at_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as fault:
        DuisSource([tmp_path / "a", tmp_path / "b", write_folder(tmp_path / "c", {"a.xml": b""})])

    assert 2 == len(fault.value.faults)


def test_documents_none_of_which_is_an_alert_are_a_fault_after_all_were_told(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"a.xml": acknowledgement(), "b.xml": service_response(), "c.xml": b"x"})
    batches = DuisSource([folder]).batches()

    told = next(batches)
    with pytest.raises(InputError) as fault:
        next(batches)

    assert 3 == len(told.rejected)
    assert "none of its 3 documents is an Alert" in fault.value.faults[0].what
    assert "not an Alert: acknowledgement I99 of 4.1.1" in str(fault.value)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_batches_are_bounded_and_lose_nothing_at_their_edges(tmp_path: Path, size: int) -> None:
    documents = {named(n): device_alert(counter=n) for n in range(4)} | {"x.xml": acknowledgement()}
    folder = write_folder(tmp_path, documents)

    batches = list(DuisSource([folder], batch_documents=size).batches())

    assert all(len(batch.alerts) + len(batch.rejected) <= size for batch in batches)
    assert [0, 1, 2, 3] == [minute for batch in batches for minute in minutes(batch.alerts)]
    assert 1 == len(rejected_in(batches))
    assert [1.0] == [batch.progress for batch in batches][-1:]


def test_a_batch_of_great_payloads_is_cut_before_it_fills_the_memory(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {named(n): device_alert(payload=bytes(2_900_000)) for n in range(7)})

    batches = list(DuisSource([folder]).batches())

    assert [6, 1] == [len(batch.alerts) for batch in batches]


def test_the_original_columns_say_what_the_documents_said(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path, {named(1): device_alert(sequence_id=3, count=4, sent_at=at(2)), named(2): power_outage()}
    )

    (batch,) = DuisSource([folder], keep_original=True).batches()

    rows = [dict(zip(batch.original, row, strict=True)) for row in zip(*batch.original.values(), strict=True)]
    assert {
        "received_at": NOON + MINUTE,
        "device_id": eui(ESME),
        "alert_code": "8F75",
        "recipient": eui(SUPPLIER),
        "file": str(folder / named(1)),
        "kind": "DeviceAlertMessage",
        "response_id": f"{eui(ESME)}:{eui(SUPPLIER)}:2000",
        "response_date_time": NOON + 2 * MINUTE,
        "dcc_alert_code": None,
        "throttled_alert_sequence_id_in": 3,
        "throttled_alert_count_in": 4,
    } == rows[0]
    assert ("AD1", "AD1") == (rows[1]["alert_code"], rows[1]["dcc_alert_code"])


def test_what_looks_like_documents_is_told_from_what_does_not(tmp_path: Path) -> None:
    write_folder(tmp_path, {"a/b/c.xml": b"", "d/e.csv": b"", "f.XML": b"", "g.zip": b"no zip"})
    zip_of(tmp_path / "h.zip", {"a.xml": b""})
    (tmp_path / "i").mkdir()
    zip_of(tmp_path / "i/j.zip", {"a.xml": b""})

    assert [True, False, True, False, True, True, False] == [
        holds_documents(tmp_path / name) for name in ("a", "d", "f.XML", "g.zip", "h.zip", "i", "gone")
    ]


@needs_shared
def test_the_samples_are_read_as_a_folder() -> None:
    alerts, rejected = read(shared("samples"))

    assert (12, 4) == (len(alerts), len(rejected))
    assert {"not an Alert: acknowledgement I99 of 4.1.1", "not an Alert: Service Response 4.1.1"} == set(
        reasons(rejected)
    )
    assert {NOON} == set(alerts.received_at.tolist())


@needs_shared
def test_all_alerts_of_the_public_test_data_are_read_from_one_file_of_their_documents(tmp_path: Path) -> None:
    payloads = [bytes.fromhex(path.read_text()) for path in shared_files("rtds/*/*ALERT*.HEX")]
    path = tmp_path / "rtds.xml"
    path.write_bytes(b"".join(document_of(payload) for payload in payloads))

    alerts, rejected = read(path)

    assert [read_alert(payload).alert_code for payload in payloads] == alerts.alert_code.tolist()
    assert [read_alert(payload).originator for payload in payloads] == alerts.device_id.tolist()
    assert not rejected


def test_a_second_is_a_second(tmp_path: Path) -> None:
    """Receipt instants keep their microseconds, whatever they come from."""
    folder = write_folder(
        tmp_path,
        {
            "20260301T120000.000001Z.xml": device_alert(),
            "b.xml": device_alert(sent_at="2026-03-01T12:00:01.000001Z"),
            "c.xml": device_alert(),
            "received_at.csv": b"file,received_at\nc.xml,2026-03-01T12:00:02.000001Z\n",
        },
    )

    alerts, _ = read(folder)

    assert [NOON + 1, NOON + SECOND + 1, NOON + 2 * SECOND + 1] == alerts.received_at.tolist()
