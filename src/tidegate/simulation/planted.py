"""What was planted, in the words that causes are named in (`alert_storm/causes.py`).

A product is named at its level: where every firmware of a model has the fault,
the model has it, and no firmware is said. So is what is found measured against
what is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tidegate.alert_storm.causes import Kind
from tidegate.simulation.catalogue import FIRMWARES, DeviceType, firmwares_of
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.products import Product
from tidegate.vocabulary.toggle_pairs import codes_counted_as

BACKGROUND: Final = "background"
"""The kind of traffic that is nobody's fault; `quiet`, `weather` and `dcc alerts` are others."""


def products_of(device_type: DeviceType, firmwares: Sequence[int]) -> list[Product]:
    """The products that some firmwares are: a whole model where all of its firmwares are among them.

    Args:
        device_type: Of the Devices that have the fault; a Communications Hub is two Devices.
        firmwares:   Places in `catalogue.FIRMWARES`.
    """
    named: list[Product] = []
    for number in sorted(set(firmwares)):
        firmware = FIRMWARES[number]
        is_whole = set(firmwares_of(firmware.model)) <= set(firmwares)
        version = "" if is_whole else firmware.version
        product = Product(device_type.name, firmware.manufacturer, firmware.model, version)
        if product not in named:
            named.append(product)
    return named


def as_truth(
    kind: Kind | str, alert_codes: Sequence[AlertCode], products: Sequence[Product]
) -> dict[str, Any]:
    """The first words of a cause in `truth.json`: both codes of a toggle pair; no product where none is behind it."""
    codes = {each for code in alert_codes for each in codes_counted_as(code)}
    return {
        "kind": str(kind),
        "alert_codes": [format_alert_code(code) for code in sorted(codes)],
        "products": [product._asdict() for product in products],
    }
