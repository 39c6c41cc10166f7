"""Storms that ended lately, to be asked for: as many as fit, the latest last. The journal has them all."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

from tidegate.operations.live import LiveStorm

MOST: Final = 10_000


class EndedStorms:
    """Hears of storms as they end (`operations.live.StormWatcher`); any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended: deque[LiveStorm] = deque(maxlen=MOST)

    def storms(self, started: Sequence[LiveStorm], ended: Sequence[LiveStorm]) -> None:
        """These have ended; those that started are running, and the engine knows them."""
        del started
        with self._lock:
            self._ended.extend(ended)

    def lately(self) -> Sequence[LiveStorm]:
        """Those that ended, the latest first."""
        with self._lock:
            return tuple(reversed(self._ended))
