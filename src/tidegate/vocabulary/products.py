"""What a Device is, as far as a cause is concerned: its type, manufacturer, model and firmware."""

from __future__ import annotations

from typing import Final, NamedTuple


class Product(NamedTuple):
    """A kind of Device. An empty part is not said: `Product("ESME", "Maker A", "M1", "")` is every firmware of M1."""

    device_type: str = ""
    manufacturer: str = ""
    model: str = ""
    firmware: str = ""

    def __str__(self) -> str:
        """As a person says it: `Maker A M1 1.04`; `not known` where nothing of it is."""
        return " ".join(part for part in self[1:] if part) or self.device_type or "not known"

    def includes(self, other: Product) -> bool:
        """Whether everything said of this is true of the other."""
        return all(mine in ("", theirs) for mine, theirs in zip(self, other, strict=True))


NOT_KNOWN: Final = Product()
"""The product of a Device that no Inventory knows."""
