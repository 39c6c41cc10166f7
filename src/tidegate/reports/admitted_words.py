"""The verdict of a log of Service Requests under a policy, in sentences, and the rows of its tables.

It asks what the policy would have done, so it says "would". A User is refused
within its allocation only where the system is at its maximum; which of the two
it was, the reason of each refusal tells, so both are counted exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.decision import Reason
from tidegate.reports.admitted import Admitted, RequestTotals, Spell, UserAdmitted
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.verdict import Verdict
from tidegate.vocabulary.instants import SECOND, Instant, format_duration, format_instant
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_reference_variants import published_variants
from tidegate.vocabulary.service_request_classes import ServiceRequestClass, class_of

_NAMED: Final = 3
_WAITED_FOR: Final = (ServiceRequestClass.INSTALL, ServiceRequestClass.PREPAYMENT, ServiceRequestClass.SUPPLY)
"""Classes that a customer or an engineer waits for."""


@dataclass(frozen=True, slots=True)
class SrvRow:
    """One Service Reference Variant and what became of it."""

    srv: str
    name: str
    of_class: ServiceRequestClass
    is_prioritised: bool
    totals: RequestTotals


def admitted_verdict(found: Admitted) -> Verdict:
    """Say what was found."""
    return Verdict(_headline(found), tuple(_findings(found)), tuple(_cautions(found)))


def users_first(found: Admitted) -> list[UserAdmitted]:
    """Users with a request or an allocation: those most refused first, then those that used most of their own."""
    told = [user for user in found.users if user.totals.received or user.allocation]
    return sorted(told, key=lambda it: (-it.totals.throttled, -of_its_own(it), -it.totals.received, it.user))


def of_its_own(user: UserAdmitted) -> float:
    """The most a User used in one period, as a multiple of its allocation; endless for who has none and used any."""
    if user.allocation:
        return user.most_used / user.allocation
    return float("inf") if user.most_used else 0.0


def own_in_words(user: UserAdmitted) -> str:
    """`485%`; `no allocation` where there is none."""
    if not user.allocation:
        return "no allocation"
    return f"{100 * user.most_used / user.allocation:.0f}%"


def srv_rows(found: Admitted) -> list[SrvRow]:
    """Every Service Reference Variant, those most refused first."""
    published = published_variants()
    rows = [
        SrvRow(
            srv,
            published[srv].name if srv in published else "not published",
            class_of(srv),
            srv in found.rules.prioritised,
            totals,
        )
        for srv, totals in found.by_srv.items()
    ]
    return sorted(rows, key=lambda row: (-row.totals.throttled, -row.totals.received, row.srv))


def greatest_spells(found: Admitted, most: int) -> list[Spell]:
    """Storms of 503s, the greatest first."""
    return sorted(found.spells, key=lambda spell: -spell.throttled)[:most]


def refused_when_full(found: Admitted) -> int:
    """Refusals because the system was at its maximum."""
    return found.reasons.get(Reason.SYSTEM_FULL.name.lower(), 0)


def period_in_words(found: Admitted) -> str:
    """What was looked at: from when to when."""
    if found.first is None or found.last is None:
        return "no Service Request"
    return f"{_minute(found.first)} to {_minute(found.last)} UTC"


def sum_in_words(found: Admitted) -> str:
    """The sum that shows that nothing vanished."""
    totals = found.totals
    return (
        f"{thousands(found.received)} received = {thousands(totals.admitted)} admitted + "
        f"{thousands(totals.prioritised)} prioritised + {thousands(totals.continuations)} continuations + "
        f"{thousands(totals.throttled)} throttled + {thousands(found.rejected)} rejected"
    )


def rules_in_words(found: Admitted) -> str:
    """What decided, in one line."""
    rules = found.rules
    return (
        f"{found.policy_version}: threshold {thousands(rules.operating_threshold)}, maximum "
        f"{thousands(rules.maximum_system_capacity)} requests in {format_duration(rules.period_us)}"
    )


def sliding_in_words(rules: CapacityRules) -> str:
    """What a period is, for who reads a peak: `any second, not the clock's`."""
    one = "second" if rules.period_us == SECOND else format_duration(rules.period_us)
    return f"any {one}, not the clock's"


def _headline(found: Admitted) -> str:
    totals, rules = found.totals, found.rules
    if not totals.received:
        return "There is no Service Request in what was asked about."
    one = _period(found)
    if rules.mode is Mode.OFF:
        return f"Traffic management is off under {found.policy_version}: everything was admitted."
    if not totals.throttled:
        return (
            f"Nobody would have been throttled: the busiest {one} took {thousands(found.most_used)} of "
            f"{thousands(rules.operating_threshold)} requests ({percent(found.most_used, rules.operating_threshold)})."
        )
    users = sum(user.totals.throttled > 0 for user in found.users)
    told = (
        f"{thousands(totals.throttled)} of {thousands(totals.received)} Service Requests "
        f"({percent(totals.throttled, totals.received)}) of {many(users, 'User')} would have been throttled"
    )
    if full := refused_when_full(found):
        return f"{told}, {thousands(full)} of them because the system was at its maximum."
    return f"{told}; none of a User within its allocation."


def _findings(found: Admitted) -> Iterator[str]:
    totals, rules = found.totals, found.rules
    if not totals.received:
        return
    one = _period(found)
    if totals.throttled:
        yield from _who(found)
        yield from _when(found)
        yield _whom_it_hurts(found)
    beyond = (
        ", what continues a request or claims a return time included"
        if found.most_used > rules.maximum_system_capacity and rules.mode is not Mode.OFF
        else ""
    )
    yield (
        f"Capacity: the busiest {one} took {thousands(found.most_used)}{beyond}, where the maximum is "
        f"{thousands(rules.maximum_system_capacity)}; at most {thousands(found.most_offered)} came in one; "
        f"traffic was managed in {many(found.minutes_active, 'minute')}."
    )
    if spare := sum(user.spare_used for user in found.users):
        most = max(found.users, key=lambda user: user.spare_used)
        yield (
            f"The spare: {many(spare, 'request')} beyond allocations went on, {percent(most.spare_used, spare)} of "
            f"them of {most.user}."
        )
    if found.early_warnings:
        warned = sum(user.early_warnings > 0 for user in found.users)
        yield f"Early warnings: {thousands(found.early_warnings)}, to {many(warned, 'User')}."


def _who(found: Admitted) -> Iterator[str]:
    all_of_it = found.totals.throttled
    worst = [user for user in users_first(found) if user.totals.throttled][:_NAMED]
    parts = [
        f"{user.user} {percent(user.totals.throttled, all_of_it)} of the refusals, at up to {own_in_words(user)} of its own"
        if user.allocation
        else f"{user.user} {percent(user.totals.throttled, all_of_it)} of the refusals, without an allocation"
        for user in worst
    ]
    yield f"Who: {'; '.join(parts)}."


def _when(found: Admitted) -> Iterator[str]:
    for spell in greatest_spells(found, 1):
        lasted = length(spell.ended_at - spell.started_at)
        told = f"{many(found.spells_in_all, 'storm of 503s', 'storms of 503s')}; the greatest"
        yield (
            f"When: {told} began {_second(spell.started_at)} UTC and lasted {lasted}, with "
            f"{many(spell.throttled, 'refusal')}."
        )


def _whom_it_hurts(found: Admitted) -> str:
    hurt = [
        f"{thousands(found.by_class[of].throttled)} for {of.value}"
        for of in _WAITED_FOR
        if of in found.by_class and found.by_class[of].throttled
    ]
    refused = found.refused
    waiting = f"refused {', '.join(hurt)}" if hurt else "none refused that a customer waits for"
    again = (
        f"{thousands(refused.came_back)} of {many(refused.requests, 'refused request')} came back in this log and were "
        f"admitted, {thousands(refused.lost)} did not"
    )
    return f"Customers: {waiting}; {again}."


def _cautions(found: Admitted) -> Iterator[str]:
    if found.is_partial:
        yield f"Interrupted after {int(100 * found.completed)}% of the input: every number is of that part."
    if found.rules.mode is Mode.SHADOW:
        yield f"{found.policy_version} is in shadow: nothing of this would have been held back."
    if found.rejected:
        reason, (count, first) = max(found.rejected_by_reason.items(), key=lambda each: each[1][0])
        yield (
            f"{many(found.rejected, 'row')} could not be used, {thousands(count)} of them for: {reason} "
            f"(first in {first.source}, line {first.line})."
        )
    if found.unknown_users:
        yield (
            f"{_listed(found.unknown_users)} {'is' if len(found.unknown_users) == 1 else 'are'} not in the table of "
            "Users: without an allocation, admitted from what others leave."
        )
    unknown = sorted(set(found.by_srv) - set(published_variants()))
    if unknown:
        yield f"{_listed(unknown)} {'is' if len(unknown) == 1 else 'are'} no published Service Reference Variant."
    if "preceding_request_id" in found.columns.missing:
        yield "There is no column preceding_request_id: only a RequestID that is sent again continues anything."
    if found.totals.throttled and not found.refused.came_back:
        yield (
            "What would have been refused here was not, so nobody came back for it. Users that come back are those of "
            "tidegate simulate requests."
        )
    if found.is_illustrative:
        yield f"{found.policy_version} is illustrative: the real capacity is not public."


def day_rows(found: Admitted) -> Iterator[tuple[str | int, ...]]:
    """A row for each day: the date, and what it was, as `DayOfUse`."""
    for day in found.days:
        yield (
            format_instant(day.day)[:10],
            day.received,
            day.throttled,
            day.most_used,
            day.most_offered,
            day.minutes_active,
            day.early_warnings,
        )


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(names[:_NAMED])
    return first if len(names) <= _NAMED else f"{first} and {len(names) - _NAMED:,} more"


def _period(found: Admitted) -> str:
    written = format_duration(found.rules.period_us)
    return "second" if written == "1s" else f"{written}"


def _minute(at: Instant) -> str:
    return format_instant(at)[:16].replace("T", " ")


def _second(at: Instant) -> str:
    return format_instant(at)[:19].replace("T", " ")
