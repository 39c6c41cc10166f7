"""How fast requests may go: the User's share as it was last told, spread evenly over its window.

With a limit of q requests in a window of w, and a tenth of q as a burst b, one
may go every w / (q - b), and b of those may have been saved up. So in no window do
more than q go, and after a silence what waited goes as a stream, not at once.

Others may send for the same User. Where less is left than this adapter has used,
it goes slower, and faster again by small steps when there is room.
"""

from __future__ import annotations

from typing import Final

from tidegate.client.answers import Share
from tidegate.client.terms import THOUSAND
from tidegate.vocabulary.instants import Duration, Instant

_BURST: Final = 10
_SLOWEST: Final = 100
_SLOWER: Final = (7, 8)
_STEPS: Final = 50
_BEGINS_AT: Final = 100
"""Of a thousand: where a rate begins after an outage."""


class Pace:
    """When the next request may go.

    aim:  Of a thousand that the share allows, so many are sent at most.
    """

    def __init__(self, aim: int) -> None:
        self._most = self._aim = aim
        self._share: Share | None = None
        self._due: Instant = 0  # when the next would go, were none saved up
        self._slowed_at: Instant | None = None
        self._resumed: tuple[Instant, Duration] | None = None

    @property
    def limit(self) -> int | None:
        """Requests in a window that are sent at most; None: nothing is known of a share."""
        it = self._share
        if it is None or it.limit is None:
            return None
        most = it.limit
        if it.is_warned and it.allocation:
            most = min(most, it.allocation)
        return max(1, -(-most * self._aim // THOUSAND))

    def told(self, share: Share | None, now: Instant, *, is_throttled: bool) -> None:
        """An answer said this of the share, or nothing."""
        if share is None:
            return
        self._share = share
        if share.limit is None:
            return
        if is_throttled or share.left == 0:
            # Answers that were on the way together say the same thing: it counts once.
            if self._slowed_at is None or now - self._slowed_at >= share.window_us:
                part, whole = _SLOWER
                self._aim, self._slowed_at = max(min(_SLOWEST, self._most), self._aim * part // whole), now
        elif share.left * _BURST >= share.limit:
            self._aim = min(self._most, self._aim + max(1, self._most // _STEPS))
        step, saved = self._terms()
        self._due = min(self._due, now + step + saved)

    def resume(self, now: Instant, over: Duration) -> None:
        """The system is back: begin slowly, and come to the whole share in so long."""
        self._resumed = (now, over) if over else None
        self._due = max(self._due, now)

    def may_go_at(self, now: Instant) -> Instant:
        """When the next may go."""
        _, saved = self._terms()
        return max(now, self._due - (0 if self._is_resuming(now) else saved))

    def sent(self, now: Instant) -> None:
        """One goes, whether it was due or not."""
        step, saved = self._terms()
        if self._is_resuming(now) and self._resumed is not None:
            since, over = self._resumed
            part = _BEGINS_AT + (THOUSAND - _BEGINS_AT) * (now - since) // over
            step = step * THOUSAND // part
        # What goes whether it is due or not (a prioritised request, a promised return) delays the others by a
        # window at most.
        most = now + step + saved if self._share is None else now + self._share.window_us + step
        self._due = min(max(self._due, now) + step, most)

    def _terms(self) -> tuple[Duration, Duration]:
        """From one to the next, and how much may be saved up."""
        most, share = self.limit, self._share
        if most is None or share is None:
            return 0, 0
        burst = most // _BURST
        step = -(-share.window_us // (most - burst))
        return step, burst * step

    def _is_resuming(self, now: Instant) -> bool:
        return self._resumed is not None and now < sum(self._resumed)
