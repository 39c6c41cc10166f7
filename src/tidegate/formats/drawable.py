"""Text that a picture can hold.

SVG is XML, which has no control characters. The drawing library does not refuse
one that stands in a name: it ends the whole program. So none reaches it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIGNS_OF_CONTROLS: Final = 0x2400
"""Where Unicode has a sign for each of the 32 control characters: \u241b for Escape."""


def drawable(text: str) -> str:
    """The text with a sign in place of each character that XML cannot hold; two names that differ still do."""
    return _NOT_XML.sub(_sign, text)


def all_drawable(value: Any) -> Any:
    """A specification, of dictionaries and lists however deep, with all of its text drawable."""
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, Mapping):
        return {drawable(key): all_drawable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [all_drawable(each) for each in value]
    return value


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(_SIGNS_OF_CONTROLS + code) if code < ord(" ") else "\ufffd"
