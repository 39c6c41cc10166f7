"""Arguments that several commands take, and reading what was written in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Duration, Instant, parse_duration, parse_instant

if TYPE_CHECKING:
    from tidegate.formats.pseudonyms import Pseudonyms

ALERTS: Any = typer.Argument(metavar="ALERTS...", help="Files, folders or globs of Alerts.")
POLICY: Any = typer.Option(
    None,
    "--policy",
    metavar="FILE",
    help="A policy file or the name of a published one; a folder of versions is a history. "
    "[default: illustrative-2]",
)
SINCE: Any = typer.Option(None, "--since", metavar="INSTANT", help="Only Alerts received from then on.")
UNTIL: Any = typer.Option(None, "--until", metavar="INSTANT", help="Only Alerts received before then.")
LOOK_BACK: Any = typer.Option(
    "1h",
    "--look-back",
    metavar="DURATION",
    help="How late an Alert may stand in the log and be put in order.",
)
SIDECAR: Any = typer.Option(
    None, "--received-at", metavar="CSV", help="Receipt instants of DUIS documents: file, received_at."
)


def instant(option: str, text: str | None) -> Instant | None:
    """The instant written for an option; None where it was not given.

    Raises:
        InputError: it is not an instant.
    """
    if text is None:
        return None
    try:
        return parse_instant(text if len(text) > len("2026-03-01") else f"{text}T00:00:00Z")
    except ValueError as error:
        raise InputError(Fault(option, str(error))) from None


def duration(option: str, text: str) -> Duration:
    """The duration written for an option.

    Raises:
        InputError: it is not a duration.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InputError(Fault(option, str(error))) from None


def pseudonyms(key_file: Path | None) -> Pseudonyms | None:
    """Pseudonyms made with the key in a file; None where no file was given.

    Raises:
        InputError: the file cannot be read, or its key is too short.
    """
    if key_file is None:
        return None
    from tidegate.formats.pseudonyms import Pseudonyms  # noqa: PLC0415

    try:
        key = key_file.read_bytes().strip()
    except OSError as error:
        raise InputError(
            Fault(
                str(key_file),
                f"the key cannot be read ({error.strerror})",
                "Name a file with 16 bytes or more.",
            )
        ) from None
    return Pseudonyms(key)
