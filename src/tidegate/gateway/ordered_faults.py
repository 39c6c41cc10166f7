"""Faults that are ordered in the sandbox, so that an adapter can be tried against a system that misbehaves on demand.

Which request meets which fault is counted, not drawn: one in three is the
third, the sixth, the ninth. So a test that orders a fault knows what comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.gateway.settings import OrderedFault
from tidegate.vocabulary.instants import SECOND, Instant

MOST_FAULTS: Final = 100


@dataclass(slots=True)
class _Order:
    """A fault, since when, and how many requests were for it."""

    fault: OrderedFault
    since: Instant
    seen: int = 0
    met: int = 0

    def is_for(self, service: str, srv: str, at: Instant) -> bool:
        fault = self.fault
        passed_s = (at - self.since) / SECOND
        return (
            fault.service in ("", service)
            and fault.srv in ("", srv)
            and (fault.lasts is None or passed_s < fault.lasts)
            and (fault.every is None or fault.burst is None or passed_s % fault.every < fault.burst)
        )


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """A fault that is ordered, and how often it was met."""

    fault: OrderedFault
    since: Instant
    met: int
    is_over: bool


class OrderedFaults:
    """The faults that are ordered; the first that is for a request is the one it meets. One thread at a time."""

    def __init__(self, faults: Sequence[OrderedFault], now: Instant) -> None:
        self._orders: list[_Order] = []
        self.order(faults, now)

    def order(self, faults: Sequence[OrderedFault], now: Instant) -> None:
        """Order these, in place of all that were."""
        self._orders = [_Order(fault, now) for fault in faults]

    def standing(self, now: Instant) -> list[StandingOrder]:
        """What is ordered."""
        return [
            StandingOrder(
                it.fault,
                it.since,
                it.met,
                it.fault.lasts is not None and (now - it.since) / SECOND >= it.fault.lasts,
            )
            for it in self._orders
        ]

    def meet(self, service: str, srv: str, at: Instant) -> OrderedFault | None:
        """The fault a request meets; None: none."""
        for order in self._orders:
            if not order.is_for(service, srv, at):
                continue
            order.seen += 1
            if order.seen % order.fault.one_in == 0:
                order.met += 1
                return order.fault
        return None
