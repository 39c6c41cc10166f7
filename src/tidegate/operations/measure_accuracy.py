"""Measure how right sets of criteria are: what they say of Devices beside what is true of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Names
from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.columns import DevicesInOrder, DeviceTypes
from tidegate.commissioning.criteria import Criteria
from tidegate.operations.ports import Progress, no_progress
from tidegate.operations.simulate_commissioning import TruthRows
from tidegate.reports.commissioning_accuracy import (
    Accuracy,
    CauseAccuracy,
    CommissioningAccuracy,
    CriteriaAccuracy,
)
from tidegate.vocabulary.instants import Instant

_TRUTHS: Final = 2


def measure_accuracy(
    shards: Iterable[tuple[NDArray[Any], NDArray[Any]]],
    truth: TruthRows,
    criteria: Sequence[Criteria],
    names: Names,
    as_at: Instant,
    *,
    device_types: Sequence[str],
    causes: Sequence[str],
    progress: Progress = no_progress,
) -> CommissioningAccuracy:
    """Assess Devices and compare with the truth.

    Args:
        shards:        Evidence and registrations of whole Devices, all of which the truth knows.
        truth:         By `device_id` ascending.
        criteria:      One or more sets.
        names:         Of the parties.
        as_at:         The instant the truth is of.
        device_types:  Types by the numbers of the truth.
        causes:        Causes by the numbers of the truth.
        progress:      Told of every shard.
    """
    bits = [np.array(list(map(DeviceTypes(each).bit_of, device_types)), np.uint64) for each in criteria]
    tally = AccuracyTally(truth, len(criteria), len(causes))
    for evidence, registrations in shards:
        devices = DevicesInOrder(evidence, registrations)
        rows = tally.rows_of(devices.device_id)
        found = [
            devices.assess(each, names, as_at, types[truth.device_type[rows]]).verdict
            for each, types in zip(criteria, bits, strict=True)
        ]
        tally.take(rows, found)
        progress(tally.devices / max(1, len(truth)), tally.devices)
    return tally.accuracy([each.name for each in criteria], causes, as_at)


class AccuracyTally:
    """Verdicts so far, by what is true: (criteria, causes, was read, is secure, verdicts)."""

    def __init__(self, truth: TruthRows, criteria: int, causes: int) -> None:
        self._truth = truth
        self._counts = np.zeros((criteria, causes, _TRUTHS, _TRUTHS, len(Verdict)), np.int64)
        self.devices = 0

    def rows_of(self, device_id: DeviceIds) -> NDArray[np.int64]:
        """The rows of the truth that Devices have."""
        rows = np.searchsorted(self._truth.device_id, device_id)
        assert (self._truth.device_id[np.minimum(rows, len(self._truth) - 1)] == device_id).all()
        return rows

    def take(self, rows: NDArray[np.int64], verdicts: Sequence[NDArray[np.uint8]]) -> None:
        """What each set of criteria says of some Devices, by their rows of the truth."""
        truth = self._truth
        told = (
            truth.cause[rows],
            truth.was_read[rows].astype(np.uint8),
            truth.is_secure[rows].astype(np.uint8),
        )
        shape = self._counts.shape[1:]
        for place, verdict in enumerate(verdicts):
            cells = np.ravel_multi_index((*told, verdict), shape)
            self._counts[place] += np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
        self.devices += len(rows)

    def accuracy(
        self, criteria: Sequence[str], causes: Sequence[str], as_at: Instant
    ) -> CommissioningAccuracy:
        """What all of it comes to."""
        by_cause = self._counts.sum(axis=2)
        befell = by_cause[0].sum(axis=(1, 2))
        return CommissioningAccuracy(
            as_at,
            [
                CriteriaAccuracy(name, _accuracy(counts.sum(axis=(0, 1))), _accuracy(counts.sum(axis=0)[1]))
                for name, counts in zip(criteria, self._counts, strict=True)
            ],
            [
                CauseAccuracy(
                    causes[cause],
                    int(befell[cause]),
                    int(by_cause[0, cause, 0].sum()),
                    [_by_verdict(counts[cause].sum(axis=0)) for counts in by_cause],
                )
                for cause in np.flatnonzero(befell).tolist()
            ],
        )


def _accuracy(counts: NDArray[np.int64]) -> Accuracy:
    """Of (is secure, verdicts)."""
    return Accuracy(secure=_by_verdict(counts[1]), not_secure=_by_verdict(counts[0]))


def _by_verdict(counts: NDArray[np.int64]) -> Mapping[Verdict, int]:
    return {verdict: int(counts[verdict]) for verdict in Verdict}
