"""THE RULE: Service Request Traffic Management for one request, in whole numbers.

Everything is counted over the period that ends with the request, (t - P, t]:

    offered    requests received, of all Users, this one included
    used       requests admitted, of all Users, before this one
    user_used  requests admitted, of its User, before this one

A refused request never counts as use. The rule is, in this order:

    1. With the mode off everything is admitted.
    2. What continues something admitted (`continuation.py`), or claims its booked
       return time (`booking.py`), is admitted.
    3. A request on the Prioritised Service Requests List is admitted while the
       system is below its maximum. At the maximum it is refused too, and the User
       is held to its share of the maximum by its return times.
    4. While all that was offered together is within the operating threshold,
       everything is admitted; above it, while the use is below the threshold, a
       User is admitted below its fair limit (`fair_share.py`).
    5. A User that has not used its allocation is admitted while the system is
       below its maximum.
    6. Otherwise it is throttled, and told when to come back.

Steps 3 to 6 are here. `kernel.py` states the same rule over columns;
`tests/equivalence` holds the two together. Change them together.
"""

from __future__ import annotations

from typing import Final

from tidegate.admission.decision import Outcome, Reason

OUTCOMES: Final = (
    Outcome.ADMITTED,
    Outcome.CONTINUATION,
    Outcome.CONTINUATION,
    Outcome.CONTINUATION,
    Outcome.PRIORITISED,
    Outcome.ADMITTED,
    Outcome.ADMITTED,
    Outcome.ADMITTED,
    Outcome.THROTTLED,
    Outcome.THROTTLED,
)
"""The outcome for each reason, by its number."""


def judge(
    offered: int,
    used: int,
    user_used: int,
    user_limit: int,
    allocation: int,
    operating_threshold: int,
    maximum: int,
    is_prioritised: bool,  # noqa: FBT001 - one of the numbers that decide
) -> Reason:
    """Decide one request that continues nothing; `user_limit` is its User's fair limit."""
    if is_prioritised and used < maximum:
        return Reason.PRIORITISED
    if offered <= operating_threshold:
        return Reason.BELOW_THRESHOLD
    if used < operating_threshold and user_used < user_limit:
        return Reason.WITHIN_FAIR_LIMIT
    if used >= maximum:
        return Reason.SYSTEM_FULL
    if user_used < allocation:
        return Reason.WITHIN_ALLOCATION
    return Reason.OVER_SHARE
