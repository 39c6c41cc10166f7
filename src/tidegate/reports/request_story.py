"""One Service Request's story: what was decided each time it came, by which step of the rule, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.decision import Outcome, Reason
from tidegate.reports.numerals import many, thousands
from tidegate.vocabulary.instants import SECOND, Duration, Instant, format_duration, format_instant
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_reference_variants import published_variants

_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class UseOfUser:
    """What one User asked for and had admitted in a period; both without the request that is told of."""

    user: str
    offered: int
    admitted: int
    allocation: int

    @property
    def beyond(self) -> int:
        """What it had of the spare."""
        return max(0, self.admitted - self.allocation)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided one time the request came, and on what.

    offered:       Requests of the period that ends with it, it included.
    fair_limit:    What its User could have admitted in it.
    in_period:     Every User with a request in it; without the request itself.
    prioritised, continuations:
                   What of the admitted was on the priority list, and continued a request or claimed a return time.
    retry_at:      When it was told to come back; None: it was not refused. `is_booked`: it is admitted then.
    """

    at: Instant
    srv: str
    outcome: Outcome
    reason: Reason
    offered: int
    fair_limit: int
    in_period: Sequence[UseOfUser]
    prioritised: int
    continuations: int
    retry_at: Instant | None
    is_booked: bool

    @property
    def used(self) -> int:
        """Requests of all Users admitted in the period before it."""
        return sum(each.admitted for each in self.in_period)


@dataclass(frozen=True, slots=True)
class RequestStep:
    """The request came, or its story ends.

    outcome:  None where it ends.
    words:    What was decided, and by which step of the rule.
    because:  What was in the period, and what it was told.
    """

    at: Instant
    outcome: Outcome | None
    words: str
    because: Sequence[str]
    judged: Judged | None


@dataclass(frozen=True, slots=True)
class RefusalsLeftOut:
    """Refusals that a short telling leaves out."""

    refusals: int

    @property
    def words(self) -> str:
        """What was left out, in words."""
        return many(self.refusals, "more refusal")


Told: TypeAlias = RequestStep | RefusalsLeftOut


@dataclass(frozen=True, slots=True)
class RequestStory:
    """All that came of one User's RequestID.

    title:   User, RequestID, and what is asked.
    rule:    What decides, in words.
    """

    user: str
    request_id: str
    title: str
    rule: str
    steps: Sequence[RequestStep]

    def short(self, first: int = 2, last: int = 1) -> Iterator[Told]:
        """Every step, but of refusals one after another the first and last few."""
        refused: list[RequestStep] = []
        for step in self.steps:
            if step.outcome is Outcome.THROTTLED:
                refused.append(step)
                continue
            yield from _shortened(refused, first, last)
            refused = []
            yield step
        yield from _shortened(refused, first, last)


def _shortened(steps: Sequence[RequestStep], first: int, last: int) -> Iterator[Told]:
    if len(steps) <= first + last + 1:
        yield from steps
        return
    yield from steps[:first]
    yield RefusalsLeftOut(len(steps) - first - last)
    yield from steps[-last:]


def request_story(
    user: str,
    request_id: str,
    judged: Sequence[Judged],
    rules: CapacityRules,
    version: str,
    log_ends: Instant,
) -> RequestStory:
    """Tell of each time it came, in order, one at least; `log_ends` is when the last request of any User came."""
    of = _Telling(user, rules)
    steps = [of.step(each, None if number == 0 else judged[number - 1]) for number, each in enumerate(judged)]
    last = judged[-1]
    if last.outcome is Outcome.THROTTLED:
        steps.append(RequestStep(log_ends, None, of.end(last, log_ends), (), None))
    title = f"{user}  {request_id}  {_srv_in_words(last.srv)}"
    return RequestStory(user, request_id, title, of.rule(version, _allocation(last, user)), steps)


