"""What lies behind the storms of a replay, as sections of its report: which products, what to raise, and for whom."""

from __future__ import annotations

from tidegate.alert_storm.fleet import FleetView
from tidegate.formats.fleet_pictures import fleet_pictures
from tidegate.formats.page import Section
from tidegate.formats.problems_page import problem_section
from tidegate.reports.problem_report import ProblemReport


def behind_sections(report: ProblemReport, view: FleetView) -> list[Section]:
    """The products behind the trouble, then the problems and what incidents they make."""
    replayed = report.replayed
    pictures = []
    if replayed.in_force:
        parameters = replayed.in_force[-1].policy.alert_storm.default
        pictures = fleet_pictures(view, parameters, replayed.causes or (), replayed.excluded_codes)
    products = Section(
        "What is behind it",
        [
            (
                "Every Alert of every Device in the Inventory is counted here, storm or not. A product is named where "
                "its Devices raise more than the rest of their type, by a test that one wild Device cannot pass."
            )
        ],
        pictures,
    )
    return [products, problem_section(report)] if pictures else [problem_section(report)]
