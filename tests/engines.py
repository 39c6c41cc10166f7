"""An engine over a real journal, for tests: its clock stands still until told, and it can be asked anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.journal import JournalSource, open_journal, policies_of
from tidegate.operations.engine import Engine
from tidegate.operations.engine_options import EngineOptions
from tidegate.operations.live import Incoming, LiveStorm, PolicyRecord
from tidegate.operations.notes import AuditEntry
from tidegate.operations.outgoing import OutgoingAlert
from tidegate.operations.policy_timeline import timeline
from tidegate.operations.replay import ReplayOptions, replay
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.policy_files import parse_policy, write_policy

WINDOW = 20
AUDIT = AuditEntry(0, "a person", "policy.apply")
QUICK = EngineOptions(linger_s=0.001, tick_s=0.005, reconnect_s=0.005)


class StandingClock:
    """Microseconds that pass only when a test says so."""

    def __init__(self, now: int = 1_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class KeptOutbox:
    def __init__(self) -> None:
        self.alerts: list[OutgoingAlert] = []

    def put(self, alerts: Sequence[OutgoingAlert]) -> None:
        self.alerts += alerts


class KeptStorms:
    def __init__(self) -> None:
        self.started: list[LiveStorm] = []
        self.ended: list[LiveStorm] = []

    def storms(self, started: Sequence[LiveStorm], ended: Sequence[LiveStorm]) -> None:
        self.started += started
        self.ended += ended


@contextmanager
def running_engine(url: object, clock: StandingClock | None = None, **options: Any) -> Iterator[Engine]:
    """An engine that is stopped in the end."""
    with journal_of(url) as journal:
        engine = Engine(
            options.pop("wrap", lambda it: it)(journal),
            parse_policy,
            clock or StandingClock(),
            options=options.pop("options", QUICK),
            **options,
        )
        engine.start()
        try:
            yield engine
        finally:
            assert engine.stop(30)


@contextmanager
def journal_of(url: object) -> Iterator[Any]:
    journal = open_journal(str(url))
    try:
        yield journal
    finally:
        journal.close()


def a_record(
    version: str = "1",
    since: int = 0,
    until: int | None = None,
    *,
    threshold: int = 2,
    one_in: int = 4,
    mode: Mode = Mode.ENFORCED,
    excluded: dict[int, str] | None = None,
    is_override: bool = False,
) -> PolicyRecord:
    """A policy to be put in force: more than two Alerts in 20 us are a storm."""
    parameters = AlertStormParameters(threshold=threshold, window_us=WINDOW, forward_one_in=one_in)
    policy = MechanismDocument(
        version, mode, since, AlertStormRules(parameters), ExclusionList(excluded or {})
    )
    return PolicyRecord(0, version, write_policy(policy), since, until, is_override=is_override)


def incoming(number: int, device: int = 1, code: int = 0x8014, recipient: str = "network") -> Incoming:
    """An Alert with a document and a ResponseID of its own."""
    return Incoming(device, code, recipient, f"response-{number}", "sender", f"<document {number}/>".encode())


def accept(engine: Engine, *alerts: Incoming) -> list[Any]:
    """Have Alerts accepted, and wait for what became of them."""
    return list(engine.submit(alerts).result(30))


class _Kept:
    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int]] = []

    def write(self, _original: Any, outcome: Any, sequence_id: Any, count: Any, _kept: Any) -> None:
        self.rows += zip(outcome.tolist(), sequence_id.tolist(), count.tolist(), strict=True)


def replayed(url: object) -> list[tuple[int, int, int]]:
    """The decisions of a replay of a journal under its own policies, in order of `seq`."""
    kept = _Kept()
    source = JournalSource(str(url), as_original=lambda first, *_: first)
    periods = timeline(policies_of(str(url)), parse_policy)
    options = ReplayOptions(look_back_us=0, shards=1, remembered=source.remembered)
    replay(source, periods, options, decisions=kept)
    return kept.rows


def decided_in(path: Path) -> list[tuple[int, int, int]]:
    """The decisions as they stand in a SQLite journal, in order of `seq`."""
    import sqlite3  # noqa: PLC0415 - asked past all our own code, on purpose

    with sqlite3.connect(path) as connection:
        return connection.execute(
            "SELECT outcome, throttled_alert_sequence_id, throttled_alert_count FROM decided_alerts ORDER BY seq"
        ).fetchall()
