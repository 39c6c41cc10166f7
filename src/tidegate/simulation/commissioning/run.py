"""Running a scenario of Post Commissioning: evidence in the order it was received, slice by slice.

A slice is some whole days, chosen by the size alone. Premises are installed in an
order that mixes the country; what is received after a slice waits for its own. So
memory holds one slice and what waits: changes of Supplier and reads, months ahead.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import Names
from tidegate.columnar.evidence import EVIDENCE
from tidegate.columnar.inventory import Attribute
from tidegate.operations.simulate_alerts import InventoryRows
from tidegate.operations.simulate_commissioning import InstalledSlice, TruthRows
from tidegate.simulation.areas import AREAS
from tidegate.simulation.catalogue import BLOCK, DeviceType
from tidegate.simulation.commissioning.causes import Cause
from tidegate.simulation.commissioning.journeys import Installed, Travelled, travel
from tidegate.simulation.commissioning.parties import Parties
from tidegate.simulation.commissioning.scenario import CommissioningScenario, check_size
from tidegate.simulation.estate import Estate, Numbers
from tidegate.vocabulary.instants import DAY, HOUR, Instant, format_instant

DEVICES_IN_SLICE: Final = 100_000
_OPENS: Final = 8 * HOUR
_CLOSES: Final = 18 * HOUR
_GOLDEN: Final = (math.sqrt(5) - 1) / 2
_LINE: Final = 100

# Premises have Devices of these types in this order; displays have no credentials that are reported on.
_WITH_CREDENTIALS: Final = [[kind for kind in premises if kind != DeviceType.PPMID] for premises in BLOCK]
_SIZES: Final = np.array([len(premises) for premises in _WITH_CREDENTIALS])
_BEFORE: Final = np.cumsum(_SIZES) - _SIZES
_IN_BLOCK: Final = int(_SIZES.sum())
_PLACES_IN_BLOCK: Final = sum(map(len, BLOCK))
_FIRST_PLACES: Final = np.cumsum([0, *map(len, BLOCK[:-1])])


class CommissioningSimulation:
    """A scenario in one size, with one seed; the same give the same evidence.

    Raises:
        InputError: the size is out of range (`check_size`).
    """

    causes: Final = tuple(cause.text for cause in Cause)

    def __init__(
        self,
        scenario: CommissioningScenario,
        *,
        devices: int | None = None,
        days: int | None = None,
        seed: int = 1,
    ) -> None:
        self.scenario = scenario
        self.devices = scenario.devices if devices is None else devices
        self.days = scenario.days if days is None else days
        check_size(self.devices, self.days, seed)
        self.seed = seed
        self.since: Instant = scenario.starts_at
        self.until: Instant = self.since + self.days * DAY
        blocks = -(-self.devices // _IN_BLOCK)
        self._estate = Estate(blocks * _PLACES_IN_BLOCK, AREAS, seed)
        recipients = self._estate.recipients
        self._parties = Parties(Names([recipients.name_of(number) for number in range(1, len(recipients))]))
        self._premises = blocks * len(BLOCK)

    @property
    def names(self) -> Names:
        """Of parties and certificates, by the numbers that records carry."""
        return self._parties.names

    def slices(self) -> Iterator[InstalledSlice]:
        """All of it, in order of time."""
        days = max(1, min(self.days, round(DEVICES_IN_SLICE * self.days / self.devices)))
        ends = np.array([min(end, self.days) for end in range(days, self.days + days, days)])
        boundaries = self.since + ends * DAY
        waiting: defaultdict[int, list[NDArray[Any]]] = defaultdict(list)
        first = 0
        for number, end in enumerate(ends.tolist()):
            last = -(-self._premises * end // self.days)
            random = np.random.default_rng([self.seed, number])
            devices, at = self._commissioned(first, last, random)
            installed = Installed(
                self._estate.device_ids(devices),
                self._estate.types_of(devices),
                self._estate.suppliers_of(devices),
                self._estate.network_operators_of(devices),
                at,
            )
            travelled = travel(installed, self.scenario, self._parties, self.until, random)
            rows = _by_instant(travelled.evidence)
            starts = np.searchsorted(rows["at"], boundaries[number:])
            for later, part in enumerate(np.split(rows, starts[:-1]), start=number):
                if len(part):
                    waiting[later].append(part.copy())
            received = np.concatenate([np.empty(0, EVIDENCE), *waiting.pop(number, [])])
            yield InstalledSlice(
                _by_instant(received),
                travelled.registrations,
                self._inventory(devices, travelled),
                TruthRows(
                    installed.device_id,
                    travelled.is_secure,
                    travelled.cause,
                    travelled.was_read,
                ),
                end / self.days,
            )
            first = last

    def _commissioned(self, first: int, last: int, random: np.random.Generator) -> tuple[Numbers, Numbers]:
        """The Devices of the premises that are installed from the n-th to before the m-th, and when each is."""
        order = np.arange(first, last)
        premises = (order * self._stride + self.seed) % self._premises
        blocks, within = np.divmod(premises, len(BLOCK))
        sizes = _SIZES[within]
        place = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        devices = np.repeat(blocks * _PLACES_IN_BLOCK + _FIRST_PLACES[within], sizes) + place
        # The last block has more Devices than were asked for.
        is_wanted = np.repeat(blocks * _IN_BLOCK + _BEFORE[within], sizes) + place < self.devices
        day = self.since + order * self.days // self._premises * DAY
        arrives = day + _OPENS + random.integers(0, _CLOSES - _OPENS, len(order))
        at = np.repeat(arrives, sizes) + place * (HOUR // 6)
        return devices[is_wanted], at[is_wanted]

    @property
    def _stride(self) -> int:
        """How far the next premises is from the last: no two are the same before all were there."""
        stride = max(1, round(self._premises * _GOLDEN))
        while math.gcd(stride, self._premises) > 1:
            stride += 1
        return stride

    def _inventory(self, devices: Numbers, travelled: Travelled) -> InventoryRows:
        rows = self._estate.inventory_of(devices)
        supplier = Attribute(travelled.supplier, rows.attributes["supplier"].texts)
        return InventoryRows(rows.device_id, {**rows.attributes, "supplier": supplier})

    def told(self, rows: int, truth: TruthRows) -> Mapping[str, Any]:
        """What was simulated, fit for JSON: the scenario, and how many Devices each cause befell."""
        scenario = self.scenario
        befell = np.bincount(truth.cause, minlength=len(Cause))
        known = {each.cause: each for each in scenario.causes}
        return {
            "synthetic": True,
            "scenario": scenario.name,
            "summary": scenario.summary,
            "reproduces": scenario.reproduces,
            "invented": scenario.invented,
            "expected": scenario.expected,
            "seed": self.seed,
            "since": format_instant(self.since),
            "as_at": format_instant(self.until),
            "days": self.days,
            "devices": len(truth),
            "evidence": rows,
            "not_secure": int((~truth.is_secure).sum()),
            "read": int(truth.was_read.sum()),
            "causes": [
                {
                    "cause": cause.text,
                    "what": cause.words,
                    "is_secure": cause.is_secure,
                    "devices": int(befell[cause]),
                    **({"share": known[cause].share, "known": known[cause].known} if cause in known else {}),
                }
                for cause in Cause
                if befell[cause] or cause in known
            ],
        }

    def readme(self) -> str:
        """What this is, what it reproduces and what of it is invented, for a person."""
        scenario = self.scenario
        paragraphs: Sequence[str] = (
            scenario.summary,
            f"What it reproduces: {scenario.reproduces}",
            f"What of it is invented: {scenario.invented}",
            f"What it should find: {scenario.expected}",
        )
        said = "\n\n".join(fill(each, _LINE) for each in paragraphs)
        return (
            f"SYNTHETIC DATA. Made by `tidegate simulate commissioning {scenario.name}"
            f" --devices {self.devices} --days {self.days} --seed {self.seed}`.\n"
            "Nothing in it happened: makers, models, Suppliers, Network Operators and all evidence are invented.\n"
            f"The report is as at {format_instant(self.until)}.\n\n{said}\n\n"
            "evidence       what was seen of each Device, in the order it was received\n"
            "registrations  who is registered for it\n"
            "inventory      what it is\n"
            "truth          whether it is securely commissioned, what befell it, and whether it was read\n"
            "scenario.json  what was simulated\n"
            "accuracy.json  how right each set of criteria is\n"
        )


def _by_instant(records: NDArray[Any]) -> NDArray[Any]:
    order = np.argsort(records["at"], kind="stable")
    # As words, records are moved whole and not field by field.
    words = records.view(np.uint64).reshape(len(records), -1)
    return np.take(words, order, axis=0).view(EVIDENCE).reshape(-1)
