"""Names of files as text. A system may hold names that are no UTF-8; no result could repeat them."""

from __future__ import annotations


def is_text(name: str) -> bool:
    """Whether a name, as the system gave it, is text: nothing in it stands for an octet that was none."""
    return not any("\udc80" <= character <= "\udcff" for character in name)


def shown_name(name: str) -> str:
    r"""A name that can be printed: what is no text in it as `\xe9`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
