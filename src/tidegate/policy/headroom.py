"""The room between the operating threshold and the maximum, which the Users' fair limits need.

A fair limit that is no whole request is rounded up, for each User. So all
together may use up to one request a User more than the operating threshold;
where that reaches the maximum, a User inside its allocation can meet a full
system (docs/explanation/fair-shares.md). The rule decides all the same: it is a
caution and no fault.
"""

from __future__ import annotations

from typing import Final

from tidegate.policy.mechanism import ServiceRequestRules

FEWEST_USERS: Final = 2
"""Fewer than these share nothing: a policy that is looked at without its Users must have room for them at least."""


def headroom_caution(rules: ServiceRequestRules, users: int) -> str | None:
    """What to write where there is no room for a request of each User; None where there is."""
    threshold, maximum = rules.operating_threshold, rules.maximum_system_capacity
    room = maximum - threshold
    if room >= users:
        return None
    remedy = f"maximum_system_capacity = {threshold + users} or more"
    if maximum > users:
        remedy += f", or operating_threshold = {maximum - users} or less"
    return (
        f"Between the operating threshold ({threshold:,}) and the maximum ({maximum:,}) there is room for {room:,}; "
        f"{users:,} Users need {users:,}, else one inside its allocation can be refused as the fair limits of the others are rounded up: "
        f"write {remedy}."
    )
