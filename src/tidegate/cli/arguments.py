"""Arguments that several commands take, and reading what was written in them."""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tidegate.cli import console
from tidegate.cli.asked import Asked
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import (
    SECOND,
    Duration,
    Instant,
    format_instant,
    parse_duration,
    parse_instant,
)

if TYPE_CHECKING:
    from tidegate.formats.pseudonyms import Pseudonyms

ALERTS: Any = typer.Argument(metavar="ALERTS...", help="Files, folders or globs of Alerts.")
POLICY: Any = typer.Option(
    None,
    "--policy",
    metavar="FILE",
    help="A policy file or the name of a published one; a folder of versions is a history. "
    r"\[default: illustrative-2]",
)
SINCE: Any = typer.Option(None, "--since", metavar="INSTANT", help="Only Alerts received from then on.")
UNTIL: Any = typer.Option(None, "--until", metavar="INSTANT", help="Only Alerts received before then.")
_USUAL_LOOK_BACK = "1h"
LOOK_BACK: Any = typer.Option(
    _USUAL_LOOK_BACK,
    "--look-back",
    metavar="DURATION",
    help="How late an Alert may stand in the log and be put in order.",
)
SIDECAR: Any = typer.Option(
    None, "--received-at", metavar="CSV", help="Receipt instants of DUIS documents: file, received_at."
)

INVENTORY: Any = typer.Option(
    None, "--inventory", metavar="FILE", help="What the Devices are: CSV or Parquet, a row for each."
)
STRICT: Any = typer.Option(False, "--strict", help="Stop at the first row that cannot be used.")
SUMMARY: Any = typer.Option(False, "--json", help="Print summary.json instead of the verdict.")
OUTPUT: Any = typer.Option(None, "-o", "--output", metavar="DIR", help="Write the results here.")
PSEUDONYMISE: Any = typer.Option(False, "--pseudonymise", help="Write Devices under pseudonyms.")
PSEUDONYM_KEY: Any = typer.Option(
    Path("tidegate.key"),
    "--pseudonym-key",
    metavar="FILE",
    help="The key of the pseudonyms: the same key gives the same ones. Made if it is not there.",
)


def fail_if(examples: str) -> Any:
    """Gates of a scheduler; `examples` are two of what can be asked."""
    help_text = f"Exit with 1 when this holds, as {examples}."
    return typer.Option([], "--fail-if", metavar="GATE", help=help_text)


def asked(
    alerts: Sequence[Path | str],
    policy: str | None,
    inventory: Path | None,
    since: str | None,
    until: str | None,
    look_back: str,
    sidecar: Path | None,
) -> Asked:
    """What was asked, for the commands to run next; options that were not given are left out."""
    others = {
        "--since": since,
        "--until": until,
        "--look-back": None if look_back == _USUAL_LOOK_BACK else look_back,
        "--received-at": sidecar,
    }
    written = [text for option, value in others.items() if value is not None for text in (option, str(value))]
    return Asked(alerts, policy, inventory, written, as_given())


def as_given() -> str:
    """The command line as it was given, to be copied."""
    return shlex.join(["tidegate", *sys.argv[1:]])


def instant(option: str, text: str | None) -> Instant | None:
    """The instant written for an option; None where it was not given.

    Raises:
        InputError: it is not an instant.
    """
    if text is None:
        return None
    written = text if len(text) > len("2026-03-01") else f"{text}T00:00:00Z"
    try:
        return parse_instant(written)
    except ValueError as error:
        raise InputError(Fault(option, str(error).replace(written, text))) from None


def simulated_into(command: str, scenario: str, output: Path | None) -> Path:
    """The folder that a simulation is written to.

    Raises:
        InputError: there is none, or no scenario was named; carries both.
    """
    faults = []
    if not scenario:
        faults.append(Fault("SCENARIO", "none was named", f"See {command} --list."))
    if output is None:
        faults.append(Fault("-o", "no folder was given", "Write -o DIR."))
    if faults or output is None:
        raise InputError(*faults)
    return output


def now() -> Instant:
    """This second."""
    return int(datetime.now(UTC).timestamp()) * SECOND


def period(
    since: str | None, until: str | None, look_back: str
) -> tuple[Instant | None, Instant | None, Duration]:
    """The period of a log that is asked about, and how late a row in it may be: the first three of `ReadOptions`.

    Raises:
        InputError: one cannot be read, or the period ends before it begins.
    """
    begins, ends = instant("--since", since), instant("--until", until)
    if begins is not None and ends is not None and ends <= begins:
        what = f"{format_instant(ends)} is not after --since {format_instant(begins)}"
        raise InputError(Fault("--until", what, "The period is from --since on and before --until."))
    return begins, ends, duration("--look-back", look_back)


def duration(option: str, text: str) -> Duration:
    """The duration written for an option.

    Raises:
        InputError: it is not a duration.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InputError(Fault(option, str(error))) from None


def share(option: str, text: str, *, is_none_allowed: bool = True) -> Fraction:
    """The share of a whole written for an option: `13%` or `0.13`.

    Raises:
        InputError: it is neither, or not from none to all, or is none where that is not allowed.
    """
    written = text.strip()
    try:
        read = Fraction(written.removesuffix("%")) / (100 if written.endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        read = Fraction(-1)
    if not 0 <= read <= 1 or not (read or is_none_allowed):
        least = "0%" if is_none_allowed else "more than 0%, up"
        raise InputError(Fault(option, f"{text!r} is no share", f"Write {least} to 100%, as 13%."))
    return read


def pseudonyms(key_file: Path) -> Pseudonyms:
    """Pseudonyms made with the key in a file; the file is made, for its owner alone, if it is not there.

    Raises:
        InputError: the file cannot be read or made, or its key is too short.
    """
    from tidegate.formats.pseudonyms import Pseudonyms  # noqa: PLC0415

    try:
        if not key_file.exists():
            with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_hex(32).encode())
            console.talk.print(
                f"Made {key_file}: keep it to make the same pseudonyms again, and from others."
            )
        key = key_file.read_bytes().strip()
    except OSError as error:
        what = f"the key cannot be read or made ({error.strerror})"
        raise InputError(Fault(str(key_file), what, "Name a file with 16 bytes or more.")) from None
    return Pseudonyms(key)
