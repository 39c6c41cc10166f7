"""Problems as rows and in words: what is wrong, whose it is to mend, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.problems import Problem, Problems, ProblemState
from tidegate.reports.kinds import FLOOD, UNSHOWN, kind_in_words
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.verdict import short_name
from tidegate.vocabulary.alert_codes import format_alert_code, name_of
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.parties import HUB_TYPES

_NAMED = 3
"""Problems that findings tell one by one."""

_PARTIES = 3
"""Parties that a sentence names before it says how many more."""


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One problem as it stands in a table; docs/reference/problems.md says what each is.

    alert_codes:  The code, or both of a toggle pair joined with `+`.
    responsible:  The party with most of its Devices; `responsible_parties` are all, with Devices of each.
    informed:     Recipients, with Alerts of each.
    """

    problem_id: str
    state: str
    kind: str
    alert_codes: str
    name: str
    device_type: str
    manufacturer: str
    model: str
    firmware: str
    responsible: str
    responsible_parties: str
    informed: str
    first_seen: Instant
    last_seen: Instant
    devices: int
    installed: int
    storms: int
    alerts: int
    throttled: int
    rate: float
    rest: float
    ratio: float
    p_value: float
    title: str
    remedy: str


ROW_COLUMNS: Final = tuple(field.name for field in fields(ProblemRow))
"""Names of the columns, in order."""


def rows_of(problems: Problems) -> list[ProblemRow]:
    """A row for each problem, in their order."""
    return [_row(problem) for problem in problems.problems]


def headline(problems: Problems) -> str:
    """The finding, as a sentence."""
    found = problems.problems
    storms = sum(problem.storms for problem in found)
    if not found:
        return "There was no storm and no murmur, so there is no problem to raise."
    named = sum(problem.cause.is_named for problem in found)
    behind = (
        f"{thousands(named)} of them with a product behind it"
        if 0 < named < len(found)
        else "each with a product behind it"
        if named
        else "none with a product behind it"
    )
    if len(found) == 1:
        behind = "with a product behind it" if named else "with no product behind it"
    if not storms:
        return f"No Device stormed, but there {_is(len(found))} {many(len(found), 'problem')} of {of_murmur(found)}, {behind}."
    return f"{many(storms, 'storm')} come{'s' if storms == 1 else ''} down to {many(len(found), 'problem')}, {behind}."


def findings(problems: Problems) -> Iterator[str]:
    """What the headline rests on: the largest problems, whose they are, and where they stand."""
    for problem in problems.problems[:_NAMED]:
        yield f"{problem.problem_id}: {title_of(problem)}. {whose(problem)}"
    if rest := problems.problems[_NAMED:]:
        alerts = sum(problem.alerts for problem in rest)
        yield f"Others: {many(len(rest), 'more problem')} with {many(alerts, 'Alert')} together."
    unclaimed = [problem for problem in problems.problems if not problem.cause.is_named and problem.storms]
    storms = sum(problem.storms for problem in problems.problems)
    if unclaimed and len(unclaimed) < len(problems):
        left = sum(problem.storms for problem in unclaimed)
        yield f"Not explained: {many(left, 'storm')} ({percent(left, storms)}): {UNSHOWN}."
    closed = sum(problem.state is ProblemState.CLOSED for problem in problems.problems)
    if closed:
        yield (
            f"Closed: {many(closed, 'problem')} of {thousands(len(problems))}, silent for "
            f"{length(problems.silent_for)} or more at the end of the log."
        )


def codes_in_words(cause: Cause) -> str:
    """The codes of a cause: `8F75`, `8014+8015`."""
    return "+".join(format_alert_code(code) for code in cause.alert_codes)


def product_in_words(cause: Cause) -> str:
    """The product behind a cause, or that none is shown: `Maker A M1 1.04`."""
    return str(cause.product) if cause.is_named else UNSHOWN


def title_of(problem: Problem) -> str:
    """A problem in one line: `8F75, shouters: 58 Devices of Maker A M1 1.04, 812,000 Alerts`."""
    cause = problem.cause
    devices = many(problem.devices, "Device")
    of = f"{devices} of {cause.product}" if cause.is_named else f"{devices}, {UNSHOWN}"
    return f"{codes_in_words(cause)}, {kind_in_words(cause)}: {of}, {many(problem.alerts, 'Alert')}"


