"""The servers that are measured: each a process of its own, on loopback, ended when the block is left."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """One that runs."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Of the process and those it started: told truly on a busy machine too."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                pid, rest = int(stat.parent.name), stat.read_text().rpartition(") ")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            if self.pid in (pid, int(rest[1])):
                ticks += int(rest[11]) + int(rest[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def gateway(folder: Path, configuration: str) -> Iterator[Server]:
    """Tidegate's gateway, its files in a new folder."""
    folder.mkdir()
    port = free_port()
    (folder / "tidegate-serve.toml").write_text(f'listen = "127.0.0.1:{port}"\n{configuration}')
    with running(
        [sys.executable, "-c", "from tidegate.cli.main import main; main()", "serve"], port, folder
    ) as it:
        yield it


@contextmanager
def bare() -> Iterator[Server]:
    """A server that only acknowledges."""
    port = free_port()
    with running([sys.executable, "-m", "benchmarks.live.bare", str(port)], port, Path.cwd()) as it:
        yield it


@contextmanager
def running(command: Sequence[str], port: int, folder: Path, ready: str = "/readyz") -> Iterator[Server]:
    """Any server, as soon as it answers at `ready` with 2xx."""
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        while True:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                try:
                    connection.request("GET", ready)
                    if connection.getresponse().status < 300:
                        break
                except OSError:
                    assert process.poll() is None, "it did not start"
                    time.sleep(0.1)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as it:
        port: int = it.getsockname()[1]
        return port
