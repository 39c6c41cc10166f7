"""What the live rule remembered at an Alert, read back: the engine goes on from it, and so does a replay.

`LiveProtection.snapshot` writes it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm import snapshot
from tidegate.alert_storm.sharded import AlertStormKernel
from tidegate.vocabulary.instants import Instant

FORM: Final = 1
"""Of a snapshot; another form is not read."""

OF_KERNEL: Final = "kernel."
"""What the names of the kernel's arrays begin with."""


class StaleSnapshotError(ValueError):
    """A snapshot cannot be used: the rules, the Inventory or its form are others now. Decide from the first Alert on."""


@dataclass(frozen=True, slots=True)
class RememberedStage:
    """The policy that decided last.

    since:       When the period began it is in force in.
    is_over:     Another is in force since, which has decided nothing yet.
    last, told:  As `live_protection` has them.
    """

    since: Instant
    is_over: bool
    last: Instant
    told: frozenset[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was remembered.

    now:         The last instant it was told of.
    recipients:  Names of the recipients met, in the order of their numbers from 1 on.
    codes, totals, in_shadow: totals until then, as `LiveTotals` has them, of the codes met.
    stage:       None: nothing was decided yet.
    kernel:      What the kernel remembered.
    """

    now: Instant
    recipients: Sequence[str]
    codes: NDArray[np.int64]
    totals: NDArray[np.int64]
    in_shadow: int
    stage: RememberedStage | None
    kernel: snapshot.Arrays

    def restore(self, kernel: AlertStormKernel) -> None:
        """Have a new kernel of one shard remember it.

        Raises:
            StaleSnapshotError: the kernel has other rules.
        """
        try:
            snapshot.restore(kernel, self.kernel)
        except snapshot.OtherRulesError as error:
            raise StaleSnapshotError(str(error)) from None


def read_snapshot(state: bytes) -> Remembered:
    """What the octets of a snapshot say.

    Raises:
        StaleSnapshotError: it has another form.
    """
    with np.load(io.BytesIO(state), allow_pickle=False) as arrays:
        said = json.loads(arrays["said"].tobytes())
        if said["form"] != FORM:
            raise StaleSnapshotError(f"the snapshot is of form {said['form']}")
        stage = None
        if said["stage"] is not None:
            since, is_over, last, told = said["stage"]
            stage = RememberedStage(since, is_over, last, frozenset(map(tuple, told)))
        return Remembered(
            said["now"],
            said["recipients"],
            arrays["codes"],
            arrays["totals"],
            said["in_shadow"],
            stage,
            {
                name.removeprefix(OF_KERNEL): arrays[name]
                for name in arrays.files
                if name.startswith(OF_KERNEL)
            },
        )
