"""Everything a report of problems says: what was replayed, what it comes down to, and what tickets that makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tidegate.alert_storm.causes import Kind
from tidegate.alert_storm.problems import Problems
from tidegate.reports.forecast import (
    Forecast,
    Rule,
    TicketCost,
    cost_in_words,
    emails_in_words,
    incidents_in_words,
)
from tidegate.reports.numerals import many
from tidegate.reports.problems import findings, headline, of_murmur
from tidegate.reports.replayed import Replayed
from tidegate.reports.verdict import verdict


@dataclass(frozen=True, slots=True)
class ProblemReport:
    """What was found.

    replayed:  The replay that the problems are of.
    problems:  What it comes down to.
    forecast:  The incidents and e-mails that makes.
    cost:      What one incident takes, as far as it was given.
    """

    replayed: Replayed
    problems: Problems
    forecast: Forecast
    cost: TicketCost = field(default_factory=TicketCost)

    @property
    def headline(self) -> str:
        """The finding, as a sentence."""
        if self.replayed.first is None:
            return verdict(self.replayed).headline
        return headline(self.problems)

    def findings(self) -> Iterator[str]:
        """What it rests on, the most important first."""
        if self.replayed.first is None:
            return
        yield f"Tickets: {_uncapitalised(incidents_in_words(self.forecast))}."
        yield f"Mail: {_uncapitalised(emails_in_words(self.forecast))}."
        loads = self.forecast.loads
        before, after = loads[Rule.EACH_STORM].all_incidents, loads[Rule.PROBLEM].all_incidents
        if (cost := cost_in_words(before, self.cost)) and before:
            less = cost_in_words(after, self.cost)
            yield f"Cost: {cost} where each storm is a ticket; {less} where each problem is."
        yield from findings(self.problems)

    def cautions(self) -> Iterator[str]:
        """What a reader must know before using it."""
        yield from verdict(self.replayed).cautions
        inventory = self.replayed.inventory
        if inventory is None:
            yield "There is no Inventory (--inventory): no product can be named, and nobody is known to be responsible."
        elif inventory.missing:
            yield f"Not in the Inventory: {many(inventory.missing, 'Device')} that stormed."
        murmur = [problem for problem in self.problems.problems if problem.cause.kind is Kind.MURMUR]
        if murmur:
            yield (
                f"As consulted, {of_murmur(murmur)} makes no incident. Ours counts {many(len(murmur), 'problem')} of it "
                "too: the two numbers are not of the same trouble."
            )


def _uncapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
