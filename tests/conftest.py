"""Settings for the whole suite: no deadlines, for this machine may be any machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[object]:
    """A PostgreSQL server for all who want one, one after the other; whoever stops it starts it again."""
    from tests.durability.postgresql import BINARIES, WHY_NOT, running_server  # noqa: PLC0415 - seldom wanted

    if BINARIES is None:
        pytest.skip(WHY_NOT)
    with running_server() as server:
        yield server


@pytest.fixture
def empty_server(postgresql_server: object) -> object:
    """The same with nothing in its database."""
    postgresql_server.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")  # type: ignore[attr-defined]
    return postgresql_server
