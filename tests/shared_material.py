"""Where the public wire material lies: a folder `shared` beside the checkout, or TIDEGATE_SHARED.

Tests that need it skip where it is absent:

    @needs_shared
    def test_...(): ... SHARED / "rtds" ...
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(os.environ.get("TIDEGATE_SHARED") or Path(__file__).resolve().parents[2] / "shared")

SHARED: Path | None = _BESIDE if _BESIDE.is_dir() else None
"""The folder, or None where it is absent."""

needs_shared = pytest.mark.skipif(
    SHARED is None, reason="the public wire material (folder `shared` or TIDEGATE_SHARED) is not here"
)


def shared(name: str) -> Path:
    """A file or folder of the shared material; skips the test that asks where there is none."""
    if SHARED is None:
        pytest.skip("the public wire material (folder `shared` or TIDEGATE_SHARED) is not here")
    return SHARED / name


def shared_files(pattern: str) -> list[Path]:
    """The files of the shared material that match, sorted; none where it is absent."""
    return sorted(SHARED.glob(pattern)) if SHARED else []
