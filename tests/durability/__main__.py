"""`python -m tests.durability --rounds 300`: kill a process under load, so many times."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.durability.full_disk import fill_the_disk
from tests.durability.killing import kill_often


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.durability", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="how many times to kill")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other instants")
    parser.add_argument("--full-disk", action="store_true", help="let the disk be full instead")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.full_disk:
            fill_the_disk(Path(folder))
            return 0
        found = kill_often(Path(folder), asked.rounds, asked.seed, _say)
    _say(
        f"{found.rounds} rounds, {found.killed_busy} of them killed with Alerts acknowledged; "
        f"{found.received} Alerts received, {found.acknowledged} acknowledged, {found.repeats} of these again"
    )
    for what in found.wrong[:20]:
        _say(f"wrong: {what}")
    return 1 if found.wrong else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
