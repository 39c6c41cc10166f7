"""Who lacks an extra is told which to install; a fault of ours is not mistaken for one."""

from __future__ import annotations

import pytest
from tests.commands import tidegate


@pytest.mark.parametrize(("extra", "package"), [("web", "sqlalchemy.engine"), ("postgres", "pg8000")])
def test_a_package_of_an_extra_that_is_not_there_is_named_with_its_extra(capfd, monkeypatch, extra, package):
    def fails(*_args, **_options):
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    monkeypatch.setattr("tidegate.assembly.policy_periods", fails)
    ran = tidegate(capfd, "replay", "log.csv")

    assert 2 == ran.status
    assert f'Install "tidegate[{extra}]"' in ran.err


def test_another_package_that_is_not_there_is_a_fault_of_ours(capfd, monkeypatch):
    def fails(*_args, **_options):
        raise ModuleNotFoundError("No module named 'tidegate.nothing'", name="tidegate.nothing")

    monkeypatch.setattr("tidegate.assembly.policy_periods", fails)

    assert 70 == tidegate(capfd, "replay", "log.csv").status