def whose(problem: Problem) -> str:
    """Who answers for it, in a sentence."""
    if not problem.responsible:
        return "Who answers for the Devices is not known: give an Inventory that says so."
    return f"To mend it: {parties_in_words(problem.responsible, 'Device')}."


def parties_in_words(parties: Sequence[tuple[str, int]], of_each: str) -> str:
    """Parties with how many of what each has, the first few: `Supplier 1 (40 Devices), and 2 more`."""
    said = [f"{party} ({many(count, of_each)})" for party, count in parties[:_PARTIES]]
    if more := len(parties) - _PARTIES:
        said += [f"{thousands(more)} more"] if more > 0 else []
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def remedy_of(problem: Problem) -> str:
    """What to do about it; the two kinds have different ones."""
    cause = problem.cause
    who = _who(problem)
    maker = cause.product.manufacturer or "the manufacturer"
    devices = "the Devices (problem_devices.csv names them)"
    if cause.is_excluded:
        look = (
            f"to raise with {maker} why {cause.product} sends"
            if cause.is_named
            else f"to look at {devices} and why they send"
        )
        return (
            "The exclusion list lets all of this through: no threshold applies, and a suppression cannot hold an excluded "
            f"code. {who} {look} {codes_in_words(cause)}, and to have it mended at its root; until then an emergency override "
            f"(tidegate policy override {format_alert_code(cause.alert_codes[0])}) counts the code for hours, and a consulted "
            "change of the list for good."
        )
    if cause.kind is Kind.MURMUR:
        first = "No threshold reaches this: each Device stays under its own. "
        if cause.is_named:
            return (
                f"{first}{who} to raise with {maker} why {cause.product} sends {codes_in_words(cause)}, and to have the "
                "firmware or its configuration mended; until then a suppression with an expiry can hold it back."
            )
        return (
            f"{first}No product is shown to be behind it, so look at what the Devices share: their configuration, the "
            f"thresholds they were given, their area. {who} to look at {devices}."
        )
    held = f"Throttling holds back {percent(problem.throttled, problem.alerts)} of it and mends nothing. "
    if cause.is_named:
        return f"{held}{who} to look at {devices}, and to raise with {maker} why {cause.product} storms."
    return f"{held}No product is shown to be behind it: {who} to look at each Device, and at where it stands."


def of_murmur(found: Sequence[Problem]) -> str:
    """What problems are of that make no storm: `murmur`, or what the exclusion list lets through."""
    kinds = {problem.cause.is_excluded for problem in found}
    return " or ".join(
        word for word, is_excluded in (("murmur", False), (f"a {FLOOD}", True)) if is_excluded in kinds
    )


def _who(problem: Problem) -> str:
    if problem.responsible:
        names = [party for party, _ in problem.responsible[:_PARTIES]]
        more = len(problem.responsible) - len(names)
        listed = names[0] if len(names) == 1 and not more else ", ".join(names)
        return f"{listed} and {thousands(more)} more are" if more else f"{listed} {_is(len(names))}"
    is_hub = problem.cause.product.device_type.upper() in HUB_TYPES
    return "The CSP of each Communications Hub is" if is_hub else "The registered Supplier of each Device is"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _row(problem: Problem) -> ProblemRow:
    cause = problem.cause
    return ProblemRow(
        problem.problem_id,
        str(problem.state),
        str(cause.kind),
        codes_in_words(cause),
        short_name(name_of(cause.alert_codes[0])),
        cause.product.device_type,
        cause.product.manufacturer,
        cause.product.model,
        cause.product.firmware,
        problem.responsible[0][0] if problem.responsible else "",
        all_parties(problem.responsible),
        all_parties(problem.informed),
        problem.first_seen,
        problem.last_seen,
        problem.devices,
        cause.installed,
        problem.storms,
        problem.alerts,
        problem.throttled,
        cause.rate,
        cause.rest,
        cause.ratio,
        cause.p_value,
        title_of(problem),
        remedy_of(problem),
    )


def all_parties(parties: Sequence[tuple[str, int]]) -> str:
    """Every party with its number, as a table has it: `Supplier 1 (40); Supplier 2 (3)`."""
    return "; ".join(f"{party} ({count})" for party, count in parties)
