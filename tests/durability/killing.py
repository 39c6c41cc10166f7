"""Kill a process under load, look at what it left, start it again; over and over.

What must hold, whatever the instant: every Alert that was acknowledged is in
the journal exactly once, with the answer that was given; ResponseIDs are
unique; decisions are those of a replay; received = forwarded + throttled + excluded;
what an Alert said of credentials is there with it, once, and never without it.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.durability import victim
from tests.engines import AUDIT, a_record, accept, incoming, replayed, running_engine
from tidegate.journal import open_journal
from tidegate.operations.engine import Engine
from tidegate.policy_files import parse_policy

ROUNDS_OF_A_JOURNAL = 20
LONGEST_S = 0.15
AS_IT_STARTS = 0.2
"""Share of the rounds killed as it starts, whether it has acknowledged anything or not."""


@dataclass
class Findings:
    """What was done, and what was wrong.

    killed_busy:  Rounds in which something had been acknowledged when the process was killed.
    """

    rounds: int = 0
    killed_busy: int = 0
    acknowledged: int = 0
    received: int = 0
    repeats: int = 0
    wrong: list[str] = field(default_factory=list)

    def check(self, *, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)


def kill_often(folder: Path, rounds: int, seed: int, say: Callable[[str], None] = lambda _: None) -> Findings:
    """So many rounds, a journal for every twenty of them."""
    _warm_up(folder / "warm.db")
    findings = Findings()
    chance = random.Random(seed)  # noqa: S311 - when to kill is no secret
    while findings.rounds < rounds:
        path = folder / f"journal-{findings.rounds}.db"
        answers: dict[str, tuple[int, ...]] = {}
        for _ in range(min(ROUNDS_OF_A_JOURNAL, rounds - findings.rounds)):
            _round(path, answers, findings, chance)
        _look_closely(path, answers, findings)
        say(f"{findings.rounds} rounds, {findings.acknowledged} acknowledged, {len(findings.wrong)} wrong")
    return findings


def _warm_up(path: Path) -> None:
    """Have all code compiled and loaded, so that the copies begin at once."""
    with running_engine(path, options=victim.OPTIONS) as engine:
        engine.apply(a_record(), AUDIT).result()
        accept(engine, incoming(0))
    replayed(path)


def _round(
    path: Path, answers: dict[str, tuple[int, ...]], findings: Findings, chance: random.Random
) -> None:
    given_out, given_in = os.pipe()
    answer_out, answer_in = os.pipe()
    # The parent has warm kernels and no open database: a copy of it starts at once, at any instant of its life.
    process = os.fork()
    if process == 0:
        os.close(given_in)
        os.close(answer_out)
        try:
            victim.run(path, given_out, answer_in)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stderr.flush()
            os._exit(0)
    os.close(given_out)
    os.close(answer_in)
    feeder = threading.Thread(target=_feed, args=(given_in, findings.rounds, list(answers), chance.random()))
    told: list[bytes] = []
    has_told = threading.Event()
    reader = threading.Thread(target=_read, args=(answer_out, told, has_told))
    feeder.start()
    reader.start()
    if chance.random() > AS_IT_STARTS:
        has_told.wait(30)
    time.sleep(chance.uniform(0, LONGEST_S))
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    findings.check(holds=os.WIFSIGNALED(status), what=f"round {findings.rounds}: it ended by itself")
    feeder.join()
    reader.join()
    _take_answers(b"".join(told), answers, findings)
    _look(path, answers, findings)
    findings.rounds += 1


def _feed(pipe: int, number: int, known: list[str], seed: float) -> None:
    """Alerts of six Devices, batches, other policies, and what was sent before once more; until no one takes them."""
    chance = random.Random(seed)  # noqa: S311
    with os.fdopen(pipe, "w", encoding="utf-8") as file:
        try:
            file.write(f"policy {number}\n")
            for i in range(1_000_000):
                draw = chance.random()
                if draw < 0.002:
                    file.write(f"policy {number + i}\n")
                elif draw < 0.004:
                    file.write(f"batch {chance.randrange(1, 400)} {i}\n")
                else:
                    name = chance.choice(known) if known and draw < 0.05 else f"{number}-{i}"
                    device = chance.randrange(6)
                    code = 0x8F75 if chance.random() < 0.1 else 0x8014
                    file.write(f"row {name} {device} {code}\n")
                if i % 50 == 0:
                    file.flush()
        except BrokenPipeError:
            pass
        finally:
            with suppress(BrokenPipeError):
                file.close()


def _read(pipe: int, told: list[bytes], has_told: threading.Event) -> None:
    with os.fdopen(pipe, "rb") as file:
        while piece := file.read1(1 << 16):
            told.append(piece)
            has_told.set()


def _take_answers(text: bytes, answers: dict[str, tuple[int, ...]], findings: Findings) -> None:
    # What stands after the last line feed was not said to the end: no one may count on it.
    lines = text.decode()[: text.decode().rfind("\n") + 1].splitlines()
    findings.killed_busy += bool(lines)
    for line in lines:
        name, *words = line.split()
        *answer, is_repeat = map(int, words)
        findings.acknowledged += 1
        findings.repeats += is_repeat
        before = answers.setdefault(name, tuple(answer))
        findings.check(holds=before == tuple(answer), what=f"{name}: answered {before}, then {answer}")


def _look(path: Path, answers: dict[str, tuple[int, ...]], findings: Findings) -> None:
    """What must hold while the process is dead."""
    if not path.exists():
        findings.check(holds=not answers, what="there is no journal")
        return
    with closing(sqlite3.connect(path)) as connection:
        try:
            rows = connection.execute(
                "SELECT response_id, seq FROM alerts WHERE response_id IS NOT NULL"
            ).fetchall()
            said = connection.execute("SELECT identifier FROM evidence ORDER BY identifier").fetchall()
            saying = connection.execute(_SAYING, (victim.SAYS_SOMETHING,)).fetchall()
            count, last = connection.execute("SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM alerts").fetchone()
        except sqlite3.OperationalError:
            findings.check(holds=not answers, what="the journal has no tables")
            return
    findings.check(holds=said == saying, what="evidence is not that of the Alerts that are there")
    seq_of = dict(rows)
    findings.check(holds=len(seq_of) == len(rows), what="a ResponseID is there twice")
    findings.check(holds=count == last, what=f"{count} Alerts, the last is number {last}")
    for name, answer in answers.items():
        findings.check(
            holds=seq_of.get(name) == answer[0], what=f"{name}: {answer[0]}, not {seq_of.get(name)}"
        )


def _look_closely(path: Path, answers: dict[str, tuple[int, ...]], findings: Findings) -> None:
    """Start it once more, let it finish, and compare everything with a replay."""
    journal = open_journal(str(path))
    engine = Engine(journal, parse_policy, victim.clock, options=victim.OPTIONS)
    engine.start()
    counters = engine.counters()
    assert engine.stop(60)
    journal.close()
    with closing(sqlite3.connect(path)) as connection:
        decided = connection.execute(
            "SELECT outcome, throttled_alert_sequence_id, throttled_alert_count FROM decided_alerts ORDER BY seq"
        ).fetchall()
        outgoing = connection.execute("SELECT seq FROM outbox ORDER BY seq").fetchall()
        documented = connection.execute(_TO_GO_ON).fetchall()
        kept = connection.execute("SELECT seq FROM documents ORDER BY seq").fetchall()
        open_ones = connection.execute("SELECT seq FROM outbox WHERE state IN (0, 2) ORDER BY seq").fetchall()
    findings.received += len(decided)
    findings.check(holds=decided == replayed(path), what=f"{path.name}: decisions are not those of a replay")
    total = counters.forwarded + counters.throttled + counters.excluded
    findings.check(
        holds=len(decided) == counters.received == total,
        what=f"{path.name}: {len(decided)} Alerts, {counters}",
    )
    findings.check(holds=outgoing == documented, what=f"{path.name}: what goes on is not what was decided to")
    findings.check(
        holds=kept == open_ones, what=f"{path.name}: documents of others than those to be delivered"
    )
    for name, (seq, *answer) in answers.items():
        findings.check(
            holds=list(decided[seq - 1]) == answer, what=f"{name}: answered {answer}, is {decided[seq - 1]}"
        )


_SAYING = """
SELECT response_id FROM alerts WHERE alert_code = ? AND response_id IS NOT NULL ORDER BY response_id
"""
_TO_GO_ON = """
SELECT alerts.seq FROM decided_alerts AS alerts WHERE response_id IS NOT NULL AND (outcome <> 1 OR 'shadow' =
    (SELECT mode FROM deciding WHERE first_seq <= alerts.seq ORDER BY first_seq DESC LIMIT 1)) ORDER BY alerts.seq
"""
