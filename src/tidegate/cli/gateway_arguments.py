"""Arguments of the commands that ask a gateway that runs, or the journal of one that does not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import typer

from tidegate.vocabulary.faults import Fault, InputError

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


def token_from(token_file: Path | None) -> str:
    """The token to come with: of a file, or else of the environment; empty where there is none.

    Raises:
        InputError: the file cannot be read.
    """
    token = os.environ.get(_TOKEN_VARIABLE, "")
    if token_file is not None:
        try:
            token = token_file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            what = f"cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
            raise InputError(Fault(str(token_file), what, "Name a file with the token in it.")) from None
    return token
