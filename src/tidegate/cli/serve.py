"""`tidegate serve` and `tidegate token`: the gateway, and who may come to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from tidegate.cli import arguments, console
from tidegate.cli.tables import Column, show_table
from tidegate.vocabulary.devices import format_device_id, parse_device_id
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import format_instant

if TYPE_CHECKING:
    from tidegate.gateway.settings import Settings
    from tidegate.gateway.tokens import Token, TokenFile

token_app = typer.Typer(
    name="token", help="Make, list and revoke the tokens parties come with.", no_args_is_help=True
)

CONFIG = typer.Option(
    None,
    "--config",
    metavar="FILE",
    help=r"The configuration. \[default: tidegate-serve.toml, where there is one]",
)
SECRETS = typer.Option(None, "--secrets", metavar="DIR", help="A folder of secrets, one file for each key.")

_TOKENS: Final = (
    Column("token", is_text=True),
    Column("name", is_text=True, least=8, wraps=True),
    Column("party", is_text=True),
    Column("scopes", is_text=True, least=7, wraps=True),
    Column("for", gives_way=1),
    Column("until", gives_way=2),
    Column("state", is_text=True),
)


def serve(
    config: Path | None = CONFIG,
    secrets: Path | None = SECRETS,
    check: bool = typer.Option(False, "--check", help="Look for faults in the configuration, and end."),
    sandbox: bool = typer.Option(
        False, "--sandbox", help="Answer Service Requests as the DSP would; nothing reaches a Device."
    ),
) -> None:
    """Run the gateway: Alerts in over HTTP, made durable, decided, and sent on; Service Requests passed on.

    With no configuration it listens on 127.0.0.1:8080 and keeps its journal in this folder.

    Example:  tidegate serve --config tidegate-serve.toml
    """
    if check:
        from tidegate.gateway.examining import examine  # noqa: PLC0415 - a server is slow to start
        from tidegate.gateway.settings_reading import read_as_written  # noqa: PLC0415

        examine(read_as_written(config, _folder_of(secrets)), [_with_sandbox] if sandbox else [])
        console.out.print("The configuration can be used.")
        return
    settings = read(config, secrets)
    if sandbox:
        settings = _with_sandbox(settings)
    from tidegate.gateway.logs import configure  # noqa: PLC0415 - a server is slow to start
    from tidegate.gateway.serving import keep_out_of_collections, make_gateway  # noqa: PLC0415
    from tidegate.operations.live_journal import JournalUnavailable  # noqa: PLC0415

    logs = settings.logs
    log = configure(json_lines=logs.json_lines, level=logs.level, device_ids=logs.device_ids)
    try:
        gateway = make_gateway(settings, log)
        keep_out_of_collections()
        gateway.run()
    except JournalUnavailable as error:
        raise InputError(
            Fault(
                "journal.url",
                f"the journal cannot be reached: {error}",
                "Start its database, make room on its disk, or name another.",
            )
        ) from None


@token_app.command()
def make(
    name: str = typer.Argument(metavar="NAME", help="Who is to come with it, as a log will call them."),
    scope: list[str] = typer.Option(
        ["read"], "--scope", metavar="SCOPE", help="submit, read or operate; may be given again."
    ),
    party: str = typer.Option(
        "", "--party", metavar="EUI-64", help="Their EUI-64: answers are limited to it."
    ),
    submits_for: list[str] = typer.Option(
        [], "--for", metavar="EUI-64", help="Originators or signers they may submit for; any: whomever."
    ),
    valid_for: str = typer.Option("90d", "--valid-for", metavar="DURATION", help="How long it is of use."),
    config: Path | None = CONFIG,
    secrets: Path | None = SECRETS,
) -> None:
    """Make a token. It is shown once, and kept nowhere."""
    from tidegate.assembly.clock import clock  # noqa: PLC0415
    from tidegate.gateway.parties import ANYONE, Scope  # noqa: PLC0415

    unknown = [each for each in scope if each not in set(Scope)]
    if unknown:
        raise InputError(Fault("--scope", f"{unknown[0]} is no scope", "Write submit, read or operate."))
    now = clock()
    text, token = _tokens(config, secrets).make(
        name,
        _eui("--party", party) if party else "",
        {Scope(each) for each in scope},
        {each if each == ANYONE else _eui("--for", each) for each in submits_for},
        now,
        now + arguments.duration("--valid-for", valid_for),
    )
    console.talk.print(
        f"Token {token.token_id} of {token.name}, until {format_instant(token.expires_at)}. Keep it: it is not shown again."
    )
    for caution in _of_no_use(token):
        console.talk.print(caution, soft_wrap=True)
    typer.echo(text)


@token_app.command("list")
def list_(
    as_json: bool = typer.Option(False, "--json", help="Print them as JSON."),
    config: Path | None = CONFIG,
    secrets: Path | None = SECRETS,
) -> None:
    """List the tokens ever made; never their secrets."""
    from tidegate.assembly.clock import clock  # noqa: PLC0415

    tokens, now = _tokens(config, secrets).tokens(), clock()
    if as_json:
        console.show_json([_row(token, now) for token in tokens])
        return
    show_table(console.out, _TOKENS, [_cells(token, now) for token in tokens], console.out.width)


@token_app.command()
def revoke(
    token_id: str = typer.Argument(metavar="TOKEN", help="Its id, as `tidegate token list` shows it."),
    config: Path | None = CONFIG,
    secrets: Path | None = SECRETS,
) -> None:
    """Revoke a token; a gateway that runs takes it no longer a second later."""
    from tidegate.assembly.clock import clock  # noqa: PLC0415

    token = _tokens(config, secrets).revoke(token_id, clock())
    console.out.print(f"Token {token.token_id} of {token.name} is revoked.")


def _with_sandbox(settings: Settings) -> Settings:
    given = settings.service_requests
    if given.upstream is not None:
        what = f"Service Requests are passed on to {given.upstream}, and would be answered by the sandbox"
        raise InputError(
            Fault("--sandbox", what, "Leave --sandbox out, or take service_requests.upstream out.")
        )
    with_sandbox = given.model_copy(update={"sandbox": True})
    return settings.model_copy(update={"service_requests": with_sandbox})


def read(config: Path | None, secrets: Path | None) -> Settings:
    """The settings; the folder of secrets is systemd's where none is named.

    Raises:
        InputError: with every fault of them.
    """
    from tidegate.gateway.settings_reading import read_settings  # noqa: PLC0415 - pydantic is slow to start

    return read_settings(config, _folder_of(secrets))


def _folder_of(secrets: Path | None) -> Path | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return secrets or (Path(folder) if folder else None)


def _tokens(config: Path | None, secrets: Path | None) -> TokenFile:
    settings = read(config, secrets)
    from tidegate.gateway.tokens import TokenFile  # noqa: PLC0415

    return TokenFile(settings.access.tokens)


def _of_no_use(token: Token) -> Iterator[str]:
    """What its scopes are of no use for, as it is."""
    from tidegate.gateway.parties import Scope  # noqa: PLC0415

    if token.party:
        return
    if Scope.READ in token.scopes and Scope.OPERATE not in token.scopes:
        yield (
            "It is of no party, so it sees nothing: no storm, no problem, no Alert, no queue. Make one with --party EUI-64 "
            "to see what goes to that party, or with --scope operate to see everything."
        )
    if Scope.SUBMIT in token.scopes and not token.submits_for:
        yield (
            "It is of no party, and --for names nobody, so it submits for nobody. Make one with --party EUI-64, or with --for."
        )


def _eui(option: str, text: str) -> str:
    try:
        return format_device_id(parse_device_id(text))
    except ValueError as error:
        raise InputError(Fault(option, str(error))) from None


def _cells(token: Token, now: int) -> tuple[str, ...]:
    row = {**_row(token, now), "until": format_instant(token.expires_at)[: len("2026-03-01")]}
    return tuple(" ".join(it) if isinstance(it, list) else it for it in row.values())


def _row(token: Token, now: int) -> dict[str, str | list[str]]:
    state = "of use"
    if token.revoked_at is not None:
        state = "revoked"
    elif token.expires_at <= now:
        state = "expired"
    return {
        "token": token.token_id,
        "name": token.name,
        "party": token.party,
        "scopes": sorted(token.scopes),
        "for": sorted(token.submits_for),
        "until": format_instant(token.expires_at),
        "state": state,
    }
