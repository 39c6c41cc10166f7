"""What operations give back: a verdict in words, a summary for programs, and tables any library reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tidegate.alert_storm.problems import Problems
from tidegate.reports.edge import EdgeProtection
from tidegate.reports.edge_words import EdgeRow, edge_rows, edge_verdict
from tidegate.reports.replayed import Replayed
from tidegate.reports.verdict import CodeRow, Verdict, table_by_code, verdict

if TYPE_CHECKING:
    import pyarrow as pa

    from tidegate.api.inputs import Alerts
    from tidegate.columnar.inventory import Inventory


class Result:
    """What every operation gives back. Printed, it is its verdict.

    summary:  The numbers, as `summary.json` has them.
    tables:   Arrow tables by name, each as the file of that name has it.
    """

    @property
    def verdict(self) -> Verdict:
        """The finding in words: headline, findings, cautions."""
        raise NotImplementedError

    @property
    def summary(self) -> Mapping[str, Any]:
        """The numbers, for programs."""
        raise NotImplementedError

    @property
    def tables(self) -> Mapping[str, pa.Table]:
        """Arrow tables by name."""
        raise NotImplementedError

    def __str__(self) -> str:
        said = self.verdict
        return "\n".join(
            [
                said.headline,
                *(f"  {finding}" for finding in said.findings),
                *(f"  ! {caution}" for caution in said.cautions),
            ]
        )


@dataclass(frozen=True, repr=False)
class ReplayResult(Result):
    """What a policy would have done to a log.

    replayed:   All that was found out, as a value.
    rejected:   Rows that could not be used: source, line, reason, text.
    decisions:  Every Alert in the order of the input, and its outcome; None where it was not asked for.
    behind:     The problems that its storms and murmur come down to; None without an Inventory.
    """

    replayed: Replayed
    rejected: pa.Table = field(compare=False)
    decisions: pa.Table | None = field(compare=False)
    behind: Problems | None = field(default=None, compare=False)

    @cached_property
    def verdict(self) -> Verdict:
        """The finding in words."""
        return verdict(self.replayed)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """As summary.json."""
        from tidegate.formats.summary_json import summary  # noqa: PLC0415 - loaded when first asked for

        return summary(self.replayed)

    @cached_property
    def storms(self) -> pa.Table:
        """The Alert Storms, as storms.parquet."""
        from tidegate.formats.storms_parquet import spells_table  # noqa: PLC0415

        return spells_table(self.replayed.storms)

    @cached_property
    def amber(self) -> pa.Table:
        """The amber spells, as amber.parquet."""
        from tidegate.alert_storm.decision import Level  # noqa: PLC0415
        from tidegate.formats.storms_parquet import spells_table  # noqa: PLC0415

        return spells_table(self.replayed.spells.at_level(Level.AMBER))

    @cached_property
    def by_code(self) -> pa.Table:
        """A row for each Alert Code, the most received first."""
        from tidegate.tables.collected import table_of_rows  # noqa: PLC0415

        kinds = dict.fromkeys(CodeRow.__slots__, "int") | {"alert_code": "text", "name": "text"}
        return table_of_rows(table_by_code(self.replayed), list(kinds.items()))

    @property
    def tables(self) -> Mapping[str, pa.Table]:
        """storms, amber, by_code, rejected; decisions where they were asked for, problems with an Inventory."""
        from tidegate.formats.problems_table import problems_table  # noqa: PLC0415

        tables = {
            "storms": self.storms,
            "amber": self.amber,
            "by_code": self.by_code,
            "rejected": self.rejected,
        }
        if self.decisions is not None:
            tables["decisions"] = self.decisions
        if self.behind is not None:
            tables["problems"] = problems_table(self.behind)
        return tables


@dataclass(frozen=True, repr=False)
class EdgeResult(Result):
    """The same rule at the Communications Hub, the CSP and the DSP."""

    found: EdgeProtection

    @cached_property
    def verdict(self) -> Verdict:
        """The finding in words."""
        return edge_verdict(self.found)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """As summary.json."""
        from tidegate.formats.edge_json import edge_summary  # noqa: PLC0415

        return edge_summary(self.found)

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        """edge: a row for each CSP region and place, as edge.csv."""
        from tidegate.tables.collected import table_of_rows  # noqa: PLC0415

        kinds = dict.fromkeys(EdgeRow._fields, "int")
        kinds |= {"region": "text", "place": "text", "wan_busiest_minute_at": "text"}
        kinds["wan_capacity_per_second"] = "float"
        return {"edge": table_of_rows(edge_rows(self.found), list(kinds.items()))}


@dataclass(frozen=True)
class Simulated:
    """A synthetic log.

    alerts, inventory:  As they were written.
    truth:              What the simulator knows: the causes and the totals.
    files:              Where they are.
    """

    alerts: Alerts
    inventory: Inventory
    truth: Mapping[str, Any]
    files: Sequence[str]
