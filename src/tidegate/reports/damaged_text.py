"""Text that was no UTF-8 when it was read: each octet that was none stands as U+FFFD, and that is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidegate.reports.replayed import Replayed
from tidegate.vocabulary.text_read import is_damaged

_NAMED = 3


def damaged_names(column: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names of a column that are damaged, each with its column."""
    return tuple(f"{column} {name!r}" for name in names if is_damaged(name))


def damaged_in_replay(replayed: Replayed) -> Iterator[str]:
    """A caution for the log, and one for the Inventory, where text in them was damaged."""
    found = [(replayed.source, damaged_names("recipient", list(replayed.by_recipient)))]
    if replayed.inventory is not None:
        found.append((replayed.inventory.source, tuple(replayed.inventory.damaged)))
    yield from filter(None, (damaged_in_words(source, damaged) for source, damaged in found))


def damaged_in_words(source: str, damaged: Sequence[str]) -> str:
    """Where there is damaged text, and what to do; empty where there is none."""
    if not damaged:
        return ""
    more = f" and {len(damaged) - _NAMED} more" if len(damaged) > _NAMED else ""
    return (
        f"Not UTF-8: {source} has text that was saved in another encoding, now with \ufffd in it: "
        f"{', '.join(damaged[:_NAMED])}{more}. Save it as CSV UTF-8."
    )
