"""The score card of an adapter: what its log shows it does with a 503, with an outage, and with what cannot wait.

Five questions that respondents to SECMP0067 raised (SSE, E.ON, EDF, WPD). Each has
its evidence, and what to change where the answer is no. Where the log has no case
of it, the card says so: nothing is passed by default.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from itertools import pairwise
from statistics import median
from typing import Final

from tidegate.reports.numerals import many, percent, thousands
from tidegate.vocabulary.attempts import Attempt
from tidegate.vocabulary.instants import MINUTE, SECOND, Duration, Instant, format_duration, format_instant
from tidegate.vocabulary.service_reference_variants import published_variants
from tidegate.vocabulary.service_request_classes import ServiceRequestClass, class_of

GRACE: Final[Duration] = 2 * SECOND
"""How long after its booked return time a caller is still admitted for certain (`admission.capacity`)."""

MOST_ATTEMPTS: Final = 2.0
"""Attempts at a request that was throttled, in the mean: the refused one, and the one at its return time."""

_AT_ONCE: Final[Duration] = SECOND // 10
"""A wait of no more is none. Up to any random part of a second is what spreads a first retry (`client.terms`)."""

_WAITS_THAT_TELL: Final = 3
"""Further waits from which it can be said whether they grow: random ones, as they should be, need not at once."""

_GIVEN_UP: Final[Duration] = 5 * MINUTE
"""A request that is not sent this long after it was due is waited for no more."""

_NINE_IN_TEN: Final = 0.9
_ONE_IN_A_HUNDRED: Final = 0.01


class Mark(StrEnum):
    """How a question is answered."""

    YES = "yes"
    NO = "no"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Answered:
    """One question of the card.

    question:  What is asked, so that `yes` is good.
    evidence:  What the log shows.
    change:    What to do instead; empty where there is nothing to change.
    """

    name: str
    question: str
    mark: Mark
    evidence: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """What was found in a log.

    attempts, requests:        How many, and at how many different requests.
    throttled, outages, taken: Attempts that ended so.
    first, last:               Of the attempts; None for none.
    """

    attempts: int
    requests: int
    throttled: int
    outages: int
    taken: int
    first: Instant | None
    last: Instant | None
    answers: Sequence[Answered]

    @property
    def passed(self) -> int:
        """Questions answered with yes."""
        return sum(answer.mark is Mark.YES for answer in self.answers)

    @property
    def failed(self) -> int:
        """Questions answered with no."""
        return sum(answer.mark is Mark.NO for answer in self.answers)


def score(attempts: Sequence[Attempt]) -> ScoreCard:
    """Score a log, in the order it was sent."""
    log = sorted(attempts, key=lambda each: each.at)
    by_request: dict[str, list[Attempt]] = {}
    for attempt in log:
        by_request.setdefault(attempt.request_id, []).append(attempt)
    histories = list(by_request.values())
    outages = [attempt.at for attempt in log if attempt.is_outage]
    return ScoreCard(
        attempts=len(log),
        requests=len(histories),
        throttled=sum(each.is_throttled for each in log),
        outages=sum(each.is_outage for each in log),
        taken=sum(each.is_taken for each in log),
        first=log[0].at if log else None,
        last=log[-1].at if log else None,
        answers=(
            _comes_back_when_told(histories, outages),
            _does_not_amplify(histories, outages),
            _install_first(log),
            _tells_outage_from_throttling(histories),
            _sends_nothing_twice(histories),
        ),
    )


def headline(card: ScoreCard) -> str:
    """The finding."""
    if not card.attempts:
        return "There is no attempt in the log."
    if not card.failed:
        unseen = sum(answer.mark is Mark.NOT_SEEN for answer in card.answers)
        rest = f"; of {many(unseen, 'question')} the log has no case" if unseen else ""
        return f"Nothing to change: {card.passed} of {len(card.answers)} questions answered with yes{rest}."
    wrong = ", ".join(answer.name for answer in card.answers if answer.mark is Mark.NO)
    return f"To change: {wrong}."


def seen_in_words(card: ScoreCard) -> str:
    """What the log holds, in a sentence."""
    return (
        f"{many(card.attempts, 'attempt')} at {many(card.requests, 'request')}: {thousands(card.taken)} taken, "
        f"{thousands(card.throttled)} throttled, {thousands(card.outages)} met an outage."
    )


def _comes_back_when_told(histories: Sequence[Sequence[Attempt]], outages: Sequence[Instant]) -> Answered:
    """A return that was not sent because the system was out when it was due is no fault of the adapter's."""
    name, question = "Retry-After", "Does it come back when it was told to?"
    returns = [
        (_return_of(refused, following, outages), refused, following)
        for refused, following in _pairs(histories)
    ]
    counts = Counter(returned for returned, _, _ in returns)
    early = [(refused, following) for returned, refused, following in returns if returned is _Return.EARLY]
    in_time, late, never, held_back = (
        counts[which] for which in (_Return.AS_TOLD, _Return.LATE, _Return.NEVER, _Return.HELD_BACK)
    )
    told_in_all = len(early) + in_time + late + never
    if not told_in_all:
        of_what = " that no outage held back" if held_back else ""
        return Answered(name, question, Mark.NOT_SEEN, f"No throttled answer carried Retry-After{of_what}.")
    evidence = (
        f"{thousands(in_time)} of {many(told_in_all, 'return')} within {format_duration(GRACE)} of the time told; "
        f"{thousands(len(early))} too early, {thousands(late)} later, {thousands(never)} never."
    )
    if held_back:
        evidence += (
            f" {many(held_back, 'other')} {'was' if held_back == 1 else 'were'} held back by an outage."
        )
    if len(early) > _ONE_IN_A_HUNDRED * told_in_all:
        refused, following = early[0]
        assert following is not None
        waited = (following.at - refused.at) / SECOND
        asked = (refused.retry_after_us or 0) / SECOND
        evidence += f" First: {refused.request_id} was told {asked:g} s and came after {waited:g} s."
        change = "Wait for Retry-After to the second before sending the same request; a request that comes early is refused."
        return Answered(name, question, Mark.NO, evidence, change)
    if in_time < _NINE_IN_TEN * told_in_all:
        change = (
            f"Send it within {format_duration(GRACE)} after Retry-After, under its own RequestID: its place is held for "
            "that long and not longer."
        )
        return Answered(name, question, Mark.NO, evidence, change)
    return Answered(name, question, Mark.YES, evidence)


