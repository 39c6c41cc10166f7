"""Tidegate's readable rule, Alert by Alert: what the kernel is held to, and what it costs to be read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from benchmarks.answer import POLICY, RUNNING, Answer, Rule, answer_of
from tidegate import assembly
from tidegate.alert_storm.decision import Level, Storm
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.policy_files.shipped import published
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.alerts import Alert


def replay(path: Path, rule: Rule) -> Answer:
    """Replay a Parquet log, which is in receipt order."""
    policy = published(POLICY)
    protection = AlertStormProtection(policy.alert_storm, policy.exclusion_list)
    source = assembly.open_alerts([path], mapping={})
    received: Counter[str] = Counter()
    ended: list[Storm] = []
    for batch in source.batches():
        alerts = batch.alerts
        columns = (alerts.received_at, alerts.device_id, alerts.alert_code, alerts.recipient)
        for at, device, code, to in zip(*(column.tolist() for column in columns), strict=True):
            received[format_alert_code(code)] += 1
            alert = Alert(at, device, code, source.recipients.name_of(to))
            ended += protection.receive(alert).ended
        # Now and then, so that what is over is forgotten.
        ended += protection.advance_to(at)
    storms = [storm for storm in (*ended, *protection.running()) if storm.level is Level.RED]
    return answer_of(
        received,
        [
            (
                it.started_at,
                it.stream.device_id,
                format_alert_code(it.stream.alert_code),
                it.stream.recipient,
                RUNNING if it.ended_at is None else it.ended_at,
                it.received,
                it.throttled,
            )
            for it in storms
        ],
        rule,
    )
