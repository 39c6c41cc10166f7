"""The command line, as a person runs it: in this process where speed matters, in its own where that is the point."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tidegate.cli.main import main


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


def tidegate(capfd: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    """Run a command in this process."""
    capfd.readouterr()
    status = 0
    with patch.object(sys, "argv", ["tidegate", *map(str, arguments)]):
        try:
            main()
        except SystemExit as done:
            status = done.code if isinstance(done.code, int) else 1 if done.code else 0
    captured = capfd.readouterr()
    return Ran(status, captured.out, captured.err)


def start_tidegate(*arguments: object, cwd: Path, **options: Any) -> subprocess.Popen[str]:
    """Start a command in a process of its own."""
    command = [sys.executable, "-c", "from tidegate.cli.main import main; main()", *map(str, arguments)]
    return subprocess.Popen(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
