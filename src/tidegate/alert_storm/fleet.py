"""The fleet view: what the Devices of each product raised, and how.

A storm is one Device. Murmur is many, each under the threshold, and shows only
when Devices are counted together: per Alert Code, product (type, manufacturer,
model, firmware) and CSP region. Both codes of a toggle pair are counted as one
here, and each for itself beside it, whatever the policy counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.fleet_activity import CHATTERING, Pattern
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.products import Product

__all__ = ["CHATTERING", "GROUP_COLUMNS", "FleetView", "Pattern"]


GROUP_COLUMNS: Final[Mapping[str, type[np.generic]]] = {
    "alert_code": np.uint32,
    "product": np.int32,
    "region": np.int32,
    "alerts": np.int64,
    "devices": np.int64,
    "second_alerts": np.int64,
    "heard": np.int64,
    "alternations": np.int64,
    "stormed_alerts": np.int64,
    "stormed_devices": np.int64,
    "sum_squares": np.float64,
    "sum_exposed": np.float64,
    "chattering": np.int64,
    "first_at": np.int64,
    "last_at": np.int64,
}
"""The columns of `FleetView.groups`."""


@dataclass(frozen=True, slots=True)
class FleetView:
    """What the Devices of each product raised over a period.

    since, until:  The period: until is after the last Alert. Instants, microseconds UTC.
    products:      Place 0 is `NOT_KNOWN`: Devices no Inventory knows.
    regions:       CSP regions; place 0 is "", not said.
    suppliers:     Suppliers; place 0 is "", not said.
    recipients:    Recipients; place 0 is "", not said.
    installed:     int64 (products, regions), Devices in the Inventory at some time of the period; 0 at NOT_KNOWN.
                   A Device whose product or region changed in the period is in each, with its days there.
    exposure:      float64 (products, regions), their Device-days.
    exposure_squared: float64 (products, regions), the sum of the squares of each Device's days.
    missing:       Devices that raised an Alert and are not in the Inventory.
    groups:        Columns, a row for each (alert_code, product, region) with Alerts, sorted so:
                     alert_code uint32 (of a toggle pair the first), product int32, region int32;
                     alerts, devices int64: all of it, and the different Devices that raised it;
                     second_alerts int64: of a toggle pair, how many were the second code;
                     heard int64: Alerts that are no copies of one heard before (`fleet_activity`);
                     alternations int64: of those heard, unlike the one before of the same Device;
                     stormed_alerts, stormed_devices int64: of Devices that stormed with the code (shouters);
                     sum_squares, sum_exposed float64: over the Devices that did NOT storm, with x its Alerts
                       and e its days in the period: the sums of x * x and of x * e;
                     chattering int64: Devices with `FEWEST` activations or more, and a chatter index of CHATTERING
                       or more;
                     first_at, last_at int64: instants of the first and last Alert.
    patterns:      int64 (rows of groups, `Pattern`), Devices by how they raised it.
    by_hour:       int64 (rows of groups, 24), Alerts by hour of the day, UTC.
    by_recipient:  int64 (rows of groups, recipients), Alerts.
    by_supplier:   int64 (rows of groups, suppliers), different Devices.
    """

    since: Instant
    until: Instant
    products: Sequence[Product]
    regions: Sequence[str]
    suppliers: Sequence[str]
    recipients: Sequence[str]
    installed: NDArray[np.int64]
    exposure: NDArray[np.float64]
    exposure_squared: NDArray[np.float64]
    missing: int
    groups: Mapping[str, NDArray[Any]]
    patterns: NDArray[np.int64]
    by_hour: NDArray[np.int64]
    by_recipient: NDArray[np.int64]
    by_supplier: NDArray[np.int64]
