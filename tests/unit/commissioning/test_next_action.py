"""What is advised of one Device: the cheapest that can settle it, and never a visit where a read could."""

from __future__ import annotations

from tidegate.commissioning.assessment import assess
from tidegate.commissioning.cells import Cells, Holds
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import Evidence, Kind, Outcome, Registration, Role
from tidegate.commissioning.next_action import NextAction, next_action
from tidegate.commissioning.obligations import CellPopulated, Communicates, Proof, ServiceRequests
from tidegate.commissioning.truth import Truth

DEVICE = 0x00DB1234567890A0
NOW = 100
SUPPLIER = Cells(Role.SUPPLIER, Holds.REGISTERED)
OPERATOR = Cells(Role.NETWORK_OPERATOR, Holds.REGISTERED)
RECOVERY = Cells(Role.RECOVERY, Holds.NOT_REGISTERED)
OWN = ServiceRequests("own", ("6.17",))
THEIRS = ServiceRequests("theirs", ("6.15.1", "6.23"))
SILENT = Communicates("communicating")
PROOF = Proof(registered=True, timeout=Truth.CANNOT_BE_TOLD, not_checked=Truth.CANNOT_BE_TOLD)


def sent(srv: str, outcome: Outcome, at: int = 10, party: str = "A") -> Evidence:
    return Evidence(at, DEVICE, Kind.SRV_RESPONSE, srv, outcome=outcome, party_id=party, sender=party)


def check(outcome: Outcome) -> Evidence:
    return Evidence(20, DEVICE, Kind.COMMUNICATION_CHECK, outcome=outcome)


def read(role: Role, party: str, at: int = 30) -> Evidence:
    return Evidence(at, DEVICE, Kind.CREDENTIALS_READ, "6.24.1", role=role, party_id=party)


def advised(
    *rows: Evidence,
    cells: tuple[Cells, ...] = (SUPPLIER, OPERATOR),
    asked=(OWN, THEIRS, SILENT),
    allowed: int = 0,
    suppliers: tuple[tuple[str, int], ...] = (("A", 0),),
) -> NextAction:
    criteria = Criteria("tried", allowed, asked, cells, PROOF)
    registrations = [Registration(DEVICE, Role.SUPPLIER, party, since) for party, since in suppliers]
    registrations.append(Registration(DEVICE, Role.NETWORK_OPERATOR, "N", 0))
    commissioned = Evidence(0, DEVICE, Kind.COMMISSIONED)
    return next_action(assess([commissioned, *rows], registrations, criteria, NOW), criteria)


def test_nothing_is_to_do_where_the_cells_hold_what_they_should():
    assert NextAction.NOTHING is advised(read(Role.SUPPLIER, "A"), read(Role.NETWORK_OPERATOR, "N"))


def test_within_the_time_allowed_to_its_last_instant_it_is_waited_for():
    assert NextAction.WAIT is advised(allowed=NOW + 1)
    assert NextAction.READ is advised(allowed=NOW)


def test_a_device_is_read_before_anything_is_sent_or_anybody_goes_there():
    assert NextAction.READ is advised(sent("6.17", Outcome.FAILURE))
    assert NextAction.READ is advised(sent("6.15.1", Outcome.TIMEOUT))
    assert NextAction.READ is advised(read(Role.SUPPLIER, "A"))


def test_a_device_that_does_not_communicate_is_visited_whatever_its_cells_held():
    assert NextAction.VISIT is advised(check(Outcome.FAILURE))
    assert NextAction.VISIT is advised(read(Role.SUPPLIER, "B", at=5), check(Outcome.FAILURE))


def test_a_wrong_cell_is_put_right_by_whose_it_is():
    right = read(Role.SUPPLIER, "A")
    assert NextAction.REPLACE is advised(right, read(Role.NETWORK_OPERATOR, "M"))
    assert NextAction.REPLACE is advised(read(Role.SUPPLIER, "B"))
    assert NextAction.RAISE_WITH_DCC is advised(read(Role.RECOVERY, "N"), cells=(RECOVERY,))


def test_a_cell_of_the_supplier_before_is_for_the_new_one_to_replace():
    before = (sent("6.15.1", Outcome.SUCCESS), read(Role.SUPPLIER, "A"))
    assert NextAction.CHASE_NEW_SUPPLIER is advised(*before, suppliers=(("A", 0), ("B", 50)))


def test_a_read_does_not_help_where_nobody_knows_whose_the_cell_should_be():
    held = read(Role.SUPPLIER, "A")
    assert NextAction.ASK_WHO_IS_REGISTERED is advised(held, cells=(SUPPLIER,), suppliers=())
    assert NextAction.READ is advised(held, suppliers=())


def test_where_no_cells_are_asked_what_is_lacking_first_is_sent():
    def of(*rows: Evidence, asked=(OWN, THEIRS, SILENT)) -> NextAction:
        return advised(*rows, cells=(), asked=asked)

    own = sent("6.17", Outcome.SUCCESS)
    assert NextAction.SEND_MISSING is of(sent("6.15.1", Outcome.SUCCESS))
    assert NextAction.REPLACE is of(own)
    check_lacks = CellPopulated("Recovery cell", Role.RECOVERY)
    assert NextAction.ASK_FOR_CHECK is of(
        own, sent("6.15.1", Outcome.SUCCESS), asked=(OWN, THEIRS, check_lacks)
    )


def test_of_one_whose_supplier_changed_the_new_one_is_chased():
    answer = advised(
        sent("6.17", Outcome.SUCCESS, party="A"),
        sent("6.15.1", Outcome.SUCCESS, party="A"),
        cells=(),
        suppliers=(("A", 0), ("B", 50)),
    )
    assert NextAction.CHASE_NEW_SUPPLIER is answer
