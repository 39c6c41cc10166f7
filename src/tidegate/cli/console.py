"""Talking to a person: results go to stdout, everything else to stderr.

Colour and animation are rich's business: it leaves them out in a pipe, and
where NO_COLOR is set.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.file_names import shown_name

if TYPE_CHECKING:
    from tidegate.operations.ports import Progress as ProgressPort

out = Console(soft_wrap=False, highlight=False)
"""For results."""

talk = Console(stderr=True, highlight=False)
"""For everything said about them."""

GATE_TRIPPED = 1
INPUT_AT_FAULT = 2
FAULT_OF_OURS = 70
INTERRUPTED = 130


def show_json(value: object) -> None:
    """Print plain data, for programs; letters that the output has no bytes for are escaped."""
    has_all_letters = (sys.stdout.encoding or "").lower().startswith("utf")
    typer.echo(json.dumps(value, indent=2, ensure_ascii=not has_all_letters))


def show_faults(error: InputError) -> None:
    """Print every fault: where it is, what is wrong, what to write instead."""
    for fault in error.faults:
        talk.print(f"[bold red]{_literal(fault.where)}[/]: {_literal(fault.what)}", soft_wrap=True)
        if fault.remedy:
            talk.print(f"  [dim]->[/] {_literal(fault.remedy)}", soft_wrap=True)


def check_each(files: Sequence[str], check: Callable[[str], None]) -> None:
    """Check files one after another.

    Raises:
        InputError: there are faults; carries those of all files.
    """
    faults: list[Fault] = []
    for file in files:
        try:
            check(file)
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(*faults)


def show_fault_of_ours(error: Exception) -> None:
    """Own up to an error that is not the user's, and say how to show where it is."""
    talk.print(
        f"[bold red]tidegate[/]: this fault is ours, not yours: {type(error).__name__}: {_literal(str(error))}"
    )
    talk.print("  [dim]->[/] Please report it, with what TIDEGATE_TRACEBACK=1 before the command adds.")


@contextmanager
def progress_bar(title: str) -> Iterator[ProgressPort]:
    """A bar with rate and time left on a terminal; nothing in a pipe.

    While it is shown, Ctrl-C is acted on when progress is next told, so that nothing is left half done;
    a second one at once.
    """
    with _interruptible() as stop_if_asked:
        if not sys.stderr.isatty():
            yield lambda _done, _rows: stop_if_asked()
            return
        with Progress(
            TextColumn(f"[bold]{title}[/]"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=talk,
            transient=True,
        ) as bar:
            task = bar.add_task(title, total=1.0, rate="")

            def tell(done: float, rows: int) -> None:
                elapsed = bar.tasks[task].elapsed or 0.0
                rate = f"{rows / elapsed / 1e6:.1f} M rows/s" if elapsed > 1 else ""
                bar.update(task, completed=done, rate=rate)
                stop_if_asked()

            yield tell


@contextmanager
def _interruptible() -> Iterator[Callable[[], None]]:
    asked = False

    def ask(_signal: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    def stop_if_asked() -> None:
        if asked:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield stop_if_asked  # Only the main thread hears of Ctrl-C.
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop_if_asked
    finally:
        signal.signal(signal.SIGINT, before)


def _literal(text: str) -> str:
    """Keep rich from reading brackets in what a person wrote as markup; what is no text is shown as octets."""
    return shown_name(text).replace("[", r"\[")
