"""A plan of reads in words: how many are done by when, and whose cannot be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tidegate.reports.numerals import many, thousands
from tidegate.reports.planned_reads import ILLUSTRATIVE_SHARE, PlannedReads, UserReads
from tidegate.vocabulary.instants import format_duration, format_instant

_NAMED: Final = 5


def reads_in_words(plan: PlannedReads) -> list[str]:
    """What becomes of the reads, in sentences; the first is the finding."""
    return list(_sentences(plan))


def share_in_words(plan: PlannedReads) -> str:
    """What a User gives to reads, and when: parameters of the plan."""
    illustrative = ", which is illustrative" if plan.share == ILLUSTRATIVE_SHARE else ""
    nights = plan.nights
    return (
        f"Each User gives {float(100 * plan.share):g}% of its allocation by {plan.policy_version} to reads{illustrative}; "
        f"{many(nights.count, 'night')} of {format_duration(nights.length)}, the first from "
        f"{format_instant(nights.first)[:16].replace('T', ' ')} UTC."
    )


def _sentences(plan: PlannedReads) -> Iterator[str]:
    if not plan.wanted:
        yield "No read is asked for: none would settle a Device."
        return
    nobody = sum(each.wanted for each in plan.users if not each.user)
    senders = [each for each in plan.users if each.apart_us is not None]
    later = sum(each.left for each in senders)
    parts = [f"{many(plan.wanted, 'read')}: {_done(plan)}"]
    if later:
        parts.append(f"{thousands(later)} {'is' if later == 1 else 'are'} left for later nights")
    if nobody:
        parts.append(f"{thousands(nobody)} {'has' if nobody == 1 else 'have'} nobody to send them")
    yield f"{'; '.join(parts)}."
    without = [each for each in plan.users if each.user and each.apart_us is None]
    if without:
        yield f"Without an allocation, so that no read of theirs is planned: {_named(without)}."
    long = [each for each in senders if each.left]
    if long:
        yield f"Not through in these nights: {'; '.join(_needs(plan, each) for each in long[:_NAMED])}{_more(long)}."
    yield share_in_words(plan)


def _done(plan: PlannedReads) -> str:
    if not plan.planned:
        return "none can be planned"
    last = max(int(plan.nights.night_of(each.at)[-1]) for each in plan.users if each.planned)
    done = "all" if plan.planned == plan.wanted else thousands(plan.planned)
    return f"{done} done in {'night 1' if last == 1 else many(last, 'night')}, within every allocation"


def _needs(plan: PlannedReads, reads: UserReads) -> str:
    nights = plan.nights_needed(reads)
    if nights is None:
        return f"{reads.user}, whose share is less than a read in a night"
    return f"{reads.user} needs {many(nights, 'night')} for {many(reads.wanted, 'read')}"


def _named(users: Sequence[UserReads]) -> str:
    named = ", ".join(f"{each.user} ({thousands(each.wanted)})" for each in users[:_NAMED])
    return f"{named}{_more(users)}"


def _more(users: Sequence[UserReads]) -> str:
    more = len(users) - _NAMED
    return f" and {many(more, 'more', 'more')}" if more > 0 else ""
