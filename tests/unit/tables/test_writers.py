"""What is written is read back; what is not whole is not there."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.tables.written_tables import DEVICE, GOOD, HEADER, USER, read, write_rows

from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.tables.alerts_writer import AlertsWriter
from tidegate.tables.decisions_writer import DecisionsWriter
from tidegate.tables.source import open_tables
from tidegate.tables.whole_file import faults_of_writing
from tidegate.vocabulary.devices import parse_device_id
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")


def batch(*at: int) -> AlertBatch:
    rows = len(at)
    return AlertBatch(
        np.array(at, np.int64),
        np.full(rows, parse_device_id(DEVICE), np.uint64),
        np.array([0x8F75, 0x10018, 0x10000] * rows, np.uint32)[:rows],
        np.array([0, 1, 2] * rows, np.uint32)[:rows],
    )


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_written_alerts_are_read_back(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    recipients = Recipients([USER])
    with AlertsWriter(path, recipients, {"synthetic": "true"}) as writer:
        writer.write(batch())
        writer.write(batch(NOON, NOON + 1_000))
        recipients.number_of('Network "A", north')
        writer.write(batch(NOON + 1, NOON + 2, NOON + 3))

    assert [
        (NOON, DEVICE, "8F75", ""),
        (NOON + 1_000, DEVICE, "N24", USER),
        (NOON + 1, DEVICE, "8F75", ""),
        (NOON + 2, DEVICE, "N24", USER),
        (NOON + 3, DEVICE, "AD1", 'Network "A", north'),
    ] == read(path).alerts
    assert [path] == list(tmp_path.iterdir())


def test_alerts_carry_their_metadata(tmp_path):
    for suffix in ("parquet", "csv"):
        with AlertsWriter(tmp_path / f"a.{suffix}", Recipients(), {"synthetic": "true"}) as writer:
            writer.write(batch(NOON))

    assert b"true" == pq.read_schema(tmp_path / "a.parquet").metadata[b"synthetic"]
    assert [f"{HEADER},synthetic", f"2026-03-01T12:00:00.000Z,{DEVICE},8F75,,true"] == (
        tmp_path / "a.csv"
    ).read_text().splitlines()


def test_alerts_have_the_encodings_that_read_fastest(tmp_path):
    with AlertsWriter(tmp_path / "a.parquet", Recipients()) as writer:
        writer.write(batch(NOON))
    group = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0)

    assert "DELTA_BINARY_PACKED" in group.column(0).encodings
    assert "BYTE_STREAM_SPLIT" in group.column(1).encodings
    assert "ZSTD" == group.column(0).compression


def test_decisions_stand_beside_what_was_read(tmp_path):
    rows = [f"{GOOD},a", f"{GOOD},b", f"{GOOD},c", f"{GOOD},d"]
    source = open_tables(
        [write_rows(tmp_path / "a.csv", rows, f"{HEADER},note")], keep_original=True, batch_rows=2
    )
    with DecisionsWriter(tmp_path / "decisions.parquet") as writer:
        for number, each in enumerate(source.batches()):
            kept = np.array([True, number == 0])
            made = np.arange(kept.sum())
            writer.write(
                each.original, made.astype(np.uint8), made.astype(np.uint32), made.astype(np.uint32) + 5, kept
            )
    written = pq.read_table(tmp_path / "decisions.parquet")

    assert [("a", 0, 0, 5), ("b", 1, 1, 6), ("c", 0, 0, 5)] == [
        (row["note"], row["outcome"], row["throttled_alert_sequence_id"], row["throttled_alert_count"])
        for row in written.to_pylist()
    ]
    assert [pa.uint8(), pa.uint32(), pa.uint32()] == [field.type for field in written.schema][-3:]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interrupted_write_leaves_nothing(tmp_path, interruption):
    def interrupted_alerts() -> None:
        with AlertsWriter(tmp_path / "a.parquet", Recipients()) as writer:
            writer.write(batch(NOON))
            raise interruption

    def interrupted_decisions() -> None:
        with DecisionsWriter(tmp_path / "d.parquet") as writer:
            writer.write(
                pa.table({"a": [1]}), np.zeros(1, np.uint8), np.zeros(1, np.uint32), np.zeros(1, np.uint32)
            )
            raise interruption

    for write in (interrupted_alerts, interrupted_decisions):
        with pytest.raises(interruption):
            write()

    assert [] == list(tmp_path.iterdir())


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_text("old")
    with AlertsWriter(path, Recipients()) as writer:
        writer.write(batch(NOON))
        assert "old" == path.read_text()

    assert 1 == pq.ParquetFile(path).metadata.num_rows


FILL = """
import sys
import numpy as np
from pathlib import Path
import pyarrow as pa
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.tables.alerts_writer import AlertsWriter
from tidegate.tables.decisions_writer import DecisionsWriter
from tidegate.vocabulary.faults import InputError

rows = 1_100_000
noise = np.random.default_rng(1).integers(0, 2**63, rows)
codes = np.zeros(rows, np.uint32)
try:
    if sys.argv[1] == "alerts":
        with AlertsWriter(Path("out.parquet"), Recipients()) as writer:
            writer.write(AlertBatch(np.sort(noise) % 2**55, noise.astype(np.uint64), codes, codes))
    else:
        with DecisionsWriter(Path("out.parquet")) as writer:
            writer.write(pa.table({"a": noise}), codes.astype(np.uint8), codes, codes)
except InputError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
@pytest.mark.parametrize("what", ["alerts", "decisions"])
def test_a_disk_that_fills_up_is_a_fault_and_leaves_nothing(tmp_path, what):
    """A limit on the size of a file stands for the disk: the write fails midway, as it does there."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    done = subprocess.run(
        [sys.executable, "-c", FILL, what],
        cwd=tmp_path,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "" == done.stderr
    assert done.stdout.startswith("out.parquet: cannot be written")
    assert [] == list(tmp_path.iterdir())


def test_a_full_disk_is_called_so(tmp_path):
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this machine has no /dev/full, a disk that is always full")
    # Open: of a path that it cannot write pyarrow takes away what is there, and that would be the device.
    with (
        pytest.raises(InputError, match="the disk is full"),
        faults_of_writing(tmp_path / "a.parquet"),
        full.open("wb") as disk,
    ):
        pq.write_table(pa.table({"a": list(range(10_000))}), disk)


def test_a_place_that_cannot_be_written_to_is_a_fault(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        AlertsWriter(tmp_path / "missing" / "a.parquet", Recipients())


def test_a_name_that_says_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"End it in .parquet or .csv"):
        AlertsWriter(tmp_path / "a.xlsx", Recipients())
