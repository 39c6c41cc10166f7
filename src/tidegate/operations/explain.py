"""Explain one Device's Alerts of one code: this one was held back because ...

The whole log is read as a replay reads it, for which Alerts are late is decided
by all of them; only those asked for are kept, and decided by the readable rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np

from tidegate.alert_storm.decision import Level, Outcome, Storm
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.alert_storm.suppressions import Scope, Suppression
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.columnar.inventory import Inventory
from tidegate.columnar.ordering import OrderedBatch, ReceiptOrder
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import ReplayOptions
from tidegate.operations.replay_stage import policy_in_force
from tidegate.operations.suppressing import products_of, refuse_without_inventory
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.stream_story import Step, Story, ended, rule_in_words, told
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, name_of
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.devices import DeviceId, format_device_id
from tidegate.vocabulary.faults import Fault, InputError


def explain(
    source: AlertSource,
    device_id: DeviceId,
    alert_code: AlertCode,
    periods: Sequence[PolicyPeriod],
    options: ReplayOptions = ReplayOptions(),  # noqa: B008 - a frozen value
    inventory: Inventory | None = None,
    progress: Progress = no_progress,
) -> list[Story]:
    """The stories of a Device's streams of one code, one for each recipient they are counted by.

    `inventory` says which suppressions of a policy the Device is under.

    Raises:
        InputError: the log has no such Alert; says what it has of the Device. Or a policy has suppressions
            and there is no Inventory.
    """
    refuse_without_inventory([policy_in_force(period) for period in periods], inventory)
    groups = [period.policy.alert_storm for period in periods if period.policy is not None]
    together = {alert_code, *(code for rules in groups for code in _counted_with(alert_code, rules))}
    alerts = _alerts_of(source, device_id, together, options, progress)
    if inventory is not None:
        at = np.array([alert.at for alert in alerts], np.int64)
        products = products_of(inventory, np.full(len(alerts), device_id, np.uint64), at)
        alerts = [replace(alert, product=product) for alert, product in zip(alerts, products, strict=True)]
    by_recipient: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_recipient.setdefault(alert.recipient, []).append(alert)
    if any(rules.count_by is CountBy.DEVICE_CODE for rules in groups):
        by_recipient = {"": alerts}
    return [_story(part, recipient, periods) for recipient, part in by_recipient.items()]


def _counted_with(code: AlertCode, rules: AlertStormRules) -> Sequence[AlertCode]:
    return next((group for group in rules.code_groups if code in group), (code,))


def _alerts_of(
    source: AlertSource,
    device_id: DeviceId,
    codes: set[AlertCode],
    options: ReplayOptions,
    progress: Progress,
) -> list[Alert]:
    order: ReceiptOrder[AlertBatch] = ReceiptOrder(options.look_back_us)
    wanted = np.array(sorted(codes), np.uint32)
    found: list[Alert] = []
    others: Counter[int] = Counter()
    rows = outside = 0

    def keep(batches: Sequence[OrderedBatch[AlertBatch]]) -> None:
        for ordered in batches:
            of_device = ordered.received.take(ordered.received.device_id == np.uint64(device_id))
            others.update(of_device.alert_code.tolist())
            found.extend(_values(of_device.take(np.isin(of_device.alert_code, wanted)), source.recipients))

    with closing(source.batches()) as batches:
        for batch in batches:
            at = batch.alerts.received_at
            is_asked = options.is_within_period(at)
            outside += int((~is_asked & (batch.alerts.device_id == np.uint64(device_id))).sum())
            order.push(batch.alerts if is_asked.all() else batch.alerts.take(is_asked))
            keep(list(order.release()))
            rows += len(batch.alerts)
            progress(batch.progress, rows)
    keep(list(order.release_all()))
    if not found:
        raise InputError(_not_found(device_id, codes, others, outside, source.name))
    return found


def _values(alerts: AlertBatch, recipients: Recipients) -> list[Alert]:
    columns = (alerts.received_at, alerts.device_id, alerts.alert_code, alerts.recipient)
    return [
        Alert(at, device_id, code, recipients.name_of(recipient))
        for at, device_id, code, recipient in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _not_found(
    device_id: DeviceId, codes: set[AlertCode], others: Counter[int], outside: int, where: str
) -> Fault:
    named = ", ".join(format_alert_code(code) for code in sorted(codes))
    what = f"no Alert {named} of Device {format_device_id(device_id)}"
    if others:
        has = ", ".join(f"{format_alert_code(code)} ({count:,})" for code, count in others.most_common(8))
        return Fault(where, what, f"This Device has: {has}.")
    if outside:
        return Fault(
            where, f"{what} in this period; it has {outside:,} outside", "Widen --since and --until."
        )
    return Fault(
        where,
        f"no Alert of Device {format_device_id(device_id)}",
        "Is it the right log, and the right Device?",
    )


def _story(alerts: Sequence[Alert], recipient: str, periods: Sequence[PolicyPeriod]) -> Story:
    steps: list[Step] = []
    protection: AlertStormProtection | None = None
    in_force = None
    untold, last_forwarded = 0, 0
    first_rule = ""
    under: Suppression | None = None
    for alert in alerts:
        period = next(p for p in periods if p.since <= alert.at and (p.until is None or alert.at < p.until))
        policy = policy_in_force(period)
        scope = Scope(alert.alert_code, alert.product, alert.at)
        p, before = policy.rules.parameters_in(scope), under
        under = policy.rules.suppression_of(scope)
        if protection is None:
            protection = AlertStormProtection(policy.rules, policy.exclusion_list)
            first_rule = _rule(p, under)
            last_p = p
        elif period is not in_force:
            over = protection.change_rules(policy.rules, policy.exclusion_list, period.since)
            steps += [ended(storm, last_p) for storm in over]
            version = period.policy.version if period.policy else "no policy"
            steps.append(Step(period.since, None, f"{version} takes force. {_rule(p, under)}", is_turn=True))
        steps += [ended(storm, last_p) for storm in protection.advance_to(alert.at)]
        if period is in_force and under != before:
            steps.append(Step(alert.at, None, _turn(p, under, before), is_turn=True))
        in_force, last_p = period, p
        decision = protection.receive(alert)
        steps += [ended(storm, p) for storm in decision.ended]
        untold = untold + 1 if decision.outcome is Outcome.THROTTLED else 0
        steps.append(told(decision, alert.at, untold, last_forwarded, p))
        if decision.outcome is Outcome.FORWARDED:
            last_forwarded = alert.at
    assert protection is not None
    steps += [
        _still_running(storm, untold, alerts[-1])
        for storm in protection.running()
        if storm.level is Level.RED
    ]
    codes = "+".join(sorted({format_alert_code(alert.alert_code) for alert in alerts}))
    to = f" to {recipient}" if recipient else ""
    title = f"{format_device_id(alerts[0].device_id)}  {codes} {name_of(alerts[0].alert_code)}{to}"
    return Story(title, first_rule, steps)


def _rule(p: AlertStormParameters, under: Suppression | None) -> str:
    return rule_in_words(p) if under is None else f"Under suppression {under.id}: {rule_in_words(p)}"


def _turn(p: AlertStormParameters, under: Suppression | None, before: Suppression | None) -> str:
    """The Device is under another suppression from here on, or under none."""
    if under is not None:
        return f"here the Device is {_rule(p, under)[0].lower()}{_rule(p, under)[1:]}"
    assert before is not None
    return f"here suppression {before.id} holds no more: {rule_in_words(p)}"


def _still_running(storm: Storm, untold: int, last: Alert) -> Step:
    words = (
        f"here this stream's Alerts end, and the storm runs: {storm.received} received, "
        f"{storm.forwarded} forwarded, {storm.throttled} held back"
    )
    if untold:
        words += f", {untold} of them not told yet"
    return Step(last.at, None, words, is_turn=True)
