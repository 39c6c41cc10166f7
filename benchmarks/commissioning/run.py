"""Devices assessed, Parquet in, verdicts out: Tidegate, and its peers on the same evidence.

    ./run python -m benchmarks.commissioning.run                                  400 thousand Devices, everyone
    ./run python -m benchmarks.commissioning.run --devices 4000000
    ./run python -m benchmarks.commissioning.run --devices 24000000 --only tidegate,both,report,duckdb
    ./run python -m benchmarks.commissioning.run --linearity --up-to 24000000     cost with size

`tidegate` and the peers assess by the Code's criteria (`appendix-ac-5`) alone; `both` by outcome as well, with the
registrations; `report` is what `tidegate commissioning` counts, with the Inventory, and writes nothing. Everyone runs in
a process of its own, the file in the page cache; starting Python and importing is not counted. Which Devices have which
verdict by the Code's criteria is compared with Tidegate's, and a difference ends the run with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks.commissioning.found import Found, found_as, found_of
from benchmarks.commissioning.make_evidence import SIZES, Made, evidence_of, make_evidence, places
from benchmarks.measured import Taken, best, circumstances, in_child, read_once, tell, timed
from tidegate.columnar.batches import Names, RejectedRow
from tidegate.columnar.evidence import ReadRows, RecordSource
from tidegate.commissioning.columns import DevicesInOrder
from tidegate.policy_files.shipped import CODES_CRITERIA, OUTCOME_CRITERIA, find_criteria
from tidegate.tables.evidence import evidence_source, registrations_source
from tidegate.tables.evidence_shards import Shard, evidence_shards
from tidegate.tables.read_ahead import map_ahead

TIDEGATE: Final = "tidegate"
MOST_FOR_PYTHON: Final = 1_000_000
"""Devices; more would not fit in memory."""

MOST_TIMES: Final = 1.1
MOST_BYTES: Final = 8 * 2**30
WARM_UP_DEVICES: Final = 20_000


class Watched:
    """Evidence as it is read: the instant of its last row, and how long it took to read it all."""

    def __init__(self, source: RecordSource) -> None:
        self._source = source
        self.last = 0
        self.seconds = 0.0

    def rows(self) -> Iterator[ReadRows]:
        begun = time.perf_counter()
        for part in self._source.rows():
            self.last = max(self.last, int(part.records["at"].max()))
            yield part
        self.seconds = time.perf_counter() - begun


def by_kernel(made: Made, criteria: Sequence[str], *, is_registered: bool) -> Found:
    """Evidence read, dealt and assessed, two shards at once; what was found by the first criteria."""
    names = Names()
    sets = [find_criteria(each) for each in criteria]
    evidence = Watched(evidence_source([made.evidence], names))
    registrations = registrations_source([made.registrations], names) if is_registered else None

    def assess(shard: Shard) -> Found:
        devices = DevicesInOrder(*shard)
        found = [devices.assess(each, names, evidence.last) for each in sets]
        return found_of(found[0].device_id, found[0].verdict)

    shards = evidence_shards(evidence, registrations, _refuse)
    found = reduce(add, map_ahead(assess, shards), Found({}))
    print(f"evidence read and dealt in {evidence.seconds:.1f} s")
    return found


def by_report(made: Made) -> Found:
    """What `tidegate commissioning` counts, and writes nothing."""
    from tidegate.assembly.commissioning import CommissioningAsked, assess_commissioning  # noqa: PLC0415
    from tidegate.reports.commissioning_devices import DevicesAssessed  # noqa: PLC0415

    found: list[Found] = []

    class Sink:
        def write(self, devices: DevicesAssessed) -> None:
            verdict = np.array([told.verdicts[0] for told in devices.told], np.uint8)
            found.append(found_of(devices.device_id, verdict[devices.of]))

    asked = CommissioningAsked([made.evidence], [made.registrations], made.inventory)
    assess_commissioning(asked, sinks=[Sink()])
    return reduce(add, found, Found({}))


def _duckdb(made: Made) -> Found:
    from benchmarks.commissioning import peer_duckdb  # noqa: PLC0415

    return peer_duckdb.assess(made.evidence)


def _python(made: Made) -> Found:
    from benchmarks.commissioning import peer_python  # noqa: PLC0415

    return peer_python.assess(made.evidence)


EVERYONE: Final[dict[str, Callable[[Made], Found]]] = {
    TIDEGATE: lambda made: by_kernel(made, [CODES_CRITERIA], is_registered=False),
    "both": lambda made: by_kernel(made, [CODES_CRITERIA, OUTCOME_CRITERIA], is_registered=True),
    "report": by_report,
    "duckdb": _duckdb,
    "python": _python,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Devices assessed: Tidegate and its peers.")
    parser.add_argument("--devices", type=int, default=SIZES[0], help="which evidence, by its Devices")
    parser.add_argument("--only", default=",".join(EVERYONE), help="who, separated by commas")
    parser.add_argument("--times", type=int, default=1, help="runs of each; the fastest counts")
    parser.add_argument("--linearity", action="store_true", help="cost with size instead")
    parser.add_argument("--up-to", type=int, default=SIZES[1], help="the largest, in Devices")
    parser.add_argument("--one", nargs=2, metavar=("WHO", "FOUND"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one is not None:
        who, kept = given.one
        return _one(EVERYONE[who], evidence_of(given.devices), Path(kept))
    if given.linearity:
        return _linearity([size for size in SIZES if size <= given.up_to], given.times)
    who = [name for name in given.only.split(",") if name != "python" or given.devices <= MOST_FOR_PYTHON]
    return _compare(given.devices, list(dict.fromkeys([TIDEGATE, *who])), given.times)


def _one(assess: Callable[[Made], Found], made: Made, kept: Path) -> int:
    with TemporaryDirectory() as folder:
        few = places(Path(folder), WARM_UP_DEVICES)
        make_evidence(few, WARM_UP_DEVICES)
        assess(few)
    read_once(made.evidence)
    taken, found = timed(lambda: assess(made))
    kept.write_text(json.dumps(found.of))
    tell(taken)
    return 0


def _child(devices: int, who: str, times: int) -> tuple[Taken, Found, str]:
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "found.json"
        runs = [
            in_child("benchmarks.commissioning.run", "--devices", str(devices), "--one", who, str(kept))
            for _ in range(times)
        ]
        taken = best([run for run, _ in runs])
        said = next(said for run, said in runs if run is taken)
        return taken, found_as(json.loads(kept.read_text())), said.split("\n")[-1]


def _compare(devices: int, everyone: Sequence[str], times: int) -> int:
    rows = _rows_of(devices)
    print(f"{devices:,} Devices, {rows:,} rows of evidence; {circumstances()}\n")
    print(f"{'':10}{'seconds':>9}{'CPU s':>8}{'ns a row':>10}{'GiB peak':>10}{'times ours':>12}{'by CPU':>8}")
    ours: Taken | None = None
    expected, status = Found({}), 0
    for who in everyone:
        taken, found, said = _child(devices, who, times)
        if ours is None:
            ours, expected = taken, found
        is_same = found == expected
        status |= not is_same
        print(
            f"{who:10}{taken.seconds:9.2f}{taken.cpu_seconds:8.2f}{taken.cpu_seconds / rows * 1e9:10.0f}"
            f"{taken.peak_bytes / 2**30:10.2f}{taken.seconds / ours.seconds:11.2f}x"
            f"{taken.cpu_seconds / ours.cpu_seconds:7.2f}x   {'the same' if is_same else 'NOT THE SAME'}"
            f"{f'; {said}' if said else ''}",
            flush=True,
        )
    counts = ", ".join(f"{name} {count:,}" for name, (count, _, _) in sorted(expected.of.items()))
    print(f"\n{counts}")
    return status


def _linearity(sizes: Sequence[int], times: int) -> int:
    print(f"both sets of criteria, by size; {circumstances()}\n")
    print(
        f"{'Devices':>12}{'rows':>13}{'seconds':>9}{'CPU s':>8}{'GiB peak':>10}{'CPU a row, of the one before':>30}"
    )
    before, status = 0.0, 0
    for devices in sizes:
        rows = _rows_of(devices)
        taken, _, said = _child(devices, "both", times)
        each = taken.cpu_seconds / rows
        times_before = each / before if before else 0.0
        is_kept = times_before <= MOST_TIMES and taken.peak_bytes < MOST_BYTES
        status |= not is_kept
        print(
            f"{devices:12,}{rows:13,}{taken.seconds:9.2f}{taken.cpu_seconds:8.2f}{taken.peak_bytes / 2**30:10.2f}"
            f"{f'{times_before:.2f}x' if before else '':>30}{'' if is_kept else '   NOT KEPT'}   {said}",
            flush=True,
        )
        before = each
    return status


def _rows_of(devices: int) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415 - children read it their own way

    rows: int = pq.read_metadata(evidence_of(devices).evidence).num_rows
    return rows


def _refuse(row: RejectedRow) -> None:
    raise SystemExit(f"{row.source}, line {row.line}: {row.reason}")


if __name__ == "__main__":
    sys.exit(main())
