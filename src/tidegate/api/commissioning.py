"""Post Commissioning, as a notebook or a program calls it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidegate.api.inputs import InstantInput, PathInput, instant_of
from tidegate.api.results import Result
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_findings import commissioning_verdict
from tidegate.reports.commissioning_status import CommissioningStatus
from tidegate.reports.verdict import Verdict

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, repr=False)
class CommissioningResult(Result):
    """Who is securely commissioned, by each set of criteria.

    status:   All that was found out, as a value.
    devices:  Every Device; none where they were not asked for.
    """

    status: CommissioningStatus
    devices: Sequence[DevicesAssessed] = field(default=(), compare=False)

    @cached_property
    def verdict(self) -> Verdict:
        """The finding in words."""
        return commissioning_verdict(self.status)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """As summary.json."""
        from tidegate.assembly.commissioning import hashes_of  # noqa: PLC0415 - loaded when first asked for
        from tidegate.formats.commissioning_json import commissioning_summary  # noqa: PLC0415

        return commissioning_summary(self.status, hashes_of(self.status.criteria))

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        """Reconciliation and steps, as in summary.json; `verdicts` where Devices were asked for."""
        import pyarrow as pa  # noqa: PLC0415

        from tidegate.formats.commissioning_lists import devices_table  # noqa: PLC0415

        tables = {name: pa.Table.from_pylist(self.summary[name]) for name in ("reconciliation", "steps")}
        if self.devices:
            names = [each.name for each in self.status.criteria]
            parts = [devices_table(each, names) for each in self.devices]
            tables["verdicts"] = pa.concat_tables(parts).unify_dictionaries()
        return tables


class _Kept(list[DevicesAssessed]):
    """Devices as they come."""

    def write(self, devices: DevicesAssessed) -> None:
        self.append(devices)


def assess_commissioning(
    evidence: PathInput | Sequence[PathInput],
    registrations: PathInput | Sequence[PathInput] = (),
    *,
    inventory: PathInput | None = None,
    criteria: Sequence[PathInput] = (),
    as_at: InstantInput | None = None,
    verdicts: bool = False,
    strict: bool = False,
) -> CommissioningResult:
    """Assess who is securely commissioned, and what lies between the first set of criteria and the last.

    Args:
        evidence:       Paths of evidence: tables, or DUIS documents.
        registrations:  Paths of who is registered for which Device.
        inventory:      What the Devices are.
        criteria:       Files or published names; `appendix-ac-5` and `outcome` where none is given.
        as_at:          The date of the report; that of the last evidence where nothing is said.
        verdicts:       Also every Device's verdicts, with reasons. Takes memory for every Device.
        strict:         Stop at the first row that cannot be used.

    Raises:
        InputError: an input cannot be used.
    """
    from tidegate.assembly.commissioning import (  # noqa: PLC0415 - loaded only where it is called
        CommissioningAsked,
        assess_commissioning as run,
    )

    asked = CommissioningAsked(
        evidence=_paths(evidence),
        registrations=_paths(registrations),
        inventory=None if inventory is None else Path(inventory),
        criteria=[str(each) for each in criteria],
        as_at=None if as_at is None else instant_of("as_at", as_at),
        is_strict=strict,
    )
    kept = _Kept()
    status = run(asked, sinks=[kept] if verdicts else ())
    return CommissioningResult(status, kept)


def _paths(given: PathInput | Sequence[PathInput]) -> list[Path]:
    return [Path(given)] if isinstance(given, str | PathLike) else [Path(each) for each in given]
