"""Modes: what a mechanism in force does."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What a policy in force does."""

    OFF = "off"
    """Nothing is judged; everything passes."""

    SHADOW = "shadow"
    """Everything is judged and reported, and nothing is held back."""

    ENFORCED = "enforced"
    """What is decided is done."""
