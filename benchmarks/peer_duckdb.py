"""The same answer in DuckDB's SQL, the best form found.

The rule is a switch: on at an Alert whose T-th predecessor is still in the
window, off at an Alert before which no more than C are left in it, and in
between as it was. That is exact in window functions. They are run only over the
streams that can storm at all: more than T Alerts within W lie in two
neighbouring windows of the clock, so one of the two has more than T / 2.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np

from benchmarks.answer import RUNNING, STORM, Answer, Rule, answer_of

STREAM = "device_id, alert_code, recipient"


def replay(path: Path, rule: Rule) -> Answer:
    """Replay a Parquet log."""
    excluded = ", ".join(f"'{code}'" for code in rule.excluded)
    window = rule.window_us
    with duckdb.connect() as db:
        db.execute(f"CREATE VIEW alerts AS SELECT * FROM read_parquet('{path}')")
        received, last = _totals(db)
        db.execute(f"""
            CREATE TEMP TABLE suspects AS
            SELECT DISTINCT {STREAM} FROM (
                SELECT {STREAM} FROM alerts WHERE alert_code NOT IN ({excluded})
                GROUP BY {STREAM}, epoch_us(received_at) // {window}
                HAVING count(*) >= {rule.suspicious})
        """)
        found = db.execute(f"""
            WITH lagged AS (
                SELECT {STREAM}, epoch_us(received_at) AS instant,
                    row_number() OVER stream AS n,
                    lag(epoch_us(received_at), {rule.threshold}) OVER stream AS over_by,
                    lag(epoch_us(received_at), {rule.clears_at}) OVER stream AS ends_by,
                    lag(epoch_us(received_at), {rule.clears_at + 1}) OVER stream AS cleared_by
                FROM alerts SEMI JOIN suspects USING ({STREAM})
                WINDOW stream AS (PARTITION BY {STREAM} ORDER BY received_at)
            ), switched AS (
                SELECT *, coalesce(cleared_by <= instant - {window}, true) AS is_cleared,
                    CASE WHEN over_by > instant - {window} THEN true
                         WHEN coalesce(cleared_by <= instant - {window}, true) THEN false END AS switch
                FROM lagged
            ), stormed AS (
                SELECT *, last_value(switch IGNORE NULLS) OVER stream AS is_storm
                FROM switched
                WINDOW stream AS (PARTITION BY {STREAM} ORDER BY n ROWS UNBOUNDED PRECEDING)
            ), started AS (
                SELECT *, (is_cleared OR NOT lag(is_storm, 1, false) OVER stream) AS is_start
                FROM stormed WINDOW stream AS (PARTITION BY {STREAM} ORDER BY n)
            ), numbered AS (
                SELECT *, sum(is_start::INT) OVER stream AS storm
                FROM started WHERE is_storm
                WINDOW stream AS (PARTITION BY {STREAM} ORDER BY n ROWS UNBOUNDED PRECEDING)
            )
            SELECT min(instant) AS started_at, device_id, alert_code, recipient,
                arg_max(ends_by, n) + {window} AS ends_at, count(*) AS received
            FROM numbered GROUP BY {STREAM}, storm
        """).fetchnumpy()
    storms = np.zeros(len(found["device_id"]), STORM)
    for name in ("started_at", "device_id", "alert_code", "recipient", "received"):
        storms[name] = found[name]
    storms["ended_at"] = np.where(found["ends_at"] <= last, found["ends_at"], RUNNING)
    storms["throttled"] = storms["received"] - storms["received"] // rule.one_in
    return answer_of(received, storms, rule)


def _totals(db: duckdb.DuckDBPyConnection) -> tuple[dict[str, int], int]:
    rows = db.execute("""
        SELECT alert_code, count(*), max(epoch_us(received_at)) FROM alerts GROUP BY alert_code
    """).fetchall()
    return {str(code): count for code, count, _ in rows}, max(last for _, _, last in rows)
