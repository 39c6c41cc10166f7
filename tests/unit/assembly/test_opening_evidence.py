"""Evidence from the wire to the verdict: real messages in the documents the DCC wraps them in."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.material import credential_messages as minted, duis_documents as duis
from tests.material.credential_messages import Cell, integer, response, sequence
from tests.material.duis_documents import eui, write_folder
from tests.material.gbcs_alerts import ESME, NETWORK_OPERATOR, SUPPLIER
from tests.shared_material import needs_shared, shared
from tests.unit.duis.test_evidence_source import answer, later

from tidegate.assembly.opening_evidence import open_evidence
from tidegate.columnar.batches import Names
from tidegate.commissioning.assessment import Assessment, Verdict, assess
from tidegate.commissioning.columns import rows_of
from tidegate.commissioning.evidence import Evidence, Kind, Outcome, Registration, Role
from tidegate.commissioning.finding import Reason
from tidegate.policy_files import find_criteria
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY, parse_instant

DAY_0 = parse_instant("2026-03-01T12:00:00Z")
REGISTERED = [
    Registration(ESME, Role.SUPPLIER, eui(SUPPLIER), 0),
    Registration(ESME, Role.NETWORK_OPERATOR, eui(NETWORK_OPERATOR), 0),
]
COMMUNICATION_AND_RECOVERY = (
    "at,device_id,kind,outcome\n"
    f"2026-03-02T12:00:00Z,{eui(ESME)},communication_check,success\n2026-03-02T12:00:00Z,{eui(ESME)},recovery_cell_check,success\n"
)


def on_day(day: int) -> str:
    return f"2026-03-{day + 1:02}T12:00:00Z"


def public(pattern: str) -> bytes:
    [path] = shared("rtds").glob(pattern)
    return bytes.fromhex(path.read_text())


def evidence_in(*paths: Path) -> list[Evidence]:
    names = Names()
    return [row for part in open_evidence(paths, names, {}).rows() for row in rows_of(part.records, names)]


def assessed(rows: list[Evidence], criteria: str, day: int = 20) -> Assessment:
    return assess(rows, REGISTERED, find_criteria(criteria), DAY_0 + day * DAY, "ESME")


def folder_of(tmp_path: Path, documents: dict[str, bytes]) -> Path:
    return write_folder(tmp_path / "wire", documents)


ISSUED = {
    f"{srv}-{number}.xml": answer(srv, response(code, said), sent_at=on_day(number))
    for srv, code, said in (("6.17", 0x000A, sequence(integer(7))), ("6.15.2", 0x000B, integer(0)))
    for number in (1, 2)
}


@needs_shared
def test_an_empty_outcome_that_8f66_completes_is_a_success_by_outcome_and_a_failure_by_the_code(
    tmp_path: Path,
) -> None:
    directory = "6.15.1_CS02bSupplierBySupplier/*"
    documents = ISSUED | {
        "commissioned.xml": duis.device_alert("8F69", sent_at=on_day(0)),
        "accepted.xml": answer(
            "6.15.1", public(f"{directory}_FUTURE_DATED_SUCCESS_RESPONSE*"), sent_at=on_day(3)
        ),
    }
    folder = folder_of(tmp_path, documents)
    checks = tmp_path / "checks.csv"
    checks.write_text(COMMUNICATION_AND_RECOVERY)
    waiting = evidence_in(folder, checks)
    write_folder(folder, {"outcome.xml": later("6.15.1", public(f"{directory}_8F66_*"), sent_at=on_day(4))})
    completed = evidence_in(folder, checks)

    assert [Outcome.EMPTY] == [row.outcome for row in waiting if row.srv == "6.15.1"]
    assert Verdict.UNDETERMINED is assessed(waiting, "outcome").verdict
    assert {Reason.EMPTY} == {each.reason for each in assessed(waiting, "outcome").cannot_be_told}
    by_outcome = assessed(completed, "outcome")
    assert Verdict.SECURE_BY_COMMANDS is by_outcome.verdict
    assert Reason.BY_FUTURE_DATED_OUTCOME in {each.reason for each in by_outcome.met}
    by_code = assessed(completed, "appendix-ac-5")
    assert (Verdict.FAILED, [Reason.EMPTY]) == (by_code.verdict, [each.reason for each in by_code.unmet])


@needs_shared
def test_an_outcome_of_8f67_fails_it(tmp_path: Path) -> None:
    directory = "6.15.1_CS02bSupplierBySupplier/*"
    folder = folder_of(
        tmp_path,
        ISSUED
        | {
            "accepted.xml": answer("6.15.1", public(f"{directory}_FUTURE_DATED_ERROR_RESPONSE*"), sent_at=on_day(3)),
            "outcome.xml": later("6.15.1", public(f"{directory}_8F67_*"), "8F67", sent_at=on_day(4)),
        },
    )  # fmt: skip

    found = assessed(evidence_in(folder), "outcome")

    assert (Verdict.FAILED, [Reason.FAILED]) == (found.verdict, [each.reason for each in found.unmet])


@needs_shared
@pytest.mark.parametrize(
    ("suppliers", "verdict", "reason"),
    [
        ("90-B3-D5-1F-30-01-00-00", Verdict.SECURE_BY_CREDENTIALS, Reason.MATCHES),
        ("90-B3-D5-1F-30-03-00-00", Verdict.FAILED, Reason.DIFFERS),
    ],
)
def test_cells_that_were_read_decide_whatever_was_answered(
    tmp_path: Path, suppliers: str, verdict: Verdict, reason: Reason
) -> None:
    """The read is the public 6.24.1 of Supplier and Network Operator; the Recovery cell was checked."""
    folder = folder_of(
        tmp_path,
        {
            "timed-out.xml": answer("6.15.1", code="E21", sent_at=on_day(1)),
            "read.xml": answer("6.24.1", public("6.24.1_CS02aMAC/*SUCCESS_RESPONSE*"), sent_at=on_day(2)),
        },
    )
    checks = tmp_path / "checks.csv"
    checks.write_text(COMMUNICATION_AND_RECOVERY)
    rows = evidence_in(folder, checks)
    registered = [Registration(ESME, Role.SUPPLIER, suppliers, 0), REGISTERED[1]]

    found = assess(rows, registered, find_criteria("outcome"), DAY_0 + 20 * DAY, "ESME")

    assert 5 == sum(row.kind is Kind.CREDENTIALS_READ for row in rows)
    assert [(verdict, reason)] == [
        (found.verdict, cells.reason) for cells in found.cells if cells.name == "Supplier cells"
    ]


def test_tables_and_documents_are_one_body_of_evidence(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.xml": answer("6.15.1", minted.replaced(Cell()))})
    table = tmp_path / "checks.csv"
    table.write_text(COMMUNICATION_AND_RECOVERY)
    names = Names()

    parts = list(open_evidence([table, folder], names, {}).rows())

    assert 3 == sum(len(part.records) for part in parts)
    assert [0.5, 1.0] == [part.progress for part in parts if part.progress in (0.5, 1.0)]
    assert 2 == len(evidence_in(table))
    assert 1 == len(evidence_in(folder))


def test_what_is_not_there_is_a_fault(tmp_path: Path) -> None:
    for name in ("gone.csv", "gone.xml", "gone"):
        with pytest.raises(InputError):
            open_evidence([tmp_path / name], Names(), {})
