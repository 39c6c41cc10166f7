"""Explain one Device: all that was seen of it, what of that counted, and what each set of criteria made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidegate.columnar.batches import Names, RejectedRow
from tidegate.columnar.evidence import RecordSource
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Inventory
from tidegate.commissioning.assessment import Assessment, assess
from tidegate.commissioning.columns import registrations_of, rows_of
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import Evidence, Registration
from tidegate.commissioning.next_action import NextAction, next_action
from tidegate.commissioning.registered import Registered
from tidegate.operations.assess_devices import AssessOptions
from tidegate.operations.ports import Progress, no_progress
from tidegate.reports.commissioning_steps import step_between
from tidegate.reports.device_story import DeviceStory, Judged, SeenRow, Standing
from tidegate.vocabulary.devices import DeviceId, format_device_id
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant


def explain_device(
    device_id: DeviceId,
    evidence: RecordSource,
    registrations: RecordSource | None,
    names: Names,
    options: AssessOptions,
    *,
    inventory: Inventory | None = None,
    progress: Progress = no_progress,
) -> DeviceStory:
    """Tell a Device's story; arguments as those of `assess_devices`.

    Raises:
        InputError: a table cannot be read, or none of them has the Device.
    """
    seen = _Taken(device_id)
    for records in seen.of(evidence, progress):
        seen.take(rows_of(records, names))
    registered: list[Registration] = []
    if registrations is not None:
        of_table = _Taken(device_id)
        for records in of_table.of(registrations, no_progress):
            registered += registrations_of(records, names)
    as_at = options.as_at if options.as_at is not None else seen.last
    said = _said(inventory, device_id, as_at or 0)
    if not seen.rows and not registered and said is None and not seen.unused:
        what = "neither the evidence nor any other table given has this Device"
        raise InputError(Fault(format_device_id(device_id), what, "See that its EUI-64 is written in full."))
    if as_at is None:
        raise InputError(Fault("the evidence", "there is no row in it that can be used", "Give --as-at."))
    types = "" if said is None else said.get("device_type", "")
    rows = [row for row, _, _ in seen.rows]
    judged = [Judged(each, assess(rows, registered, each, as_at, types)) for each in options.criteria]
    if judged[-1].assessment.begins is None:
        judged = []
    assessments = [each.assessment for each in judged]
    last = assessments[-1] if judged else None
    return DeviceStory(
        device_id=device_id,
        as_at=as_at,
        is_of_last=options.as_at is None,
        said=said or {},
        registrations=sorted(registered, key=lambda each: (each.since, each.role, each.party_id)),
        rows=_in_order(seen.rows, registered, as_at, last, options.criteria[-1]),
        unused=seen.unused,
        judged=judged,
        step=step_between(assessments, options.criteria) if judged else None,
        action=NextAction.NOTHING if last is None else next_action(last, options.criteria[-1]),
    )


class _Taken:
    """What of a table is of one Device."""

    def __init__(self, device_id: DeviceId) -> None:
        self._device_id = device_id
        written = format_device_id(device_id)
        self._written = (written, written.replace("-", ""))
        self._at: list[tuple[str, int]] = []
        self.rows: list[tuple[Evidence, str, int]] = []
        self.unused: list[RejectedRow] = []
        self.last: Instant | None = None

    def of(self, source: RecordSource, progress: Progress) -> Any:
        """Its records, part by part."""
        read = 0
        for part in source.rows():
            read += len(part.records)
            progress(part.progress, read)
            self.unused += [row for row in part.rejected if self._is_named_in(row)]
            if "at" in (part.records.dtype.names or ()) and len(part.records):
                last = int(part.records["at"].max())
                self.last = last if self.last is None else max(self.last, last)
            its = np.flatnonzero(part.records["device_id"] == np.uint64(self._device_id))
            if len(its):
                self._at = [(part.source, int(line)) for line in part.line[its]]
                yield part.records[its]

    def take(self, rows: Sequence[Evidence]) -> None:
        """The rows that were handed on last."""
        self.rows += [(row, *at) for row, at in zip(rows, self._at, strict=True)]

    def _is_named_in(self, row: RejectedRow) -> bool:
        text = row.text.upper()
        return any(written in text for written in self._written)


def _in_order(
    rows: Sequence[tuple[Evidence, str, int]],
    registrations: Sequence[Registration],
    as_at: Instant,
    last: Assessment | None,
    criteria: Criteria,
) -> list[SeenRow]:
    known = sorted({row for row, _, _ in rows if row.at <= as_at})
    registered = Registered(registrations, known, as_at)
    before = set() if last is None else set(last.before)

    def standing(row: Evidence) -> Standing:
        if row.at > as_at:
            return Standing.FUTURE
        if row in before:
            return Standing.BEFORE
        if criteria.proof.registered and row.is_replacing and registered.is_for_another(row):
            return Standing.FOR_ANOTHER_PARTY
        return Standing.COUNTED

    numbers = {row: number for number, row in enumerate(sorted({row for row, _, _ in rows}), start=1)}
    told: Counter[Evidence] = Counter()
    seen = []
    for row, source, line in sorted(rows):
        told[row] += 1
        is_double = told[row] > 1 and row.at <= as_at
        seen.append(
            SeenRow(numbers[row], row, Standing.DOUBLED if is_double else standing(row), source, line)
        )
    return seen


def _said(inventory: Inventory | None, device_id: DeviceId, as_at: Instant) -> dict[str, str] | None:
    """What the Inventory says of a Device; None: it has none."""
    if inventory is None:
        return None
    (row,) = inventory.rows_at(np.array([device_id], np.uint64), np.array([as_at], np.int64)).tolist()
    if row < 0:
        return None
    return {name: text for name in INVENTORY_COLUMNS if (text := inventory.attributes[name][row])}
