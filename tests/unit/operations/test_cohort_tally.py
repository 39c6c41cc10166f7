"""What an Inventory has too many of to be told apart is counted together, and nothing is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.equivalence.test_assess_devices import CRITERIA_OF_ONE, Table, dealt, inventory_of
from tests.equivalence.test_commissioning import records_of, registration_records_of

from tidegate.columnar.batches import Names
from tidegate.columnar.inventory import Attribute
from tidegate.commissioning.evidence import Evidence, Kind
from tidegate.operations import cohort_tally
from tidegate.operations.assess_devices import AssessOptions, assess_devices


def test_makers_beyond_the_most_common_are_others(monkeypatch):
    monkeypatch.setattr(cohort_tally, "MOST_NAMED", 1)
    makers = Attribute(np.array([1, 1, 1, 2, 3, 0], np.int32), ("", "Alpha", "Beta", "Gamma"))
    inventory = inventory_of(dict.fromkeys(range(1, 7), "ESME"))
    inventory = replace(inventory, attributes={**inventory.attributes, "manufacturer": makers})
    names = Names()
    rows = [Evidence(1, device, Kind.COMMISSIONED) for device in range(1, 8)]

    status = assess_devices(
        Table(records_of(rows, names)),
        Table(registration_records_of([], names)),
        dealt(2),
        names,
        AssessOptions(CRITERIA_OF_ONE),
        inventory=inventory,
    )

    assert {"Alpha": 3, "others": 2, "": 2} == status.sum_by(lambda each: each.dimensions[4], "manufacturer")
