"""A simulation of Service Request traffic, and the folder it is written to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tidegate.formats.results_folder import ResultsFolder
from tidegate.operations.ports import Progress, no_progress
from tidegate.reports.requests_simulated import Control, RequestsSimulated
from tidegate.vocabulary.instants import SECOND, Instant, format_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.formats.reproduction import Reproduction
    from tidegate.simulation.requests.comparison import Simulation
    from tidegate.vocabulary.service_requests import ServiceRequest

REQUESTS_RESULTS: Final = (
    "requests.parquet",
    "users.csv",
    "policy.toml",
    "truth.json",
    "summary.json",
    "comparison.csv",
    "report.html",
    "report.xlsx",
    "backlog.png",
    "done.png",
    "share-of-allocation.png",
    "answered.png",
    "capacity.png",
)
"""What a simulation of Service Requests writes."""


def open_simulation(
    scenario: str,
    *,
    policy: str | None,
    at: Instant,
    users: Path | None,
    seed: int,
    scale: float,
    minutes: int | None,
    asks: Sequence[str] | None,
) -> Simulation:
    """A scenario by name or TOML file, drawn.

    policy:  A file or published name; None: the default. Of a folder, the version in force at the instant `at`.
    asks:    What was asked of the priority list; None: what the scenario tries.

    Raises:
        InputError: scenario, policy or Users cannot be read, or one of the numbers is out of range.
    """
    from tidegate.policy_files import DEFAULT_POLICY, find_policy_at  # noqa: PLC0415 - --help waits for none of this
    from tidegate.simulation.requests.comparison import Asked, simulation  # noqa: PLC0415
    from tidegate.simulation.requests.scenario_files import find_scenario  # noqa: PLC0415

    others = None
    if users is not None:
        from tidegate.tables.users import read_users  # noqa: PLC0415

        others = read_users(users).users
    document = find_policy_at(policy or DEFAULT_POLICY, at)
    return simulation(find_scenario(scenario), document, Asked(seed, scale, minutes, others, asks))


def simulate_requests_into(
    folder: Path, simulation: Simulation, progress: Progress = no_progress, made: Reproduction | None = None
) -> tuple[RequestsSimulated, list[Path]]:
    """Carry a simulation through every control, and write what was found and what Tidegate's rule was given.

    Raises:
        InputError: the folder cannot be written.
    """
    from tidegate.formats.page import write_page  # noqa: PLC0415 - --help waits for none of this
    from tidegate.formats.picture import write_png  # noqa: PLC0415
    from tidegate.formats.requests_simulated_page import requests_page, under_pictures  # noqa: PLC0415
    from tidegate.formats.requests_simulated_pictures import requests_pictures  # noqa: PLC0415
    from tidegate.formats.requests_simulated_tables import (  # noqa: PLC0415
        write_requests_csv,
        write_requests_summary,
        write_requests_xlsx,
    )
    from tidegate.policy_files import write_policy  # noqa: PLC0415
    from tidegate.tables.requests_writer import write_requests, write_users  # noqa: PLC0415

    with ResultsFolder(folder, REQUESTS_RESULTS) as results:
        received: list[ServiceRequest] = []
        found = simulation.compare(received.append, progress)
        write_requests(received, results.path("requests.parquet"), {"synthetic": "true"})
        write_users([each.user for each in simulation.scenario.users], results.path("users.csv"))
        results.path("policy.toml").write_text(write_policy(simulation.policy), encoding="utf-8")
        truth = json.dumps(truth_of(found), indent=2)
        results.path("truth.json").write_text(f"{truth}\n", encoding="utf-8")
        write_requests_summary(found, results.path("summary.json"), made)
        write_requests_csv(found, results.path("comparison.csv"))
        pictures = requests_pictures(found)
        write_page(requests_page(found, pictures, made), results.path("report.html"))
        write_requests_xlsx(found, results.path("report.xlsx"), made)
        for picture in pictures:
            write_png(picture, results.path(f"{picture.name}.png"), under_pictures(found))
        return found, results.commit(partial=False)


def truth_of(found: RequestsSimulated) -> dict[str, Any]:
    """What the simulator knows of requests.parquet: the traffic as Tidegate's rule was given it."""
    rule = found.under(Control.TIDEGATE)
    return {
        "synthetic": True,
        "scenario": found.scenario,
        "answers": [f"{each.number} {each.by}: {each.said}" for each in found.answers],
        "invented": found.invented,
        "expected": found.expected,
        "seed": found.seed,
        "scale": found.scale,
        "since": format_instant(found.starts_at),
        "seconds": found.length_us // SECOND,
        "policy_version": found.policy_version,
        "requests": rule.total.sent - rule.total.met_outage,
        "throttled": rule.total.refused,
        "outages": [[format_instant(since), format_instant(until)] for since, until in found.outages],
        "streams": [
            {"name": each.stream, "srvs": list(each.srvs), "tasks": each.tasks} for each in found.volumes
        ],
        "allocations": {user.user: user.allocation for user in rule.users},
    }
