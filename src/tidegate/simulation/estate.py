"""An estate: every Device of every premises, worked out when asked for.

A Device is known by its number, 0 <= number < `devices`. What it is (type, model,
firmware, supplier, network operator, CSP region, EUI-64) is a function of that
number and the seed, so 54 million Devices take no memory. Premises with adjacent
numbers are neighbours: an area is a range of premises, a feeder a small one.

Every method takes and gives columns of equal length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, RecipientNumbers, Recipients
from tidegate.columnar.inventory import Attribute
from tidegate.operations.simulate_alerts import InventoryRows
from tidegate.simulation.areas import SUPPLIERS, Area
from tidegate.simulation.catalogue import (
    BLOCK,
    FIRMWARES,
    MAKERS,
    MODELS,
    PRODUCT_OF,
    DeviceType,
    Product,
)
from tidegate.simulation.mixing import lookup, mixed, places, serial_numbers

Numbers: TypeAlias = NDArray[np.int64]

LOCAL_EUI: Final = 0x027D
"""First two octets of every EUI-64 here: locally administered, so no maker of real Devices has them."""

_TYPE_OF_PLACE: Final[Numbers] = np.array([device_type for premises in BLOCK for device_type in premises])
_PREMISES_OF_PLACE: Final[Numbers] = np.array(
    [number for number, premises in enumerate(BLOCK) for _ in premises]
)
_FIRST_PLACE: Final[Numbers] = np.array([sum(map(len, BLOCK[:number])) for number in range(len(BLOCK))])
_PLACES: Final = len(_TYPE_OF_PLACE)
DEVICES_PER_PREMISES: Final = _PLACES / len(BLOCK)

_PLACES_OF: Final = {kind: np.flatnonzero(kind == _TYPE_OF_PLACE) for kind in DeviceType}
_PRODUCT_OF_TYPE: Final[Numbers] = np.array([PRODUCT_OF[kind] for kind in DeviceType])
_MAKER_OF_FIRMWARE: Final = np.array([MAKERS.index(firmware.manufacturer) for firmware in FIRMWARES])
_MODEL_OF_FIRMWARE: Final = np.array([MODELS.index(firmware.model) for firmware in FIRMWARES])
_FIRST_FIRMWARE: Final[Numbers] = np.array(
    [next(n for n, firmware in enumerate(FIRMWARES) if firmware.product == product) for product in Product]
)
_FIRMWARE_LOOKUP: Final[NDArray[np.uint8]] = np.stack(
    [lookup(np.array([f.share for f in FIRMWARES if f.product == product])) for product in Product]
)
_HUB_FIRMWARES: Final = sum(firmware.product == Product.COMMUNICATIONS_HUB for firmware in FIRMWARES)
_SUPPLIER_LOOKUP: Final = lookup(np.array(list(SUPPLIERS.values())))

_AT_A_TIME: Final = 1 << 20

# What a number is mixed for: two attributes must not follow from the same bits.
_FOR_FIRMWARE: Final = 1
_FOR_SUPPLIER: Final = 2


class Estate:
    """The Devices of some licence areas, shared out in proportion to the areas' smart premises.

    devices:     How many; numbers run from 0.
    premises:    How many premises they stand in (the last may lack some of its Devices).
    recipients:  Suppliers, then network operators, by the numbers that columns carry.

    With `hubs_by_region`, the Communications Hubs that are common in the North are rare elsewhere and the
    other way round: a CSP chooses its own. What strikes a region then strikes some products more than others.
    """

    def __init__(
        self, devices: int, areas: Sequence[Area], seed: int, *, hubs_by_region: bool = False
    ) -> None:
        assert devices > 0
        assert areas
        self.devices = devices
        self.areas = tuple(areas)
        blocks, rest = divmod(devices, _PLACES)
        self.premises = blocks * len(BLOCK) + (int(_PREMISES_OF_PLACE[rest - 1]) + 1 if rest else 0)
        operators = dict.fromkeys(area.network_operator for area in areas)
        self.recipients = Recipients([*SUPPLIERS, *operators])
        self._seed = seed
        self._turns_hubs = np.array([hubs_by_region and area.csp_region == "North" for area in areas])
        weights = np.array([area.weight for area in areas])
        self._area_ends = np.rint(np.cumsum(weights) / weights.sum() * self.premises).astype(np.int64)
        self._operator_of_area: RecipientNumbers = np.array(
            [self.recipients.number_of(area.network_operator) for area in areas], np.uint32
        )

    def count(self, kind: DeviceType) -> int:
        """How many Devices of a type there are."""
        blocks, rest = divmod(self.devices, _PLACES)
        in_block = _PLACES_OF[kind]
        return blocks * len(in_block) + int((in_block < rest).sum())

    def of_type(self, kind: DeviceType, ordinals: Numbers) -> Numbers:
        """The n-th Devices of a type, from 0."""
        in_block = _PLACES_OF[kind]
        blocks, within = np.divmod(ordinals, len(in_block))
        return blocks * _PLACES + in_block[within]

    def in_premises(self, kind: DeviceType, premises: Numbers) -> Numbers:
        """The Device of a type in each of the premises; only types that every premises has."""
        assert kind in {DeviceType.ESME, DeviceType.CHF, DeviceType.GPF}
        blocks, within = np.divmod(premises, len(BLOCK))
        return blocks * _PLACES + _FIRST_PLACE[within] + int(kind)

    def premises_of(self, devices: Numbers) -> Numbers:
        """The premises that Devices stand in."""
        blocks, within = np.divmod(devices, _PLACES)
        return blocks * len(BLOCK) + _PREMISES_OF_PLACE[within]

    def types_of(self, devices: Numbers) -> Numbers:
        """Their Device types (`DeviceType`)."""
        return _TYPE_OF_PLACE[devices % _PLACES]

    def firmwares_of(self, devices: Numbers) -> Numbers:
        """Their firmwares (places in `catalogue.FIRMWARES`); a hub's two Devices share theirs."""
        products = _PRODUCT_OF_TYPE[self.types_of(devices)]
        bits = mixed(self.premises_of(devices) * len(Product) + products, self._salt(_FOR_FIRMWARE))
        ranks = _FIRMWARE_LOOKUP[products, places(bits)]
        if self._turns_hubs.any():
            turned = (products == Product.COMMUNICATIONS_HUB) & self._turns_hubs[self._areas_of(devices)]
            ranks = np.where(turned, _HUB_FIRMWARES - 1 - ranks, ranks)
        return _FIRST_FIRMWARE[products] + ranks

    def suppliers_of(self, devices: Numbers) -> RecipientNumbers:
        """Their suppliers, as recipients; one for a premises."""
        bits = mixed(self.premises_of(devices), self._salt(_FOR_SUPPLIER))
        return _SUPPLIER_LOOKUP[places(bits)].astype(np.uint32) + np.uint32(1)

    def network_operators_of(self, devices: Numbers) -> RecipientNumbers:
        """Their network operators, as recipients."""
        return self._operator_of_area[self._areas_of(devices)]

    def premises_in(self, area: int) -> range:
        """The premises of the n-th area."""
        return range(int(self._area_ends[area - 1]) if area else 0, int(self._area_ends[area]))

    def device_ids(self, devices: Numbers) -> DeviceIds:
        """Their EUI-64s: 02-7D, one octet of the maker, 40 bits that no two Devices share."""
        makers = _MAKER_OF_FIRMWARE[self.firmwares_of(devices)].astype(np.uint64) + np.uint64(1)
        ids = serial_numbers(devices, self._seed)
        ids |= (np.uint64(LOCAL_EUI << 8) | makers) << np.uint64(40)
        return ids

    def inventory(self, rows: int = 262_144) -> Iterator[InventoryRows]:
        """The Smart Metering Inventory of the estate, some rows at a time."""
        for first in range(0, self.devices, rows):
            yield self.inventory_of(np.arange(first, min(first + rows, self.devices)))

    def inventory_of(self, devices: Numbers) -> InventoryRows:
        """The rows of some Devices."""
        firmwares = self.firmwares_of(devices)
        names = [self.recipients.name_of(number) for number in range(len(self.recipients))]
        regions = sorted({area.csp_region for area in self.areas})
        region_of_area = np.array([regions.index(area.csp_region) for area in self.areas])
        return InventoryRows(
            self.device_ids(devices),
            {
                "device_type": Attribute(self.types_of(devices), [kind.name for kind in DeviceType]),
                "manufacturer": Attribute(_MAKER_OF_FIRMWARE[firmwares], MAKERS),
                "model": Attribute(_MODEL_OF_FIRMWARE[firmwares], MODELS),
                "firmware": Attribute(firmwares, [firmware.version for firmware in FIRMWARES]),
                "supplier": Attribute(self.suppliers_of(devices), names),
                "network_operator": Attribute(self.network_operators_of(devices), names),
                "csp_region": Attribute(region_of_area[self._areas_of(devices)], regions),
            },
        )

    def _areas_of(self, devices: Numbers) -> Numbers:
        return np.searchsorted(self._area_ends, self.premises_of(devices), side="right")

    def _salt(self, purpose: int) -> int:
        return self._seed * 16 + purpose


def devices_with(estate: Estate, kind: DeviceType, firmwares: Sequence[int] | None) -> Numbers:
    """The Devices of a type that have one of some firmwares, ascending; None: all of the type."""
    wanted = np.full(len(FIRMWARES), firmwares is None)
    wanted[list(firmwares or ())] = True
    found = [np.empty(0, np.int64)]
    for first in range(0, estate.count(kind), _AT_A_TIME):
        devices = estate.of_type(kind, np.arange(first, min(first + _AT_A_TIME, estate.count(kind))))
        found.append(devices if firmwares is None else devices[wanted[estate.firmwares_of(devices)]])
    return np.concatenate(found)
