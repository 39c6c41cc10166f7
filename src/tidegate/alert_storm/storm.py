"""THE RULE: Alert Storm Protection for one stream.

A stream's state goes in with an instant and comes out with a decision. Nothing
is mutated, logged or fetched; the instant is data. With

    count(t) = Alerts of the stream received in (t - window, t], this one included,

the rule is, in this order, for an Alert received at t:

    1. A storm whose count has fallen to the clear threshold or below by t has
       ended; the instant is known exactly, for it is when an Alert leaves the window.
       Until t the parameters of the Alert before count. Where those of this one are
       others (a suppression begins to hold, or holds no more), a storm that would
       be over under them ends at t.
    2. Outside a storm, count(t) > threshold starts one at t; what counted towards
       it goes back to the oldest Alert in the window then.
    3. In a storm an Alert is forwarded when it is the n-th since the last
       forwarded one, or when that one is long enough ago; otherwise throttled.
       Outside a storm every Alert is forwarded.
    4. A forwarded Alert tells how many were throttled since the last forwarded
       one, when there are any, and is numbered anew from each storm's start.

Amber is rules 1 and 2 with the amber threshold; it throttles nothing, and counts
what a storm within it throttled.

`kernel.py` states the same rule over columns; `tests/equivalence` holds the
two together. Change them together.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from tidegate.alert_storm.decision import Decision, Level, Outcome, Storm
from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class StreamState:
    """All that is remembered of one stream; a new stream is `StreamState()`.

    received:         Receipt instants still in the window, oldest first.
    last_forwarded:   Receipt instant of the last forwarded Alert; meaningful in a storm only.
    untold:           Alerts throttled since then, not yet told in a `ThrottledAlertCount`.
    sequence_id:      Last `ThrottledAlertSequenceId` given since the last storm started.
    storm, amber:     The running storm and amber spell, if any.
    parameters:       Those of its latest Alert; None where it has had none.
    """

    received: tuple[Instant, ...] = ()
    last_forwarded: Instant = 0
    untold: int = 0
    sequence_id: int = 0
    storm: Storm | None = None
    amber: Storm | None = None
    parameters: AlertStormParameters | None = None

    @property
    def is_forgettable(self) -> bool:
        """Nothing in the window and nothing left to tell: as good as new."""
        return not self.received and not self.untold and self.storm is None and self.amber is None


def receive(
    state: StreamState, stream: Stream, at: Instant, parameters: AlertStormParameters
) -> tuple[StreamState, Decision]:
    """Decide one Alert of a stream, received at `at`; instants must not go back."""
    state, ended = advance(state, at)
    state, not_going_on = _judge_anew(state, at, parameters)
    ended = (*ended, *not_going_on)
    state = replace(state, received=(*state.received, at))
    count = len(state.received)
    state = _start(state, stream, at, count, parameters)

    if state.storm is not None and not _is_due(state, at, parameters):
        storm = _seen(state.storm, count, Outcome.THROTTLED)
        amber = None if state.amber is None else _seen(state.amber, count, Outcome.THROTTLED)
        state = replace(state, storm=storm, amber=amber, untold=state.untold + 1)
        return state, Decision(Outcome.THROTTLED, count, storm, ended=ended)

    told = state.untold
    sequence_id = state.sequence_id + 1 if told else state.sequence_id
    storm_after = _passed(state.storm, count)
    state = replace(
        state,
        last_forwarded=at,
        untold=0,
        sequence_id=sequence_id,
        storm=storm_after,
        amber=_passed(state.amber, count),
    )
    return state, Decision(
        Outcome.FORWARDED,
        count,
        storm_after,
        throttled_alert_sequence_id=sequence_id if told else 0,
        throttled_alert_count=told,
        ended=ended,
    )


def advance(state: StreamState, to: Instant) -> tuple[StreamState, tuple[Storm, ...]]:
    """Let Alerts leave the window up to an instant, and end what has ended by then."""
    parameters = state.parameters
    if parameters is None:
        return state, ()
    storm, storm_ended = _end(state.storm, _end_of(state.received, parameters.clears_at, parameters), to)
    amber, amber_ended = _end(
        state.amber, _end_of(state.received, parameters.amber_clears_at, parameters), to
    )
    still_in_window = state.received[bisect_right(state.received, to - parameters.window_us) :]
    state = replace(state, received=still_in_window, storm=storm, amber=amber)
    return state, (*storm_ended, *amber_ended)


def _judge_anew(
    state: StreamState, at: Instant, parameters: AlertStormParameters
) -> tuple[StreamState, tuple[Storm, ...]]:
    """The stream is under these parameters from an instant on: end what does not go on under them."""
    count = len(state.received)
    storm, amber = state.storm, state.amber
    if storm is not None and count <= parameters.clears_at:
        storm = None
    # A suppression takes no amber away: where a spell runs, there is an amber threshold now too.
    amber_clears_at = parameters.amber_clears_at
    assert amber is None or amber_clears_at is not None
    if amber_clears_at is not None and count <= amber_clears_at:
        amber = None
    ended = tuple(
        replace(before, ended_at=at)
        for before, after in ((state.storm, storm), (state.amber, amber))
        if before is not None and after is None
    )
    return replace(state, storm=storm, amber=amber, parameters=parameters), ended


def _end_of(
    received: tuple[Instant, ...], clears_at: int | None, parameters: AlertStormParameters
) -> Instant | None:
    """When the count will have fallen to `clears_at`: the (clears_at + 1)-th most recent instant + window."""
    if clears_at is None or len(received) <= clears_at:
        return None
    return received[-(clears_at + 1)] + parameters.window_us


def _end(running: Storm | None, end: Instant | None, now: Instant) -> tuple[Storm | None, tuple[Storm, ...]]:
    if running is None:
        return None, ()
    # While a storm runs its count is above the clear threshold, so its end is known.
    assert end is not None
    if end > now:
        return running, ()
    return None, (replace(running, ended_at=end),)


def _start(
    state: StreamState, stream: Stream, at: Instant, count: int, parameters: AlertStormParameters
) -> StreamState:
    if state.amber is None and parameters.amber_threshold is not None and count > parameters.amber_threshold:
        state = replace(state, amber=_new(stream, Level.AMBER, at, state.received[0]))
    if state.storm is None and count > parameters.threshold:
        state = replace(state, storm=_new(stream, Level.RED, at, state.received[0]), sequence_id=0)
    return state


def _new(stream: Stream, level: Level, at: Instant, counting_since: Instant) -> Storm:
    return Storm(stream, level, at, None, 0, 0, 0, peak_count=0, counting_since=counting_since)


def _is_due(state: StreamState, at: Instant, parameters: AlertStormParameters) -> bool:
    every = parameters.forward_at_least_every_us
    is_nth = state.untold + 1 >= parameters.forward_one_in
    is_long_ago = every is not None and at - state.last_forwarded >= every
    return is_nth or is_long_ago


def _passed(storm: Storm | None, count: int) -> Storm | None:
    return None if storm is None else _seen(storm, count, Outcome.FORWARDED)


def _seen(storm: Storm, count: int, outcome: Outcome) -> Storm:
    return replace(
        storm,
        received=storm.received + 1,
        forwarded=storm.forwarded + (outcome is Outcome.FORWARDED),
        throttled=storm.throttled + (outcome is Outcome.THROTTLED),
        peak_count=max(storm.peak_count, count),
    )
