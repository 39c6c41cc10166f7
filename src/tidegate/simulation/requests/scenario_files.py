"""Scenarios of Service Request traffic, read from TOML: those that come with tidegate, and a user's own.

All faults of a file are told at once, each with its place and what to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from tidegate.policy.priority_asks import PRIORITY_ASKS
from tidegate.reports.requests_simulated import Remark
from tidegate.simulation.form import (
    Form,
    Keys,
    a_count,
    a_duration,
    a_factor,
    a_place,
    a_text,
    an_instant,
    find_among,
    member_of,
    one_of,
    several,
    shipped_scenarios,
    table_of,
)
from tidegate.simulation.requests.retries import RETRY_STRATEGIES
from tidegate.simulation.requests.scenario import (
    LONGEST,
    USUAL_STRATEGY,
    Counted,
    Outage,
    RequestScenario,
    Shape,
    SimulatedUser,
    Stream,
)
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Duration
from tidegate.vocabulary.service_reference_variants import published_variants
from tidegate.vocabulary.users import User, UserRole


@cache
def request_scenarios() -> Mapping[str, RequestScenario]:
    """Every scenario that comes with tidegate, by its name, in the order of names."""
    return {each.name: each for each in shipped_scenarios("tidegate.simulation.requests", parse_scenario)}


def find_scenario(name_or_path: str) -> RequestScenario:
    """The scenario of a name, or of a TOML file.

    Raises:
        InputError: there is none, or its file has faults.
    """
    return find_among(name_or_path, request_scenarios(), parse_scenario, "Service Requests")


@cache
def usual_users() -> Sequence[SimulatedUser]:
    """The Users of a scenario that names none."""
    file = files("tidegate.simulation.requests").joinpath("users.toml")
    faults: list[Fault] = []
    form = Form(table_of(file.read_text(encoding="utf-8"), file.name), file.name, faults)
    users = [_user(each) for each in form.tables("users")]
    form.close()
    assert not faults
    return [user for user in users if user is not None]


def parse_scenario(text: str, where: str) -> RequestScenario:
    """Read a scenario; `where` is what a person would call the text.

    Raises:
        InputError: it has faults; all are told.
    """
    faults: list[Fault] = []
    form = Form(table_of(text, where), where, faults)
    parts = {
        "answers": [_remark(each) for each in form.tables("answers")],
        "users": [_user(each) for each in form.tables("users")] or usual_users(),
        "streams": [_stream(each) for each in form.tables("streams")],
        "outages": [_outage(each) for each in form.tables("outages")],
    }
    scenario = form.make(RequestScenario, _OF_SCENARIO, _SCENARIO_MAY_HAVE, parts)
    form.close()
    if scenario is not None and not faults:
        faults.extend(_faults_of(scenario, where))
    if faults:
        raise InputError(*faults)
    assert scenario is not None
    return scenario


def _faults_of(scenario: RequestScenario, where: str) -> list[Fault]:
    """What only shows when all parts are known."""
    faults = []
    if not 0 < scenario.length_us <= LONGEST:
        faults.append(Fault(where, "length is no length for a simulation", "Write 1m to 1d."))
    names = [stream.name for stream in scenario.streams]
    if not names:
        faults.append(Fault(where, "has no [[streams]]", "Write one at least."))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        faults.append(Fault(where, f"two streams are named {twice[0]}", "Give each a name of its own."))
    if scenario.watches not in names:
        what = f"watches {scenario.watches!r}, and no stream has that name"
        faults.append(Fault(where, what, "Write the name of one of its streams."))
    return faults


def _remark(form: Form) -> Remark | None:
    return form.make(Remark, {name: (name, a_text) for name in ("number", "by", "said")}, {})


def _outage(form: Form) -> Outage | None:
    return form.make(Outage, {"from_us": ("from", a_duration), "for_us": ("for", a_duration)}, {})


def _user(form: Form) -> SimulatedUser | None:
    retry = form.make(
        lambda retry=USUAL_STRATEGY: str(retry), {}, {"retry": ("retry", one_of(tuple(RETRY_STRATEGIES)))}
    )
    user = form.make(
        User,
        {"user": ("name", a_text), "role": ("role", member_of(UserRole))},
        {
            column: (column, a_count)
            for column in ("credit_meters", "prepayment_meters", "unknown_meters", "network_meters")
        },
    )
    return None if user is None or retry is None else SimulatedUser(user, retry)


def _stream(form: Form) -> Stream | None:
    return form.make(Stream, _OF_STREAM, _STREAM_MAY_HAVE)


def _range(value: Any) -> tuple[Duration, Duration]:
    durations = several(a_duration)(value)
    if len(durations) != 2 or durations[0] > durations[1]:  # noqa: PLR2004 - from and to
        raise ValueError('write the quickest and the slowest, as ["2s", "15s"]')
    return durations[0], durations[1]


_OF_SCENARIO: Final[Keys] = {
    **{name: (name, a_text) for name in ("name", "summary", "invented", "expected", "watches")},
    "starts_at": ("starts_at", an_instant),
    "length_us": ("length", a_duration),
}
_SCENARIO_MAY_HAVE: Final[Keys] = {
    "settled_us": ("settled", a_duration),
    "queue_us": ("queue", a_duration),
    "answers_us": ("device_answers", _range),
    "capacities": ("capacities", several(a_factor)),
    "asks": ("asks", several(one_of(tuple(PRIORITY_ASKS)))),
}
_OF_STREAM: Final[Keys] = {
    "name": ("name", a_text),
    "roles": ("roles", several(member_of(UserRole))),
    "srvs": ("srvs", several(one_of(tuple(published_variants())))),
    "counted": ("counted", member_of(Counted)),
    "per_million": ("per_million", a_count),
    "from_us": ("from", a_duration),
    "for_us": ("for", a_duration),
}
_STREAM_MAY_HAVE: Final[Keys] = {
    "shape": ("shape", member_of(Shape)),
    "only": ("only", a_place),
    "gives_up_us": ("times_out_after", a_duration),
    "anew_after_us": ("triggered_anew_after", a_duration),
    "useful_for_us": ("useful_for", a_duration),
    "between_us": ("between", a_duration),
}
