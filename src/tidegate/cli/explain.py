"""`tidegate explain`: one stream's story, or one Service Request's, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from tidegate.cli import arguments, console
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant, format_instant

if TYPE_CHECKING:
    from tidegate.reports.request_story import RequestStep, RequestStory
    from tidegate.reports.stream_story import Story


def explain(
    alerts: Path = typer.Argument(
        metavar="ALERTS", help="A file, folder or glob of Alerts; with --request, of Service Requests."
    ),
    device: str = typer.Argument("", metavar="DEVICE", help="EUI-64 of the Device.", show_default=False),
    code: str = typer.Argument("", metavar="CODE", help="Alert Code, as 8F75 or N24.", show_default=False),
    request: str | None = typer.Option(
        None,
        "--request",
        metavar="ID",
        help="Instead of a stream: the Service Request with this RequestID, in a log or a folder of results of "
        "`tidegate admit`; with --users.",
    ),
    users: Path | None = typer.Option(
        None, "--users", metavar="USERS", help="With --request: the Users, as `tidegate admit` takes them."
    ),
    user: str | None = typer.Option(
        None, "--user", metavar="USER", help="With --request: whose it is, where several Users have that ID."
    ),
    capacity: int | None = typer.Option(
        None, "--capacity", metavar="N", help="With --request: as for `tidegate admit`."
    ),
    policy: str | None = arguments.POLICY,
    since: str | None = arguments.SINCE,
    until: str | None = arguments.UNTIL,
    look_back: str = arguments.LOOK_BACK,
    inventory: Path | None = arguments.INVENTORY,
    sidecar: Path | None = arguments.SIDECAR,
    every: bool = typer.Option(False, "--all", help="Every Alert a line, or every refusal; none left out."),
    as_json: bool = typer.Option(False, "--json", help="Print every step as JSON."),
) -> None:
    """Tell one stream's story step by step: this Alert was held back because ...

    With --request: why one Service Request was refused, and what came of it.
    """
    if request is not None:
        _refuse_what_is_of_alerts(device, inventory, sidecar)
        asked = _AskedRequest(alerts, request, user, users, policy, capacity, since, until, look_back)
        _explain_request(asked, every=every, as_json=as_json)
        return
    if not device or not code:
        lacking = "Device and Alert Code" if not device else "Alert Code"
        remedy = "Write tidegate explain ALERTS DEVICE CODE, or tidegate explain REQUESTS --request ID --users USERS."
        raise InputError(Fault("tidegate explain", f"no {lacking} was named", remedy))
    if users is not None or user is not None or capacity is not None:
        what = "--users, --user and --capacity are of a Service Request, and none was named"
        raise InputError(Fault("tidegate explain", what, "Name one with --request ID."))
    from tidegate import assembly  # noqa: PLC0415 - starts slowly; --help does not wait
    from tidegate.operations.explain import explain as run  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions  # noqa: PLC0415
    from tidegate.vocabulary.alert_codes import parse_alert_code  # noqa: PLC0415
    from tidegate.vocabulary.devices import parse_device_id  # noqa: PLC0415

    try:
        device_id, alert_code = parse_device_id(device), parse_alert_code(code)
    except ValueError as error:
        raise InputError(Fault("tidegate explain", str(error))) from None
    options = ReplayOptions(*arguments.period(since, until, look_back))
    periods = assembly.policy_periods(policy, options)
    known = None if inventory is None else assembly.open_inventory(inventory)
    source = assembly.open_alerts([alerts], sidecar=sidecar)
    with console.progress_bar("Reading") as progress:
        stories = run(source, device_id, alert_code, periods, options, inventory=known, progress=progress)
    if as_json:
        console.show_json([_as_json(story) for story in stories])
        return
    for story in stories:
        _tell(story, every=every)


def _tell(story: Story, *, every: bool) -> None:
    from tidegate.reports.stream_story import LeftOut  # noqa: PLC0415

    colours = {None: "bold", 0: "green", 1: "yellow", 2: "blue"}
    lines = [
        _Line(None, "...     ", step.words, "dim")
        if isinstance(step, LeftOut)
        else _Line(step.at, _clock(step.at)[:12], step.words, colours[step.outcome])
        for step in (story.steps if every else story.short())
    ]
    _show_story(story.title, story.rule, lines)


class _Line(NamedTuple):
    """A line of a story; `at` is None of what is left out."""

    at: Instant | None
    clock: str
    words: str
    colour: str
    because: Sequence[str] = ()


def _show_story(title: str, rule: str, lines: Iterable[_Line]) -> None:
    console.out.print(f"[bold]{escape(title)}[/]")
    console.out.print(Padding(escape(rule), (0, 0, 1, 0)))
    day = ""
    for line in lines:
        if line.at is None:
            console.out.print(f" [dim]{line.clock} {line.words}[/]")
            continue
        date = format_instant(line.at).split("T")[0]
        if date != day:
            console.out.print(f"[dim]{date} (UTC)[/]")
            day = date
        shown = Table.grid(padding=(0, 1))
        shown.add_row(f"[dim]{line.clock}[/]", f"[{line.colour}]{escape(line.words)}[/]")
        for why in line.because:
            shown.add_row("", escape(why))
        console.out.print(Padding(shown, (0, 0, 0, 1)))
    console.out.print()


def _clock(at: Instant) -> str:
    return format_instant(at).split("T")[1].removesuffix("Z")


def _as_json(story: Story) -> dict[str, object]:
    return {
        "stream": story.title,
        "rule": story.rule,
        "steps": [
            {
                "at": format_instant(step.at),
                "outcome": None if step.outcome is None else int(step.outcome),
                "words": step.words,
            }
            for step in story.steps
        ],
    }


@dataclass(frozen=True, slots=True)
class _AskedRequest:
    """What was given on the command line with --request."""

    requests: Path
    request_id: str
    user: str | None
    users: Path | None
    policy: str | None
    capacity: int | None
    since: str | None
    until: str | None
    look_back: str


def _refuse_what_is_of_alerts(device: str, inventory: Path | None, sidecar: Path | None) -> None:
    for given, name in ((device, "DEVICE"), (inventory, "--inventory"), (sidecar, "--received-at")):
        if given:
            what = f"{name} is of Alerts, and --request asks about a Service Request"
            raise InputError(Fault("tidegate explain", what, f"Leave out {name}, or --request."))


def _explain_request(given: _AskedRequest, *, every: bool, as_json: bool) -> None:
    from tidegate.assembly.admission import AdmissionInputs, explain_requests  # noqa: PLC0415 - starts slowly
    from tidegate.operations.explain_request import AskedRequest  # noqa: PLC0415
    from tidegate.operations.ordered_log import ReadOptions  # noqa: PLC0415

    if given.users is None:
        what = "there is no table of Users, which says what each is given"
        raise InputError(Fault("tidegate explain --request", what, "Write --users USERS."))
    if given.capacity is not None and given.capacity < 1:
        raise InputError(Fault("--capacity", f"a capacity of {given.capacity} is none", "Write 1 or more."))
    options = ReadOptions(*arguments.period(given.since, given.until, given.look_back))
    inputs = AdmissionInputs([given.requests], given.users, given.policy, given.capacity)
    asked = AskedRequest(given.request_id, given.user)
    with console.progress_bar("Deciding") as progress:
        stories = explain_requests(inputs, asked, options, arguments.now(), progress)
    if as_json:
        console.show_json([_request_as_json(story) for story in stories])
        return
    for story in stories:
        _tell_request(story, every=every)


def _tell_request(story: RequestStory, *, every: bool) -> None:
    from tidegate.reports.request_story import RefusalsLeftOut  # noqa: PLC0415

    lines = [
        _Line(None, "...         ", step.words, "dim")
        if isinstance(step, RefusalsLeftOut)
        else _Line(step.at, f"{_clock(step.at):12}", step.words, _colour_of(step), step.because)
        for step in (story.steps if every else story.short())
    ]
    _show_story(story.title, story.rule, lines)


def _colour_of(step: RequestStep) -> str:
    return "bold" if step.outcome is None else "yellow" if int(step.outcome) == 1 else "green"


def _request_as_json(story: RequestStory) -> dict[str, object]:
    return {
        "user": story.user,
        "request_id": story.request_id,
        "rule": story.rule,
        "steps": [_step_as_json(step) for step in story.steps],
    }


def _step_as_json(step: RequestStep) -> dict[str, object]:
    told: dict[str, object] = {
        "at": format_instant(step.at),
        "words": step.words,
        "because": list(step.because),
    }
    if (it := step.judged) is None:
        return told
    return told | {
        "outcome": int(it.outcome),
        "reason": it.reason.name.lower(),
        "srv": it.srv,
        "offered": it.offered,
        "used_before": it.used,
        "fair_limit": it.fair_limit,
        "retry_at": None if it.retry_at is None else format_instant(it.retry_at),
        "is_booked": it.is_booked,
        "in_period": [
            {"user": of.user, "offered": of.offered, "admitted": of.admitted, "allocation": of.allocation}
            for of in it.in_period
        ],
    }
