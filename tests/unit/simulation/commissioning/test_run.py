"""A run of Post Commissioning: whole, in order of time, the same for the same seed."""

import numpy as np
import pytest
from tests.unit.simulation.commissioning.assessed import QUIET, WITH_PARTIES, run

from tidegate.commissioning.evidence import Kind, Role
from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.commissioning import run as runs
from tidegate.simulation.commissioning.run import CommissioningSimulation
from tidegate.simulation.commissioning.scenario import check_size
from tidegate.simulation.commissioning.scenario_files import commissioning_scenarios
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY

DRAFT = commissioning_scenarios()["draft-report"]


@pytest.mark.parametrize("devices", [100, 107, 108, 109])
def test_there_are_as_many_devices_as_were_asked_for_each_once(devices: int):
    made = run(QUIET, devices)

    assert devices == len(made.truth) == len(np.unique(made.truth.device_id))
    commissioned = made.evidence[made.evidence["kind"] == Kind.COMMISSIONED]
    assert sorted(commissioned["device_id"].tolist()) == made.truth.device_id.tolist()


def test_displays_are_not_among_them():
    assert {*WITH_PARTIES, DeviceType.CHF} == set(run(QUIET, 200).device_type.tolist())


def test_evidence_comes_in_order_of_time_across_slices_and_none_is_lost(monkeypatch: pytest.MonkeyPatch):
    """What is seen months later waits for its own slice."""
    monkeypatch.setattr(runs, "DEVICES_IN_SLICE", 50)
    installs = CommissioningSimulation(DRAFT, devices=1_000)
    parts = list(installs.slices())
    at = np.concatenate([part.evidence["at"] for part in parts])

    assert 20 == len(parts)
    assert 1.0 == parts[-1].done
    assert (np.diff(at) >= 0).all()
    assert installs.since < at[0]
    assert at[-1] < installs.until
    assert 1_000 == sum(int((part.evidence["kind"] == Kind.COMMISSIONED).sum()) for part in parts)


def test_a_device_of_a_slice_has_evidence_in_later_ones(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runs, "DEVICES_IN_SLICE", 50)
    first, *rest = CommissioningSimulation(DRAFT, devices=1_000).slices()
    later = np.concatenate([part.evidence for part in rest])

    assert np.isin(later["device_id"], first.truth.device_id).any()


def test_the_same_seed_gives_the_same_and_another_does_not():
    one, again, other = run(DRAFT, 300), run(DRAFT, 300), run(DRAFT, 300, seed=2)

    assert one.evidence.tolist() == again.evidence.tolist() != other.evidence.tolist()
    assert one.truth.cause.tolist() == again.truth.cause.tolist()


def test_a_hub_function_has_nobody_registered_and_every_other_device_two_parties():
    made = run(QUIET, 200)
    hubs = made.truth.device_id[made.device_type == DeviceType.CHF]

    assert not np.isin(made.registrations["device_id"], hubs).any()
    for role in (Role.SUPPLIER, Role.NETWORK_OPERATOR):
        of_role = made.registrations["device_id"][made.registrations["role"] == role]
        assert sorted(of_role.tolist()) == sorted(set(made.truth.device_id.tolist()) - set(hubs.tolist()))


def test_an_inventory_names_who_is_registered_at_the_end():
    installs = CommissioningSimulation(commissioning_scenarios()["change-of-supplier"], devices=300)
    (part,) = installs.slices()
    supplier = part.inventory.attributes["supplier"]
    device_type = part.inventory.attributes["device_type"]
    inventory = {
        device: supplier[row]
        for row, device in enumerate(part.inventory.device_id.tolist())
        if device_type[row] != "CHF"
    }
    registered: dict[int, tuple[int, str]] = {}
    for since, device, party, role in part.registrations.tolist():
        if role == Role.SUPPLIER:
            registered[device] = max(
                registered.get(device, (since, "")), (since, installs.names.name_of(party))
            )

    assert inventory == {device: party for device, (_, party) in registered.items()}
    assert {1, 2} == set(
        np.unique(
            part.registrations["device_id"][part.registrations["role"] == Role.SUPPLIER], return_counts=True
        )[1].tolist()
    )


def test_a_supplier_changes_at_midnight():
    made = run(commissioning_scenarios()["change-of-supplier"], 300)
    changes = made.evidence[made.evidence["kind"] == Kind.CHANGE_OF_SUPPLIER]

    assert len(changes)
    assert {0} == set((changes["at"] % DAY).tolist())


@pytest.mark.parametrize(
    ("devices", "days", "seed"), [(99, 1, 0), (100, 0, 0), (100, 1_001, 0), (100, 1, -1)]
)
def test_a_size_that_cannot_be_made_is_a_fault(devices: int, days: int, seed: int):
    with pytest.raises(InputError):
        check_size(devices, days, seed)


def test_all_that_is_wrong_with_a_size_is_told_at_once():
    with pytest.raises(InputError) as caught:
        check_size(99, 0, -1)

    assert ["--devices", "--days", "--seed"] == [fault.where for fault in caught.value.faults]
