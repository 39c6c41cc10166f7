"""Whether a configuration can be used: each thing that it names is tried, but the journal, which stays untouched."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tidegate.assembly.admitting import allocations_by
from tidegate.assembly.notifying import open_notices
from tidegate.assembly.opening import open_inventory
from tidegate.gateway.access import tls_context
from tidegate.gateway.noticing import notice_plan
from tidegate.gateway.reading import reader_of
from tidegate.gateway.serving import open_deliveries, reading_plan
from tidegate.gateway.settings import Settings
from tidegate.policy_files import find_policy
from tidegate.vocabulary.faults import Fault, InputError


def examine(settings: Settings) -> None:
    """Certificates, keys, the schema, the policy, the Inventory, addresses and Users are read as a start would read them.

    Raises:
        InputError: with every fault found.
    """
    faults: dict[Fault, None] = {}  # what two of them use is told once
    for attempt in _attempts(settings):
        try:
            attempt()
        except InputError as error:
            faults.update(dict.fromkeys(error.faults))
    if faults:
        raise InputError(*faults)


def _attempts(settings: Settings) -> Iterator[Callable[[], object]]:
    inventory, requests = settings.policy.inventory, settings.service_requests
    without_inventory = settings.model_copy(
        update={"policy": settings.policy.model_copy(update={"inventory": None})}
    )
    yield lambda: tls_context(settings)
    yield reader_of(reading_plan(settings))
    yield lambda: open_deliveries(settings)
    yield lambda: find_policy(settings.policy.begin_with)
    if inventory is not None:
        yield lambda: open_inventory(inventory)
    yield lambda: open_notices(notice_plan(without_inventory), "")
    yield lambda: allocations_by(requests.users, requests.allocations)
