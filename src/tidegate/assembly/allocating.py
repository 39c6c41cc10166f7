"""An allocation from a table of Users, and the workbook it is written to."""

from __future__ import annotations

from pathlib import Path

from tidegate.operations.allocate import AllocateOptions, allocate_capacity
from tidegate.reports.allocated import Allocated
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant


def allocate_users(users: Path, policy: str | None, at: Instant, options: AllocateOptions) -> Allocated:
    """Share the capacity out among the Users of a file, under a policy by file or published name.

    policy:  None: the default; of a folder of versions, the one in force at the instant `at`.

    Raises:
        InputError: the Users or the policy cannot be read, or no allocation can be made of them.
    """
    from tidegate.policy_files import DEFAULT_POLICY, find_policy_at  # noqa: PLC0415 - --help waits for none of this
    from tidegate.tables.users import read_users  # noqa: PLC0415

    return allocate_capacity(read_users(users), find_policy_at(policy or DEFAULT_POLICY, at), options)


def write_allocation(allocated: Allocated, path: Path) -> None:
    """Write the workbook; the file has its name only once it is whole.

    Raises:
        InputError: it cannot be written.
    """
    from tidegate.formats.allocation_xlsx import allocation_workbook  # noqa: PLC0415 - only who asks waits for it
    from tidegate.tables.whole_file import unfinished_name  # noqa: PLC0415

    unfinished = unfinished_name(path)
    try:
        unfinished.write_bytes(allocation_workbook(allocated))
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        what = f"cannot be written: {error.strerror}"
        raise InputError(Fault(str(path), what, "Choose another place with --xlsx.")) from None
