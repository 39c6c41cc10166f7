"""What traffic is made of: causes, each with its own way of raising Alerts.

A scenario names causes; a cause begun in a setting is a source, which is asked
for the Alerts of one slice of time after the other. Everything random comes from
generators keyed by the seed, the cause and the slice, never by what else is asked,
so the same seed gives the same log however it is batched.

An Alert that goes to two recipients is two rows: that is how they are delivered,
and how public volumes are read here (docs/reference/scenarios.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tidegate.simulation.estate import Estate, Numbers
from tidegate.simulation.mixing import mixed
from tidegate.vocabulary.instants import Instant

_SECOND_COPY_US: Final = 60_000
"""The second recipient's copy of an Alert follows the first's within this time; an invented figure."""


class To(IntFlag):
    """Whom an Alert goes to, and whose Alerts a log shows."""

    SUPPLIER = 1
    NETWORK_OPERATOR = 2
    BOTH = 3


@dataclass(frozen=True, slots=True)
class Rows:
    """Alerts as columns of equal length, in any order; `device` is a number in the estate."""

    at: Numbers
    device: Numbers
    code: NDArray[np.uint32]
    recipient: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: NDArray[Any]) -> Rows:
        """The rows of the given numbers (or mask), in that order."""
        return Rows(self.at[rows], self.device[rows], self.code[rows], self.recipient[rows])

    @staticmethod
    def concatenate(parts: Sequence[Rows]) -> Rows:
        """The rows of all parts, in the order given."""
        return Rows(
            np.concatenate([np.empty(0, np.int64), *(part.at for part in parts)]),
            np.concatenate([np.empty(0, np.int64), *(part.device for part in parts)]),
            np.concatenate([np.empty(0, np.uint32), *(part.code for part in parts)]),
            np.concatenate([np.empty(0, np.uint32), *(part.recipient for part in parts)]),
        )


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a cause is at work.

    since, until:  The period of the log; its Alerts have since <= at < until.
    seen:          Whose Alerts the log shows.
    random:        The cause's own generator, for what is settled once.
    seed:          For what is worked out from a number (`mixing`).
    """

    estate: Estate
    since: Instant
    until: Instant
    seen: To
    random: np.random.Generator
    seed: int

    def deliver(self, at: Numbers, device: Numbers, code: Any, to: Any) -> Rows:
        """One row for each recipient of each event that the log shows; `code` and `to` may be columns."""
        shown = np.broadcast_to(np.asarray(to, np.uint8) & np.uint8(self.seen), at.shape)
        codes = np.broadcast_to(np.asarray(code, np.uint32), at.shape)
        first = np.flatnonzero(shown & To.SUPPLIER)
        second = np.flatnonzero(shown & To.NETWORK_OPERATOR)
        is_copy = (shown[second] & To.SUPPLIER) != 0
        lag = (mixed(at[second] ^ device[second], self.seed) % np.uint64(_SECOND_COPY_US)).astype(np.int64)
        return Rows.concatenate(
            [
                Rows(at[first], device[first], codes[first], self.estate.suppliers_of(device[first])),
                Rows(
                    at[second] + np.where(is_copy, lag + 1, 0),
                    device[second],
                    codes[second],
                    self.estate.network_operators_of(device[second]),
                ),
            ]
        )


class Source(Protocol):
    """A cause at work."""

    @property
    def alerts_per_day(self) -> float:
        """Rows expected on an average day of the period."""

    def alerts(self, since: Instant, until: Instant, random: np.random.Generator) -> Rows:
        """The Alerts with since <= at < until (copies may be a little later); slices follow one another."""

    def truth(self) -> Mapping[str, Any]:
        """What the cause is, fit for JSON; `kind` names it."""


class Cause(Protocol):
    """Why Alerts are raised, as data."""

    def begin(self, setting: Setting) -> Source:
        """Put the cause to work in a setting."""
