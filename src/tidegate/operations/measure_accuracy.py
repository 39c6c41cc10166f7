"""Measure how right sets of criteria are: what they say of Devices beside what is true of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds
from tidegate.commissioning.assessment import Verdict
from tidegate.operations.simulate_commissioning import TruthRows
from tidegate.reports.commissioning_accuracy import (
    Accuracy,
    CauseAccuracy,
    CommissioningAccuracy,
    CriteriaAccuracy,
)
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.vocabulary.instants import Instant

_TRUTHS: Final = 2


class AccuracyTally:
    """Told of Devices as they are assessed (a `DevicesSink`), it counts verdicts by what is true.

    Args:
        truth:     Of every Device that it is told of, by `device_id` ascending.
        criteria:  Names of the sets of criteria.
        causes:    What may befall a Device, by the numbers of the truth.
    """

    def __init__(self, truth: TruthRows, criteria: Sequence[str], causes: Sequence[str]) -> None:
        self._truth = truth
        self._criteria = criteria
        self._causes = causes
        # (criteria, causes, was read, is secure, verdicts)
        self._counts = np.zeros((len(criteria), len(causes), _TRUTHS, _TRUTHS, len(Verdict)), np.int64)

    def write(self, devices: DevicesAssessed) -> None:
        """Some Devices."""
        told = np.array([each.verdicts for each in devices.told], np.uint8)
        self.take(devices.device_id, list(told[devices.of].T) if len(devices) else [])

    def take(self, device_id: DeviceIds, verdicts: Sequence[NDArray[np.uint8]]) -> None:
        """What each set of criteria says of some Devices."""
        truth = self._truth
        rows = np.searchsorted(truth.device_id, device_id)
        assert (truth.device_id[np.minimum(rows, len(truth) - 1)] == device_id).all()
        told = (
            truth.cause[rows],
            truth.was_read[rows].astype(np.uint8),
            truth.is_secure[rows].astype(np.uint8),
        )
        shape = self._counts.shape[1:]
        for place, verdict in enumerate(verdicts):
            cells = np.ravel_multi_index((*told, verdict), shape)
            self._counts[place] += np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)

    def accuracy(self, as_at: Instant) -> CommissioningAccuracy:
        """What all of it comes to; `as_at` is the instant of the report and of the truth."""
        by_cause = self._counts.sum(axis=2)
        befell = by_cause[0].sum(axis=(1, 2))
        return CommissioningAccuracy(
            as_at,
            [
                CriteriaAccuracy(name, _accuracy(counts.sum(axis=(0, 1))), _accuracy(counts.sum(axis=0)[1]))
                for name, counts in zip(self._criteria, self._counts, strict=True)
            ],
            [
                CauseAccuracy(
                    self._causes[cause],
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
