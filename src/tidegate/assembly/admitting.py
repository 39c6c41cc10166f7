"""What `tidegate serve` needs to decide Service Requests: the Users and what each is given under a policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.policy.mechanism import MechanismDocument

if TYPE_CHECKING:
    from tidegate.operations.request_control import Allocate


def allocations_by(users: Path | None, given: Mapping[str, int]) -> Allocate | None:
    """How a policy's capacity is shared out: by a table of Users, or as is given; None: nothing says.

    Raises:
        InputError: the table cannot be read.
    """
    if users is None:
        return (lambda _policy: given) if given else None
    from tidegate.admission.allocation import by_user  # noqa: PLC0415 - only a gateway with Users waits for it
    from tidegate.operations.allocate import allocate_capacity  # noqa: PLC0415
    from tidegate.tables.users import read_users  # noqa: PLC0415

    table = read_users(users)

    def allocate(policy: MechanismDocument) -> Mapping[str, int]:
        return by_user(allocate_capacity(table, policy).allocations)

    return allocate


def forecasts_in(users: Path | None) -> Mapping[str, float]:
    """What each User of a table said it would send, of all its roles together.

    Raises:
        InputError: the table cannot be read.
    """
    if users is None:
        return {}
    from tidegate.tables.users import read_users  # noqa: PLC0415

    found: dict[str, float] = {}
    for user in read_users(users).users:
        if user.forecast is not None:
            found[user.user] = found.get(user.user, 0) + float(user.forecast)
    return found
