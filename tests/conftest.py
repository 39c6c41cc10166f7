"""Settings for the whole suite: no deadlines, for this machine may be any machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

settings.register_profile("tidegate", deadline=None)
settings.load_profile("tidegate")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests that share what a module makes once stay with one worker (`--dist loadgroup`), so that it is made once."""
    definitions = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    if any(each.scope == "module" for found in definitions.values() for each in found):
        item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
