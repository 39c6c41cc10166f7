"""The commands, and what becomes of a fault in any of them.

Exit status: 0 done, 1 a gate (`--fail-if`) tripped, 2 the call or the input is
at fault, 70 the fault is ours, 130 interrupted. No command imports what only another one needs:
`tidegate --help` starts no compiler.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeGuard

import typer

from tidegate import __version__
from tidegate.cli import console
from tidegate.cli.admit import admit
from tidegate.cli.allocate import allocate
from tidegate.cli.check import check
from tidegate.cli.commissioning import commissioning
from tidegate.cli.criteria import criteria_app
from tidegate.cli.demo import demo
from tidegate.cli.explain import explain
from tidegate.cli.explain_device import explain_device
from tidegate.cli.offenders import offenders
from tidegate.cli.policy import policy_app
from tidegate.cli.policy_live import audit
from tidegate.cli.queue import queue_app
from tidegate.cli.replay import replay
from tidegate.cli.report import report_app
from tidegate.cli.serve import serve, token_app
from tidegate.cli.simulate import simulate
from tidegate.cli.simulate_commissioning import simulate_commissioning
from tidegate.cli.simulate_requests import simulate_requests
from tidegate.cli.sweep import sweep
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.file_names import is_text


class TwoWordCommands(typer.core.TyperGroup):
    """Commands, of which one may be named by two words: beside `simulate SCENARIO` there is `simulate requests SCENARIO`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that the first words name, and what it is given."""
        two_words = " ".join(args[:2])
        if two_words in self.commands:
            return two_words, self.commands[two_words], args[2:]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="tidegate",
    cls=TwoWordCommands,
    help="Open traffic management for Great Britain's smart metering network.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(asked: bool) -> None:
    if asked:
        console.out.print(f"tidegate {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Open traffic management for Great Britain's smart metering network."""


app.command()(demo)
app.command()(simulate)
app.command("simulate requests")(simulate_requests)
app.command("explain-device")(explain_device)
app.command("simulate commissioning")(simulate_commissioning)
for command in (check, replay, sweep, offenders, explain, allocate, admit, commissioning, serve, audit):
    app.command()(command)
app.add_typer(policy_app)
app.add_typer(criteria_app)
app.add_typer(report_app)
app.add_typer(token_app)
app.add_typer(queue_app)


_OF_WEB = frozenset(
    {
        "aiohttp", "apprise", "cryptography", "fastapi", "httptools", "prometheus_client", "pydantic_settings",
        "sqlalchemy", "starlette", "structlog", "uvicorn", "uvloop",
    }
)  # fmt: skip
"""What only the live parts need: the extra `[web]`."""


_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _extra_of(error: Exception) -> str | None:
    """The extra that brings a package that is not there; None where that is not what is wrong."""
    if not isinstance(error, ModuleNotFoundError):
        return None
    package = (error.name or "").partition(".")[0]
    return "web" if package in _OF_WEB else "postgres" if package == "pg8000" else None


def _refuse_names_that_are_no_text() -> None:
    """Nothing we print or write could repeat them.

    Raises:
        InputError: an argument is not UTF-8; carries all that are not.
    """
    faults = [
        Fault(argument, "it is not UTF-8, so no result could name it", "Rename the file, or the folder.")
        for argument in sys.argv[1:]
        if not is_text(argument)
    ]
    if faults:
        raise InputError(*faults)


def main() -> None:
    """Run the command line; the one place where a fault becomes an exit status."""
    try:
        try:
            _refuse_names_that_are_no_text()
            app()
        finally:
            sys.stdout.flush()
    except InputError as error:
        console.show_faults(error)
        sys.exit(console.INPUT_AT_FAULT)
    except (SystemExit, BrokenPipeError) as done:
        if _is_of_a_reader_gone(done):
            _end_as_other_commands_do()
        if isinstance(done, SystemExit) and done.code == console.INTERRUPTED:
            console.talk.print("Interrupted.")
        raise
    except Exception as error:
        if _has_no_room(error):
            _print_no_more()
            where, remedy = "standard output", "Make room, or send it elsewhere."
            console.show_faults(InputError(Fault(where, f"cannot be written: {error.strerror}", remedy)))
            sys.exit(console.INPUT_AT_FAULT)
        if "TIDEGATE_TRACEBACK" in os.environ:
            raise
        if extra := _extra_of(error):
            what = f"{getattr(error, 'name', '')} is not installed, which this command needs"
            console.show_faults(InputError(Fault("tidegate", what, f'Install "tidegate[{extra}]".')))
            sys.exit(console.INPUT_AT_FAULT)
        console.show_fault_of_ours(error)
        sys.exit(console.FAULT_OF_OURS)


def _has_no_room(error: Exception) -> TypeGuard[OSError]:
    """Whether what we print goes where there is no room; a file of results that has none is an InputError already."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def _print_no_more() -> None:
    """What is left over goes nowhere: Python would try it once more on its way out, and change the exit status."""
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _is_of_a_reader_gone(error: BaseException) -> bool:
    """Whether it is because whoever reads what we print has had enough of it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, BrokenPipeError):
        cause = cause.__context__
    return cause is not None


def _end_as_other_commands_do() -> None:
    """By SIGPIPE; it is ignored until then, for it would end a gateway whenever a party hangs up on it."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.raise_signal(signal.SIGPIPE)
