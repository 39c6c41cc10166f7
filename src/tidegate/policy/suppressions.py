"""The suppression register: why each suppression stands, who approved it, and what becomes of the fault.

What a suppression does is a rule (`alert_storm.suppressions`). Here is what
those who answer for it must be able to say, and how it stands at an instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.approval import Approval
from tidegate.vocabulary.instants import DAY, Instant

EXPIRY_IS_NEAR: Final = 30 * DAY
"""How long before it expires a suppression is told to."""


class FixStatus(StrEnum):
    """Whether what causes the Alerts can be mended in firmware."""

    NOT_FIXABLE = "not_fixable"
    """It cannot: it comes of the hardware's design (Centrica, SECMP0062)."""

    IN_PROGRESS = "in_progress"
    """A fix is being made."""

    FIXED_IN = "fixed_in"
    """A firmware that mends it is available; Devices still have to get it."""


class Status(StrEnum):
    """How a suppression stands at an instant."""

    ACTIVE = "active"
    EXPIRES_SOON = "expires within 30 days"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """Why a suppression stands; valid once built.

    reason:      Why these Alerts may be held back harder.
    fix_status:  Whether firmware can mend what causes them.
    fixed_in:    The firmware that does, where `fix_status` is FIXED_IN; else empty.
    approval:    Who approved it; None for a draft.

    Raises:
        ValueError: there is no reason, or `fixed_in` and `fix_status` do not go together.
    """

    reason: str
    fix_status: FixStatus
    fixed_in: str = ""
    approval: Approval | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("a suppression needs a reason")
        if bool(self.fixed_in) != (self.fix_status is FixStatus.FIXED_IN):
            raise ValueError("fixed_in is the firmware of fix_status fixed_in, and of no other")

    @property
    def is_approved(self) -> bool:
        """Someone approved it, on a day."""
        return self.approval is not None and bool(self.approval.approved_by and self.approval.on)


def status_at(suppression: Suppression, at: Instant) -> Status:
    """How a suppression stands at an instant."""
    if at >= suppression.expires:
        return Status.EXPIRED
    return Status.EXPIRES_SOON if suppression.expires - at <= EXPIRY_IS_NEAR else Status.ACTIVE


def names_the_fix(suppression: Suppression, entry: RegisterEntry) -> bool:
    """Whether a suppression holds back the Alerts of the very firmware that mends them."""
    return bool(entry.fixed_in) and any(
        product.firmware in ("", entry.fixed_in) for product in suppression.products
    )
