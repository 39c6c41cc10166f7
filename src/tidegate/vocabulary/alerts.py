"""One Alert, and the stream it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.products import NOT_KNOWN, Product


@dataclass(frozen=True, slots=True)
class Alert:
    """An Alert as it was received.

    at:          Receipt instant (never the Device's own clock).
    device_id:   Device that raised it; for an Alert wrapped in a DCC Alert, the inner Device.
    alert_code:  Its Alert Code; for a wrapped Alert, the inner code.
    recipient:   User it goes to: an EUI-64 as text, or a name. Empty when not known.
    product:     What its Device was then, by an Inventory; `NOT_KNOWN` where there is none.
    """

    at: Instant
    device_id: DeviceId
    alert_code: AlertCode
    recipient: str = ""
    product: Product = NOT_KNOWN


class Stream(NamedTuple):
    """What Alerts are counted by: one Device, one Alert Code, one recipient.

    Under `count_by = "device_code"` the recipient is empty; a code group is
    named by its first member.
    """

    device_id: DeviceId
    alert_code: AlertCode
    recipient: str
