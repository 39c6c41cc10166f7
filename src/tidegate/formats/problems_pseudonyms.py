"""Problems whose Devices have pseudonyms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tidegate.alert_storm.problems import Problems
from tidegate.formats.pseudonyms import Pseudonyms, pseudonymised
from tidegate.reports.problem_report import ProblemReport


def pseudonymised_problems(problems: Problems, pseudonyms: Pseudonyms) -> Problems:
    """The same problems, every Device under its pseudonym and in an order that does not tell the true one."""
    members = replace(problems.members, device_id=pseudonyms.numbers_for(problems.members.device_id))
    order = np.lexsort((members.device_id, members.problem))
    return replace(problems, members=members.taken(order))


def pseudonymised_report(report: ProblemReport, pseudonyms: Pseudonyms) -> ProblemReport:
    """The same report, nothing in it naming a Device but by its pseudonym."""
    return replace(
        report,
        replayed=pseudonymised(report.replayed, pseudonyms),
        problems=pseudonymised_problems(report.problems, pseudonyms),
    )
