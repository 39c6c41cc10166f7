"""Let atheris find bodies by what a reader's code does with them: python -m tests.fuzz.follow TARGET [--seconds 60]

By hand: `pip install atheris` first, which no lock file has. Bodies that lead somewhere new are kept in the folder
--found; one that breaks the reader is written beside it, as atheris does, and ends the run.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """It does not return: atheris ends the process."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.follow", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"))
    asked: Any = parser.parse_args()
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(
        include=["tidegate.duis", "tidegate.gbcs", "tidegate.policy_files", "tomllib"]
    ):
        targets: Any = importlib.import_module("tests.fuzz.targets")
    target = targets.TARGETS[asked.target]
    folder = asked.found / asked.target
    folder.mkdir(parents=True, exist_ok=True)
    for number, body in enumerate(target.seeds()):
        (folder / f"seed-{number}").write_bytes(body)
    atheris.Setup(
        [sys.argv[0], str(folder), f"-max_total_time={asked.seconds}", "-rss_limit_mb=4096"], target.try_it
    )
    atheris.Fuzz()


main()
