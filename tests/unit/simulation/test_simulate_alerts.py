"""A simulation on disk: complete or not there, and marked synthetic wherever it is read."""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tidegate.columnar.batches import AlertBatch
from tidegate.operations.simulate_alerts import AlertsSink, InventoryRows, Simulated, simulate_alerts
from tidegate.simulation.run import Simulation
from tidegate.simulation.scenarios import scenario_named
from tidegate.tables.inventory_writer import InventoryWriter
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.faults import InputError

COLUMNS = [
    "device_id",
    "device_type",
    "manufacturer",
    "model",
    "firmware",
    "supplier",
    "network_operator",
    "csp_region",
]


def small() -> Simulation:
    return Simulation(scenario_named("one-operator-week"), devices=5_000, days=1)


@contextmanager
def kept(batches: list[AlertBatch]) -> Iterator[AlertsSink]:
    class Sink:
        def write(self, batch: AlertBatch, /) -> None:
            batches.append(batch)

        def write_lines(self, lines: Sequence[str], /) -> None:
            raise AssertionError(lines)

    yield Sink()


def simulate_to(folder: Path, suffix: str = "parquet") -> tuple[Simulated, list[AlertBatch]]:
    batches: list[AlertBatch] = []
    path = folder / f"inventory.{suffix}"
    written = simulate_alerts(
        small(), folder, lambda: kept(batches), lambda: InventoryWriter(path, {"synthetic": "true"})
    )
    return written, batches


def test_the_truth_is_written_and_is_what_is_returned(tmp_path: Path) -> None:
    written, batches = simulate_to(tmp_path / "new" / "folder")
    truth = json.loads((tmp_path / "new" / "folder" / "truth.json").read_text())

    assert truth == written.truth
    assert sum(map(len, batches)) == written.alerts == truth["alerts"]
    assert 5_000 == written.devices


def test_the_readme_says_first_that_it_is_synthetic(tmp_path: Path) -> None:
    simulate_to(tmp_path)
    text = (tmp_path / "README.txt").read_text()

    assert text.startswith("SYNTHETIC DATA.")
    assert "tidegate simulate one-operator-week --devices 5000 --days 1 --seed 1" in text


def test_a_parquet_inventory_has_the_columns_of_the_contract_and_says_that_it_is_synthetic(
    tmp_path: Path,
) -> None:
    simulate_to(tmp_path)
    table = pq.read_table(tmp_path / "inventory.parquet")
    rows = next(small().inventory())

    assert COLUMNS == table.column_names
    assert b"true" == table.schema.metadata[b"synthetic"]
    assert rows.device_id.tolist() == table["device_id"].to_pylist()
    for name, attribute in rows.attributes.items():
        assert [attribute.texts[place] for place in attribute.places] == table[name].to_pylist()


def test_a_csv_inventory_says_in_every_row_that_it_is_synthetic(tmp_path: Path) -> None:
    simulate_to(tmp_path, "csv")
    with (tmp_path / "inventory.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert [*COLUMNS, "synthetic"] == list(rows[0])
    assert {"true"} == {row["synthetic"] for row in rows}
    first = int(next(small().inventory()).device_id[0])
    assert (5_000, format_device_id(first)) == (len(rows), rows[0]["device_id"])


def test_progress_goes_from_nothing_to_all(tmp_path: Path) -> None:
    told: list[tuple[float, int]] = []
    traffic = small()
    traffic_batches = traffic.batches
    traffic.batches = lambda rows=500: traffic_batches(rows)  # type: ignore[method-assign]
    written = simulate_alerts(
        traffic,
        tmp_path,
        lambda: kept([]),
        lambda: InventoryWriter(tmp_path / "inventory.parquet", {}),
        lambda done, rows: told.append((done, rows)),
    )

    assert len(told) > 3
    assert sorted(told) == told
    assert (1.0, written.alerts) == told[-1]


def test_a_write_that_fails_leaves_an_earlier_simulation_whole(tmp_path: Path) -> None:
    simulate_to(tmp_path)
    before = (tmp_path / "inventory.parquet").read_bytes()

    class FullDisk(InventoryWriter):
        def write(self, rows: InventoryRows, /) -> None:
            super().write(rows)
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left on device"):
        simulate_alerts(
            small(),
            tmp_path,
            lambda: kept([]),
            lambda: FullDisk(tmp_path / "inventory.parquet", {"synthetic": "true"}),
        )

    assert {"inventory.parquet", "README.txt", "truth.json"} == {path.name for path in tmp_path.iterdir()}
    assert before == (tmp_path / "inventory.parquet").read_bytes()


def test_an_interrupted_simulation_leaves_nothing_that_could_be_taken_for_one(tmp_path: Path) -> None:
    def interrupted(done: float, rows: int) -> None:  # noqa: ARG001 - its name is the port's
        if rows:
            raise KeyboardInterrupt

    folder = tmp_path / "new" / "folder"
    with pytest.raises(KeyboardInterrupt):
        simulate_alerts(
            small(),
            folder,
            lambda: kept([]),
            lambda: InventoryWriter(folder / "inventory.parquet", {"synthetic": "true"}),
            interrupted,
        )

    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_is_a_file_is_an_input_at_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match="cannot be written"):
        simulate_to(tmp_path / "file")
