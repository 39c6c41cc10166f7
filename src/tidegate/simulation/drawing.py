"""Scenarios drawn by seed: a fleet with nothing wrong, and one with a cause planted in it.

They are for measuring how often a cause is named rightly and how often one is
named that is none (benchmarks/accuracy.py), so they are meant to be hard: rates
differ widely from Device to Device, some codes come in pairs of rows, single
Devices run wild, a street has trouble of its own, weather strikes regions, and
regions have their own hubs. What is planted is planted so that it can be known:
it is at least 2 % of the log, and every firmware of a guilty model has its part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tidegate.simulation.areas import AREAS
from tidegate.simulation.catalogue import FIRMWARES, MODELS, PRODUCT_OF, DeviceType, firmwares_of
from tidegate.simulation.code_mix import DEVICE_ALERTS
from tidegate.simulation.estate import DEVICES_PER_PREMISES
from tidegate.simulation.murmur import Murmur
from tidegate.simulation.nuisance import Nuisance
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.shouters import Shouters
from tidegate.simulation.traffic import Cause, To
from tidegate.simulation.weather import Weather
from tidegate.vocabulary.alert_codes import AlertCode, parse_alert_code
from tidegate.vocabulary.toggle_pairs import codes_counted_as

DAYS: Final = 2
DEVICES: Final = (50_000, 100_000)
STRENGTH: Final = (2.5, 50.0)
"""How many times what the rest raises a murmuring product raises."""

LEAST_STORM_RATIO: Final = 5.0
"""How many times likelier than the rest a Device of a shouting product is to shout, at least."""

LEAST_SHARE: Final = 0.02
"""Part of all rows that a planted cause is, at least."""

_LEAST_PART: Final = 0.08
_MOST_A_DAY: Final = 12.0
_PER_PREMISES: Final = {
    DeviceType.ESME: 1.0,
    DeviceType.CHF: 1.0,
    DeviceType.GPF: 1.0,
    DeviceType.GSME: 0.6,
    DeviceType.PPMID: 0.6,
}
_STORM_PACE: Final = (45.0, 120.0)
_STORM_ON_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Raised:
    """A code that a type of Device raises, and whom it goes to."""

    code: AlertCode
    device_type: DeviceType
    to: To


def _raised(device_type: DeviceType, to: To, codes: str) -> tuple[Raised, ...]:
    return tuple(Raised(parse_alert_code(code), device_type, to) for code in codes.split())


# None of them is on the illustrative exclusion list, so that each can storm.
CODES: Final = (
    *_raised(DeviceType.ESME, To.NETWORK_OPERATOR, "8002 8006 8024 8010"),
    *_raised(DeviceType.ESME, To.SUPPLIER, "8154 8161 810D 81A0 8F3E"),
    *_raised(DeviceType.ESME, To.BOTH, "8F34 8FE1"),
    *_raised(DeviceType.GSME, To.SUPPLIER, "8161 81C6"),
    *_raised(DeviceType.CHF, To.SUPPLIER, "819D 8F12 8F84 8F26"),
    *_raised(DeviceType.GPF, To.SUPPLIER, "8071"),
    *_raised(DeviceType.PPMID, To.SUPPLIER, "8F8B"),
)

_MAGNET: Final = Raised(parse_alert_code("8F75"), DeviceType.ESME, To.BOTH)
_TOGGLES: Final = Raised(parse_alert_code("8014"), DeviceType.ESME, To.NETWORK_OPERATOR)


class Fleet:
    """A fleet being drawn; what is drawn is the same for the same seed."""

    def __init__(self, seed: int, purpose: int) -> None:
        self._random = np.random.default_rng([seed, purpose])
        self.devices = int(self._random.integers(*DEVICES))
        self.hubs_by_region = self.happens(0.5)
        self.causes: list[Cause] = []
        self._taken: set[AlertCode] = set()

    def happens(self, chance: float) -> bool:
        """Whether something of this chance does."""
        return bool(self._random.random() < chance)

    def between(self, least: float, most: float) -> float:
        """A number between two, every factor alike."""
        return float(np.exp(self._random.uniform(np.log(least), np.log(most))))

    def background(self) -> None:
        """Nothing wrong: quiet traffic, codes that Devices raise very unlike each other, and mishaps."""
        self._quiet_per_day = float(self._random.uniform(0.1, 0.3))
        for raised in self._codes(int(self._random.integers(2, 6))):
            rate, likeness = self.between(0.02, 0.3), self.between(0.05, 2.0)
            self.causes.append(Nuisance(raised.code, raised.device_type, rate, likeness, to=raised.to))
        for raised in self._codes(int(self._random.integers(0, 4))):
            wild = int(self._random.integers(1, 3))
            self.causes.append(self._shouters(raised, count=wild, firmwares=(), share=0.0))
        if self.happens(0.5):
            area = AREAS[int(self._random.integers(len(AREAS)))].name if self.happens(0.7) else None
            self.causes.append(Weather(day=1, from_hour=9, hours=10, premises_share=0.1, area=area))
        if self.happens(0.3):
            (raised,) = self._codes(1)
            street = int(self._random.integers(50, 300))
            rate, likeness = self.between(2.0, 10.0), self.between(0.5, 5.0)
            self.causes.append(
                Nuisance(raised.code, raised.device_type, rate, likeness, neighbours=street, to=raised.to)
            )

    def murmur(self, shouting: Sequence[int] = ()) -> None:
        """Plant a product that murmurs, and what the rest of its type raises; half the time the one that shouts."""
        others = self._rows()
        toggles = self.happens(0.25)
        raised = _TOGGLES if toggles else self._codes(1)[0]
        if toggles:
            self._take(raised)
        is_of_type = bool(shouting) and FIRMWARES[shouting[0]].product == PRODUCT_OF[raised.device_type]
        is_the_same = is_of_type and self.happens(0.5)
        while True:
            chosen = shouting if is_the_same else self._product(raised.device_type)
            share = _share_of(chosen)
            strength = self.between(*STRENGTH)
            rows_per_rate = self._count(raised.device_type) * DAYS * raised.to.bit_count()
            excess = self.between(0.04, 1.0) * others
            rest = excess / ((strength - 1) * share * rows_per_rate)
            total = others + excess + rest * rows_per_rate
            if (
                share * (strength - 1) >= _LEAST_PART
                and rest * strength <= _MOST_A_DAY
                and excess >= LEAST_SHARE * total
            ):
                break
            # One so small that it could not be seen this weak is drawn again, and may then be another.
            is_the_same = False
        if toggles:
            rest_of_them = [
                number
                for number, each in enumerate(FIRMWARES)
                if each.product == PRODUCT_OF[DeviceType.ESME] and number not in chosen
            ]
            self.causes += [
                Murmur(chosen, rest * strength),
                Murmur(rest_of_them, rest, is_background=True),
            ]
            return
        self.causes += [
            Nuisance(raised.code, raised.device_type, rest, self.between(0.1, 5.0), to=raised.to),
            Nuisance(
                raised.code,
                raised.device_type,
                rest * (strength - 1),
                self.between(0.5, 10.0),
                chosen,
                to=raised.to,
            ),
        ]

    def shouters(self) -> Sequence[int]:
        """Plant a product some of whose Devices shout; its firmwares."""
        raised = _MAGNET if self.happens(0.4) else self._codes(1)[0]
        self._take(raised)
        chosen = self._product(raised.device_type)
        share = _share_of(chosen)
        installed = self._count(raised.device_type) * share
        smallest = min(FIRMWARES[number].share for number in chosen) / share
        wanted = max(self._random.integers(30, 120), (8 / smallest) if len(chosen) > 1 else 0)
        of_product = min(wanted, 0.3 * installed)
        least = LEAST_STORM_RATIO * share / (LEAST_STORM_RATIO * share + 1 - share)
        part = float(self._random.uniform(max(0.6, least), 0.95))
        count = round(of_product / part)
        self.causes.append(self._shouters(raised, count=count, firmwares=chosen, share=part))
        return chosen

    def finish(self) -> tuple[Cause, ...]:
        """The causes, with quiet traffic of every code not planted."""
        mix = [each for each in DEVICE_ALERTS if each.code not in self._taken]
        return (*self.causes, Quiet(alerts_per_device_day=self._quiet_per_day, mix=mix))

    def _shouters(self, raised: Raised, *, count: int, firmwares: Sequence[int], share: float) -> Shouters:
        return Shouters(
            count=count,
            pace_per_hour=_STORM_PACE if firmwares else (60.0, 1_200.0),
            on_share=_STORM_ON_SHARE,
            firmwares=firmwares,
            firmware_share=share,
            device_type=raised.device_type,
            code=raised.code,
            to=raised.to,
        )

    def _codes(self, count: int) -> list[Raised]:
        """Codes that nothing else in this fleet raises."""
        free = [raised for raised in CODES if raised.code not in self._taken]
        drawn = [free[at] for at in self._random.permutation(len(free))]
        chosen: list[Raised] = []
        for raised in drawn:
            if len(chosen) < count and raised.code not in self._taken:
                chosen.append(raised)
                self._take(raised)
        return chosen

    def _take(self, raised: Raised) -> None:
        # Both codes of a pair are counted as one: neither may be raised by anything else.
        self._taken.update(codes_counted_as(raised.code))

    def _product(self, device_type: DeviceType) -> Sequence[int]:
        """The firmwares of a whole model, or one firmware."""
        of_type = [n for n, each in enumerate(FIRMWARES) if each.product == PRODUCT_OF[device_type]]
        if self.happens(0.4):
            models = [model for model in MODELS if firmwares_of(model)[0] in of_type]
            return firmwares_of(models[int(self._random.integers(len(models)))])
        return (of_type[int(self._random.integers(len(of_type)))],)

    def _count(self, device_type: DeviceType) -> float:
        """About how many Devices of a type the fleet has."""
        return self.devices / DEVICES_PER_PREMISES * _PER_PREMISES[device_type]

    def _rows(self) -> float:
        """About how many rows the causes drawn so far raise."""
        rows = self._quiet_per_day * self.devices * DAYS
        for cause in self.causes:
            if isinstance(cause, Nuisance) and not cause.neighbours:
                part = 1.0 if cause.firmwares is None else _share_of(cause.firmwares)
                devices = self._count(cause.device_type) * part
                rows += devices * cause.alerts_per_device_day * DAYS * cause.to.bit_count()
            elif isinstance(cause, Shouters) and cause.pace_per_hour is not None:
                pace = sum(cause.pace_per_hour) / 2
                rows += cause.count * pace * 24 * cause.on_share * DAYS * cause.to.bit_count()
        return rows


def _share_of(firmwares: Sequence[int]) -> float:
    return sum(FIRMWARES[number].share for number in firmwares)
