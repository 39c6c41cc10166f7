"""The operations, as a notebook or a program calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from tidegate.api.inputs import (
    Alerts,
    AlertsInput,
    DurationInput,
    InstantInput,
    PathInput,
    PolicyInput,
    alerts_of,
    code_of,
    device_of,
    duration_of,
    inventory_of,
    options_of,
    periods_of,
    policy_of,
)
from tidegate.api.results import EdgeResult, ReplayResult, Simulated
from tidegate.columnar.inventory import Inventory
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.edge import WanCopies
from tidegate.reports.log_quality import LogQuality
from tidegate.reports.stream_story import Story
from tidegate.vocabulary.devices import DeviceId


def read_alerts(
    alerts: AlertsInput,
    *,
    columns: Mapping[str, str] | None = None,
    received_at: PathInput | None = None,
) -> Alerts:
    """Alerts from files, or from a table in memory. Nothing is read yet but the first rows.

    Args:
        alerts:       A path (CSV, Parquet, DUIS documents; a folder or glob), several, a list of `Alert`s, a
                      pyarrow Table, or a frame with `__arrow_c_stream__` (pandas, polars, DuckDB).
        columns:      Our column name -> the table's, where it has another; without it they are found.
        received_at:  A CSV of receipt instants for DUIS documents.

    Raises:
        InputError: nothing is there, it is of no kind we know, or its columns cannot be told.
    """
    return alerts_of(alerts, columns=None if columns is None else dict(columns), received_at=received_at)


def read_inventory(inventory: Inventory | PathInput | Any) -> Inventory:
    """What the Devices are, from a CSV or Parquet file, or from a table in memory.

    Raises:
        InputError: it cannot be read, or has no `device_id`.
    """
    return inventory_of(inventory)


def read_policy(policy: PolicyInput | None = None) -> MechanismDocument:
    """A policy from its file, or a published one by name; without either the default.

    Raises:
        InputError: there is none, or it has faults; carries all of them.
    """
    return policy_of(policy)


def check(alerts: AlertsInput) -> LogQuality:
    """Say what is in a log: rows, period, gaps, duplicates, late rows, unknown codes, bad rows.

    Raises:
        InputError: it cannot be read.
    """
    from tidegate.operations.check_log import check_log  # noqa: PLC0415 - each operation only where it is called

    return check_log(alerts_of(alerts).source())


def replay(
    alerts: AlertsInput,
    policy: PolicyInput | None = None,
    *,
    inventory: Inventory | PathInput | Any | None = None,
    since: InstantInput | None = None,
    until: InstantInput | None = None,
    look_back: DurationInput | None = None,
    decisions: bool = False,
    strict: bool = False,
) -> ReplayResult:
    """Replay a log under a policy: what would these parameters have done?

    Args:
        alerts:     As `read_alerts` takes them.
        policy:     A policy, its file or name, or a folder of versions.
        inventory:  What the Devices are; joined to the storms, and behind them problems are found.
        since:      Only Alerts received from then on.
        until:      Only Alerts received before then.
        look_back:  How late an Alert may stand in the log and be put in order; an hour where nothing is said.
        decisions:  Also every Alert's decision. Takes longer, and memory for every row.
        strict:     Stop at the first row that cannot be used.

    Raises:
        InputError: the input or the policy cannot be used.
    """
    from tidegate.assembly.replaying import look_behind  # noqa: PLC0415
    from tidegate.tables.collected import CollectedDecisions, CollectedRejected  # noqa: PLC0415

    options = options_of(since, until, look_back, strict=strict)
    source = alerts_of(alerts).source(keep_original=decisions)
    known = None if inventory is None else inventory_of(inventory)
    decided = CollectedDecisions() if decisions else None
    rejected = CollectedRejected()
    found = look_behind(
        source, periods_of(policy, options), options, known, decisions=decided, rejected=rejected
    )
    behind = None if found.behind is None else found.behind.problems
    return ReplayResult(
        found.replayed, rejected.table(), None if decided is None else decided.table(), behind
    )


def explain(
    alerts: AlertsInput,
    device_id: DeviceId | str,
    alert_code: int | str,
    policy: PolicyInput | None = None,
    *,
    inventory: Inventory | PathInput | Any | None = None,
    since: InstantInput | None = None,
    until: InstantInput | None = None,
) -> list[Story]:
    """Tell one Device's Alerts of one code step by step: a story for each recipient it is counted by.

    `inventory` says which suppressions of the policy the Device is under.

    Raises:
        InputError: the log has no such Alert; says what it has of the Device. Or the policy has
            suppressions, and there is no Inventory.
    """
    from tidegate.operations.explain import explain as run  # noqa: PLC0415

    options = options_of(since, until, None, strict=False)
    device, code = device_of("device_id", device_id), code_of("alert_code", alert_code)
    known = None if inventory is None else inventory_of(inventory)
    return run(
        alerts_of(alerts).source(), device, code, periods_of(policy, options), options, inventory=known
    )


def protect_the_edge(
    alerts: AlertsInput,
    inventory: Inventory | PathInput | Any,
    policy: PolicyInput | None = None,
    *,
    since: InstantInput | None = None,
    until: InstantInput | None = None,
    capacity_per_second: Mapping[str, float] | None = None,
    wan_copies: WanCopies | str = WanCopies.EACH,
    same_event: DurationInput = "1s",
) -> EdgeResult:
    """Put the same rule at the Communications Hub, the CSP or the DSP: what would each have spared, by region?

    Args:
        alerts:       As `read_alerts` takes them.
        inventory:    What the Devices are; its `csp_region` says which SM WAN.
        policy:       One policy, its file or its name.
        since:        Only Alerts received from then on.
        until:        Only Alerts received before then.
        capacity_per_second: Alerts a second that a region's SM WAN can carry, by region.
        wan_copies:   How often an Alert with two recipients crosses the SM WAN: `each` or `one`.
        same_event:   How far apart copies may be and be of one event; an illustrative value.

    Raises:
        InputError: the input or the policy cannot be used, or there is no such region.
    """
    from tidegate.operations.ordered_log import ReadOptions  # noqa: PLC0415
    from tidegate.operations.protect_the_edge import EdgeOptions, protect_the_edge as run  # noqa: PLC0415

    plain = options_of(since, until, None, strict=False)
    options = EdgeOptions(
        **{each.name: getattr(plain, each.name) for each in fields(ReadOptions)},
        shards=plain.shards,
        wan_copies=WanCopies(wan_copies),
        same_event_us=duration_of("same_event", same_event),
        capacity_per_second=dict(capacity_per_second or {}),
    )
    return EdgeResult(run(alerts_of(alerts).source(), policy_of(policy), inventory_of(inventory), options))


def simulate(
    scenario: str,
    directory: PathInput,
    *,
    devices: int | None = None,
    days: int | None = None,
    seed: int = 1,
) -> Simulated:
    """Make a synthetic log in a folder: Alerts, Inventory, and the truth about both.

    Raises:
        InputError: no such scenario, a size it cannot have, or a folder that cannot be written.
    """
    from tidegate.assembly.simulating import simulate_into  # noqa: PLC0415

    made, alerts, inventory = simulate_into(Path(directory), scenario, devices=devices, days=days, seed=seed)
    return Simulated(alerts_of(alerts), inventory_of(inventory), made.truth, (str(alerts), str(inventory)))
