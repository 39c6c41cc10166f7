"""The peers of the benchmarks give Tidegate's answer: on a small national log, and on a log drawn at the edges."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from benchmarks import csv_in, peer_python, peer_readable
from benchmarks.answer import POLICY, RUNNING, STORM, Answer, Rule, answer_of, differences, rule_of
from benchmarks.c_kernel import CKernel, answer_in_c, compiler
from benchmarks.kernel import decide_by_ours, disagreement
from benchmarks.make_log import make_log
from benchmarks.replay import by_tidegate

from tidegate import assembly
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.policy_files.shipped import published
from tidegate.tables.alerts_writer import AlertsWriter

RULE = rule_of()
W = RULE.window_us
EXCLUDED, COUNTED = min(published(POLICY).exclusion_list.reasons), 0x8F75


def by_duckdb(path: Path, rule: Rule) -> Answer:
    pytest.importorskip("duckdb", reason="duckdb is in the dev environment only")
    from benchmarks import peer_duckdb  # noqa: PLC0415

    return peer_duckdb.replay(path, rule)


def by_polars(path: Path, rule: Rule) -> Answer:
    pytest.importorskip("polars", reason="polars is in the dev environment only")
    from benchmarks import peer_polars  # noqa: PLC0415

    return peer_polars.replay(path, rule)


def by_c(path: Path, rule: Rule) -> Answer:
    if shutil.which(compiler()) is None:
        pytest.skip("there is no C compiler")
    source = assembly.open_alerts([path], mapping={})
    batches = [batch.alerts for batch in source.batches()]
    return answer_in_c(path.parent, batches, source.recipients, rule)


PEERS = [by_c, by_duckdb, by_polars, peer_python.replay, peer_readable.replay]


def storming_stream(rng: np.random.Generator) -> list[int]:
    """Instants whose gaps put Alerts on both sides of a window and of a third of the clear threshold."""
    third = W // RULE.clears_at // 3
    gaps: list[int] = []
    while len(gaps) < 400:
        burst = [W // (RULE.threshold + int(rng.integers(-1, 3))), third, 0, 1]
        gaps += [int(rng.choice(burst))] * int(rng.integers(5, 60))
        gaps.append(int(rng.choice([W - 1, W, W + 1, W // 2])))
    return list(accumulate(gaps))


def write_edges(path: Path, seed: int) -> None:
    """A log of a few streams that storm and end at the edges, and one of an excluded code."""
    rng = np.random.default_rng(seed)
    rows = [
        (at + 5 * W, device, EXCLUDED if device == 0 else COUNTED, 1 + device % 2)
        for device in range(6)
        for at in storming_stream(rng)
    ]
    rows.sort(key=lambda row: row[0])
    at, device, code, to = (np.array(column) for column in zip(*rows, strict=True))
    with AlertsWriter(path, Recipients(["one", "two"])) as writer:
        batch = AlertBatch(
            at.astype(np.int64), device.astype(np.uint64), code.astype(np.uint32), to.astype(np.uint32)
        )
        writer.write(batch)


@pytest.fixture(scope="module")
def national(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("national") / "alerts.parquet"
    assert make_log(path, 50_000, devices=30_000) == 50_000
    return path


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_gives_our_answer_to_a_national_log(
    peer: Callable[[Path, Rule], Answer], national: Path, tmp_path: Path
):
    ours = by_tidegate(national, tmp_path)

    assert ours.received == 50_000
    assert [] == differences(ours, peer(national, RULE))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_gives_our_answer_to_storms_at_the_edges(
    peer: Callable[[Path, Rule], Answer], seed: int, tmp_path: Path
):
    path = tmp_path / "alerts.parquet"
    write_edges(path, seed)
    ours = by_tidegate(path, tmp_path)

    assert len(ours.storms) > 5
    assert [] == differences(ours, peer(path, RULE))


def test_the_c_kernel_counts_the_streams_that_ours_counts(national: Path, tmp_path: Path):
    if shutil.which(compiler()) is None:
        pytest.skip("there is no C compiler")
    source = assembly.open_alerts([national], mapping={})
    batches = [batch.alerts for batch in source.batches()]
    kernel = CKernel(tmp_path, RULE)
    for batch in batches:
        kernel.receive(batch)

    ours = decide_by_ours(batches, 1)

    assert "" == disagreement(ours, kernel.answer(source.recipients), kernel.streams)
    kernel.close()


def test_a_wrong_answer_is_told_from_ours():
    storm = (0, 1, "8F75", "one", RUNNING, 40, 36)
    expected = answer_of({"8F75": 50}, [storm], RULE)
    later_end = answer_of({"8F75": 50}, [(*storm[:4], W, *storm[5:])], RULE)
    one_more = answer_of({"8F75": 51}, [storm], RULE)
    no_storm = answer_of({"8F75": 50}, np.zeros(0, STORM), RULE)

    assert [] == differences(expected, expected)
    assert 1 == len(differences(expected, later_end))
    assert ["8F75: (50, 14, 36, 0) and (51, 15, 36, 0)"] == differences(expected, one_more)
    assert 2 == len(differences(expected, no_storm))


def test_a_rule_that_sql_could_not_state_is_refused():
    with pytest.raises(AssertionError):
        Rule(threshold=30, clears_at=30, window_us=W, one_in=10, every_us=W, excluded=())
    with pytest.raises(AssertionError):
        Rule(threshold=30, clears_at=15, window_us=W, one_in=18, every_us=W, excluded=())


@pytest.mark.parametrize("reader", [csv_in.by_polars, csv_in.by_duckdb])
def test_a_csv_becomes_the_same_columns_for_everyone(
    reader: Callable[[Path], csv_in.Columns], tmp_path: Path
):
    pytest.importorskip("polars", reason="polars is in the dev environment only")
    pytest.importorskip("duckdb", reason="duckdb is in the dev environment only")
    path = tmp_path / "alerts.csv"
    make_log(path, 5_000, devices=30_000)

    expected = csv_in.by_tidegate(path)

    assert 5_000 == expected["rows"]
    assert expected == reader(path)
