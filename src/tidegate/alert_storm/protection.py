"""Alert Storm Protection over every stream, one Alert at a time.

Sans I/O: no clock, no file, no log. Whoever drives it says what time it is,
asks when next something will end, and does the sending.

    protection = AlertStormProtection(rules, exclusion_list)
    decision = protection.receive(alert)
    ended = protection.advance_to(instant)
    deadline = protection.next_deadline()
"""

from __future__ import annotations

import heapq
from dataclasses import replace

from tidegate.alert_storm import storm
from tidegate.alert_storm.decision import Decision, Outcome, Storm
from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormRules, CountBy
from tidegate.alert_storm.storm import StreamState
from tidegate.alert_storm.suppressions import Scope
from tidegate.vocabulary.alerts import Alert, Stream
from tidegate.vocabulary.instants import Instant


class AlertStormProtection:
    """Decides Alerts in receipt order; remembers only the streams active within a window.

    `receive` and `advance_to` must be given instants that do not go back.
    """

    def __init__(self, rules: AlertStormRules, exclusion_list: ExclusionList | None = None) -> None:
        self._rules = rules
        self._exclusion_list = exclusion_list or ExclusionList()
        self._streams: dict[Stream, StreamState] = {}
        # When to look at a stream again: when its oldest Alert leaves the window. Nothing of it can end before.
        self._agenda: list[tuple[Instant, Stream]] = []
        self._on_agenda: set[Stream] = set()
        self._now: Instant | None = None

    def receive(self, alert: Alert) -> Decision:
        """Decide one Alert. Its stream's storms that had ended before it are in `Decision.ended`.

        Which suppression it is under, if any, its `product` and `at` say.
        """
        self._move_to(alert.at)
        if alert.alert_code in self._exclusion_list:
            return Decision(Outcome.EXCLUDED)
        stream = self.stream_of(alert)
        parameters = self._rules.parameters_in(Scope(alert.alert_code, alert.product, alert.at))
        state, decision = storm.receive(
            self._streams.get(stream, StreamState()), stream, alert.at, parameters
        )
        self._streams[stream] = state
        if stream not in self._on_agenda:
            self._look_again(stream, state)
        return decision

    def advance_to(self, instant: Instant) -> list[Storm]:
        """End every storm that has ended by an instant, and forget what need not be remembered."""
        self._move_to(instant)
        ended: list[Storm] = []
        while self._agenda and self._agenda[0][0] <= instant:
            _, stream = heapq.heappop(self._agenda)
            self._on_agenda.discard(stream)
            state, over = storm.advance(self._streams[stream], instant)
            ended.extend(over)
            if state.is_forgettable:
                del self._streams[stream]
                continue
            self._streams[stream] = state
            if state.received:
                self._look_again(stream, state)
        return sorted(ended, key=lambda record: (record.ended_at, record.stream, record.level))

    def next_deadline(self) -> Instant | None:
        """When `advance_to` should next be called: no storm ends before; None when there is nothing to do."""
        if not self._agenda:
            return None
        due = self._agenda[0][0]
        # Alerts may have come since: what is overdue is due now.
        return due if self._now is None else max(due, self._now)

    def change_rules(
        self, rules: AlertStormRules, exclusion_list: ExclusionList | None, at: Instant
    ) -> list[Storm]:
        """Other rules take force at an instant (readings.md#6).

        What runs ends there, counting starts anew, and what was not told yet is told under the new rules.
        Returns the storms that have ended by then.
        """
        ended = self.advance_to(at)
        ended += [replace(spell, ended_at=at) for spell in self.running()]
        untold = {stream: state for stream, state in self._streams.items() if state.untold}
        self._rules, self._exclusion_list = rules, exclusion_list or ExclusionList()
        self._streams, self._agenda, self._on_agenda = {}, [], set()
        for stream, state in untold.items():
            now = self.stream_of(Alert(at, *stream))
            before = self._streams.get(now, StreamState())
            self._streams[now] = StreamState(
                untold=before.untold + state.untold, sequence_id=max(before.sequence_id, state.sequence_id)
            )
        return ended

    def running(self) -> list[Storm]:
        """The storms and amber spells running now, in order of their start."""
        spells = [
            spell
            for state in self._streams.values()
            for spell in (state.storm, state.amber)
            if spell is not None
        ]
        return sorted(spells, key=lambda record: (record.started_at, record.stream, record.level))

    def stream_of(self, alert: Alert) -> Stream:
        """The stream an Alert is counted in."""
        by_recipient = self._rules.count_by is CountBy.DEVICE_CODE_RECIPIENT
        return Stream(
            alert.device_id,
            self._rules.counted_as(alert.alert_code),
            alert.recipient if by_recipient else "",
        )

    def __len__(self) -> int:
        """How many streams are remembered."""
        return len(self._streams)

    def _move_to(self, instant: Instant) -> None:
        assert self._now is None or instant >= self._now, "instants must not go back"
        self._now = instant

    def _look_again(self, stream: Stream, state: StreamState) -> None:
        assert state.parameters is not None
        window = state.parameters.window_us
        heapq.heappush(self._agenda, (state.received[0] + window, stream))
        self._on_agenda.add(stream)
