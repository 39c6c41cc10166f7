"""Which Service Requests were taken: so that one that is sent again, by whomever, is not done twice.

A RequestID is taken once as a request and once more as the signed pre-command of
that request. A request that was refused was not taken: it comes back under its
RequestID at the time it was told. So a lower counter than one seen before is no
sign of a replay, and what is kept is the RequestIDs themselves, of each User the
last ones: memory does not grow with what is sent. It begins empty with the
gateway; a Device has a memory of its own that none of this takes the place of.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

MOST_OF_A_USER: Final = 50_000
"""RequestIDs kept of a User. At 10 a second, those of more than an hour."""

MOST_USERS: Final = 1_000
"""Users of whom any are kept; of more, those are forgotten who sent nothing for the longest time."""

Taken = tuple[int, int, bool]
"""Target (EUI-64), counter, and whether it is the signed pre-command."""


class TakenRequests:
    """Remembers what was taken."""

    def __init__(self, most_of_a_user: int = MOST_OF_A_USER, most_users: int = MOST_USERS) -> None:
        assert most_of_a_user > 0
        assert most_users > 0
        self._most_of_a_user = most_of_a_user
        self._most_users = most_users
        self._of_user: OrderedDict[str, OrderedDict[Taken, None]] = OrderedDict()

    def has(self, user: str, taken: Taken) -> bool:
        """Say whether it was taken before."""
        its = self._of_user.get(user)
        return its is not None and taken in its

    def take(self, user: str, taken: Taken) -> None:
        """It is taken."""
        its = self._of_user.get(user)
        if its is None:
            its = self._of_user[user] = OrderedDict()
            if len(self._of_user) > self._most_users:
                self._of_user.popitem(last=False)
        else:
            self._of_user.move_to_end(user)
        its[taken] = None
        if len(its) > self._most_of_a_user:
            its.popitem(last=False)

    def give_back(self, user: str, taken: Taken) -> None:
        """It was not done after all: whoever asked for it may send it again."""
        its = self._of_user.get(user)
        if its is not None:
            its.pop(taken, None)
