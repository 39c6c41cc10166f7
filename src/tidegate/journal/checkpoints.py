"""SQLite's write-ahead log put into the database beside the commits, by a thread of its own.

A commit appends to the log. Before the log can begin anew, what is in it must be
in its places in the database, and on the disk there. SQLite does that in a commit
unless it is done before: that commit waits for thousands of pages. This thread
does it a tenth of a second after a commit, so that next to nothing is left.

It promises nothing: where it fails, as on a full disk, the log keeps what was
committed, and it tries again after the next commit.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

_AFTER_S: Final = 0.1
_PASSES: Final = 3
"""Each has what was committed during the one before: one that no commit overtakes lets the log begin anew."""


class Checkpoints:
    """A thread that puts the log of a database into it, from now until `end`.

    connect:  Makes a connection to the file of `path`.

    Raises:
        SQLAlchemyError, OSError: the file cannot be opened.
    """

    def __init__(self, path: Path, connect: Callable[[], Connection]) -> None:
        with ExitStack() as opened:
            self._file = os.open(path, os.O_RDONLY)
            opened.callback(os.close, self._file)
            self._connection = opened.enter_context(connect())
            self._opened = opened.pop_all()
        self._has_committed = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def committed(self) -> None:
        """There is something new in the log."""
        self._has_committed.set()

    def end(self) -> None:
        """Let go of the file, once no other connection of this process has it.

        Whoever closes a file lets go of all the locks its process has on it (POSIX), SQLite's too.
        """
        self._is_over.set()
        self._has_committed.set()
        self._thread.join()
        self._opened.close()

    def _run(self) -> None:
        while True:
            self._has_committed.wait()
            if self._is_over.wait(_AFTER_S):
                return
            self._has_committed.clear()
            with suppress(SQLAlchemyError, OSError):
                for _ in range(_PASSES):
                    self._connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").close()
                    # SQLite does this only where it came to the log's end; else a later commit would have it all to do.
                    os.fsync(self._file)
