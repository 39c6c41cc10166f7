"""Take a code off the exclusion list for hours, or end that early.

For a flood of an excluded code, when there is no time to consult (WPD, A35).
Nobody need take it back: it has an end from the start. Several may run at once;
each stretch in which they stay the same has a record of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tidegate.operations.change_policy import (
    MADE_ANEW,
    OVERRIDDEN,
    OVERRIDE_ENDED,
    OVERRIDE_EXPIRED,
    PolicyChange,
    faults_of_saying,
    sentences_of,
)
from tidegate.operations.live import PolicyRecord
from tidegate.operations.notes import AuditEntry
from tidegate.operations.policy_register import PolicyRegister
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.override import EmergencyOverride
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Duration, Instant, format_instant, parse_instant

BY_ITSELF = "tidegate"
"""Who ends an override that expires."""


def override_exclusion(
    register: PolicyRegister, code: AlertCode, *, lasts: Duration, now: Instant, who: str, reason: str
) -> PolicyChange:
    """A code is off the exclusion list from now on, for a while. One that runs already ends then instead.

    Raises:
        InputError: nobody says who or why, it is too long, or the code is not on the exclusion list.
    """
    name = format_alert_code(code)
    running = {it.code: it for it in register.running_overrides(now)}
    version = register.version_at(now)
    faults = faults_of_saying(who, reason)
    if version is None:
        faults.append(Fault(name, "nothing is in force", "Put a version in force: tidegate policy apply."))
    elif code not in register.policy_of(version).exclusion_list:
        listed = ", ".join(map(format_alert_code, sorted(register.policy_of(version).exclusion_list)))
        what = f"{name} is not on the exclusion list of {version.version}: it is counted as any other"
        faults.append(Fault("CODE", what, f"Write one of {listed}." if listed else "The list is empty."))
    since = running[code].since if code in running else now
    try:
        override = EmergencyOverride(code, since, now + lasts, who or "?", reason or "?")
    except ValueError as error:
        faults.append(
            Fault("--for", str(error), "Write 72h or less, as 4h; for longer use tidegate policy apply.")
        )
    if faults:
        raise InputError(*faults)
    running[code] = override
    details: dict[str, object] = {
        "code": name,
        "since": format_instant(now),
        "until": format_instant(override.until),
        "reason": reason,
    }
    return _changed(register, list(running.values()), now, AuditEntry(now, who, OVERRIDDEN, details))


def end_override(
    register: PolicyRegister, code: AlertCode, *, now: Instant, who: str, reason: str
) -> PolicyChange:
    """An override ends now: the code is on the exclusion list again.

    Raises:
        InputError: nobody says who or why, or none of the code runs.
    """
    name = format_alert_code(code)
    running = register.running_overrides(now)
    faults = faults_of_saying(who, reason)
    if code not in {it.code for it in running}:
        which = ", ".join(format_alert_code(it.code) for it in running)
        faults.append(
            Fault(name, "no override of it runs", f"One runs of {which}." if which else "None runs.")
        )
    if faults:
        raise InputError(*faults)
    audit = AuditEntry(now, who, OVERRIDE_ENDED, {"code": name, "reason": reason})
    return _changed(register, [it for it in running if it.code != code], now, audit)


def audit_log(entries: Sequence[AuditEntry], now: Instant) -> list[AuditEntry]:
    """The audit log as it reads at an instant, the latest first: with the overrides that have expired by themselves.

    An expiry is not written when it happens, for nothing happens then but time: it was recorded at the start.
    """
    earlier_first = sorted(entries, key=lambda entry: entry.at)
    expiring: dict[str, AuditEntry] = {}
    told: list[AuditEntry] = []
    for entry in earlier_first:
        told.extend(_expired(expiring, entry.at))
        code = str(entry.details.get("code", ""))
        if entry.action == OVERRIDDEN:
            until = parse_instant(str(entry.details["until"]))
            expiring[code] = AuditEntry(until, BY_ITSELF, OVERRIDE_EXPIRED, {"code": code, "of": entry.who})
        elif entry.action == OVERRIDE_ENDED:
            expiring.pop(code, None)
        told.append(entry)
    told.extend(_expired(expiring, now))
    return [entry for entry in reversed(told) if entry.action != MADE_ANEW]


def _expired(expiring: dict[str, AuditEntry], by: Instant) -> list[AuditEntry]:
    over = sorted((it for it in expiring.values() if it.at <= by), key=lambda it: it.at)
    for entry in over:
        del expiring[str(entry.details["code"])]
    return over


def _changed(
    register: PolicyRegister, overrides: Sequence[EmergencyOverride], now: Instant, audit: AuditEntry
) -> PolicyChange:
    before = register.policy_at(now)
    puts = register.override_records(overrides, now, now)
    ends = [(it, max(now, it.effective_from)) for it in register.override_records_after(now)]
    after = _first(register, puts, now)
    told = {**audit.details, "changes": sentences_of(before, after)}
    return PolicyChange(now, before, after, puts, ends, replace(audit, details=told))


def _first(register: PolicyRegister, puts: Sequence[PolicyRecord], now: Instant) -> MechanismDocument | None:
    if puts and puts[0].effective_from == now:
        return register.read(puts[0].document, puts[0].version)
    version = register.version_at(now)
    return None if version is None else register.policy_of(version)
