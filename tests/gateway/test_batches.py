"""Many Alerts a POST: durable as one, decided as one at a time, bad rows back with their reasons, none lost."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pytest
from tests.gateways import ARROW, NDJSON, running_gateway

from tidegate.vocabulary.devices import format_device_id

DEVICE = 0x00DB123456789000
USER = "90-B3-D5-1F-30-01-00-00"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with running_gateway(tmp_path_factory.mktemp("batches"), "[limits]\nbatch_bytes = 2000000\n") as it:
        yield it


def arrow(table, **options):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as stream:
        stream.write_table(table)
    return sink.getvalue()


def a_table(rows, **columns):
    return pa.table(
        {
            "device_id": pa.array([DEVICE + each for each in range(rows)], pa.uint64()),
            "alert_code": pa.array([0x8014] * rows, pa.uint32()),
            "recipient": pa.array([USER] * rows),
            **columns,
        }
    )


def lines(*rows):
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def a_row(device=DEVICE, code="8014", **more):
    return {"device_id": format_device_id(device), "alert_code": code, "recipient": USER, **more}


def test_a_batch_of_arrow_is_counted_to_the_last_row(running):
    before = running.received()

    answer = running.batch(arrow(a_table(1_000)), ARROW)

    assert (200, 1_000, 0) == (answer.status, answer.json["received"], answer.json["rejected"])
    assert before + 1_000 == running.received()


def test_the_rows_of_a_batch_are_decided_one_after_another(running):
    storm = a_table(45, device_id=pa.array([DEVICE + 77] * 45, pa.uint64()))

    answer = running.batch(arrow(storm), ARROW).json

    assert 45 == answer["forwarded"] + answer["throttled"] + answer["excluded"]
    assert 0 < answer["throttled"]


def test_a_batch_of_lines_reads_as_one_of_arrow(running):
    answer = running.batch(
        lines(a_row(), a_row(DEVICE + 1, "0x8F75", received_at="2026-03-01T00:00:00Z")), NDJSON
    )

    assert (200, 2, 0) == (answer.status, answer.json["received"], answer.json["rejected"])


def test_bad_lines_come_back_with_their_numbers_and_reasons_and_the_others_are_taken(running):
    before = running.received()
    body = lines(a_row()) + b"not json\n\n" + lines(a_row(code="zz"), {"alert_code": "8014"}, a_row(), [1])

    answer = running.batch(body, NDJSON).json

    assert (2, 4) == (answer["received"], answer["rejected"])
    assert [2, 4, 5, 7] == [each["row"] for each in answer["rejected_rows"]]
    assert "is no JSON object" in answer["rejected_rows"][0]["reason"]
    assert "alert_code" in answer["rejected_rows"][1]["reason"]
    assert "device_id" in answer["rejected_rows"][2]["reason"]
    assert before + 2 == running.received()


def test_bad_rows_of_arrow_come_back_with_their_numbers(running):
    table = pa.table(
        {"device_id": ["", format_device_id(DEVICE), "x"], "alert_code": ["8014", "8014", "8014"]}
    )

    answer = running.batch(arrow(table), ARROW).json

    assert (1, [1, 3]) == (answer["received"], [each["row"] for each in answer["rejected_rows"]])


def test_a_batch_with_no_good_row_is_answered_and_nothing_is_taken(running):
    before = running.received()

    answer = running.batch(lines({"device_id": "x", "alert_code": "y"}), NDJSON)

    assert (200, 0, 1) == (answer.status, answer.json["received"], answer.json["rejected"])
    assert before == running.received()


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (b"what is this", ARROW, "no Arrow IPC stream"),
        (arrow(a_table(100))[:-200], ARROW, "no Arrow IPC stream"),
        (arrow(a_table(5)).replace(b"device_id", b"devise_id"), ARROW, "no column device_id"),
        (arrow(a_table(3, device_id=pa.array([1.5, 2.5, 3.5]))), ARROW, "double"),
        (arrow(a_table(1_000), compression="zstd"), ARROW, "compressed"),
        (
            arrow(a_table(1_000, recipient=pa.array(["a"] * 1_000).dictionary_encode()), compression="lz4"),
            ARROW,
            "compressed",
        ),
    ],
)
def test_what_is_no_table_of_alerts_is_refused_with_a_reason(running, body, headers, said):
    before = running.received()

    answer = running.batch(body, headers)

    assert (422, "table") == (answer.status, answer.json["reason"])
    assert said in answer.json["detail"]
    assert before == running.received()


def test_a_batch_longer_than_may_be_is_refused_before_it_is_read(running):
    answer = running.batch(b" " * 2_000_001, NDJSON)

    assert (413, "too_long") == (answer.status, answer.json["reason"])


def test_a_dictionary_of_recipients_is_read(running):
    table = a_table(4, recipient=pa.array([USER, "another", None, USER]).dictionary_encode())

    assert 4 == running.batch(arrow(table), ARROW).json["received"]


def test_damaged_arrow_is_refused_or_read_and_never_brings_the_gateway_down(running):
    """Each of the first octets of a stream, one after another, is another one."""
    whole = arrow(a_table(3))
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF

        assert running.batch(bytes(damaged), ARROW).status in {200, 422}
