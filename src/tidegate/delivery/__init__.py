"""Delivery over HTTP: Alerts go on to each recipient's Receive Response Service.

The one room of aiohttp. What is sent when is decided by `operations.delivering`.
"""

from tidegate.delivery.delivery import Delivery, DeliveryStatus
from tidegate.delivery.posting import Recipient

__all__ = ["Delivery", "DeliveryStatus", "Recipient"]
