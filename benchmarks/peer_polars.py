"""The same answer in Polars, in the form explained in `peer_duckdb.py`, on its streaming engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.answer import RUNNING, STORM, Answer, Rule, answer_of

STREAM = ("device_id", "alert_code", "recipient")


def replay(path: Path, rule: Rule) -> Answer:
    """Replay a Parquet log."""
    log = pl.scan_parquet(path).select(*STREAM, pl.col("received_at").dt.epoch("us").alias("at"))
    by_code = (
        log.group_by("alert_code")
        .agg(pl.len().alias("received"), pl.col("at").max())
        .collect(engine="streaming")
    )
    codes = by_code["alert_code"].cast(pl.String).to_list()
    received = dict(zip(codes, by_code["received"].to_list(), strict=True))
    last = max(by_code["at"].to_list())
    alerts = log.filter(~pl.col("alert_code").is_in(list(rule.excluded)))
    suspects = (
        alerts.group_by(*STREAM, pl.col("at") // rule.window_us)
        .len()
        .filter(pl.col("len") >= rule.suspicious)
        .select(*STREAM)
        .unique()
        .collect(engine="streaming")
    )
    found = _storms(alerts.join(suspects.lazy(), on=STREAM, how="semi").collect(engine="streaming"), rule)
    storms = np.zeros(len(found), STORM)
    for name in ("started_at", "device_id", "alert_code", "recipient", "received"):
        column = found[name]
        storms[name] = (column.cast(pl.String) if name in STREAM[1:] else column).to_numpy()
    ends_at = found["ends_at"].to_numpy()
    storms["ended_at"] = np.where(ends_at <= last, ends_at, RUNNING)
    storms["throttled"] = storms["received"] - storms["received"] // rule.one_in
    return answer_of(received, storms, rule)


def _storms(alerts: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The storms of some streams; `alerts` are all of theirs."""
    at, window = pl.col("at"), rule.window_us

    def before(rows: int) -> pl.Expr:
        return at.shift(rows).over(STREAM)

    is_storm, is_cleared = pl.col("is_storm"), pl.col("is_cleared")
    return (
        alerts.lazy()
        .sort("at", maintain_order=True)
        .with_columns(
            (before(rule.threshold) > at - window).fill_null(False).alias("is_over"),
            (before(rule.clears_at + 1) <= at - window).fill_null(True).alias("is_cleared"),
            (before(rule.clears_at) + window).alias("ends_at"),
        )
        .with_columns(
            pl.when("is_over")
            .then(True)
            .when("is_cleared")
            .then(False)
            .forward_fill()
            .over(STREAM)
            .alias("is_storm")
        )
        .with_columns(
            (is_storm & (is_cleared | ~is_storm.shift(1, fill_value=False).over(STREAM))).alias("is_start")
        )
        .with_columns(pl.col("is_start").cum_sum().over(STREAM).alias("storm"))
        .filter("is_storm")
        .group_by(*STREAM, "storm")
        .agg(at.min().alias("started_at"), pl.col("ends_at").last(), pl.len().alias("received"))
        .collect()
    )
