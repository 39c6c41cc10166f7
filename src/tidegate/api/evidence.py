"""Sweeps, comparisons, offenders and problems, as a notebook or a program calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidegate.api.inputs import (
    AlertsInput,
    DurationInput,
    InstantInput,
    PathInput,
    PolicyInput,
    alerts_of,
    code_of,
    duration_of,
    inventory_of,
    options_of,
    periods_of,
    policy_of,
)
from tidegate.api.results import Result
from tidegate.columnar.inventory import Inventory
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.compared import Compared
from tidegate.reports.compared_findings import compared_verdict
from tidegate.reports.offending import Offending
from tidegate.reports.offending_words import offending_verdict
from tidegate.reports.problem_report import ProblemReport
from tidegate.reports.recommendation import Recommendation
from tidegate.reports.sweep_verdict import sweep_verdict
from tidegate.reports.swept import Swept
from tidegate.reports.verdict import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

InventoryInput = Inventory | PathInput | Any


@dataclass(frozen=True, repr=False)
class SweepResult(Result):
    """Many parameters over one log, and which to choose for each code."""

    swept: Swept
    recommended: Sequence[Recommendation]

    @cached_property
    def verdict(self) -> Verdict:
        """The finding in words."""
        return sweep_verdict(self.swept, self.recommended)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """As summary.json."""
        from tidegate.formats.sweep_json import sweep_summary  # noqa: PLC0415 - loaded when first asked for

        return sweep_summary(self.swept, self.recommended)

    @cached_property
    def policy(self) -> MechanismDocument | None:
        """A draft of the policy that is recommended; None where nothing is."""
        from tidegate.reports.recommended_policy import recommended_policy  # noqa: PLC0415

        return recommended_policy(self.swept, self.recommended)

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        """sweep: a row for each policy and code, as sweep.parquet."""
        from tidegate.formats.sweep_tables import sweep_table  # noqa: PLC0415

        return {"sweep": sweep_table(self.swept, self.recommended)}


@dataclass(frozen=True, repr=False)
class ComparisonResult(Result):
    """Several policies over one log."""

    compared: Compared

    @cached_property
    def verdict(self) -> Verdict:
        """The finding in words."""
        return compared_verdict(self.compared)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """As summary.json."""
        from tidegate.formats.comparison_tables import comparison_summary  # noqa: PLC0415

        return comparison_summary(self.compared)

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        """comparison: totals of each policy by code and recipient, as comparison.csv; storms, of all of them."""
        from tidegate.formats.comparison_tables import all_storms, comparison_table  # noqa: PLC0415
        from tidegate.formats.storms_parquet import spells_table  # noqa: PLC0415

        return {
            "comparison": comparison_table(self.compared),
            "storms": spells_table(all_storms(self.compared).storms),
        }


@dataclass(frozen=True, repr=False)
class OffendersResult(Result):
    """Who offends: each group of Devices against the rest of its type."""

    offending: Offending

    @cached_property
    def verdict(self) -> Verdict:
        """The finding in words."""
        return offending_verdict(self.offending)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """As summary.json."""
        from tidegate.formats.offenders_json import offending_summary  # noqa: PLC0415

        return offending_summary(self.offending)

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        """offenders: a row for each group; devices: a row for each Device of a cause."""
        from tidegate.formats.offenders_tables import devices_table, offenders_table  # noqa: PLC0415

        return {"offenders": offenders_table(self.offending), "devices": devices_table(self.offending)}


@dataclass(frozen=True, repr=False)
class ProblemsResult(Result):
    """What storms and murmur come down to, whose it is, and the tickets that makes."""

    report: ProblemReport

    @cached_property
    def verdict(self) -> Verdict:
        """The finding in words."""
        return Verdict(self.report.headline, tuple(self.report.findings()), tuple(self.report.cautions()))

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """As summary.json."""
        from tidegate.formats.problems_json import problems_json  # noqa: PLC0415

        return problems_json(self.report)

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        """problems: a row each, as problems.parquet; devices: a row for each Device of each."""
        from tidegate.formats.problems_table import problem_devices_table, problems_table  # noqa: PLC0415

        problems = self.report.problems
        return {"problems": problems_table(problems), "devices": problem_devices_table(problems)}


def sweep(
    alerts: AlertsInput,
    *parameters: str,
    policy: PolicyInput | None = None,
    code: int | str | None = None,
    inventory: InventoryInput | None = None,
    since: InstantInput | None = None,
    until: InstantInput | None = None,
) -> SweepResult:
    """Try many parameters on a log in one pass: what would each deliver, and which to choose for each code?

    Args:
        alerts:      As `read_alerts` takes them.
        parameters:  What to sweep, as on the command line: `"threshold=5..300"`, `"window=15m,1h,6h"`.
        policy:      The policy to begin from.
        code:        Vary the parameters of this Alert Code only.
        inventory:   What the Devices are, to count problems and for suppressions.
        since:       Only Alerts received from then on.
        until:       Only Alerts received before then.

    Raises:
        InputError: the input or the policy cannot be used, or the grid is too large or none of it possible.
    """
    from tidegate.assembly.sweeping import Sweep, run_sweep  # noqa: PLC0415 - each operation where it is called
    from tidegate.policy.swept_parameters import parse_ranges  # noqa: PLC0415

    options = options_of(since, until, None, strict=False)
    wanted = Sweep(
        policy_of(policy),
        parse_ranges(parameters),
        options,
        None if code is None else code_of("code", code),
        None if inventory is None else inventory_of(inventory),
        options.shards,
    )
    return SweepResult(*run_sweep(wanted, alerts_of(alerts).source()))


def compare(
    alerts: AlertsInput,
    policies: Sequence[PolicyInput],
    *,
    inventory: InventoryInput | None = None,
    since: InstantInput | None = None,
    until: InstantInput | None = None,
    alert_bytes: int | None = None,
) -> ComparisonResult:
    """Compare policies over one log in one pass, per recipient and per code.

    Args:
        alerts:       As `read_alerts` takes them.
        policies:     Two or more, each as `replay` takes it; the first is what the others are compared with.
        inventory:    What the Devices are; joined to the storms, and asked by suppressions.
        since:        Only Alerts received from then on.
        until:        Only Alerts received before then.
        alert_bytes:  Bytes of an Alert, for traffic and storage; an illustrative value where nothing is said.

    Raises:
        InputError: the input or a policy cannot be used, or two policies have one name.
    """
    from tidegate.assembly.comparing import Comparison, compare as run  # noqa: PLC0415
    from tidegate.operations.compare_policies import Contender  # noqa: PLC0415

    options = options_of(since, until, None, strict=False)
    contenders = []
    for each in policies:
        periods = periods_of(each, options)
        document = periods[0].policy
        is_history = not isinstance(each, MechanismDocument) and Path(each).is_dir()
        contenders.append(
            Contender(str(each) if is_history or document is None else document.version, periods)
        )
    known = None if inventory is None else inventory_of(inventory)
    wanted = Comparison(alerts_of(alerts).source(), contenders, options, alert_bytes, known)
    return ComparisonResult(run(wanted))


def offenders(
    alerts: AlertsInput,
    inventory: InventoryInput | None = None,
    policy: PolicyInput | None = None,
    *,
    by: Sequence[str] = ("manufacturer", "model", "firmware"),
    code: int | str | None = None,
    since: InstantInput | None = None,
    until: InstantInput | None = None,
) -> OffendersResult:
    """Say who offends: groups of Devices ranked against the rest of their type, by a stated test.

    Args:
        alerts:     As `read_alerts` takes them.
        inventory:  What the Devices are; without it there is no one to call.
        policy:     Which Devices storm is by this policy.
        by:         What to group by: device_type, manufacturer, model, firmware, csp_region.
        code:       Only this Alert Code, and what it is paired with.
        since:      Only Alerts received from then on.
        until:      Only Alerts received before then.

    Raises:
        InputError: the input or the policy cannot be used, or the log has no such code.
    """
    from tidegate.operations.find_offenders import OffenderOptions, find_offenders  # noqa: PLC0415

    plain = options_of(since, until, None, strict=False)
    options = OffenderOptions(
        **{each.name: getattr(plain, each.name) for each in fields(plain)},
        by=tuple(by),
        code=None if code is None else code_of("code", code),
    )
    known = None if inventory is None else inventory_of(inventory)
    return OffendersResult(
        find_offenders(alerts_of(alerts).source(), periods_of(policy, plain), known, options)
    )


def problems(
    alerts: AlertsInput,
    inventory: InventoryInput | None = None,
    policy: PolicyInput | None = None,
    *,
    since: InstantInput | None = None,
    until: InstantInput | None = None,
    silent_for: DurationInput | None = None,
) -> ProblemsResult:
    """Group storms and murmur by cause: who can mend it, who is informed, and how many tickets that makes.

    Args:
        alerts:      As `read_alerts` takes them.
        inventory:   What the Devices are; without it no product and no party is named.
        policy:      Which Devices storm is by this policy.
        since:       Only Alerts received from then on.
        until:       Only Alerts received before then.
        silent_for:  How long a problem must have been silent at the end of the log to be closed.

    Raises:
        InputError: the input or the policy cannot be used.
    """
    from tidegate.alert_storm.problems import SILENT_FOR  # noqa: PLC0415
    from tidegate.operations.find_problems import ProblemOptions, report_problems  # noqa: PLC0415

    plain = options_of(since, until, None, strict=False)
    options = ProblemOptions(
        **{each.name: getattr(plain, each.name) for each in fields(plain)},
        silent_for=SILENT_FOR if silent_for is None else duration_of("silent_for", silent_for),
    )
    known = None if inventory is None else inventory_of(inventory)
    return ProblemsResult(
        report_problems(alerts_of(alerts).source(), periods_of(policy, plain), known, options)
    )
