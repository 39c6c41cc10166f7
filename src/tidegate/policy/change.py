"""One difference between two policies, and how a value that changes is told."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.vocabulary.instants import Duration, format_duration


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two policies.

    key:       Where it stands in a policy file: `alert_storm.default.threshold`.
    before:    The value before, as text; None where there was none.
    after:     The value after, as text; None where there is none.
    sentence:  What changes, in words.
    """

    key: str
    before: str | None
    after: str | None
    sentence: str


def becomes(what: str, was: str | None, now: str | None) -> str:
    """A value that changes, comes or goes, in a sentence."""
    if was is None:
        return f"{what} is {now}; there was none."
    return f"{what} is {now}; it was {was}." if now is not None else f"{what} is dropped; it was {was}."


def duration_or_none(value: Duration | None) -> str | None:
    """A duration as text."""
    return None if value is None else format_duration(value)


def text_or_none(value: int | None) -> str | None:
    """A number as text."""
    return None if value is None else str(value)
