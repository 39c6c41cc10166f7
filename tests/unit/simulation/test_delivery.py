"""What happens to Alerts on their way into a log."""

from pathlib import Path

import numpy as np
import pytest

from tidegate.assembly import open_alerts
from tidegate.simulation.delivery import (
    LATEST_US,
    TOO_LATE_US,
    UNREADABLE,
    Adapter,
    AdapterOutage,
    Imperfections,
    doubled,
    written_at,
)
from tidegate.simulation.traffic import Rows
from tidegate.vocabulary.instants import HOUR, SECOND

OUT_AT, BACK_AT = 100, 200
HERS, ANOTHERS = 7, 8


def rows_at(*instants: int, recipient: int = HERS) -> Rows:
    count = len(instants)
    return Rows(
        np.array(instants, np.int64),
        np.arange(count, dtype=np.int64),
        np.full(count, 0x8014, np.uint32),
        np.full(count, recipient, np.uint32),
    )


def passed_on(adapter: Adapter, rows: Rows, until: int) -> list[int]:
    instants: list[int] = passed(adapter, rows, until).at.tolist()
    return instants


def passed(adapter: Adapter, rows: Rows, until: int) -> Rows:
    return adapter.pass_on(rows, np.zeros(len(rows), np.uint8), until)[0]


def test_what_comes_from_the_outage_on_and_before_its_end_waits_and_comes_in_order() -> None:
    adapter = Adapter(HERS, OUT_AT, BACK_AT, replay_per_second=SECOND // 10)

    assert [99] == passed_on(adapter, rows_at(150, 99, 100), until=160)
    back = passed(adapter, rows_at(199, 200), until=210)
    assert [200, 200, 210, 220] == back.at.tolist()
    # 200 was not held; then, by the instant they were raised: 100 (place 2), 150 (place 0), 199 (place 0).
    assert [1, 2, 0, 0] == back.device.tolist()
    assert 3 == adapter.replayed


def test_other_recipients_do_not_wait() -> None:
    adapter = Adapter(HERS, OUT_AT, BACK_AT, replay_per_second=SECOND // 10)

    assert [150] == passed_on(adapter, rows_at(150, recipient=ANOTHERS), until=160)


def test_nothing_comes_back_before_the_slice_in_which_the_adapter_does() -> None:
    adapter = Adapter(HERS, OUT_AT, BACK_AT, replay_per_second=SECOND // 10)

    assert [] == passed_on(adapter, rows_at(150), until=BACK_AT - 1)
    assert [BACK_AT] == passed_on(adapter, rows_at(), until=BACK_AT)


@pytest.mark.parametrize("minutes", [0, 2 * 24 * 60 + 1])
def test_an_outage_lasts_and_ends_before_what_waits_is_dropped(minutes: int) -> None:
    AdapterOutage("Network B", day=0, from_hour=0, minutes=2 * 24 * 60)

    with pytest.raises(AssertionError):
        AdapterOutage("Network B", day=0, from_hour=0, minutes=minutes)


def test_doubled_rows_stand_beside_themselves() -> None:
    rows = doubled(10_000, 0.1, np.random.default_rng(1))

    assert list(range(10_000)) == np.unique(rows).tolist()
    assert rows.tolist() == sorted(rows.tolist())
    assert 1_000 == pytest.approx(len(rows) - 10_000, rel=0.15)


def test_a_late_row_is_written_within_the_bound() -> None:
    at = np.arange(10_000, dtype=np.int64)
    delay = written_at(at, Imperfections(late=0.1), np.random.default_rng(1)) - at

    assert 1_000 == pytest.approx(int((delay > 0).sum()), rel=0.15)
    assert 0 == delay.min()
    assert 0 < delay.max() < LATEST_US


def test_without_imperfections_nothing_is_touched() -> None:
    at = np.arange(5, dtype=np.int64)

    assert at is written_at(at, Imperfections(), np.random.default_rng(1))
    assert [0, 1, 2, 3, 4] == doubled(5, 0.0, np.random.default_rng(1)).tolist()


def test_a_row_too_late_is_written_beyond_any_look_back_of_an_hour() -> None:
    at = np.arange(10_000, dtype=np.int64)
    delay = written_at(at, Imperfections(too_late=0.05), np.random.default_rng(1)) - at

    assert 500 == pytest.approx(int((delay > 0).sum()), rel=0.2)
    assert HOUR < TOO_LATE_US <= delay[delay > 0].min()


def test_no_line_that_nobody_can_read_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "received_at,device_id,alert_code,recipient\n"
        "2026-03-02T09:14:00.000Z,02-7D-01-5F-00-00-00-01,8014,Network B\n" + "\n".join(UNREADABLE) + "\n"
    )
    (batch,) = open_alerts([tmp_path / "log.csv"], mapping={}).batches()

    assert 1 == len(batch.alerts)
    assert list(range(3, 3 + len(UNREADABLE))) == sorted(row.line for row in batch.rejected)