def _does_not_amplify(histories: Sequence[Sequence[Attempt]], outages: Sequence[Instant]) -> Answered:
    """What an outage asked for is judged by how it is backed off from, and a return as told again is obeyed."""
    name, question = "Amplification", "Does it keep its retries from making it worse?"
    refused = [history for history in histories if any(each.is_throttled for each in history)]
    if not refused:
        return Answered(name, question, Mark.NOT_SEEN, "No request was throttled.")
    counted = [_attempts_of_its_own(history, outages) for history in refused]
    attempts = sum(counted)
    mean = attempts / len(refused)
    most, worst = max(zip(counted, refused, strict=True), key=lambda each: each[0])
    evidence = (
        f"{many(attempts, 'attempt')} at {many(len(refused), 'throttled request')}, {mean:.1f} at each; at most "
        f"{most}, at {worst[0].request_id}."
    )
    if mean <= MOST_ATTEMPTS:
        return Answered(name, question, Mark.YES, evidence)
    change = (
        "Give each request a budget: one retry at its return time, then wait for the next one told. A time-out of your own "
        "that starts a request anew counts as a retry."
    )
    return Answered(name, question, Mark.NO, evidence, change)


def _install_first(log: Sequence[Attempt]) -> Answered:
    name, question = "Install first", "Does it give what an installer waits for the first turn?"
    waiting: dict[str, Instant] = {}
    refused_of_install = 0
    retried: set[str] = set()
    passed_over: list[tuple[Attempt, str]] = []
    turns = 0
    for attempt in log:
        is_install = class_of(attempt.srv) is ServiceRequestClass.INSTALL
        if attempt.request_id in retried and not is_install:
            turns += 1
            waiting = {request: due for request, due in waiting.items() if attempt.at <= due + _GIVEN_UP}
            due_one = next((request for request, due in waiting.items() if due + GRACE < attempt.at), None)
            if due_one is not None:
                passed_over.append((attempt, due_one))
        waiting.pop(attempt.request_id, None)
        if attempt.is_throttled or attempt.is_outage:
            retried.add(attempt.request_id)
            if is_install:
                refused_of_install += 1
                waiting[attempt.request_id] = attempt.at + (attempt.retry_after_us or 0)
    if not refused_of_install:
        return Answered(name, question, Mark.NOT_SEEN, "No install-and-commission request was refused.")
    evidence = (
        f"{many(refused_of_install, 'refusal')} of install-and-commission requests; {thousands(len(passed_over))} of "
        f"{many(turns, 'retry', 'retries')} of others were sent while one of them was due."
    )
    if not passed_over:
        return Answered(name, question, Mark.YES, evidence)
    attempt, due_one = passed_over[0]
    evidence += (
        f" First: {attempt.request_id} ({attempt.srv}) at {format_instant(attempt.at)}, before {due_one}."
    )
    change = "Keep a queue for each class of request and empty install and commission (8.1.1, 8.7, 8.8, 8.11, 8.14) first."
    return Answered(name, question, Mark.NO, evidence, change)


