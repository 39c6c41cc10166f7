"""Change control: `tidegate policy apply`, `back-out`, `override` and `history`, and `tidegate audit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from tidegate.cli import arguments, console, gateway_arguments
from tidegate.cli.suppression_screen import bullets
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import format_instant

if TYPE_CHECKING:
    from tidegate.assembly.changing_policy import PolicyPlace
    from tidegate.operations.live import PolicyRecord
    from tidegate.operations.notes import AuditEntry
    from tidegate.operations.policy_requests import PolicyRequest

_APPROVAL: Any = typer.Option(
    "", "--approval", metavar="REF", help="Where the approval can be looked up; else as the file says."
)
_WHOSE: Any = typer.Argument(None, metavar="[JOURNAL]", help="A journal: a file, or a URL. Or --server.")


def register(policy_app: typer.Typer) -> None:
    """Add the commands to `tidegate policy`."""
    policy_app.command("apply")(apply)
    policy_app.command("back-out")(back_out)
    policy_app.command("override")(override)
    policy_app.command("history")(history)


def apply(
    file: str = typer.Argument(
        metavar="FILE", help="A policy file, or the name of one that comes with tidegate."
    ),
    at: str = typer.Option(
        "now", "--at", metavar="INSTANT", help="When it takes force: an instant to come, or now."
    ),
    by: str = gateway_arguments.BY,
    reason: str = gateway_arguments.REASON,
    approval: str = _APPROVAL,
    journal: str | None = gateway_arguments.JOURNAL,
    server: str | None = gateway_arguments.SERVER,
    token_file: Path | None = gateway_arguments.TOKEN_FILE,
    as_json: bool = gateway_arguments.AS_JSON,
) -> None:
    """Put a version in force at an instant: no restart, no Alert lost, storms end and are counted anew."""
    from tidegate.operations.policy_requests import ApplyPolicy  # noqa: PLC0415
    from tidegate.policy_files import find_policy, write_policy  # noqa: PLC0415 - pydantic is slow to start

    place = _place(journal, server, token_file)
    instant = None if at == "now" else arguments.instant("--at", at)
    document = write_policy(find_policy(file))
    _changed(place, ApplyPolicy(by, reason, document, file, instant, approval), as_json=as_json)


def back_out(
    version: str | None = typer.Argument(
        None, metavar="[VERSION]", help="The version to back out: the one in force, or one that waits."
    ),
    to: str | None = typer.Option(
        None, "--to", metavar="VERSION", help=r"Go back to this earlier version. \[default: the one before]"
    ),
    plan: bool = typer.Option(
        False, "--plan", help="Change nothing: print the back-out plan, for the Panel."
    ),
    by: str = gateway_arguments.BY,
    reason: str = gateway_arguments.REASON,
    approval: str = _APPROVAL,
    journal: str | None = gateway_arguments.JOURNAL,
    server: str | None = gateway_arguments.SERVER,
    token_file: Path | None = gateway_arguments.TOKEN_FILE,
    as_json: bool = gateway_arguments.AS_JSON,
) -> None:
    """Put the version before in force again, now; or withdraw one that waits."""
    from tidegate.operations.policy_requests import BackOutPolicy  # noqa: PLC0415

    place = _place(journal, server, token_file)
    if plan:
        typer.echo(place.plan(version, to), nl=False)
        return
    _changed(place, BackOutPolicy(by, reason, version, to, approval), as_json=as_json)


def override(
    code: str = typer.Argument(metavar="CODE", help="An Alert Code on the exclusion list, as 8F3F."),
    lasts: str | None = typer.Option(
        None, "--for", metavar="DURATION", help="How long, from now: 72h at most. It ends by itself."
    ),
    end: bool = typer.Option(False, "--end", help="End the override now."),
    by: str = gateway_arguments.BY,
    reason: str = gateway_arguments.REASON,
    journal: str | None = gateway_arguments.JOURNAL,
    server: str | None = gateway_arguments.SERVER,
    token_file: Path | None = gateway_arguments.TOKEN_FILE,
    as_json: bool = gateway_arguments.AS_JSON,
) -> None:
    """Take a code off the exclusion list for hours, in an emergency."""
    from tidegate.operations.policy_requests import OverrideExclusion  # noqa: PLC0415

    place = _place(journal, server, token_file)
    if end == (lasts is not None):
        raise InputError(
            Fault("--for", "an override is begun for a while, or ended", "Write --for 4h, or --end.")
        )
    lasts_us = 0 if lasts is None else arguments.duration("--for", lasts)
    if lasts is not None and lasts_us == 0:
        raise InputError(Fault("--for", f"{lasts} is no time", "Write a duration, as 4h."))
    _changed(place, OverrideExclusion(by, reason, code, lasts_us), as_json=as_json)


def history(
    journal: str | None = _WHOSE,
    server: str | None = gateway_arguments.SERVER,
    token_file: Path | None = gateway_arguments.TOKEN_FILE,
    as_json: bool = gateway_arguments.AS_JSON,
) -> None:
    """Show what was in force when, who put it there, and why."""
    from tidegate.assembly.changing_policy import record_as_json  # noqa: PLC0415

    records = _place(journal, server, token_file).records()
    if as_json:
        console.show_json([record_as_json(it) for it in records])
        return
    _show_history(records)


def audit(
    journal: str | None = _WHOSE,
    since: str | None = typer.Option(None, "--since", metavar="INSTANT", help="Only from then on."),
    limit: int = typer.Option(100, "--limit", min=1, max=10_000, help="At most so many lines."),
    tokens: Path | None = typer.Option(
        None,
        "--tokens",
        metavar="FILE",
        help="With the tokens of this file; a gateway that runs knows its own.",
    ),
    server: str | None = gateway_arguments.SERVER,
    token_file: Path | None = gateway_arguments.TOKEN_FILE,
    as_json: bool = gateway_arguments.AS_JSON,
) -> None:
    """Show who did what: policies, overrides, back-outs, tokens, what was dropped from a queue; the latest first."""
    from tidegate.assembly.changing_policy import entry_as_json  # noqa: PLC0415

    begins = arguments.instant("--since", since)
    # An override is shown as expired from its beginning, which may be earlier.
    known = _place(journal, server, token_file).audit()
    if tokens is not None:
        from tidegate.gateway.token_audit import with_tokens  # noqa: PLC0415 - the extra "web"
        from tidegate.gateway.tokens import TokenFile  # noqa: PLC0415

        if not tokens.is_file():
            raise InputError(
                Fault(str(tokens), "there is no such file", "Name the file the tokens are kept in.")
            )
        known = with_tokens(known, TokenFile(tokens).tokens())
    entries = [it for it in known if begins is None or it.at >= begins][:limit]
    if as_json:
        console.show_json([entry_as_json(it) for it in entries])
        return
    _show_audit(entries)


def _place(journal: str | None, server: str | None, token_file: Path | None) -> PolicyPlace:
    from tidegate.assembly.changing_policy import PolicyPlace  # noqa: PLC0415

    return PolicyPlace(journal, server, gateway_arguments.credentials_from(token_file))


def _changed(place: PolicyPlace, request: PolicyRequest, *, as_json: bool) -> None:
    change = place.change(request)
    if as_json:
        console.show_json(change)
        return
    _show_change(change)


def _show_change(change: Mapping[str, Any]) -> None:
    details = change["audit"]["details"]
    after = change["after"] or "nothing"
    console.out.print(f"[bold]{escape(after)}[/] is in force from {change['at']}.", soft_wrap=True)
    if until := details.get("until"):
        console.out.print(f"It ends by itself at {until}: what would be in force then is.", soft_wrap=True)
    changes = change["changes"]
    if not changes:
        console.out.print("It decides as what was in force did.")
    else:
        bullets(changes)


def _show_history(records: Sequence[PolicyRecord]) -> None:
    from tidegate.operations.policy_register import is_withdrawn  # noqa: PLC0415
    from tidegate.operations.policy_timeline import recorded_periods  # noqa: PLC0415

    for period in recorded_periods(records):
        record = period.record
        if record is None:
            continue
        until = "" if period.until is None else f" until {format_instant(period.until)}"
        kind = " (emergency override)" if record.is_override else ""
        _line(f"[bold]{escape(record.version)}[/]{kind} from {format_instant(period.since)}{until}")
        said = f"  by {record.who or 'nobody who is known'}: {record.reason or 'no reason is known'}"
        _line(escape(said + (f" (approval: {record.approval})" if record.approval else "")))
    withdrawn = [record for record in records if not record.is_override and is_withdrawn(record)]
    if withdrawn:
        console.out.print("Withdrawn before they took force:")
        bullets(f"{it.version}, by {it.who}: {it.reason}" for it in withdrawn)


def _show_audit(entries: Sequence[AuditEntry]) -> None:
    for entry in entries:
        _line(f"{format_instant(entry.at)}  [bold]{escape(entry.action)}[/] by {escape(entry.who)}")
        if said := _in_words(entry.details):
            _line(escape(f"  {said}"))


def _line(text: str) -> None:
    """A line that is not cut: whoever reads it may be a program."""
    console.out.print(text, soft_wrap=True)


def _in_words(details: Mapping[str, object]) -> str:
    """Details on one line; what changes is long, and is shown by --json."""
    return ", ".join(
        f"{key} {value}" for key, value in details.items() if key != "changes" and value not in ("", None, [])
    )
