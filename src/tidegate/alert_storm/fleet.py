"""The fleet view: what the Devices of each product raised, and how.

A storm is one Device. Murmur is many, each under the threshold, and shows only
when Devices are counted together: per Alert Code, product (type, manufacturer,
model, firmware) and CSP region. Both codes of a toggle pair are counted as one
here, and each for itself beside it, whatever the policy counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.fleet_activity import CHATTERING, MURMUR_RATE, Pattern
from tidegate.alert_storm.fleet_changed import (
    INSTALLED,
    MURMURS,
    SHOUTS,
    SHOUTS_FIRST,
    SHOUTS_SECOND,
    STORMED,
    Changed,
    Mask,
    Once,
    joined,
)
from tidegate.alert_storm.fleet_installed import Installed, days_between
from tidegate.alert_storm.fleet_streams import FleetShard, base_of, loudest
from tidegate.alert_storm.fleet_summing import (
    FLEET_DEVICE,
    STREAM_OF_PART,
    Parts,
    Stormed,
    Sums,
    how_each_stormed,
)
from tidegate.columnar.batches import AlertBatch, AlertCodes, DeviceIds, Recipients
from tidegate.columnar.device_index import index_of
from tidegate.columnar.inventory import Inventory
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, AlertCode
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.products import Product

__all__ = ["CHATTERING", "FLEET_DEVICE", "GROUP_COLUMNS", "Fleet", "FleetView", "Pattern"]

Result = TypeVar("Result")

ROWS_AT_ONCE: Final = 1 << 16
"""Small batches wait until they are so many rows together."""

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
    "shouting_alerts": np.int64,
    "shouting_second_alerts": np.int64,
    "shouting_devices": np.int64,
    "shouting_first": np.int64,
    "shouting_second": np.int64,
    "murmuring_alerts": np.int64,
    "murmuring_devices": np.int64,
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
                   A Device whose product or region changed in the period is in each, with its days there:
                   `installed_in` counts it once.
    exposure:      float64 (products, regions), their Device-days.
    exposure_squared: float64 (products, regions), the sum of the squares of each Device's days.
    missing:       Devices that raised an Alert and are not in the Inventory.
    groups:        Columns, a row for each (alert_code, product, region) with Alerts, sorted so:
                     alert_code uint32 (of a toggle pair the first), product int32, region int32;
                     alerts, devices int64: all of it, and the different Devices that raised it;
                     second_alerts int64: of a toggle pair, how many were the second code;
                     heard int64: Alerts that are no copies of one heard before (`fleet_activity`);
                     alternations int64: of those heard, unlike the one before of the same Device;
                     stormed_alerts, stormed_devices int64: of Devices that stormed with the code;
                     shouting_alerts, shouting_second_alerts, shouting_devices int64: of the shouters among them,
                       all but those that `Fleet.view` was told to set aside;
                     shouting_first, shouting_second int64: Devices that are shouters with the first code of a
                       pair, and with the second;
                     murmuring_alerts, murmuring_devices int64: of Devices that are no shouters and raised
                       MURMUR_RATE a day or more;
                     sum_squares, sum_exposed float64: over the Devices that are NO shouters, with x its Alerts
                       and e its days in the period: the sums of x * x and of x * e;
                     chattering int64: Devices with `FEWEST` activations or more, and a chatter index of CHATTERING
                       or more;
                     first_at, last_at int64: instants of the first and last Alert.
    patterns:      int64 (rows of groups, `Pattern`), Devices by how they raised it.
    by_hour:       int64 (rows of groups, 24), Alerts by hour of the day, UTC.
    by_recipient:  int64 (rows of groups, recipients), Alerts.
    by_supplier:   int64 (rows of groups, suppliers), different Devices.
    changed:       The Devices that are in several rows of a code, for those that would count them once.
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
    changed: Changed

    def installed_in(self, products: Mask) -> int:
        """Devices of some products, each once, whatever it was in the period."""
        return int(self.installed_once().in_all(products[None])[0])

    def installed_once(self) -> Once:
        """The Devices installed, each once."""
        return Once(self.installed.astype(np.float64), self.changed.of(INSTALLED))


class Fleet:
    """Counts a fleet's Alerts as they are received, in receipt order.

    What it remembers grows with the different (Device, Alert Code), not with the Alerts: 24 bytes for each, and
    64 more for one heard of again. Devices are dealt to threads; how many there are changes nothing in the
    answer, nor does where the input was cut into batches (`tests/equivalence/test_fleet.py`).
    """

    def __init__(self, inventory: Inventory | None, *, shards: int = 2) -> None:
        assert shards >= 1
        self._installed = Installed(inventory)
        self._base = base_of(self._installed)
        self._shards = [FleetShard(self._base, number, shards) for number in range(shards)]
        self._waiting: list[AlertBatch] = []
        self._asked: tuple[Parts, Stormed] | None = None

    @property
    def streams(self) -> int:
        """How many different (Device, Alert Code) there have been, a Device of two firmwares being two."""
        self._count_all()
        return sum(shard.streams for shard in self._shards)

    def receive(self, alerts: AlertBatch) -> None:
        """The next Alerts; no instant may be before one given earlier."""
        self._waiting.append(alerts)
        if sum(map(len, self._waiting)) >= ROWS_AT_ONCE:
            self._hand_on()

    def view(
        self,
        stormed: tuple[DeviceIds, AlertCodes],
        recipients: Recipients,
        since: Instant,
        until: Instant,
        set_aside: Mask | None = None,
    ) -> FleetView:
        """What there is to see of all that was received.

        Args:
            stormed:     Devices that stormed, and the code each stormed with: two columns as long as each other.
            recipients:  The names of the recipients that batches referred to by number.
            since:       The period: no Alert was received before it,
            until:       nor at this instant or later.
            set_aside:   Of those that stormed, which are not for that shouters; None: all are.
        """
        self._count_all()
        installed = self._installed
        period = installed.within(since, until)
        parts = Parts(
            installed.device_id,
            installed.kind,
            installed.kinds[:, 0].astype(np.int32)[installed.kind],
            period.days,
            period.row,
            period.supplier,
            days_between(since, until),
            MURMUR_RATE * max(days_between(since, until), 1.0),
        )
        shouting = _stormed(stormed, set_aside, self._base.counted_as, self._base.is_second)
        self._asked = parts, shouting
        sums = self._in_every_thread(
            lambda shard: shard.sums(parts, shouting, len(installed.suppliers), len(Pattern))
        )
        return FleetView(
            since=since,
            until=until,
            products=installed.products,
            regions=installed.regions,
            suppliers=installed.suppliers,
            recipients=[recipients.name_of(number) for number in range(len(recipients))],
            installed=period.installed,
            exposure=period.exposure,
            exposure_squared=period.exposure_squared,
            missing=sum(shard.missing for shard in self._shards),
            changed=joined([period.changed, *self._changed(parts, shouting)]),
            **self._merged(sums, len(recipients)),
        )

    def devices_of(
        self, alert_codes: Collection[AlertCode], product: Product, most: int | None = None
    ) -> NDArray[Any]:
        """Devices of a product that raised any of some codes, as of the last `view`.

        Args:
            alert_codes:  A code of a toggle pair stands for both.
            product:      Empty parts include all there is below; `NOT_KNOWN` includes every Device.
            most:         How many at most; None: all of them.

        Returns:
            An array of `fleet_summing.FLEET_DEVICE`, a row for each Device and code counted, those with most
            Alerts first, those alike in ascending order of Device. A Device that changed has a row for each part.
        """
        parts, stormed = self._last_asked()
        is_wanted_code = np.zeros(NUMBER_OF_CODES, np.bool_)
        is_wanted_code[self._base.counted_as[list(alert_codes)]] = True
        is_wanted = np.array([product.includes(each) for each in self._installed.products], np.bool_)
        is_wanted_kind = is_wanted[self._installed.kinds[:, 0]]
        found = self._in_every_thread(
            lambda shard: shard.devices(is_wanted_code, is_wanted_kind, parts, stormed, most)
        )
        return loudest(found, most)

    def _changed(self, parts: Parts, stormed: Stormed) -> tuple[Changed, Changed]:
        """Devices that raised a code as more than one product or in more than one region; and that murmured so."""
        installed = self._installed
        found = [np.empty(0, STREAM_OF_PART)]
        if installed.has_many.any():
            found += self._in_every_thread(lambda shard: shard.streams_of(installed.has_many))
        streams = np.concatenate(found)
        code, part = streams["alert_code"], streams["part"]
        how = np.zeros(len(streams), np.uint8)
        how_each_stormed(stormed, installed.device_id[part], code, how)
        murmurs = (streams["alerts"] >= parts.murmurs_from) & (how & SHOUTS == 0)
        return (
            installed.changed_with(code, part, how),
            installed.changed_with(code[murmurs], part[murmurs], np.full(murmurs.sum(), MURMURS, np.uint8)),
        )

    def _last_asked(self) -> tuple[Parts, Stormed]:
        assert self._asked is not None, "devices are told of a period: ask for a view first"
        return self._asked

    def _hand_on(self) -> None:
        waiting = [batch for batch in self._waiting if len(batch)]
        self._waiting = []
        if waiting:
            alerts = AlertBatch.concatenate(waiting)
            recipients = int(alerts.recipient.max()) + 1
            self._in_every_thread(lambda shard: shard.receive(alerts, recipients))

    def _count_all(self) -> None:
        self._hand_on()
        self._in_every_thread(FleetShard.count)

    def _merged(self, sums: Sequence[Sums], recipients: int) -> dict[str, Any]:
        """The groups of all shards, in order, with what they come to."""
        counts = [int(shard.groups.counts[0]) for shard in self._shards]

        def of_all(columns: Iterable[NDArray[Any]]) -> NDArray[Any]:
            return np.concatenate([column[:count] for column, count in zip(columns, counts, strict=True)])

        code = of_all(shard.groups.alert_code for shard in self._shards)
        kinds = self._installed.kinds[of_all(shard.groups.kind for shard in self._shards)]
        keys = np.stack([code.astype(np.int64), kinds[:, 0], kinds[:, 1]], axis=1)
        different, which = np.unique(keys, axis=0, return_inverse=True)
        which = which.reshape(-1)

        def added(columns: Iterable[NDArray[Any]]) -> NDArray[Any]:
            every = of_all(columns)
            total = np.zeros((len(different), *every.shape[1:]), every.dtype)
            np.add.at(total, which, every)
            return total

        first = np.full(len(different), np.iinfo(np.int64).max)
        np.minimum.at(first, which, of_all(shard.groups.first_at for shard in self._shards))
        last = np.full(len(different), np.iinfo(np.int64).min)
        np.maximum.at(last, which, of_all(shard.groups.last_at for shard in self._shards))
        columns = {
            "alert_code": different[:, 0],
            "product": different[:, 1],
            "region": different[:, 2],
            "first_at": first,
            "last_at": last,
        }
        for name in ("second_alerts", "heard", "alternations"):
            columns[name] = added(getattr(shard.groups, name) for shard in self._shards)
        for name in GROUP_COLUMNS:
            if name not in columns:
                columns[name] = added(getattr(each, name) for each in sums)
        return {
            "groups": {name: columns[name].astype(dtype) for name, dtype in GROUP_COLUMNS.items()},
            "patterns": added(each.patterns for each in sums),
            "by_hour": added(shard.groups.by_hour for shard in self._shards),
            "by_recipient": added(_cut_to(shard.groups.by_recipient, recipients) for shard in self._shards),
            "by_supplier": added(each.by_supplier for each in sums),
        }

    def _in_every_thread(self, work: Callable[[FleetShard], Result]) -> list[Result]:
        if len(self._shards) == 1:
            return [work(self._shards[0])]
        with ThreadPoolExecutor(len(self._shards)) as threads:
            return list(threads.map(work, self._shards))


def _stormed(
    stormed: tuple[DeviceIds, AlertCodes], set_aside: Mask | None, counted_as: AlertCodes, is_second: Mask
) -> Stormed:
    every = np.zeros(len(stormed[0]), [("device_id", np.uint64), ("alert_code", np.uint32)])
    every["device_id"] = stormed[0]
    every["alert_code"] = counted_as[stormed[1]]
    pairs, which = np.unique(every, return_inverse=True)
    how = np.full(len(pairs), STORMED, np.uint8)
    shouts = np.where(is_second[stormed[1]], SHOUTS_SECOND, SHOUTS_FIRST).astype(np.uint8)
    counts = np.ones(len(every), np.bool_) if set_aside is None else ~set_aside
    np.bitwise_or.at(how, which.reshape(-1)[counts], shouts[counts])
    devices, first = np.unique(pairs["device_id"], return_index=True)
    index = index_of(devices, first, np.zeros(len(devices), np.uint32))
    return Stormed(index, pairs["device_id"].copy(), pairs["alert_code"].copy(), how)


def _cut_to(by_recipient: NDArray[np.int64], recipients: int) -> NDArray[np.int64]:
    """A shard's table, as wide as there are recipients: it may be wider, or have met fewer."""
    cut = np.zeros((len(by_recipient), recipients), np.int64)
    width = min(recipients, by_recipient.shape[1])
    cut[:, :width] = by_recipient[:, :width]
    return cut
