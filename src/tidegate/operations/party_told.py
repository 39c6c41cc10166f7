"""One party, and what it was told: its open problems, its quiet hours, its digest."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from tidegate.operations.digest import Spared, Tally
from tidegate.operations.live_problems import LiveProblem, Part
from tidegate.operations.messages import EVERYONE, NoticeParty
from tidegate.vocabulary.days import Days, ahead_of_utc
from tidegate.vocabulary.instants import DAY, HOUR, Duration, Instant


@dataclass(slots=True)
class PartyTold:
    """A party and what it was told.

    since, due:  When its last digest was made, and when the next is.
    problems:    The open problems it was told of, or is to be, by identifier, with the Devices each had then.
    held:        New problems of its quiet hours, with its role in each.
    sent_at:     Instants of the immediate messages of the last hour.
    tallies:     What came of each problem since the last digest.
    events:      Service Management Events since then, by kind.
    warned:      Early warnings since then, by User; and of which Users people were told at once.
    """

    party: NoticeParty
    since: Instant
    due: Instant
    problems: dict[str, int] = field(default_factory=dict)
    held: list[tuple[LiveProblem, str]] = field(default_factory=list)
    sent_at: deque[Instant] = field(default_factory=deque)
    tallies: dict[str, Tally] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    warned: Counter[str] = field(default_factory=Counter)
    warned_at_once: set[str] = field(default_factory=set)
    spared: Spared = field(default_factory=Spared)

    def part(self, problem: LiveProblem) -> Part:
        """What of a problem concerns the party."""
        if self.party.party == EVERYONE:
            return problem.whole
        return problem.parts.get(self.party.party) or Part()

    def tally(self, problem: LiveProblem, role: str) -> Tally:
        """What came of a problem since the last digest."""
        found = self.tallies.get(problem.problem_id)
        if found is None:
            is_new = problem.problem_id not in self.problems
            part = self.part(problem)
            found = self.tallies[problem.problem_id] = Tally(problem, part, role, is_new)
        return found

    def is_quiet(self, at: Instant) -> bool:
        """Say whether an instant is in its quiet hours."""
        time_of_day = (at + ahead_of_utc(at)) % DAY
        begins, ends = self.party.quiet_from, self.party.quiet_until
        if begins <= ends:
            return begins <= time_of_day < ends
        return time_of_day >= begins or time_of_day < ends

    def may_tell_now(self, now: Instant) -> bool:
        """Say whether people may be told at once, and count it; what may not be waits for the digest."""
        if not self.party.immediate or self.is_quiet(now):
            return False
        while self.sent_at and self.sent_at[0] <= now - HOUR:
            self.sent_at.popleft()
        if len(self.sent_at) >= self.party.most_an_hour:
            return False
        self.sent_at.append(now)
        self.spared.sent += 1
        return True


def next_time(time_of_day: Duration, after: Instant) -> Instant:
    """The next instant after one at which clocks in Great Britain show a time of day."""
    begins = Days.LOCAL.begin_of(after)
    while True:
        at = begins + time_of_day
        # The clock may have changed since midnight.
        at += ahead_of_utc(begins) - ahead_of_utc(at)
        if at > after:
            return at
        begins = Days.LOCAL.end_of(begins)
