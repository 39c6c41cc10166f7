"""`tidegate queue`: Alerts that wait to be delivered or are on the failed queue; send them again, or drop them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from tidegate.cli import arguments, console, gateway_arguments
from tidegate.cli.tables import Column, show_table
from tidegate.reports.numerals import many
from tidegate.vocabulary.devices import format_device_id, parse_device_id
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from tidegate.assembly.queue_work import QueuedAlert, QueuePlace
    from tidegate.operations.queue_requests import QueueRequest, QueueSelection

queue_app = typer.Typer(
    name="queue",
    help="Look at Alerts that are not delivered yet; send them again, or drop them.",
    no_args_is_help=True,
)

_WITHHELD: Final = "(withheld)"
# Instants and recipients are shown whole or not at all, and named where there is no room, as numbers are.
_BY_REASON: Final = (
    Column("recipient", is_text=True),
    Column("state", is_text=True),
    Column("code", is_text=True),
    Column("Alerts"),
    Column("oldest (UTC)", gives_way=1),
    Column("reason", is_text=True, least=20, wraps=True),
)
_EACH: Final = (
    Column("seq"),
    Column("received (UTC)", gives_way=3),
    Column("Device", is_text=True),
    Column("code", is_text=True),
    Column("recipient", gives_way=1),
    Column("state", is_text=True),
    Column("tries", gives_way=2),
    Column("reason", is_text=True, least=12, wraps=True),
)

_RECIPIENT: Any = typer.Option(
    None, "--recipient", metavar="USER", help="Only to this User: its EUI-64, or its name."
)
_CODE: Any = typer.Option(None, "--code", metavar="CODE", help="Only this Alert Code.")
_OLDER: Any = typer.Option(
    None, "--older-than", metavar="DURATION", help="Only those received longer ago, as 6h."
)
_STATE: Any = typer.Option(None, "--state", metavar="STATE", help="Only waiting, or only failed_queue.")
_SEQ: Any = typer.Option(None, "--seq", metavar="N", help="Only this Alert; may be given again.")
_ALL: Any = typer.Option(False, "--all", help="All of them.")


@queue_app.command("list")
def list_(
    recipient: str | None = _RECIPIENT,
    code: str | None = _CODE,
    older_than: str | None = _OLDER,
    state: str | None = _STATE,
    seq: list[int] | None = _SEQ,
    alerts: bool = typer.Option(False, "--alerts", help="A line for each Alert, not for each reason."),
    limit: int = typer.Option(100_000, "--limit", min=1, metavar="N", help="Look at so many at most."),
    journal: str | None = gateway_arguments.JOURNAL,
    server: str | None = gateway_arguments.SERVER,
    token_file: Path | None = gateway_arguments.TOKEN_FILE,
    as_json: bool = gateway_arguments.AS_JSON,
    pseudonymise: bool = arguments.PSEUDONYMISE,
    pseudonym_key: Path = arguments.PSEUDONYM_KEY,
) -> None:
    """Show what is not delivered yet: to whom, since when, and why.

    Example: tidegate queue list --journal tidegate-journal.db --state failed_queue
    """
    found = _place(journal, server, token_file).alerts(
        _selection(recipient, code, older_than, state, seq), limit
    )
    if pseudonymise:
        hidden = arguments.pseudonyms(pseudonym_key)
        found = [_hidden(row, hidden.number_for) for row in found]
    if as_json:
        console.show_json(found)
        return
    _show(found, is_each=alerts)
    if len(found) == limit:
        console.talk.print(f"There may be more: these are the first {limit:,}. Write --limit N.")


@queue_app.command()
def retry(
    recipient: str | None = _RECIPIENT,
    code: str | None = _CODE,
    older_than: str | None = _OLDER,
    state: str | None = _STATE,
    seq: list[int] | None = _SEQ,
    everything: bool = _ALL,
    without_metadata: bool = typer.Option(
        False, "--without-metadata", help="Without ThrottledAlertCount, which some software refuses."
    ),
    by: str = gateway_arguments.BY,
    reason: str = gateway_arguments.REASON,
    journal: str | None = gateway_arguments.JOURNAL,
    server: str | None = gateway_arguments.SERVER,
    token_file: Path | None = gateway_arguments.TOKEN_FILE,
    as_json: bool = gateway_arguments.AS_JSON,
) -> None:
    """Send Alerts again as soon as may be, those too that were refused.

    Example: tidegate queue retry --recipient 90-B3-D5-1F-30-00-00-02 --without-metadata --by ops --server URL
    """
    from tidegate.operations.queue_requests import QueueAction, QueueRequest  # noqa: PLC0415

    selection = _narrowed(_selection(recipient, code, older_than, state, seq), everything=everything)
    request = QueueRequest(QueueAction.RETRY, selection, by, reason, without_metadata)
    _carry_out(_place(journal, server, token_file), request, "sent again", as_json=as_json)


@queue_app.command()
def drop(
    recipient: str | None = _RECIPIENT,
    code: str | None = _CODE,
    older_than: str | None = _OLDER,
    state: str | None = _STATE,
    seq: list[int] | None = _SEQ,
    everything: bool = _ALL,
    by: str = gateway_arguments.BY,
    reason: str = gateway_arguments.REASON,
    journal: str | None = gateway_arguments.JOURNAL,
    server: str | None = gateway_arguments.SERVER,
    token_file: Path | None = gateway_arguments.TOKEN_FILE,
    as_json: bool = gateway_arguments.AS_JSON,
) -> None:
    """Take Alerts off the queue for good: they are not delivered. The journal has their row, the audit log the reason.

    Example: tidegate queue drop --code 8F3F --older-than 1d --by ops --reason "a test Device" --server URL
    """
    from tidegate.operations.queue_requests import QueueAction, QueueRequest  # noqa: PLC0415

    selection = _narrowed(_selection(recipient, code, older_than, state, seq), everything=everything)
    request = QueueRequest(QueueAction.DROP, selection, by, reason)
    _carry_out(_place(journal, server, token_file), request, "dropped", as_json=as_json)


def _carry_out(place: QueuePlace, request: QueueRequest, done: str, *, as_json: bool) -> None:
    from tidegate.operations.queue_requests import checked  # noqa: PLC0415

    alerts = place.carry_out(checked(request))
    if as_json:
        typer.echo(json.dumps({"action": str(request.action), "alerts": alerts}))
        return
    are = "is" if alerts == 1 else "are"
    what = f"{are} to be {done}" if done == "sent again" else f"{are} {done}"
    console.out.print(f"{many(alerts, 'Alert')} {what}.")


def _place(journal: str | None, server: str | None, token_file: Path | None) -> QueuePlace:
    from tidegate.assembly.queue_work import QueuePlace  # noqa: PLC0415

    return QueuePlace(journal, server, gateway_arguments.credentials_from(token_file))


def _selection(
    recipient: str | None,
    code: str | None,
    older_than: str | None,
    state: str | None,
    seqs: Sequence[int] | None,
) -> QueueSelection:
    from tidegate.operations.queue_requests import QueueSelection  # noqa: PLC0415

    older_us = None if older_than is None else arguments.duration("--older-than", older_than)
    return QueueSelection(
        None if recipient is None else _user(recipient), code, older_us, state, tuple(seqs or ())
    )


def _narrowed(selection: QueueSelection, *, everything: bool) -> QueueSelection:
    """What is changed is said: nothing is not all.

    Raises:
        InputError: nothing is said, or all and something else.
    """
    if selection.is_all != everything:
        what = "all are meant, or some" if everything else "which Alerts?"
        remedy = "Write --all, or what narrows it: --recipient, --code, --older-than, --state, --seq."
        raise InputError(Fault("--all", what, remedy))
    return selection


def _user(text: str) -> str:
    """An EUI-64 is written one way; a name stays as it is."""
    try:
        return format_device_id(parse_device_id(text))
    except ValueError:
        return text


def _hidden(row: QueuedAlert, number_for: Any) -> QueuedAlert:
    from tidegate.operations.delivery_book import IT_SAYS  # noqa: PLC0415 - numpy starts slowly

    device = format_device_id(number_for(parse_device_id(str(row["device_id"]))))
    # A ResponseID names the Device; so may what another's software has answered.
    reason, says, words = str(row["reason"]).partition(IT_SAYS)
    if words:
        reason += says + _WITHHELD
    response_id = None if row["response_id"] is None else _WITHHELD
    return {**row, "device_id": device, "response_id": response_id, "reason": reason}


def _show(found: Sequence[QueuedAlert], *, is_each: bool) -> None:
    if not found:
        console.out.print("Nothing waits to be delivered.")
        return
    waiting = sum(row["state"] == "waiting" for row in found)
    console.out.print(f"{many(waiting, 'Alert')} waiting, {len(found) - waiting:,} on the failed queue.\n")
    columns, rows = (_EACH, _each(found)) if is_each else (_BY_REASON, _by_reason(found))
    show_table(console.out, columns, rows, console.out.width)
    if any("refuses throttle metadata" in str(row["reason"]) for row in found):
        console.talk.print(
            "\nRefused for its throttle metadata an Alert is delivered by"
            " tidegate queue retry --without-metadata.",
            soft_wrap=True,
        )


def _by_reason(found: Sequence[QueuedAlert]) -> list[tuple[str, ...]]:
    groups: dict[tuple[str, ...], list[Mapping[str, object]]] = defaultdict(list)
    for row in found:
        groups[tuple(str(row[name]) for name in ("recipient", "state", "alert_code", "reason"))].append(row)
    return [
        (recipient, state, code, f"{len(rows):,}", min(_to_the_second(row) for row in rows), reason)
        for (recipient, state, code, reason), rows in sorted(groups.items())
    ]


def _each(found: Sequence[QueuedAlert]) -> list[tuple[str, ...]]:
    names = ("device_id", "alert_code", "recipient", "state", "attempts", "reason")
    return [(str(row["seq"]), _to_the_second(row), *(str(row[name]) for name in names)) for row in found]


def _to_the_second(row: QueuedAlert) -> str:
    return str(row["received_at"])[: len("2026-03-01T12:00:00")].replace("T", " ")