def _tells_outage_from_throttling(histories: Sequence[Sequence[Attempt]]) -> Answered:
    name, question = "Outage", "Does it tell an outage from throttling, and back off?"
    waits: list[Duration] = []
    grown = further = 0
    for history in histories:
        gaps = [after.at - before.at for before, after in pairwise(history) if before.is_outage]
        waits += gaps
        grown += sum(gap > gaps[0] for gap in gaps[1:])
        further += len(gaps[1:])
    if not waits:
        return Answered(name, question, Mark.NOT_SEEN, "No request was tried again after an outage.")
    at_once = sum(wait <= _AT_ONCE for wait in waits)
    evidence = (
        f"After an outage it waited {median(waits) / SECOND:g} s in the median; {percent(at_once, len(waits))} of the "
        f"waits were no longer than {_AT_ONCE / SECOND:g} s"
    )
    longer = "was" if further == 1 else "were"
    evidence += (
        f", and {thousands(grown)} of {many(further, 'further wait')} {longer} longer than the first."
        if further
        else "."
    )
    if 2 * at_once > len(waits) or (further >= _WAITS_THAT_TELL and 2 * grown < further):
        change = (
            "A 503 without RateLimit, another 5xx or no answer is an outage: wait a time that doubles with each try, and a "
            "random part of it, so that not all come back at once."
        )
        return Answered(name, question, Mark.NO, evidence, change)
    return Answered(name, question, Mark.YES, evidence)


def _sends_nothing_twice(histories: Sequence[Sequence[Attempt]]) -> Answered:
    name, question = "Once", "Does it leave alone what was taken?"
    taken = twice = 0
    first = ""
    for history in histories:
        entry = published_variants().get(history[0].srv)
        # The signed pre-command of a Critical request is sent under the RequestID of its Transform.
        allowed = 2 if entry is not None and entry.is_critical else 1
        times = sum(attempt.is_taken for attempt in history)
        taken += times > 0
        if times > allowed:
            twice += 1
            first = first or history[0].request_id
    if not taken:
        return Answered(name, question, Mark.NOT_SEEN, "No request was taken.")
    evidence = f"{thousands(twice)} of {many(taken, 'request')} taken were sent and taken again."
    if not twice:
        return Answered(name, question, Mark.YES, evidence)
    change = "Note that a request was acknowledged before anything else, and never send that RequestID again."
    return Answered(name, question, Mark.NO, f"{evidence} First: {first}.", change)


def _pairs(histories: Sequence[Sequence[Attempt]]) -> Iterator[tuple[Attempt, Attempt | None]]:
    """Each attempt and the next one at the same request."""
    for history in histories:
        following = [*history[1:], None]
        yield from zip(history, following, strict=True)


class _Return(Enum):
    """How a throttled request came back, to when it was told."""

    EARLY = auto()
    AS_TOLD = auto()
    HELD_BACK = auto()
    """Later, or never: the system was out when it was due."""
    LATE = auto()
    NEVER = auto()


def _return_of(refused: Attempt, following: Attempt | None, outages: Sequence[Instant]) -> _Return | None:
    """How it came back; None: it was not throttled, or not told when. `outages`: when one was met, in order."""
    if not refused.is_throttled or refused.retry_after_us is None:
        return None
    told = refused.at + refused.retry_after_us
    if following is not None and following.at < told:
        return _Return.EARLY
    if following is not None and following.at <= told + GRACE:
        return _Return.AS_TOLD
    if bisect_right(outages, told + GRACE) > bisect_right(outages, refused.at):
        return _Return.HELD_BACK
    return _Return.NEVER if following is None else _Return.LATE


def _attempts_of_its_own(history: Sequence[Attempt], outages: Sequence[Instant]) -> int:
    """Attempts at one request but for those after an outage, and all returns as told but one."""
    after_an_outage = sum(before.is_outage for before, _ in pairwise(history))
    returns = [_return_of(before, after, outages) for before, after in pairwise(history)]
    as_told = sum(returned in {_Return.AS_TOLD, _Return.HELD_BACK} for returned in returns)
    return len(history) - after_an_outage - max(0, as_told - 1)
