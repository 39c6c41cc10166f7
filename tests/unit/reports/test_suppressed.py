"""The register with its Devices, and what the verdict says of suppressions."""

from __future__ import annotations

from dataclasses import replace

from tests.suppressed import NEW, OLD, OTHER, an_inventory
from tests.unit.reports.replayed_examples import policy, replayed

from tidegate.alert_storm.suppressions import Suppression
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.formats.summary_json import summary
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.suppressions import FixStatus, RegisterEntry, Status
from tidegate.reports.replayed import Totals
from tidegate.reports.suppressed import suppression_cautions, suppression_findings
from tidegate.reports.suppression_register import register_lines
from tidegate.reports.verdict import verdict

ONE = Suppression("S-1", (0x8F75,), (OLD,), 2_000, threshold=3)
TWO = Suppression("S-2", (0x8014,), (OTHER,), 1_000, forward_one_in=50)
MENDED = RegisterEntry("why", FixStatus.FIXED_IN, NEW.firmware)
HARDWARE = RegisterEntry("why", FixStatus.NOT_FIXABLE)


def with_register(*suppressions: Suppression) -> MechanismDocument:
    plain = policy()
    return replace(
        plain,
        alert_storm=replace(plain.alert_storm, suppressions=suppressions),
        register={each.id: MENDED if each is ONE else HARDWARE for each in suppressions},
    )


def test_devices_are_counted_as_they_were_at_the_instant():
    """Device 1 gets the fix at 1,500; Device 2 keeps the old firmware; 3 and 4 are other products."""
    rows = [(1, BEFORE_ALL, OLD), (1, 1_500, NEW), (2, BEFORE_ALL, OLD), (3, BEFORE_ALL, NEW), (4, 0, OTHER)]
    inventory = an_inventory(rows)

    assert [(2, 1), (1, None)] == [
        (line.devices, line.devices_mended)
        for line in register_lines(with_register(ONE, TWO), 1_499, inventory)
    ]
    (line,) = register_lines(with_register(ONE), 1_500, inventory)
    assert (1, 2, True, False) == (
        line.devices,
        line.devices_mended,
        line.is_fix_available,
        line.is_done_with,
    )


def test_a_suppression_is_done_with_when_every_device_has_the_fix():
    (line,) = register_lines(with_register(ONE), 1, an_inventory([(1, 0, NEW)]))

    assert (0, 1, False, True) == (
        line.devices,
        line.devices_mended,
        line.is_fix_available,
        line.is_done_with,
    )


def test_without_an_inventory_no_devices_are_counted_and_the_order_is_the_files():
    lines = register_lines(with_register(TWO, ONE), 1_000)

    assert [("S-2", Status.EXPIRED, None), ("S-1", Status.EXPIRES_SOON, None)] == [
        (line.suppression.id, line.status, line.devices) for line in lines
    ]
    assert [False, True] == [line.is_fix_available for line in lines]


def test_the_verdict_says_what_each_suppression_held_back():
    found = replayed(
        {0x8F75: Totals(100, 20, 80)},
        policies=[with_register(ONE, TWO)],
        by_suppression={"S-1": Totals(60, 20, 40), "S-2": Totals(100, 1, 99)},
    )

    (finding,) = suppression_findings(found)

    assert (
        "Suppressed: S-2 held back 99 of 100 (99.0%) of 8014 of ESME Maker D E4 3.0; "
        "S-1 held back 40 of 60 (66.7%) of 8F75 of CHF Maker C E4 3.0."
    ) == finding
    assert finding in verdict(found).findings
    assert [] == list(suppression_cautions(found))


def test_the_verdict_says_what_held_nothing_back_and_whom_no_one_knows():
    found = replayed(
        {0x8F75: Totals(1, 1, 0)},
        policies=[with_register(ONE)],
        by_suppression={"S-1": Totals()},
        of_not_known=12,
    )
    cautions = list(suppression_cautions(found))

    assert [] == list(suppression_findings(found))
    assert ["Nothing to suppress: no Alert is under S-1;", "Under no suppression: 12 Alerts"] == [
        caution[: len(start)]
        for caution, start in zip(
            cautions,
            ["Nothing to suppress: no Alert is under S-1;", "Under no suppression: 12 Alerts"],
            strict=True,
        )
    ]
    assert set(cautions) <= set(verdict(found).cautions)


def test_the_summary_has_suppressions_only_where_there_are_any():
    without = summary(replayed({0x8F75: Totals(1, 1, 0)}))
    found = summary(
        replayed(
            {0x8F75: Totals(1, 1, 0)},
            policies=[with_register(ONE)],
            by_suppression={"S-1": Totals(5, 2, 3)},
            of_not_known=7,
        )
    )

    assert set() == {"by_suppression", "of_not_known"} & without.keys()
    assert "suppressions" not in without["in_force"][0]["alert_storm"]
    assert {"S-1": {"received": 5, "forwarded": 2, "throttled": 3, "excluded": 0}} == found["by_suppression"]
    assert 7 == found["of_not_known"]
    (suppression,) = found["in_force"][0]["alert_storm"]["suppressions"]
    assert ("S-1", ["8F75"], 3) == (suppression["id"], suppression["codes"], suppression["threshold"])
    assert "forward_one_in" not in suppression


def test_no_storm_is_not_said_of_the_ordinary_threshold_alone():
    found = replayed({0x8F75: Totals(1, 1, 0)}, policies=[with_register(ONE)])

    assert "No counted stream went over its threshold" in verdict(found).headline
