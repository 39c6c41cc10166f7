"""The cohorts of a whole nation: as columns, so that a million of them are summed in a moment.

Failures are many and unlike: of 20 million Devices a million are called failed, and these
differ in Supplier, network, maker, month and reason, so that there are nearly as many
cohorts. What a report tells of is said by one or two columns: by these they are joined
first, and only what is left is put in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.inventory import Attribute, numbered_together
from tidegate.reports.commissioning_status import COHORT_FIELDS, DIMENSIONS, Cohort
from tidegate.reports.commissioning_steps import NO_STEP, DeviceTold

_OF_TOLD = frozenset({"verdicts", "step", "action"})


@dataclass(frozen=True, eq=False)
class CohortTable(Mapping[Cohort, int]):
    """Cohorts as columns of equal length; no two are alike.

    told:         What is told alike: verdicts, step and action.
    of:           Place in `told`.
    texts:        A column for each of DIMENSIONS, and `responsible`.
    months_open:  As `Cohort`.
    devices:      How many there are of each.
    """

    told: Sequence[DeviceTold]
    of: NDArray[np.int64]
    texts: Mapping[str, Attribute]
    months_open: NDArray[np.int64]
    devices: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.devices)

    def __iter__(self) -> Iterator[Cohort]:
        return self.each(COHORT_FIELDS)

    def __getitem__(self, cohort: Cohort) -> int:
        return next(devices for each, devices in self.joined(COHORT_FIELDS) if each == cohort)

    def joined(self, fields: Sequence[str]) -> Iterator[tuple[Cohort, int]]:
        """Those alike in some fields as one, and how many Devices there are of each; other fields say nothing."""
        which, first = self._alike(fields)
        counts = np.bincount(which, weights=self.devices, minlength=len(first)).astype(np.int64)
        yield from zip(self._where(first).each(fields), counts.tolist(), strict=True)

    def parts(self, dimension: str) -> Iterator[tuple[str, CohortTable]]:
        """Those of each value of a dimension."""
        said = self.texts[dimension]
        order = np.argsort(said.places, kind="stable")
        places, begins = np.unique(said.places[order], return_index=True)
        for place, rows in zip(places.tolist(), np.split(order, begins[1:]), strict=True):
            yield said.texts[place], self._where(rows)

    def _alike(self, fields: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The number of each cohort among those that differ in some fields, and the first cohort of each."""
        columns: list[NDArray[Any]] = [self.texts[name].places for name in fields if name in self.texts]
        columns += [self.of] if not _OF_TOLD.isdisjoint(fields) else []
        columns += [self.months_open] if "months_open" in fields else []
        return numbered_together(columns or [np.zeros(len(self), np.int64)])

    def each(self, fields: Sequence[str]) -> Iterator[Cohort]:
        """Every cohort in its place; fields that are not asked for say nothing."""
        nothing = [""] * len(self)
        *dimensions, responsible = (
            self._said(name) if name in fields else nothing for name in (*DIMENSIONS, "responsible")
        )
        is_told = not _OF_TOLD.isdisjoint(fields)
        months = self.months_open.tolist() if "months_open" in fields else [0] * len(self)
        for place, texts, party, open_for in zip(
            self.of.tolist(), zip(*dimensions, strict=True), responsible, months, strict=True
        ):
            if is_told:
                told = self.told[place]
                yield Cohort(texts, told.verdicts, told.step, told.action, party, open_for)
            else:
                yield Cohort(texts, (), NO_STEP, "", party, open_for)

    def _said(self, name: str) -> list[str]:
        attribute = self.texts[name]
        return [attribute.texts[place] for place in attribute.places.tolist()]

    def _where(self, rows: NDArray[np.int64]) -> CohortTable:
        texts = {name: Attribute(each.places[rows], each.texts) for name, each in self.texts.items()}
        return CohortTable(self.told, self.of[rows], texts, self.months_open[rows], self.devices[rows])
