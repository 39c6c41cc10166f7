"""The part of a shared capacity that one gateway holds, as time passes and leases come or do not. Sans I/O and clock."""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.admission.capacity_part import Part, Whole
from tidegate.admission.shared import Lease, Report, SharingTerms, part_without
from tidegate.vocabulary.instants import Instant


class HeldPart:
    """What one run of a gateway holds. It begins with the least part.

    Instants are of a clock that does not go back; they must not either.

    gateway, run:  As in `Report`.
    """

    def __init__(self, gateway: str, run: str, whole: Whole, terms: SharingTerms, now: Instant) -> None:
        self._gateway = gateway
        self._run = run
        self._terms = terms
        self._whole = whole
        self._given = self._part = whole.least
        self._given_at = now
        self._holds_until = self._next_change(now)

    @property
    def local(self) -> Part:
        """What it has while it has no lease."""
        return self._whole.local

    def part(self, now: Instant) -> Part:
        """The part it decides by; the same value as long as nothing has changed."""
        if now >= self._holds_until:
            self._renew(now)
        return self._part

    def is_alone(self, now: Instant) -> bool:
        """Whether its last lease has run out, or none came as long as one holds."""
        return now - self._given_at >= self._terms.lease_for

    def share(self, whole: Whole, now: Instant) -> None:
        """From now on this is shared. Of another whole nothing is given out yet that the one before did not have."""
        if whole != self._whole:
            self._whole = whole
            self._given = self._given.at_most(whole.capacity)
            self._renew(now)

    def report(self, used: int, offered: Mapping[str, int], now: Instant) -> Report:
        """What to report now."""
        return Report(self._gateway, self._run, self._whole, self.part(now), used, offered)

    def take(self, lease: Lease, report: Report, sent_at: Instant, now: Instant) -> None:
        """It was given a lease for a report that was made at `sent_at`."""
        if report.whole == self._whole:
            self._given, self._given_at = lease.part, sent_at
            self._renew(now)

    def _renew(self, now: Instant) -> None:
        part = part_without(self._whole, self._given, now - self._given_at, self._terms)
        if part != self._part:
            self._part = part
        self._holds_until = self._next_change(now)

    def _next_change(self, now: Instant) -> Instant:
        terms, silent = self._terms, now - self._given_at
        if silent < terms.lease_for:
            return self._given_at + terms.lease_for
        if silent < 3 * terms.lease_for + self._whole.period_us:
            return self._given_at + 3 * terms.lease_for + self._whole.period_us
        return now + terms.silent_for
