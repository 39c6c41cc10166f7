"""The emergency override: an Alert Code off the exclusion list, for hours.

An excluded code is never throttled, however many Alerts of it come. When it
floods, whoever is on duty must be able to act before anyone can be consulted
(WPD, A35): the override counts the code as any other until it expires, and
then what would have been in force without it is in force again, by itself.
What is wanted for longer is a change, and goes the way of a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.instants import HOUR, Duration, Instant, format_duration, format_instant

LONGEST: Final[Duration] = 72 * HOUR
"""Long enough for a weekend; what is wanted for longer is consulted on (readings.md#30)."""


@dataclass(frozen=True, slots=True)
class EmergencyOverride:
    """A code off the exclusion list for since <= t < until; valid once built.

    who, reason:  Who answers for it, and why it could not wait.

    Raises:
        ValueError: it lasts no time or longer than LONGEST, or nobody says who or why; the message says which.
    """

    code: AlertCode
    since: Instant
    until: Instant
    who: str
    reason: str

    def __post_init__(self) -> None:
        lasts = self.until - self.since
        if lasts <= 0:
            raise ValueError("an override lasts for some time, as 4h")
        if lasts > LONGEST:
            raise ValueError(
                f"it would last from {format_instant(self.since)} to {format_instant(self.until)}, longer than "
                f"{format_duration(LONGEST)}: that is a change, not an override"
            )
        if not self.who.strip():
            raise ValueError("nobody answers for it: say who")
        if not self.reason.strip():
            raise ValueError("it has no reason: say why it cannot wait")

    @property
    def in_words(self) -> str:
        """The override in a sentence."""
        return (
            f"Emergency override: {format_alert_code(self.code)} is off the exclusion list from "
            f"{format_instant(self.since)} until {format_instant(self.until)}, by {self.who}: {self.reason}"
        )


def overridden(
    policy: MechanismDocument, overrides: Sequence[EmergencyOverride], since: Instant
) -> MechanismDocument:
    """A policy under overrides that hold from an instant on: the same but for its exclusion list.

    Its version says so: `illustrative-1-without-8F75`. Codes that are not on the list are left as they are.
    """
    off = sorted({it.code for it in overrides} & policy.exclusion_list.reasons.keys())
    kept = {code: why for code, why in policy.exclusion_list.reasons.items() if code not in off}
    return replace(
        policy,
        version="-".join([policy.version, "without", *map(format_alert_code, off)]),
        effective_from=since,
        supersedes=policy.version,
        exclusion_list=ExclusionList(kept),
        note=" ".join([*(it.in_words for it in overrides if it.code in off), policy.note]).strip(),
    )
