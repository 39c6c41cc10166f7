"""The Code's criteria in SQL, as our page states them, against the kernel: of every Device the same, obligation by obligation."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from tests.evidence_drawn import LATEST, evidence_of, row_of, seeds

from tidegate.columnar.batches import Names
from tidegate.columnar.evidence import EVIDENCE, REGISTRATION, srv_numbers
from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.columns import DevicesInOrder
from tidegate.commissioning.kernel import NEVER
from tidegate.commissioning.truth import Truth
from tidegate.policy_files.shipped import CODES_CRITERIA, find_criteria
from tidegate.simulation.commissioning.run import CommissioningSimulation
from tidegate.simulation.commissioning.scenario_files import commissioning_scenarios
from tidegate.tables.evidence_writer import evidence_writer

duckdb = pytest.importorskip("duckdb", reason="duckdb is in the dev environment only")

DEVICES = 200


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """What the page's statement answers of some evidence, a row for each Device, ascending."""
    from tests.documents.sql_pages import CODES_CRITERIA as PAGE, statement_of  # noqa: PLC0415 - imports duckdb

    path = tmp_path_factory.mktemp("sql") / "evidence.parquet"
    criteria = find_criteria(CODES_CRITERIA)
    obligations = ", ".join(f'"{each.name}"' for each in criteria.obligations)

    def answer(records: np.ndarray, names: Names, as_at: int) -> list[tuple[object, ...]]:
        with evidence_writer(path, names, {}) as write:
            write(records)
        with duckdb.connect() as db:
            db.execute(f"CREATE VIEW evidence AS FROM '{path}'")
            db.execute(f"SET VARIABLE as_at = make_timestamptz({as_at})")
            db.execute(statement_of(PAGE, "by_section_5"))
            found: list[tuple[object, ...]] = db.execute(
                f"SELECT device_id, verdict, {obligations} FROM by_section_5 ORDER BY device_id"  # noqa: S608
            ).fetchall()
        return found

    return answer


def by_kernel(records: np.ndarray, names: Names, as_at: int) -> list[tuple[object, ...]]:
    """The same by the kernel, of the Devices of which anything is known."""
    criteria = find_criteria(CODES_CRITERIA)
    found = DevicesInOrder(records, np.empty(0, REGISTRATION)).assess(criteria, names, as_at)
    known = found.begins != NEVER
    met = found.truth[known] == Truth.MET
    return [
        (device_id, Verdict(verdict).name, *obligations)
        for device_id, verdict, obligations in zip(
            found.device_id[known].tolist(), found.verdict[known].tolist(), met.tolist(), strict=True
        )
    ]


@settings(max_examples=5, deadline=None)
@given(seeds)
def test_of_drawn_devices_sql_says_what_the_kernel_says(ask, seed):
    """Each Device a story that went nearly well, so that each row more or less decides; two of three have doubles."""
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    as_at = random.choice([LATEST, random.randint(0, LATEST + 5)])
    rows = []
    for device in range(1, DEVICES):
        mine = [*evidence_of(random, device), *(row_of(random, device) for _ in range(device % 4))]
        rows += mine + random.choices(mine or [row_of(random, device)], k=device % 3)
    random.shuffle(rows)
    names = Names()
    records = np.array(
        [
            (
                row.at, row.device_id, names.number_of(row.certificate_hash), names.number_of(row.party_id),
                names.number_of(row.sender), row.kind, srv_numbers().get(row.srv, 0),
                row.credential_type, row.outcome, row.role,
            )
            for row in rows
        ],
        EVIDENCE,
    )  # fmt: skip

    assert by_kernel(records, names, as_at) == ask(records, names, as_at)


@pytest.mark.parametrize("scenario", ["draft-report", "future-dated-wave"])
def test_of_simulated_months_sql_says_what_the_kernel_says(ask, scenario):
    simulated = CommissioningSimulation(commissioning_scenarios()[scenario], devices=5_000)
    records = np.concatenate([part.evidence for part in simulated.slices()])
    half_way = (simulated.since + simulated.until) // 2

    for as_at in (half_way, simulated.until):
        expected = by_kernel(records, simulated.names, as_at)
        assert expected == ask(records, simulated.names, as_at)
        assert {"FAILED", "SECURE_BY_COMMANDS"} == {verdict for _, verdict, *_ in expected}
