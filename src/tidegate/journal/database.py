"""One connection to the journal's database, and what SQLite and PostgreSQL say differently.

SQLite: a file beside which a lock stands while an engine uses it, write-ahead
log, and every commit on the disk before it returns (`synchronous=FULL`); a
thread of its own puts the log into the database (`checkpoints.py`).
PostgreSQL: any server, by URL, driven by pg8000; a lock of its own keeps a
second engine out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from tidegate.journal import schema
from tidegate.journal.checkpoints import Checkpoints
from tidegate.operations.live_journal import JournalUnavailable
from tidegate.vocabulary.faults import Fault, InputError

_LOCK: Final = 0x71DE6A7E
_BUSY_S: Final = 10
_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=OFF",
    "temp_store=MEMORY",
    "cache_size=-65536",
    # Of 4 KiB. `Checkpoints` puts the log into the database all the time; where it falls behind, a commit does at 64 MiB.
    "wal_autocheckpoint=16384",
    f"journal_size_limit={1 << 26}",
)
_ARRAYS: Final = {"BIGINT": "bigint[]", "INTEGER": "bigint[]", "TEXT": "text[]", "BLOB": "bytea[]"}


class Database:
    """The journal's database; connects when first asked to, and again when it has to.

    A reader stands in no one's way: it takes no lock.

    committed_after:  Told how many seconds each commit took; most of that is the disk.

    Raises:
        InputError: the URL names no database we know, or another engine uses it.
    """

    def __init__(self, url: str, *, is_reader: bool = False) -> None:
        self.committed_after: Callable[[float], object] = _nobody
        self._is_reader = is_reader
        self.url = _url_of(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.path = Path(self.url.database or "") if self.is_sqlite else None
        self._engine: Engine | None = None
        self._connection: Connection | None = None
        self._checkpoints: Checkpoints | None = None
        self._identity: tuple[int, int] | None = None
        self._lock: IO[bytes] | None = None
        self._was_opened = False

    @property
    def name(self) -> str:
        """What a person calls it; without its password."""
        return str(self.path) if self.path is not None else self.url.render_as_string(hide_password=True)

    def create(self) -> None:
        """Make the tables where there are none, the only time that a file is made; add what an older form has not.

        Raises:
            InputError: it cannot be opened, another engine uses it, or it is of a newer Tidegate.
            JournalUnavailable: it cannot be reached.
        """
        if self.path is not None:
            self._lock_file(self.path)
            self.path.touch(mode=0o640)
        try:
            with self.transaction() as connection:
                if not inspect(connection).has_table("schema_version"):
                    schema.metadata.create_all(connection)
                    for view in schema.VIEWS:
                        connection.execute(text(view))
                    connection.execute(insert(schema.schema_version).values(version=schema.VERSION))
                    connection.execute(insert(schema.progress).values(id=1, entry=0, decided_seq=0))
            self._bring_up(self.check_version())
        except InputError:
            self.close()
            raise

    def check_version(self) -> int:
        """The number of its form; what is no journal, or one of a newer form, is refused.

        Raises:
            InputError: it is.
        """
        with self.connected() as connection:
            if not inspect(connection).has_table("schema_version"):
                raise InputError(Fault(self.name, "is not a journal of Tidegate", "Name a journal."))
            version = connection.execute(select(schema.schema_version.c.version)).scalar_one()
        if version > schema.VERSION:
            what = f"was written by a newer Tidegate (form {version}; this one knows {schema.VERSION})"
            raise InputError(Fault(self.name, what, "Use the newer Tidegate."))
        return int(version)

    def _bring_up(self, version: int) -> None:
        """Add what has been added to the form since the one it is of; all of it, or nothing."""
        if version == schema.VERSION:
            return
        with self.transaction() as connection:
            for each in range(version + 1, schema.VERSION + 1):
                tables, views = schema.ADDED[each]
                schema.metadata.create_all(connection, tables)
                for view in views:
                    connection.execute(text(view))
            connection.execute(update(schema.schema_version).values(version=schema.VERSION))

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: durable once left, or nothing of it."""
        with self.connected() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
            yield connection
            self._check_file()
            began = time.perf_counter()
            connection.exec_driver_sql("COMMIT")
            self.committed_after(time.perf_counter() - began)
            if self._checkpoints is not None:
                self._checkpoints.committed()

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """The connection. Whatever goes wrong, it is let go of, and made anew the next time.

        Raises:
            JournalUnavailable: the database cannot be reached, read or written.
        """
        try:
            self._check_file()
            connection = self._connection or self._connect()
            yield connection
        except (SQLAlchemyError, OSError) as error:
            self._disconnect()
            reason = error.orig if isinstance(error, DBAPIError) else error
            raise JournalUnavailable(f"{self.name}: {reason}") from error
        except BaseException:
            self._disconnect()
            raise

    def many(self, connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each row; in it, ? stands for a value."""
        if rows:
            connection.exec_driver_sql(self.sql(sql), rows if isinstance(rows, list) else list(rows))

    def insert(
        self, connection: Connection, table: Any, rows: Sequence[Sequence[Any]], *, or_leave: str = ""
    ) -> None:
        """Add rows, of all columns of a table in their order; or leave those that are there already by these columns."""
        if not rows:
            return
        names = ", ".join(table.c.keys())
        end = f" ON CONFLICT ({or_leave}) DO NOTHING" if or_leave else ""
        if self.is_sqlite:
            places = ", ".join("?" * len(table.c))
            self.many(connection, f"INSERT INTO {table.name} ({names}) VALUES ({places}){end}", rows)  # noqa: S608
            return
        # One statement for all of them: a server answers each one.
        arrays = ", ".join(f"CAST(%s AS {_ARRAYS[_type_of(column)]})" for column in table.c)
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}){end}",  # noqa: S608
            tuple(list(column) for column in zip(*rows, strict=True)),
        )

    def sql(self, text_with_marks: str) -> str:
        """A statement as the driver takes it."""
        return text_with_marks if self.is_sqlite else text_with_marks.replace("?", "%s")

    def close(self) -> None:
        """Let go of everything."""
        self._disconnect()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _connect(self) -> Connection:
        if self._engine is None:
            self._engine = _engine_for(self.url, is_sqlite=self.is_sqlite)
        self._identity = None if self.path is None else _identity_of(self.path)
        self._connection = self._engine.connect()
        if self.path is not None and not self._is_reader:
            self._checkpoints = Checkpoints(self.path, self._engine.connect)
        if (
            not self.is_sqlite
            and not self._is_reader
            and not self._connection.execute(
                text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}
            ).scalar_one()
        ):
            if self._was_opened:
                # It may be our own session that was lost, which the server has not noticed yet.
                raise ConnectionError("another engine, or a lost session of this one, uses it")
            raise InputError(_in_use(self.name))
        self._was_opened = True
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(SQLAlchemyError):
            if connection.invalidated:
                connection.close()
            else:
                raw: Any = connection.connection.driver_connection
                # Not by way of the library, which logs a page where a connection is gone already, or closed by us.
                connection.detach()
                with suppress(OSError, self._engine_errors):
                    raw.close()
        checkpoints, self._checkpoints = self._checkpoints, None
        if checkpoints is not None:
            checkpoints.end()

    @property
    def _engine_errors(self) -> type[Exception]:
        assert self._engine is not None
        return self._engine.dialect.loaded_dbapi.Error

    def _check_file(self) -> None:
        """A file that was removed can still be written, and no one would ever read it: that is not durable."""
        if (
            self.path is not None
            and self._connection is not None
            and _identity_of(self.path) != self._identity
        ):
            raise FileNotFoundError("the file is not the one that was opened")

    def _lock_file(self, path: Path) -> None:
        import fcntl  # noqa: PLC0415 - a system without it can read a journal all the same

        try:
            self._lock = path.with_name(path.name + ".lock").open("ab")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise InputError(_in_use(self.name)) from None
        except OSError as error:
            raise InputError(
                Fault(
                    self.name, f"cannot be opened: {error.strerror}", "Name a file in a folder that is there."
                )
            ) from None


def _engine_for(url: URL, *, is_sqlite: bool) -> Engine:
    # Transactions are begun and ended by name: drivers begin them too late, or not at all.
    if not is_sqlite:
        engine = create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"timeout": _BUSY_S}
        )

        @event.listens_for(engine, "handle_error")
        def _leave_it_to_us(context: Any) -> None:
            # Else the library closes a connection that is gone, fails, and logs a page of traceback.
            context.is_disconnect = False

        return engine
    # mode=rw: a file that is gone is not made anew without anyone noticing.
    quoted = URL.create(
        "sqlite", database=f"file:{_percent(url.database or '')}", query={"mode": "rw", "uri": "true"}
    )
    engine = create_engine(
        quoted,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": _BUSY_S},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def _url_of(url: str) -> URL:
    if "://" not in url:
        return URL.create("sqlite", database=url)
    try:
        made = make_url(url)
        if made.get_backend_name() == "postgresql":
            return made.set(drivername="postgresql+pg8000")
        if made.get_backend_name() == "sqlite" and made.database:
            return made.set(drivername="sqlite")
    except (ArgumentError, NoSuchModuleError):
        pass
    # Not the URL itself: it may have a password in it.
    what = "the URL is of no database that a journal can be in"
    raise InputError(Fault("journal", what, "Write a file's name, or postgresql://user@host/database."))


def _nobody(_: float) -> None:
    """Nobody wants to know."""


def _in_use(name: str) -> Fault:
    return Fault(name, "another engine uses it", "Stop the other one first: a journal has one writer.")


def _identity_of(path: Path) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - once for each transaction: the fast way
    return found.st_dev, found.st_ino


def _percent(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _type_of(column: Any) -> str:
    name = str(column.type)
    return "BIGINT" if name not in _ARRAYS else name
