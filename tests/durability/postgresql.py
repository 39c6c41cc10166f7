"""A PostgreSQL server of its own, for the length of a test run: Debian's, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VERSIONS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
BINARIES = VERSIONS[-1].parent if VERSIONS else None
WHY_NOT = "no PostgreSQL server is installed here (Debian: postgresql)"


class Server:
    """A server that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        assert BINARIES is not None
        self._folder = folder
        self._data = folder / "data"
        with socket.socket() as any_port:
            any_port.bind(("127.0.0.1", 0))
            self.port = any_port.getsockname()[1]
        # The server refuses to be root.
        self._user: dict[str, Any] = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(folder, **self._user)
        self._run("initdb", "-D", self._data, "-U", "tidegate", "-A", "trust", "--no-sync", "-E", "UTF8")

    @property
    def url(self) -> str:
        return f"postgresql://tidegate@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        settings = f"-p {self.port} -h 127.0.0.1 -k {self._folder}"
        self._run("pg_ctl", "-D", self._data, "-w", "-l", self._folder / "log", "-o", settings, "start")

    def stop(self) -> None:
        """At once, as a crash: sessions are cut off, and nothing is tidied up."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def sql(self, statement: str) -> None:
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "tidegate", "-d", "postgres"]
        self._run("psql", *address, "-q", "-c", statement)

    def _run(self, program: str, *arguments: object) -> None:
        assert BINARIES is not None
        subprocess.run(
            [BINARIES / program, *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            **self._user,
        )


@contextmanager
def running_server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()
