"""The policies and criteria that come with tidegate, and finding one by name or path."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from tidegate.commissioning.criteria import Criteria
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.priority_asks import JOINS, with_asks
from tidegate.policy_files.criteria_reading import parse_criteria, read_criteria
from tidegate.policy_files.reading import parse_policy, read_history, read_policy
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant, format_instant

DEFAULT_POLICY: Final = "illustrative-2"
"""What a replay runs under when no policy is named."""

CODES_CRITERIA: Final = "appendix-ac-5"
"""The criteria of the Code."""

OUTCOME_CRITERIA: Final = "outcome"
"""The criteria by outcome."""


def published(name: str) -> MechanismDocument:
    """A policy that comes with tidegate, such as `illustrative-2`.

    Raises:
        InputError: there is none of that name; says which there are.
    """
    if name not in published_names():
        there_are = ", ".join(published_names())
        raise InputError(
            Fault(name, "no policy of this name comes with tidegate", f"There are: {there_are}.")
        )
    file = _folder("policies").joinpath(f"{name}.toml")
    return parse_policy(file.read_text(encoding="utf-8"), f"policies/{name}.toml")


def published_names() -> tuple[str, ...]:
    """The names of the policies that come with tidegate."""
    return _names_in("policies")


def find_policy(name_or_path: str) -> MechanismDocument:
    """The policy of a file, or the published one of that name where there is no such file.

    Either may be followed by what was asked of the Prioritised Service Requests List, each after a `+`.

    Raises:
        InputError: there is neither, the file has faults, or there is no such ask.
    """
    path = Path(name_or_path)
    base, *asks = path.name.split(JOINS)
    if asks and base and not path.exists():
        return with_asks(find_policy(str(path.with_name(base))), asks)
    if not path.exists() and name_or_path in published_names():
        return published(name_or_path)
    if not path.exists():
        there_are = ", ".join(published_names())
        what = "there is no such policy file"
        raise InputError(
            Fault(name_or_path, what, f"Name a file, or one that comes with tidegate: {there_are}.")
        )
    return read_policy(path)


def find_policy_at(name_or_path: str, instant: Instant) -> MechanismDocument:
    """The policy of a file or name; of a folder of versions, the one in force at an instant.

    Raises:
        InputError: there is none, it has faults, or no version of the folder is in force then.
    """
    if not Path(name_or_path).is_dir():
        return find_policy(name_or_path)
    policy = read_history(Path(name_or_path)).at(instant)
    if policy is None:
        what = f"no version is in force at {format_instant(instant)}"
        raise InputError(Fault(name_or_path, what, "Name one of its files, or a later instant."))
    return policy


def published_criteria(name: str) -> Criteria:
    """A set of criteria that comes with tidegate, such as `outcome`.

    Raises:
        InputError: there is none of that name; says which there are.
    """
    if name not in published_criteria_names():
        there_are = ", ".join(published_criteria_names())
        what = "no criteria of this name come with tidegate"
        raise InputError(Fault(name, what, f"There are: {there_are}."))
    file = _folder("criteria").joinpath(f"{name}.toml")
    return parse_criteria(file.read_text(encoding="utf-8"), f"criteria/{name}.toml")


def published_criteria_names() -> tuple[str, ...]:
    """The names of the criteria that come with tidegate."""
    return _names_in("criteria")


def find_criteria(name_or_path: str) -> Criteria:
    """The criteria of a file, or the published ones of that name where there is no such file.

    Raises:
        InputError: there is neither, or the file has faults.
    """
    path = Path(name_or_path)
    if path.exists():
        return read_criteria(path)
    if name_or_path in published_criteria_names():
        return published_criteria(name_or_path)
    there_are = ", ".join(published_criteria_names())
    remedy = f"Name a file, or criteria that come with tidegate: {there_are}."
    raise InputError(Fault(name_or_path, "there is no such criteria file", remedy))


def _names_in(kind: str) -> tuple[str, ...]:
    names = (file.name for file in _folder(kind).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def _folder(kind: str) -> Traversable:
    packaged = files("tidegate").joinpath(kind)
    # Run from a checkout, where the folder stands beside src/ and not in the package.
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3] / kind
