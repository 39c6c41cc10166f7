"""Scenarios on disk, replayed by the command line; each is simulated once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.commands import tidegate

from tidegate.cli.simulate import write_simulation

_FOLDER = Path(mkdtemp(prefix="tidegate-scenarios-"))


@dataclass(frozen=True)
class Log:
    """A scenario as `tidegate simulate` writes it."""

    folder: Path

    @property
    def alerts(self) -> Path:
        (path,) = self.folder.glob("alerts.*")
        return path

    @property
    def truth(self) -> dict[str, Any]:
        truth: dict[str, Any] = json.loads((self.folder / "truth.json").read_text())
        return truth

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The causes in the truth that are somebody's fault."""
        return [cause for cause in self.truth["causes"] if cause["kind"] in {"shouters", "murmur"}]


@cache
def simulated(name: str, devices: int | None = None, days: int | None = None) -> Log:
    """A scenario in some size, with seed 1."""
    folder = _FOLDER / f"{name}-{devices}-{days}"
    write_simulation(name, folder, devices=devices, days=days)
    return Log(folder)


@dataclass(frozen=True)
class Replayed:
    summary: dict[str, Any]
    storms: pa.Table

    def of_code(self, code: str) -> dict[str, int]:
        """Received, forwarded and so on of one code."""
        counts: dict[str, int] = self.summary["by_code"].get(
            code, {"received": 0, "forwarded": 0, "throttled": 0}
        )
        return counts

    @property
    def stormed(self) -> set[str]:
        """Devices that stormed."""
        return {str(device_id) for device_id in self.storms["device_id"].to_pylist()}


def replayed(capfd: pytest.CaptureFixture[str], folder: Path, alerts: Path, *options: object) -> Replayed:
    """What `tidegate replay` makes of a log."""
    ran = tidegate(capfd, "replay", alerts, "-o", folder, "--no-decisions", "--json", *options)
    assert 0 == ran.status, ran.err
    return Replayed(json.loads(ran.out), pq.read_table(folder / "storms.parquet"))


def policy(folder: Path, text: str) -> Path:
    """A policy file with these lines under [alert_storm] and below."""
    path = folder / "tried.toml"
    path.write_text(
        'version = "tried"\nmode = "enforced"\neffective_from = 2020-01-01T00:00:00Z\nillustrative = true\n'
        f"{text}\n",
        encoding="utf-8",
    )
    return path
