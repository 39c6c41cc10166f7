"""Text as it was read: octets that were no UTF-8 stand as U+FFFD, the replacement character."""

from __future__ import annotations

from typing import Final

REPLACEMENT: Final = "\ufffd"


def is_damaged(text: str) -> bool:
    """Whether something in a text could not be read, here or before it came here."""
    return REPLACEMENT in text
