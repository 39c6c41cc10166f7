"""Post Commissioning in words: what becomes of Devices, why, and what a list of them is called."""

from __future__ import annotations

import re
import zlib
from typing import Final

from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.next_action import NextAction
from tidegate.reports.commissioning_status import Change, Step

VERDICTS: Final = {
    Verdict.FAILED: "failed",
    Verdict.UNDETERMINED: "undetermined",
    Verdict.PENDING: "pending",
    Verdict.SECURE_BY_COMMANDS: "secure by Commands",
    Verdict.SECURE_BY_CREDENTIALS: "secure by credentials",
}
"""The verdicts, the worst first, as they are read."""

CHANGES: Final = {
    Change.CLEARED: "not a failure",
    Change.WAITING: "has time yet",
    Change.UNTOLD: "cannot be told",
    Change.FOUND: "was missed",
    Change.CONFIRMED: "failed by both",
    Change.NONE: "failed by neither",
}
"""What becomes of a Device, as it is read."""

NOT_KNOWN: Final = "not known"
"""What stands for a Supplier, region or product that nothing tells."""

_ACTIONS: Final = {action.text: action for action in NextAction}
_ORDER: Final = tuple(Change)
_PLAIN: Final = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_LONGEST: Final = 60


def step_file(step: Step) -> str:
    """The file that lists the Devices of a step: `steps/01-cleared-update-remote-party-credentials-empty.csv`.

    It says of what change it is (01 is cleared), and does not depend on what other steps there are, so that
    of two reports the files of one name are of one step.
    """
    number = 1 + _ORDER.index(step.change)
    return f"steps/{number:02d}-{step.change}-{_slug(step.place)}{step.reason.name.lower().replace('_', '-')}.csv"


def of_step(step: Step) -> str:
    """A step in words: `update remote party credentials: the response has no outcome`."""
    return f"{step.place}: {step.reason.text}" if step.place else step.reason.text


def action_in_words(action: str) -> str:
    """What is to be done, as it stands in a cohort: `read its credentials (6.24.1)`; empty where there is nothing."""
    return _ACTIONS[action].words if action else ""


def _slug(place: str) -> str:
    """A place as part of a name of a file; two places never have the same."""
    if not place:
        return ""
    words = re.sub(r"[^A-Za-z0-9]+", "-", place).strip("-")[:_LONGEST]
    if _PLAIN.fullmatch(place) and len(place) <= _LONGEST:
        return f"{words}-"
    # What a file cannot be called was left out: this tells those apart that are left the same.
    return f"{words}-{zlib.crc32(place.encode()):08x}-".lstrip("-")
