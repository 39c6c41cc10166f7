"""`tidegate policy`: check, show, compare and explain policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tidegate.cli import arguments, console, policy_live
from tidegate.cli.screen import place_for, say, warn
from tidegate.cli.suppression_screen import (
    bullets,
    register_as_json,
    show_register,
    show_suppression,
    suppression_named,
)
from tidegate.policy.changes import changes
from tidegate.policy.explanation import explain as explained
from tidegate.policy.headroom import FEWEST_USERS, headroom_caution
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.priority_asks import JOINS, PRIORITY_ASKS
from tidegate.policy.wording import count_by_in_words, mode_in_words, storm_in_words
from tidegate.policy.worked_example import NOON, WorkedExample
from tidegate.reports.numerals import many
from tidegate.vocabulary.alert_codes import format_alert_code, name_of, parse_alert_code
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import DAY, Instant, format_duration, format_instant
from tidegate.vocabulary.service_reference_variants import published_variants, variant_in_words

policy_app = typer.Typer(
    name="policy",
    help="Check, show, compare and explain policies: versions of the Mechanism Document. Put them in force.",
    no_args_is_help=True,
)

_FILE = "A policy file, or the name of one that comes with tidegate, as illustrative-2."


_EXAMPLE = f"illustrative-2{JOINS}enwl-supply-status"

policy_live.register(policy_app)


@policy_app.command()
def check(
    files: list[str] = typer.Argument(metavar="FILE...", help=f"{_FILE} A folder is checked as a history."),
) -> None:
    """Look for faults in policy files; all are shown, each with its place and what to write instead.

    A caution (!) is no fault: the policy can be used, and what it says is followed.
    """
    console.check_each(files, _check)


@policy_app.command()
def show(
    file: str = typer.Argument(metavar="FILE", help=_FILE),
    as_json: bool = typer.Option(False, "--json", help="Print it as JSON."),
    as_toml: bool = typer.Option(
        False, "--toml", help="Print it as a policy file, to begin one of your own."
    ),
) -> None:
    """Show the whole of a policy."""
    from tidegate.policy_files import policy_document, write_policy  # noqa: PLC0415 - pydantic is slow to start

    policy = _policy_of(file)
    if as_json:
        console.show_json(policy_document(policy))
    elif as_toml:
        typer.echo(write_policy(policy), nl=False)
    else:
        _show(policy)


@policy_app.command()
def diff(
    before: str = typer.Argument(metavar="A", help=_FILE),
    after: str = typer.Argument(metavar="B", help=_FILE),
) -> None:
    """Say in words what changes from policy A to policy B."""
    first, second = _policy_of(before), _policy_of(after)
    console.out.print(f"From  {_heading(first)}\nto    {_heading(second)}\n")
    found = changes(first, second)
    bullets(change.sentence for change in found)
    console.out.print(
        f"\n{len(found)} {'change' if len(found) == 1 else 'changes'}." if found else "They do the same."
    )


@policy_app.command()
def asks() -> None:
    """List what users asked of the Prioritised Service Requests List; each ask can be tried by its name.

    Example:  tidegate policy diff illustrative-2 illustrative-2+enwl-supply-status
    """
    to, width = place_for(None)
    for ask in PRIORITY_ASKS.values():
        say(to, Text.assemble((ask.name, "bold"), f": {ask.asked_by}. {ask.says}"), width)
        bullets(f"add {variant_in_words(srv)}" for srv in ask.adds)
        bullets(f"drop {variant_in_words(srv)}" for srv in ask.removes)
    to.print()
    say(to, Text(f"Any policy can be had with them: POLICY{JOINS}ASK, as {_EXAMPLE}."), width)
    to.print(Text(f"Next:  tidegate policy diff illustrative-2 {_EXAMPLE}"), soft_wrap=True)


@policy_app.command()
def explain(
    file: str = typer.Argument(metavar="FILE", help=_FILE),
    code: str = typer.Argument(
        "", metavar="[CODE]", help="An Alert Code, as 8F75; without one, any other code."
    ),
    suppression: str | None = typer.Option(
        None, "--suppression", metavar="ID", help="Tell the storm of a Device under this suppression."
    ),
) -> None:
    """Say what happens to Alerts of a code, with a storm told by clock times."""
    policy = _policy_of(file)
    try:
        told_of = parse_alert_code(code) if code else None
    except ValueError as error:
        what, _, remedy = str(error).partition(": write ")
        raise InputError(Fault("CODE", what, f"Write {remedy}.")) from None
    under = suppression_named(policy, suppression, told_of)
    if under is not None and told_of is None:
        told_of = under.codes[0]
    explanation = explained(policy, told_of, under)
    console.out.print(f"{_heading(policy)}\n")
    for sentence in explanation.sentences:
        console.out.print(escape(sentence))
    whose = f" under {under.id}" if under is not None else ""
    _show_example(explanation.example, format_alert_code(explanation.code), whose)


@policy_app.command()
def suppressions(
    file: str = typer.Argument(metavar="FILE", help=f"{_FILE} Of a folder, the version in force then."),
    at: str | None = typer.Option(
        None, "--at", metavar="INSTANT", help=r"How it stands at an instant. \[default: now]"
    ),
    inventory: Path | None = typer.Option(
        None, "--inventory", metavar="FILE", help="Count the Devices: CSV or Parquet, a row for each."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print it as JSON."),
) -> None:
    """Show the suppression register: what is throttled harder, why, until when, and whether a fix is out."""
    from tidegate.policy_files import find_policy_at  # noqa: PLC0415 - pydantic is slow to start
    from tidegate.reports.suppression_register import register_lines  # noqa: PLC0415

    instant = arguments.instant("--at", at)
    if instant is None:
        instant = arguments.now()
    policy = find_policy_at(file, instant)
    known = None
    if inventory is not None:
        from tidegate import assembly  # noqa: PLC0415 - pyarrow is slow to start

        known = assembly.open_inventory(inventory)
    lines = register_lines(policy, instant, known)
    if as_json:
        console.show_json(register_as_json(policy, lines, instant))
        return
    console.out.print(_heading(policy))
    show_register(policy, lines, instant)


def _policy_of(file: str) -> MechanismDocument:
    from tidegate.policy_files import find_policy  # noqa: PLC0415 - pydantic is slow to start

    return find_policy(file)


def _policies_of(file: str) -> list[MechanismDocument]:
    from tidegate.policy_files import read_history  # noqa: PLC0415 - pydantic is slow to start

    return list(read_history(Path(file))) if Path(file).is_dir() else [_policy_of(file)]


def _check(file: str) -> None:
    policies = _policies_of(file)
    versions = " -> ".join(policy.version for policy in policies)
    console.out.print(f"{escape(file)}: ok ({escape(versions)})", soft_wrap=True)
    warn(console.out, list(_cautions(policies)), console.out.width)


def _cautions(policies: Iterable[MechanismDocument]) -> Iterator[str]:
    for policy in policies:
        rules = policy.service_requests
        if rules is not None and (caution := headroom_caution(rules, FEWEST_USERS)):
            yield f"{policy.version}: {caution}"


def _heading(policy: MechanismDocument) -> str:
    label = ", illustrative" if policy.is_illustrative else ""
    return f"[bold]{escape(policy.version)}[/]: {policy.mode}{label}, from {format_instant(policy.effective_from)}"


def _show(policy: MechanismDocument) -> None:
    console.out.print(_heading(policy))
    console.out.print(mode_in_words(policy.mode))
    if policy.note:
        console.out.print(escape(policy.note))
    approval = policy.approval
    _pairs(
        "Approval",
        {
            "supersedes": policy.supersedes or "nothing: it is the first",
            "consulted": approval.consulted if approval else "",
            "approved by": approval.approved_by if approval else "no one: it is a draft",
            "on": approval.on if approval else "",
            "reference": approval.reference if approval else "",
        },
    )
    rules = policy.alert_storm
    _title("Alert Storm Protection")
    console.out.print(count_by_in_words(rules.count_by))
    for group in rules.code_groups:
        console.out.print(f"Counted as one: {', '.join(map(format_alert_code, group))}.")
    console.out.print("\nEvery code that is not named below:")
    bullets([*storm_in_words(rules.default), *_why(policy.default_reason)])
    for code, parameters in sorted(rules.codes.items()):
        console.out.print(f"\n[bold]{format_alert_code(code)}[/] {escape(name_of(code))}:")
        bullets([*storm_in_words(parameters), *_why(policy.reasons.get(code, ""))])
    _title(f"Exclusion list: {len(policy.exclusion_list)} codes, always forwarded and never counted")
    _rows((format_alert_code(code), reason) for code, reason in sorted(policy.exclusion_list.reasons.items()))
    if rules.suppressions:
        _title(f"Suppression register: {many(len(rules.suppressions), 'suppression')}")
        for suppression in rules.suppressions:
            show_suppression(policy, suppression)
    _show_service_requests(policy)


def _show_service_requests(policy: MechanismDocument) -> None:
    rules = policy.service_requests
    if rules is None:
        return
    _pairs(
        "Service Requests",
        {
            "period": format_duration(rules.period_us),
            "maximum system capacity": f"{rules.maximum_system_capacity} in a period",
            "operating threshold": f"{rules.operating_threshold} in a period",
            "prepayment multiplier": f"{float(rules.prepayment_multiplier):g}",
            "network weight": f"{float(rules.network_weight):g}",
            "floor": f"{rules.floor} in a period for every User",
            "early warning at": f"{float(rules.early_warning_at):.0%} of an allocation",
        },
    )
    _title(f"Prioritised Service Requests List: {len(rules.prioritised)} variants")
    _rows((srv, _named(srv, reason)) for srv, reason in rules.prioritised.items())


def _named(srv: str, reason: str) -> str:
    """A reason after the variant's name, where it is published."""
    entry = published_variants().get(srv)
    return f"{entry.name}. {reason}" if entry else reason


