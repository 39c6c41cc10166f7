"""What honest criteria save: Devices that need not be visited, nor chased, nor read."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from tidegate.commissioning.next_action import NextAction
from tidegate.reports.commissioning_status import Change, CommissioningStatus


class Savings(NamedTuple):
    """Against chasing every Device that the first set of criteria calls FAILED, each by a visit or a read.

    That each would otherwise be visited is the most it can be, not what would have been done: how many are is not public.

    called_failed:  Devices FAILED by the first.
    cleared:        Of them, secure by the last: neither visit nor read nor Incident.
    to_visit:       Of all, those that nothing but a visit settles.
    to_read:        Of all, those that a read would settle.
    """

    called_failed: int
    cleared: int
    to_visit: int
    to_read: int

    @property
    def visits_saved(self) -> int:
        """Visits to Devices that the first calls FAILED and that are not advised."""
        return max(0, self.called_failed - self.to_visit)

    @property
    def reads_saved(self) -> int:
        """Reads against reading every Device that the first calls FAILED."""
        return max(0, self.called_failed - self.to_read)


def savings_of(status: CommissioningStatus) -> Savings:
    """What is saved; of one set of criteria, nothing is cleared."""
    actions = actions_of(status)
    called = status.count(lambda each: each.step.change not in (Change.NONE, Change.FOUND), "step")
    return Savings(called, status.false_failures, actions[NextAction.VISIT], actions[NextAction.READ])


def actions_of(status: CommissioningStatus) -> Counter[NextAction]:
    """Devices by what settles them; those that need nothing left out."""
    by_text = {action.text: action for action in NextAction}
    found: Counter[NextAction] = Counter()
    for text, devices in status.sum_by(lambda each: each.action, "action").items():
        if text:
            found[by_text[text]] += devices
    return found