class _Telling:
    """Words about one User under some rules."""

    def __init__(self, user: str, rules: CapacityRules) -> None:
        self._user = user
        self._rules = rules
        self._one = "second" if rules.period_us == SECOND else f"{format_duration(rules.period_us)}"

    def rule(self, version: str, allocation: int) -> str:
        """What decides."""
        r = self._rules
        has = f"has an allocation of {thousands(allocation)}" if allocation else "has no allocation"
        told = (
            f"{version}: operating threshold {thousands(r.operating_threshold)}, maximum "
            f"{thousands(r.maximum_system_capacity)} requests in any {self._one}; {self._user} {has}."
        )
        return f"{told} In shadow: nothing is held back." if r.mode is Mode.SHADOW else told

    def step(self, now: Judged, before: Judged | None) -> RequestStep:
        """It came."""
        words = f"{self._returning(now, before)}{self._decided(now)}"
        because = [] if now.reason is Reason.MODE_OFF else [self._period(now)]
        if now.outcome is Outcome.THROTTLED:
            because += [self._spare(now), self._return_time(now)]
        return RequestStep(now.at, now.outcome, words, because, now)

    def end(self, last: Judged, log_ends: Instant) -> str:
        """It was refused and is not seen again."""
        assert last.retry_at is not None
        if log_ends < last.retry_at:
            return f"here the log ends, {_apart(last.retry_at - log_ends)} before it was to come back"
        return "here the log ends, and it did not come back under its RequestID"

    def _returning(self, now: Judged, before: Judged | None) -> str:
        if before is None or before.retry_at is None:
            return ""
        late = now.at - before.retry_at
        if late < 0:
            return f"came back {_apart(-late)} too early; "
        when = "just when it was told" if late == 0 else f"{_apart(late)} after the time it was told"
        if before.is_booked and late > self._rules.grace_us:
            return f"came back {when}, when its place was no longer kept; "
        return f"came back {when}; "

    def _decided(self, now: Judged) -> str:
        r, user = self._rules, self._user
        mine, allocation = _admitted(now, user), _allocation(now, user)
        of_allocation = f"{thousands(mine)} of its allocation of {thousands(allocation)}"
        limit = f"{thousands(mine)} of its fair limit of {thousands(now.fair_limit)}"
        used = thousands(now.used)
        if now.reason is Reason.SYSTEM_FULL:
            full = f"the system is at its maximum, {used} of {thousands(r.maximum_system_capacity)}"
            if now.srv in r.prioritised:
                return f"refused by step 3: {now.srv} is on the priority list, and {full}"
            full = f"refused by step 5: {full}"
            return f"{full}, though {user} has used only {of_allocation}" if mine < allocation else full
        if now.reason is Reason.OVER_SHARE:
            own = f"{user} has used {of_allocation}" if allocation else f"{user} has no allocation"
            if now.used >= r.operating_threshold:
                of = f"{used} of {thousands(r.operating_threshold)}"
                return f"refused by step 6: {own}, and the system is at its operating threshold, {of}"
            return f"refused by step 6: {user} has used {limit}, and what is spare is others'"
        words = {
            Reason.MODE_OFF: "admitted by step 1: traffic management is off",
            Reason.PRE_COMMAND: "admitted by step 2: it is the signed pre-command of a request that was admitted",
            Reason.SEQUENCE: "admitted by step 2: it follows a request that was admitted",
            Reason.BOOKING: "admitted by step 2: its place was kept",
            Reason.PRIORITISED: f"admitted by step 3: {now.srv} is on the priority list, and the system is below its "
            f"maximum, {used} of {thousands(r.maximum_system_capacity)}",
            Reason.BELOW_THRESHOLD: f"admitted by step 4: all that came, {thousands(now.offered)}, is within the "
            f"operating threshold of {thousands(r.operating_threshold)}",
            Reason.WITHIN_FAIR_LIMIT: f"admitted by step 4: there is spare, and {user} has used {limit}",
            Reason.WITHIN_ALLOCATION: f"admitted by step 5: {user} has used {of_allocation}",
        }
        return words[now.reason]

    def _period(self, now: Judged) -> str:
        """What was in the period before it, most used first."""
        others = now.offered - 1
        if not others:
            return f"In the {self._one} before it nothing came."
        r = self._rules
        parts = [
            f"{thousands(count)} {what}"
            for count, what in (
                (now.prioritised, "on the priority list"),
                (now.continuations, "continuing something or claiming a return time"),
            )
            if count
        ]
        besides = f", with {' and '.join(parts)}" if parts else ""
        limit = ""
        if others >= r.operating_threshold:
            limit = f" The fair limit of {self._user} was {thousands(now.fair_limit)}."
        return (
            f"In the {self._one} before it {many(others, 'request')} came, {thousands(_offered(now, self._user))} of them of "
            f"{self._user}; {thousands(now.used)} were admitted{besides}.{limit}"
        )

    def _spare(self, now: Judged) -> str:
        users = sorted(
            (each for each in now.in_period if each.admitted), key=lambda each: (-each.admitted, each.user)
        )
        named = [
            f"{each.user} {thousands(each.admitted)} of its {thousands(each.allocation)}"
            if each.allocation
            else f"{each.user} {thousands(each.admitted)}, without an allocation"
            for each in users[:_NAMED]
        ]
        if rest := users[_NAMED:]:
            named.append(f"{many(len(rest), 'other')} {thousands(sum(each.admitted for each in rest))}")
        beyond = sum(each.beyond for each in users)
        of_spare = [each for each in users if each.beyond]
        if not of_spare:
            return f"Used: {'; '.join(named)}. Nobody had more than its allocation."
        most = max(of_spare, key=lambda each: each.beyond)
        of = (
            f", {thousands(most.beyond)} of them {most.user}'s"
            if len(of_spare) > 1
            else f", all {most.user}'s"
        )
        return f"Used: {'; '.join(named)}. Of the spare: {thousands(beyond)} beyond allocations{of}."

    def _return_time(self, now: Judged) -> str:
        assert now.retry_at is not None
        when = f"{_clock(now.retry_at)}, {_apart(now.retry_at - now.at)} later"
        if now.is_booked:
            grace = format_duration(self._rules.grace_us)
            return f"Told to come back at {when}: it is admitted then and within {grace} after it, whatever others do."
        horizon = format_duration(self._rules.horizon_us)
        return f"Told to stay away until {when}: within {horizon} nothing can be promised; it is judged anew then."


def _of(now: Judged, user: str) -> UseOfUser | None:
    return next((each for each in now.in_period if each.user == user), None)


def _admitted(now: Judged, user: str) -> int:
    return 0 if (its := _of(now, user)) is None else its.admitted


def _offered(now: Judged, user: str) -> int:
    return 0 if (its := _of(now, user)) is None else its.offered


def _allocation(now: Judged, user: str) -> int:
    return 0 if (its := _of(now, user)) is None else its.allocation


def _clock(at: Instant) -> str:
    return format_instant(at).split("T")[1].removesuffix("Z")


def _apart(duration: Duration) -> str:
    """`0.34 s`, `58 s`: to the millisecond, or the microsecond where it is less."""
    if duration < SECOND // 1_000:
        return f"{duration} us"
    return f"{f'{duration / SECOND:.3f}'.rstrip('0').rstrip('.')} s"


def _srv_in_words(srv: str) -> str:
    published = published_variants()
    return f"{srv} {published[srv].name}" if srv in published else srv
