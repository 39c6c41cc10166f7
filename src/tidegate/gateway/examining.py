"""Whether a configuration can be used: each thing that it names is tried, but the journal, which stays untouched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial

from tidegate.assembly.admitting import allocations_by
from tidegate.assembly.notifying import open_notices
from tidegate.assembly.opening import open_inventory
from tidegate.gateway.access import tls_context
from tidegate.gateway.crosswise import touches
from tidegate.gateway.noticing import notice_plan
from tidegate.gateway.reading import reader_of
from tidegate.gateway.serving import open_deliveries, reading_plan
from tidegate.gateway.settings import Settings
from tidegate.gateway.settings_reading import Written
from tidegate.policy_files import find_policy
from tidegate.policy_files.places import KeyPath
from tidegate.vocabulary.faults import InputError


def examine(written: Written, also: Iterable[Callable[[Settings], object]] = ()) -> None:
    """Certificates, keys, the schema, the policy, the Inventory, addresses and Users are read as a start would read them.

    A key that has a fault already is not tried.

    also:  More that is to be tried.

    Raises:
        InputError: with every fault found.
    """
    faults = dict.fromkeys(written.faults)  # what two of them use is told once
    settings = written.settings
    if settings is not None:
        tried = [attempt for keys, attempt in _attempts(settings) if not _any_of(keys, written.unsound)]
        tried += [partial(each, settings) for each in also]
        for attempt in tried:
            try:
                attempt()
            except InputError as error:
                faults.update(dict.fromkeys(error.faults))
    if faults:
        raise InputError(*faults)


def _any_of(keys: Iterable[KeyPath], unsound: Collection[KeyPath]) -> bool:
    return any(touches(unsound, key) for key in keys)


def _attempts(settings: Settings) -> Iterator[tuple[Sequence[KeyPath], Callable[[], object]]]:
    """Each with the keys it uses."""
    inventory, requests = settings.policy.inventory, settings.service_requests
    without_inventory = settings.model_copy(
        update={"policy": settings.policy.model_copy(update={"inventory": None})}
    )
    yield [("tls",), ("access",)], lambda: tls_context(settings)
    yield [("signatures",)], reader_of(reading_plan(settings))
    yield [("recipients",), ("delivery",), ("signing",)], lambda: open_deliveries(settings)
    yield [("policy", "begin_with")], lambda: find_policy(settings.policy.begin_with)
    if inventory is not None:
        yield [("policy", "inventory")], lambda: open_inventory(inventory)
    yield [("notices",), ("recipients",)], lambda: open_notices(notice_plan(without_inventory), "")
    users = [("service_requests", "users"), ("service_requests", "allocations")]
    yield users, lambda: allocations_by(requests.users, requests.allocations)
