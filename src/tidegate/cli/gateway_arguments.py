"""Arguments of the commands that ask a gateway that runs, or the journal of one that does not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from tidegate.assembly.asking_gateway import Credentials

_TOKEN_VARIABLE: Final = "TIDEGATE_TOKEN"  # noqa: S105 - the variable's name

JOURNAL: Any = typer.Option(
    None,
    "--journal",
    metavar="JOURNAL",
    help="The journal: a file, or a URL. To change it, no gateway runs on it.",
)
SERVER: Any = typer.Option(
    None, "--server", metavar="URL", help="The gateway that runs, as https://host:8443."
)
TOKEN_FILE: Any = typer.Option(
    None,
    "--token-file",
    metavar="FILE",
    help=rf"The token to come with: of scope read to look, operate to change. \[default: ${_TOKEN_VARIABLE}]",
)
BY: Any = typer.Option("", "--by", metavar="WHO", help="Who asks for it.")
REASON: Any = typer.Option("", "--reason", metavar="TEXT", help="Why, for the audit log.")
AS_JSON: Any = typer.Option(False, "--json", help="Print it as JSON.")


def credentials_from(token_file: Path | None) -> Credentials:
    """Who asks: the token of a file, or else of the environment, and files for TLS that the environment names.

    Raises:
        InputError: the file of the token cannot be read.
    """
    from tidegate.assembly.asking_gateway import Credentials  # noqa: PLC0415 - TLS is slow to start

    return Credentials(
        _token(token_file),
        certificate=_named("TIDEGATE_CERTIFICATE"),
        key=_named("TIDEGATE_KEY"),
        authorities=_named("TIDEGATE_AUTHORITIES"),
    )


def _named(variable: str) -> Path | None:
    named = os.environ.get(variable, "")
    return Path(named) if named else None


def _token(token_file: Path | None) -> str:
    token = os.environ.get(_TOKEN_VARIABLE, "")
    if token_file is not None:
        try:
            token = token_file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            what = f"cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
            raise InputError(Fault(str(token_file), what, "Name a file with the token in it.")) from None
    return token
