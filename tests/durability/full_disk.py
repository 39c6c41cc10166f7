"""A disk that is full for a while: callers are told, nothing is half-done, and it goes on by itself."""

from __future__ import annotations

import resource
import time
from pathlib import Path

from tests.durability.victim import clock
from tests.engines import AUDIT, QUICK, a_record, decided_in, incoming, replayed
from tidegate.journal import open_journal
from tidegate.operations.engine import Engine
from tidegate.operations.live import Accepted, NotDurable
from tidegate.policy_files import parse_policy


def fill_the_disk(folder: Path) -> None:
    """In a process of its own: no file of it may become larger, until it may again."""
    path = folder / "journal.db"
    journal = open_journal(str(path))
    engine = Engine(journal, parse_policy, clock, options=QUICK)
    engine.start()
    engine.apply(a_record(), AUDIT).result()
    accepted = [_accept(engine, number) for number in range(20)]
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (path.with_name("journal.db-wal").stat().st_size + 20_000, hard)
    )
    number, refused = 20, 0
    while refused < 5:
        try:
            accepted.append(_accept(engine, number))
            number += 1
        except NotDurable:
            refused += 1
    received = engine.counters().received
    assert len(accepted) == received, (len(accepted), received)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    while not engine.is_ready:
        time.sleep(0.01)
    accepted.append(_accept(engine, number))
    assert not accepted[-1].is_repeat
    assert list(range(1, len(accepted) + 1)) == [it.seq for it in accepted]
    assert engine.stop(60)
    journal.close()
    assert decided_in(path) == replayed(path)
    assert len(decided_in(path)) == len(accepted)


def _accept(engine: Engine, number: int) -> Accepted:
    return engine.submit([incoming(number)]).result(60)[0]
