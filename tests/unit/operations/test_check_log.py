"""What a log is like: counted once, in bounded memory, the same however it was cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tidegate.columnar.batches import AlertBatch, Columns, ReadBatch, Recipients, RejectedRow
from tidegate.operations.check_log import check_log
from tidegate.reports.log_quality import Gap, kind_of, suspicions_of
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, parse_instant

H = HOUR


class Log:
    """Alerts and rejected rows held in memory, given in batches of a size."""

    name = "log"
    columns = Columns({"received_at": "received_at"}, missing=("recipient",))

    def __init__(self, at, *, device=None, code=None, rejected=(), size=3) -> None:
        rows = len(at)
        self.recipients = Recipients()
        self._alerts = AlertBatch(
            np.array(at, np.int64),
            np.array(device or [1] * rows, np.uint64),
            np.array(code or [0x8F75] * rows, np.uint32),
            np.zeros(rows, np.uint32),
        )
        self._rejected = rejected
        self._size = size

    def batches(self) -> Generator[ReadBatch]:
        for start in range(0, len(self._alerts), self._size):
            yield ReadBatch(self._alerts.slice(start, start + self._size), "log")
        yield ReadBatch(self._alerts.slice(0, 0), "log", self._rejected)


@pytest.mark.parametrize(("last", "gaps"), [(H - 1, 0), (H, 0), (H + 1, 1)])
def test_more_than_an_hour_without_an_alert_is_a_gap(last, gaps):
    quality = check_log(Log([0, last]))

    assert gaps == quality.gaps
    assert [Gap(0, last)] * gaps == list(quality.longest_gaps)


def test_the_longest_gaps_come_first_and_all_are_counted():
    at = np.cumsum([0, *(number * 2 * H for number in range(1, 16))]).tolist()

    quality = check_log(Log(at))

    assert 15 == quality.gaps
    assert [30 * H, 28 * H, 26 * H] == [gap.end - gap.start for gap in quality.longest_gaps][:3]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.sampled_from([0x8F75, 0x8014])), max_size=30),
    st.integers(1, 5),
)
def test_a_duplicate_is_a_row_exactly_like_another(rows, size):
    rows = sorted(rows, key=lambda row: row[0])
    at, device, code = ([row[place] for row in rows] for place in range(3))

    quality = check_log(Log(at, device=device, code=code, size=size))

    assert sum(count - 1 for count in Counter(rows).values()) == quality.duplicates


@pytest.mark.parametrize(("back", "late", "too_late"), [(0, 0, 0), (1, 1, 0), (H, 1, 0), (H + 1, 0, 1)])
def test_rows_after_a_younger_one_are_counted_as_a_replay_will_count_them(back, late, too_late):
    quality = check_log(Log([5 * H, 5 * H - back]))

    assert (late, too_late) == (quality.late, quality.too_late)
    assert (5 * H - back, 5 * H) == (quality.first, quality.last)


def test_codes_are_counted_most_first_and_those_of_no_source_are_unknown():
    quality = check_log(Log([0, 1, 2, 3], code=[0x8F75, 0x9F01, 0x9F01, 0x10000]))

    assert [(0x9F01, 2), (0x8F75, 1), (0x10000, 1)] == [
        (each.alert_code, each.count) for each in quality.codes
    ]
    assert [0x9F01] == [each.alert_code for each in quality.unknown_codes]
    assert "unknown" == quality.unknown_codes[0].name


def test_rejected_rows_are_counted_by_reason_with_the_first_lines():
    reason = "device_id: '{}' is what a spreadsheet makes of an EUI-64: export the column again as text"
    rejected = [RejectedRow("log", line, reason.format(f"{line}E+15")) for line in range(2, 9)]
    rejected.append(RejectedRow("log", 9, "has 3 fields where the header has 4"))

    quality = check_log(Log([0], rejected=rejected))

    assert (1, 8, 7) == (quality.usable, quality.rejected, quality.mangled)
    assert [(7, [2, 3, 4, 5, 6]), (1, [9])] == [
        (each.count, [line for _, line in each.first]) for each in quality.reasons
    ]


def test_as_many_reasons_as_rows_are_not_all_kept():
    rejected = [RejectedRow("log", line, f"reason {line}") for line in range(1_000)]

    quality = check_log(Log([0], rejected=rejected))

    assert 1_000 == sum(each.count for each in quality.reasons) == quality.rejected
    assert 51 == len(quality.reasons)


def test_the_rate_is_over_the_period_and_the_busiest_hour_is_told():
    quality = check_log(Log([0, 1, 2, 4 * H]))

    assert 1.0 == quality.per_hour
    assert (0, 3) == quality.busiest_hour


def test_a_log_of_bad_rows_alone_is_told_as_such():
    quality = check_log(Log([], rejected=[RejectedRow("log", 2, "bad")]))

    assert (0, 1, None, None) == (quality.usable, quality.rejected, quality.first, quality.busiest_hour)
    assert 0.0 == quality.per_hour


def test_an_interrupted_check_says_so():
    class Interrupted(Log):
        def batches(self) -> Generator[ReadBatch]:
            yield from super().batches()
            raise KeyboardInterrupt

    quality = check_log(Interrupted([0, 1]))

    assert not quality.is_complete
    assert 2 == quality.usable


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("'a' is bad", "'b' is bad", True),
        ("'a' is bad", "'a' is worse", False),
        ('"it\'s" is bad', "'x' is bad", True),
    ],
)
def test_reasons_are_alike_whatever_value_they_name(one, other, alike):
    assert alike == (kind_of(one) == kind_of(other))


SPRING, AUTUMN = parse_instant("2026-03-29T00:00Z"), parse_instant("2026-10-25T00:00Z")


@pytest.mark.parametrize(
    ("night", "counts", "is_suspicious"),
    [
        (SPRING, (100, 0, 100), True),
        (SPRING, (100, 1, 100), False),
        (SPRING, (29, 0, 100), False),
        (SPRING + 7 * DAY, (100, 0, 100), False),
        (AUTUMN, (100, 160, 100), True),
        (AUTUMN, (100, 159, 100), False),
        (AUTUMN, (100, 0, 100), False),
        (AUTUMN - 7 * DAY, (100, 200, 100), False),
    ],
)
def test_an_hour_left_out_in_march_or_repeated_in_october_is_local_time(night, counts, is_suspicious):
    per_hour = {night + hour * H: count for hour, count in enumerate(counts) if count}

    assert is_suspicious == any(
        "local time" in each for each in suspicions_of(per_hour, 0, 1_000, has_zones=True)
    )


def test_clocks_change_on_the_last_sundays_of_march_and_october():
    for year, month, day in ((2024, 3, 31), (2024, 10, 27), (2025, 3, 30), (2025, 10, 26), (2026, 3, 29)):
        night = int(datetime(year, month, day, tzinfo=UTC).timestamp()) * SECOND
        counts = (100, 0, 100) if month == 3 else (100, 200, 100)
        per_hour = {night + hour * H: count for hour, count in enumerate(counts) if count}

        assert 1 == len(suspicions_of(per_hour, 0, 400, has_zones=True))


@pytest.mark.parametrize(
    ("step", "rows", "says"),
    [
        (SECOND, 20, ""),
        (MINUTE, 20, "whole minutes"),
        (HOUR, 20, "whole hours"),
        (DAY, 20, "whole days"),
        (HOUR, 9, ""),
    ],
)
def test_instants_that_were_cut_are_noticed(step, rows, says):
    suspicions = check_log(Log([number * step for number in range(rows)])).suspicions

    assert bool(says) == bool(suspicions)
    assert not says or says in suspicions[0]


def test_instants_without_a_zone_are_noticed_where_the_source_knows():
    assert ["The instants name no zone"] == [each[:25] for each in suspicions_of({}, 0, 1, has_zones=False)]
    assert [] == suspicions_of({}, 0, 1, has_zones=None)
