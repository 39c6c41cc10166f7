"""Which scope each Alert of a batch is of: the Inventory's row in force, looked up for many Alerts at once.

Only Alerts of suppressed codes are looked up. Their Devices stand in an index
that keeps the place of the product beside each, so that one cache line answers
for all but those whose product changed.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Instants
from tidegate.columnar.compiled import compiled
from tidegate.columnar.device_index import ask_for, find, hash_of_device, index_of
from tidegate.columnar.inventory import Inventory

NOT_KNOWN: Final = np.uint32(0)
"""The place of a product that is not known, as a tag; other places are one more than they are."""

SEVERAL: Final = np.uint32(2**32 - 1)
"""The tag of a Device that has been several products: its rows say which."""

_AHEAD: Final = 16
_ONE = np.uint32(1)


class Products(NamedTuple):
    """What the Devices of an Inventory are, as places of products that suppressions tell apart.

    devices:     `device_index.DEVICE` of every Device, at its first row.
    device_id, since: The Inventory's.
    tag_of_row:  Place of each row's product plus one, or NOT_KNOWN.
    """

    devices: NDArray[Any]
    device_id: DeviceIds
    since: Instants
    tag_of_row: NDArray[np.uint32]


def products_of_rows(inventory: Inventory, tag_of_row: NDArray[np.uint32]) -> Products:
    """The products of an Inventory, given the tag of each row."""
    first = np.flatnonzero(inventory.is_first)
    rows = np.diff(first, append=len(inventory))
    tags = np.where(rows > 1, SEVERAL, tag_of_row[first])
    return Products(
        index_of(inventory.device_id[first], first, tags), inventory.device_id, inventory.since, tag_of_row
    )


@compiled
def scope(
    at: Any,
    device_id: Any,
    alert_code: Any,
    place_of_code: Any,
    products: Products,
    expiries: Any,
    table: Any,
    scoped: Any,
) -> int:
    """Write the code of each Alert, scoped where it is under a suppression; returns how many have no known product.

    at:             Ascending.
    place_of_code:  Per Alert Code its place in `table`; 0 where no suppression is about it.
    table:          Codes by how many suppressions have expired, place of the code and place of the product.
    """
    index = products.devices
    not_known = 0
    expired = 0
    for i in range(len(alert_code)):
        if i + _AHEAD < len(alert_code) and place_of_code[alert_code[i + _AHEAD]] != 0:
            ask_for(index, hash_of_device(device_id[i + _AHEAD]))
        place = place_of_code[alert_code[i]]
        if place == 0:
            scoped[i] = alert_code[i]
            continue
        while expired < len(expiries) and expiries[expired] <= at[i]:
            expired += 1
        slot = find(index, hash_of_device(device_id[i]), device_id[i])
        tag = NOT_KNOWN
        if slot >= 0:
            tag = index[slot].tag
            if tag == SEVERAL:
                row = np.int64(index[slot].row_and_one) - 1
                while (
                    row + 1 < len(products.since)
                    and products.device_id[row + 1] == device_id[i]
                    and products.since[row + 1] <= at[i]
                ):
                    row += 1
                tag = products.tag_of_row[row]
        if tag == NOT_KNOWN:
            not_known += 1
            scoped[i] = alert_code[i]
        else:
            scoped[i] = table[expired, place, tag - _ONE]
    return not_known
