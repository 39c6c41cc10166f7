"""Sweep: many policies over one log in one pass, and what each would have done for each Alert Code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.kernel import NEVER
from tidegate.alert_storm.shard import Spells as KernelSpells
from tidegate.columnar.inventory import Inventory
from tidegate.operations.ordered_log import OrderedLog
from tidegate.operations.ports import Progress, no_progress
from tidegate.operations.several_policies import SeveralPolicies
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.swept_parameters import SweptParameter
from tidegate.policy.variations import variations
from tidegate.reports.medians import median_of
from tidegate.reports.replayed import Totals
from tidegate.reports.swept import Swept, SweptRow
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, AlertCode, format_alert_code
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.toggle_pairs import counted_as


def sweep(
    log: OrderedLog,
    base: MechanismDocument,
    swept: Sequence[SweptParameter],
    *,
    shards: int,
    code: AlertCode | None = None,
    inventory: Inventory | None = None,
    progress: Progress = no_progress,
) -> Swept:
    """Decide a log under every combination of the swept values; interrupted by Ctrl-C, as far as it came.

    code:       Only its parameters vary, others stay as `base` has them; None: every code's.
    inventory:  Says the products behind problems, and whom suppressions are about.

    Raises:
        InputError: the input cannot be read, the grid is too large or none of it possible, or the code asked
            about does not occur in the log.
    """
    grid = variations(base, swept, code=code)
    run = SeveralPolicies(
        [point.policy for point in grid.points], shards=shards, counts_streams=True, inventory=inventory
    )
    for batch in log.batches(progress):
        run.receive(batch)
    run.finish()
    rows: dict[tuple[int, AlertCode | None], SweptRow] = {}
    for place, spells in enumerate(run.spells()):
        totals = _by_counted(base, run.by_code(place))
        rows.update(((place, row.code), row) for row in _rows(place, totals, spells, log.last, inventory))
    of_all = {each: row.totals for (place, each), row in rows.items() if place == 0 and each is not None}
    codes = sorted(of_all, key=lambda each: (-of_all[each].received, each))
    only = None if code is None else base.alert_storm.counted_as(code)
    if log.completed == 1:
        _refuse_absent(only, codes)
    return Swept(
        source=log.name,
        columns=log.columns,
        base=base,
        swept=swept,
        points=grid.points,
        left_out=grid.left_out,
        only=only,
        rows=rows,
        codes=codes,
        streams=run.streams_by_code(),
        inventory="" if inventory is None else inventory.source,
        first=log.first,
        last=log.last,
        rejected=log.rejected,
        rejected_by_reason=log.reasons,
        outside_period=log.outside,
        late=log.late,
        completed=log.completed,
    )


def _refuse_absent(only: AlertCode | None, codes: Sequence[AlertCode]) -> None:
    if only is None or not codes or only in codes:
        return
    occurring = ", ".join(map(format_alert_code, sorted(codes)))
    what = f"there is no Alert with {format_alert_code(only)} in the log"
    raise InputError(Fault("--code", what, f"It has: {occurring}."))


def _by_counted(policy: MechanismDocument, by_code: Mapping[AlertCode, Totals]) -> Mapping[AlertCode, Totals]:
    """Totals by the code counted: those of a group together."""
    counted: dict[AlertCode, Totals] = defaultdict(Totals)
    for code, totals in by_code.items():
        counted[policy.alert_storm.counted_as(code)] += totals
    return counted


def _rows(
    place: int,
    totals: Mapping[AlertCode, Totals],
    spells: KernelSpells,
    last: Instant | None,
    inventory: Inventory | None,
) -> list[SweptRow]:
    """The rows of one policy: all codes, then each."""
    storms = spells[spells["level"] == int(Level.RED)]
    storms = storms[np.argsort(storms["alert_code"], kind="stable")]
    causes = _causes(storms, inventory)
    codes = np.fromiter(totals, np.int64, len(totals))
    begins = np.searchsorted(storms["alert_code"], codes)
    ends = np.searchsorted(storms["alert_code"], codes, side="right")
    whole = sum(totals.values(), Totals())
    return [
        _row(place, None, whole, storms, causes, last),
        *(
            _row(place, code, totals[code], storms[begin:end], causes[begin:end], last)
            for code, begin, end in zip(totals, begins.tolist(), ends.tolist(), strict=True)
        ),
    ]


def _row(
    place: int,
    code: AlertCode | None,
    totals: Totals,
    storms: KernelSpells,
    causes: NDArray[np.int64],
    last: Instant | None,
) -> SweptRow:
    if len(storms) == 0:
        return SweptRow(place, code, totals, 0, 0, 0, 0, None, 0, 0, 0)
    assert last is not None
    ended = np.where(storms["ended_at"] == NEVER, last, storms["ended_at"])
    return SweptRow(
        place,
        code,
        totals,
        storms=len(storms),
        streams=_different(storms, "device_id", "alert_code", "recipient"),
        devices=_different(storms, "device_id"),
        problems=len(np.unique(causes)),
        detect_us=median_of(storms["started_at"] - storms["counting_since"]),
        storm_us=int(np.maximum(ended - storms["started_at"], 0).sum()),
        in_storms=int(storms["received"].sum()),
        forwarded_in_storms=int(storms["forwarded"].sum()),
    )


def _causes(storms: KernelSpells, inventory: Inventory | None) -> NDArray[np.int64]:
    """A number for the cause of each storm: its code, of a toggle pair the first, and its Device's product then."""
    codes, which = np.unique(storms["alert_code"], return_inverse=True)
    causes: NDArray[np.int64] = np.array([counted_as(int(code)) for code in codes], np.int64)[which]
    if inventory is None or len(storms) == 0:
        return causes
    rows = inventory.rows_at(storms["device_id"], storms["started_at"])
    product = (
        np.where(rows < 0, 0, inventory.product_numbers[rows]) if len(inventory) else np.zeros_like(rows)
    )
    return causes + NUMBER_OF_CODES * product.astype(np.int64)


def _different(storms: KernelSpells, *columns: str) -> int:
    """How many storms differ in these columns."""
    order = np.lexsort([storms[column] for column in columns])
    is_new = np.zeros(len(storms) - 1, np.bool_)
    for column in columns:
        ordered = storms[column][order]
        is_new |= ordered[1:] != ordered[:-1]
    return int(is_new.sum()) + 1
