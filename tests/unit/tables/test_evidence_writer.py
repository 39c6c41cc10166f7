"""What is written of evidence, registrations and the truth is read back as it was."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tidegate.columnar.batches import Names
from tidegate.columnar.evidence import EVIDENCE, REGISTRATION, srv_numbers
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.commissioning.evidence import CredentialType, Kind, Outcome, Role
from tidegate.operations.simulate_commissioning import TruthRows
from tidegate.tables.evidence import evidence_source, registrations_source
from tidegate.tables.evidence_writer import evidence_writer, registrations_writer, truth_writer
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY

NAMES = Names(["A", "N", "0F0F", "90-B3-D5-1F-30-00-00-01"])
DEVICES = np.array([0x00DB1234567890A0, 0x00DB1234567890A1, 2**64 - 1], np.uint64)

SAYS = [
    (18_000 * DAY, 0, 0, 0, 0, Kind.COMMISSIONED, "", CredentialType.NOT_SAID, Outcome.NOT_SAID, Role.NOT_SAID),
    (18_000 * DAY + 1, 1, 0, 0, 1, Kind.SRV_RESPONSE, "6.17", CredentialType.KEY_AGREEMENT, Outcome.EMPTY, Role.NOT_SAID),
    (18_001 * DAY, 2, 0, 1, 0, Kind.FUTURE_DATED_OUTCOME, "", CredentialType.NOT_SAID, Outcome.FAILURE, Role.SUPPLIER),
    (18_001 * DAY, 0, 3, 4, 0, Kind.CREDENTIALS_READ, "", CredentialType.DIGITAL_SIGNING, Outcome.SUCCESS, Role.NETWORK_OPERATOR),
    (18_002 * DAY, 1, 0, 2, 1, Kind.CHANGE_OF_SUPPLIER, "", CredentialType.NOT_SAID, Outcome.NOT_SAID, Role.NOT_SAID),
]  # fmt: skip


def records() -> np.ndarray:
    made = np.zeros(len(SAYS), EVIDENCE)
    for row, (at, device, certificate, party, sender, kind, srv, credential_type, outcome, role) in enumerate(
        SAYS
    ):
        srv_number = srv_numbers()[srv] if srv else 0
        made[row] = (at, DEVICES[device], certificate, party, sender, kind, srv_number, credential_type, outcome, role)  # fmt: skip
    return made


def told(rows: np.ndarray, names: Names) -> list[tuple[object, ...]]:
    """Rows with names in place of numbers, which need not be the same."""
    names_at = [
        place
        for place, name in enumerate(rows.dtype.names or ())
        if name in ("certificate", "party", "sender")
    ]
    return [
        tuple(names.name_of(value) if place in names_at else value for place, value in enumerate(row))
        for row in rows.tolist()
    ]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_evidence_is_read_as_it_was_written(tmp_path: Path, suffix: str):
    path = tmp_path / f"evidence.{suffix}"
    with evidence_writer(path, NAMES, {"synthetic": "true"}) as write:
        for row in range(len(SAYS)):
            write(records()[row : row + 1])
    names = Names()
    parts = list(evidence_source([path], names).rows())

    assert [] == [row for part in parts for row in part.rejected]
    assert told(records(), NAMES) == [row for part in parts for row in told(part.records, names)]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_registrations_are_read_as_they_were_written(tmp_path: Path, suffix: str):
    """Who has always been registered stands there without an instant."""
    made = np.zeros(3, REGISTRATION)
    made["device_id"], made["party"], made["role"] = DEVICES, [1, 2, 4], [1, 2, 1]
    made["since"] = [BEFORE_ALL, 18_000 * DAY, 18_001 * DAY + 1]
    path = tmp_path / f"registrations.{suffix}"
    with registrations_writer(path, NAMES, {}) as write:
        write(made)
    names = Names()
    (part,) = registrations_source([path], names).rows()

    assert told(made, NAMES) == told(part.records, names)


def test_the_truth_says_what_befell_whom_in_words(tmp_path: Path):
    rows = TruthRows(
        DEVICES,
        np.array([True, False, True]),
        np.array([0, 2, 1], np.uint8),
        np.array([False, True, False]),
    )
    with truth_writer(
        tmp_path / "truth.parquet", ["none", "late", "stopped"], {"synthetic": "true"}
    ) as write:
        write(rows)
    table = pq.read_table(tmp_path / "truth.parquet")

    assert b"true" == table.schema.metadata[b"synthetic"]
    assert {
        "device_id": DEVICES.tolist(),
        "is_secure": [True, False, True],
        "cause": ["none", "stopped", "late"],
        "was_read": [False, True, False],
    } == table.to_pydict()


def test_what_is_broken_off_leaves_no_file(tmp_path: Path):
    def break_off() -> None:
        with evidence_writer(tmp_path / "evidence.parquet", NAMES, {}) as write:
            write(records())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()

    assert [] == list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_a_fault(tmp_path: Path):
    with (
        pytest.raises(InputError, match="cannot be written"),
        evidence_writer(tmp_path / "nowhere" / "evidence.csv", NAMES, {}) as write,
    ):
        write(records())
