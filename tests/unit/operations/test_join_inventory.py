"""What an Inventory says of a Device is what it was when its storm started."""

from __future__ import annotations

from tests.fleets import Entry, inventory_of
from tests.logs import LogInMemory

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.join_inventory import join_inventory
from tidegate.operations.replay import always, replay
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.vocabulary.alerts import Alert

POLICY = MechanismDocument(
    "1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(threshold=1, window_us=10)), ExclusionList()
)


def test_each_storm_has_the_row_in_force_at_its_start():
    """A storm starts with its second Alert: at 101 and at 200; the firmware changed at 101 and at 201."""
    alerts = [Alert(at, 1, 0x8F75) for at in (100, 101, 199, 200)] + [
        Alert(at, 2, 0x8F75) for at in (300, 301)
    ]
    inventory = inventory_of(
        Entry(1, BEFORE_ALL, firmware="1"),
        Entry(1, 101, firmware="2", supplier=""),
        Entry(1, 201, firmware="3"),
    )
    replayed = join_inventory(replay(LogInMemory(alerts), always(POLICY)), inventory)
    columns = replayed.spells.columns

    assert [101, 200, 301] == columns["started_at"].tolist()
    assert ["2", "2", None] == columns["firmware"].tolist()
    assert [None, None, None] == columns["supplier"].tolist()
    assert replayed.inventory is not None
    assert (3, 1, 1, 0) == (
        replayed.inventory.rows, replayed.inventory.found, replayed.inventory.missing, replayed.inventory.doubled
    )  # fmt: skip


def test_without_a_storm_nothing_is_asked():
    replayed = join_inventory(replay(LogInMemory([Alert(100, 1, 5)]), always(POLICY)), inventory_of(Entry(1)))

    assert replayed.inventory is not None
    assert (0, 0) == (replayed.inventory.found, replayed.inventory.missing)
