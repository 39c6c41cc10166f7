"""What is waited for until it comes back: requests that were refused, in a stream table.

A slot is a request by its fingerprint (as device) and User (as recipient);
`last_at` says when it was refused last. One look at a cache line answers for
nearly every request, whether any is waited for or a million are.
"""

from __future__ import annotations

from typing import Any, Final

from tidegate.columnar.compiled import compiled
from tidegate.columnar.stream_table import find, hash_of, is_empty, prefetch, put, take_out

REFUSED: Final = 0
RETRIED: Final = 1
CAME_BACK: Final = 2
WAITED_FOR: Final = 3
COUNTS: Final = 4

_AHEAD: Final = 16


@compiled
def follow(at: Any, request: Any, user: Any, is_refused: Any, streams: Any, counts: Any) -> None:
    """The next requests in receipt order; the table has room for all that are refused.

    counts:  REFUSED and not waited for before, RETRIED while waited for, CAME_BACK and was not refused; WAITED_FOR now.
    """
    rows = len(at)
    for row in range(rows):
        if row + _AHEAD < rows:
            ahead = hash_of(request[row + _AHEAD], 0, user[row + _AHEAD])
            prefetch(streams, (ahead << 1) & (len(streams) - 1))
        h = hash_of(request[row], 0, user[row])
        slot = find(streams, h, request[row], 0, user[row])
        if is_refused[row]:
            if is_empty(streams, slot):
                put(streams, slot, h, request[row], 0, user[row])
                counts[REFUSED] += 1
                counts[WAITED_FOR] += 1
            else:
                counts[RETRIED] += 1
            streams[slot].last_at = at[row]
        elif not is_empty(streams, slot):
            take_out(streams, slot)
            counts[CAME_BACK] += 1
            counts[WAITED_FOR] -= 1


@compiled
def write_last_refusals(streams: Any, at: Any) -> None:
    """When each that is waited for was refused last; `at` has a place for each."""
    place = 0
    for slot in range(len(streams)):
        if not is_empty(streams, slot):
            at[place] = streams[slot].last_at
            place += 1


@compiled
def give_up(before: Any, streams: Any, counts: Any) -> None:
    """Wait no longer for what was last refused before an instant."""
    for slot in range(len(streams)):
        if not is_empty(streams, slot) and streams[slot].last_at < before:
            take_out(streams, slot)
            counts[WAITED_FOR] -= 1
