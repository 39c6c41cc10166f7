"""The CSP region of each Alert's Device, as the Inventory had it at the receipt instant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch
from tidegate.columnar.device_index import index_of, tags_of
from tidegate.columnar.inventory import Inventory


class Regions:
    """Looks regions up; most Devices never change theirs, and one look at an index answers.

    texts:  The regions of the Inventory; "" is not said.
    """

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._attribute = inventory.attributes["csp_region"]
        self.texts = list(self._attribute.texts)
        self._unknown = len(self.texts)
        # Of a Device whose region changed, the rows have to be asked.
        self._changed = self._unknown + 1
        first = np.flatnonzero(inventory.is_first)
        places = np.asarray(self._attribute.places, np.int64)
        lowest = np.minimum.reduceat(places, first) if len(first) else places
        highest = np.maximum.reduceat(places, first) if len(first) else places
        tag = np.where(lowest == highest, lowest, self._changed).astype(np.uint32)
        self._index = index_of(inventory.device_id[first], first, tag)

    def places(self, alerts: AlertBatch) -> NDArray[np.int64]:
        """The place in `texts` of each Alert's region; `len(texts)` where the Inventory does not have the Device."""
        places = np.empty(len(alerts), np.int64)
        tags_of(self._index, alerts.device_id, self._unknown, places)
        changed = np.flatnonzero(places == self._changed)
        if len(changed):
            rows = self._inventory.rows_at(alerts.device_id[changed], alerts.received_at[changed])
            places[changed] = self._attribute.places[rows]
        return places