def _show_example(example: WorkedExample, code: str, whose: str) -> None:
    if not example.moments:
        console.out.print("\nA storm under these parameters is too long to tell by clock times.")
        return
    every = f", then one every {format_duration(example.gap_us)}" if len(example.moments) > 1 else ""
    _title(f"For example: a Device{whose} sends {code} at noon{every}")
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("time", no_wrap=True)
    table.add_column("Alert", justify="right")
    table.add_column("count", justify="right")
    table.add_column("")
    for moment in example.moments:
        number = str(moment.number) if moment.number else ""
        table.add_row(_clock(moment.at), number, str(moment.count), escape(moment.text))
    console.out.print(table)


def _clock(at: Instant) -> str:
    """A time of day; later days are counted from the example's first."""
    days = at // DAY - NOON // DAY
    time = format_instant(at).split("T")[1].removesuffix("Z")
    return f"{time} (+{days}d)" if days else time


def _why(reason: str) -> list[str]:
    return [f"Why: {reason}"] if reason else []


def _title(text: str) -> None:
    console.out.print(f"\n[bold]{escape(text)}[/]")


def _pairs(title: str, pairs: dict[str, str]) -> None:
    _title(title)
    _rows((key, value) for key, value in pairs.items() if value)


def _rows(rows: Iterable[tuple[str, str]]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for name, text in rows:
        table.add_row(f"  {escape(name)}", escape(text))
    console.out.print(table)
