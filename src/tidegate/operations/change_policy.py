"""Put a version of the policy in force, or back one out, on a gateway that runs.

A change is made from the register and an instant, and is a value until it is
carried out: what is recorded, what is in force no longer, and the line of the
audit log. Nothing is ever taken out of the journal. Emergency overrides that
run at a change run on above the new version (`override_exclusion`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tidegate.operations.live import PolicyRecord
from tidegate.operations.notes import AuditEntry
from tidegate.operations.policy_register import PolicyRegister
from tidegate.policy.approval import Approval
from tidegate.policy.changes import changes
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant, format_instant

APPLIED = "policy.applied"
BACKED_OUT = "policy.backed_out"
WITHDRAWN = "policy.withdrawn"
OVERRIDDEN = "policy.overridden"
OVERRIDE_ENDED = "policy.override_ended"
OVERRIDE_EXPIRED = "policy.override_expired"
"""An override's automatic end: told from what was recorded at its start, see `audit_log`."""

MADE_ANEW = "policy.override_made_anew"
"""An override's record was made anew, or ended for another: something under it or beside it changed."""


class PolicyKeeper(Protocol):
    """Keeps the policies: the engine, or a journal that no engine uses."""

    def put_policy(self, record: PolicyRecord, audit: AuditEntry) -> PolicyRecord:
        """Record a policy; durable when this returns, and in force from its instant on."""

    def end_policy(self, number: int, until: Instant, audit: AuditEntry) -> None:
        """A policy is in force no longer than until an instant."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A change of what is in force.

    at:      When it takes force.
    before:  What was to be in force then; None: nothing.
    after:   What is instead.
    puts:    What is recorded, in order; those without a number yet.
    ends:    Records in force, and until when they are now.
    audit:   The line of the audit log.
    """

    at: Instant
    before: MechanismDocument | None
    after: MechanismDocument | None
    puts: Sequence[PolicyRecord]
    ends: Sequence[tuple[PolicyRecord, Instant]]
    audit: AuditEntry

    @property
    def sentences(self) -> list[str]:
        """What it changes, in words; empty where it changes nothing."""
        return sentences_of(self.before, self.after)


def carry_out(change: PolicyChange, keeper: PolicyKeeper) -> None:
    """Record a change.

    What is new goes first: it counts above what it takes the place of, so that a crash in between leaves
    nothing in force that nobody asked for.
    """
    audit: AuditEntry | None = change.audit
    rest = replace(change.audit, action=MADE_ANEW, details={})
    for record in change.puts:
        keeper.put_policy(record, audit or replace(rest, details={"version": record.version}))
        audit = None
    for record, until in change.ends:
        details = {"version": record.version, "until": format_instant(until)}
        keeper.end_policy(record.id, until, audit or replace(rest, details=details))
        audit = None
    assert audit is None, "a change changes something"


def apply_policy(
    register: PolicyRegister,
    policy: MechanismDocument,
    *,
    at: Instant | None,
    now: Instant,
    who: str,
    reason: str,
    approval: str = "",
) -> PolicyChange:
    """A version is put in force at an instant, or (None) now.

    Raises:
        InputError: nobody says who or why; the instant is past; an enforced version has no approval; or it does
            not supersede the version in force then. Carries every fault.
    """
    since = now if at is None else at
    reference = approval or (policy.approval.reference if policy.approval else "")
    faults = [*faults_of_saying(who, reason), *_approval_faults(policy, reference)]
    if since < now:
        faults.append(
            Fault(
                "--at", f"{format_instant(since)} is past", "What was decided stays decided: write --at now."
            )
        )
    faults.extend(_succession_faults(register, policy, max(since, now)))
    if faults:
        raise InputError(*faults)
    given = policy.approval or Approval()
    policy = replace(
        policy,
        effective_from=since,
        approval=replace(given, reference=reference) if reference else policy.approval,
    )
    return _put(register, policy, now, who, reason, APPLIED, {})


def back_out(
    register: PolicyRegister,
    *,
    now: Instant,
    who: str,
    reason: str,
    version: str | None = None,
    to: str | None = None,
    approval: str = "",
) -> PolicyChange:
    """The version before is in force again, by a new version with its content; or one that waits is withdrawn.

    Args:
        register:  What was ever put in force.
        now:       When.
        who:       Who does it.
        reason:    Why.
        version:   The version backed out; None: the one in force.
        to:        The earlier version to go back to; None: the one before.
        approval:  Reference of an approval; without one, that of the version gone back to.

    Raises:
        InputError: nobody says who or why; or there is no such version, or none before it.
    """
    faults = faults_of_saying(who, reason)
    scheduled = register.scheduled(now)
    waiting = next((record for record in scheduled if record.version == version), None)
    if waiting is not None:
        if waiting is not scheduled[-1]:
            what = f"{scheduled[-1].version} is to take force after it"
            faults.append(Fault(waiting.version, what, f"Back out {scheduled[-1].version} first."))
        if faults:
            raise InputError(*faults)
        return _withdraw(register, waiting, now, who, reason)
    faults.extend(_back_out_faults(register, scheduled, now, version, to))
    if faults:
        raise InputError(*faults)
    in_force = register.version_at(now)
    assert in_force is not None
    history = register.history()
    before = [it.version for it in history if it.effective_from < in_force.effective_from]
    target = history.version(to if to is not None else before[-1])
    kept = target.approval
    if approval:
        kept = replace(kept or Approval(), reference=approval)
    names = {record.version for record in register.records}
    restored = history.back_out(
        target.version,
        version=_name_for(history.backs_out_to(target.version) or target, names),
        effective_from=now,
        approval=kept,
    )
    details = {"backs_out": in_force.version, "restores": target.version}
    return _put(register, restored, now, who, reason, BACKED_OUT, details)


def sentences_of(before: MechanismDocument | None, after: MechanismDocument | None) -> list[str]:
    """What changes between two policies, either of which may be none."""
    if after is None:
        return ["Nothing is in force: every Alert is forwarded."]
    if before is None:
        return [f"{after.version} is in force; nothing was."]
    return [change.sentence for change in changes(before, after)]


def faults_of_saying(who: str, reason: str) -> list[Fault]:
    """A change is somebody's, and has a reason."""
    faults = []
    if not who.strip():
        faults.append(Fault("--by", "nobody answers for the change", "Say who makes it."))
    if not reason.strip():
        faults.append(
            Fault("--reason", "the change has no reason", "Say why, for whoever reads the audit log.")
        )
    return faults


def made_anew(
    register: PolicyRegister,
    at: Instant,
    now: Instant,
    put: Sequence[tuple[PolicyRecord, MechanismDocument]] = (),
    without: Sequence[int] = (),
) -> tuple[list[PolicyRecord], list[tuple[PolicyRecord, Instant]]]:
    """The overrides that hold at an instant or later, above the versions there are to be: records, and those ended."""
    old = register.override_records_after(at)
    if not old:
        return [], []
    new = register.override_records(register.running_overrides(at), at, now, put, without)
    return new, [(record, max(at, record.effective_from)) for record in old]


def _put(
    register: PolicyRegister,
    policy: MechanismDocument,
    now: Instant,
    who: str,
    reason: str,
    action: str,
    details: Mapping[str, object],
) -> PolicyChange:
    at = policy.effective_from
    reference = policy.approval.reference if policy.approval else ""
    record = PolicyRecord(
        id=0,
        version=policy.version,
        document=register.write(policy),
        effective_from=at,
        who=who,
        reason=reason,
        approval=reference,
        recorded_at=now,
    )
    overrides, ends = made_anew(register, at, now, [(record, policy)])
    under = register.version_at(at)
    before = None if under is None else register.policy_of(under)
    told = {
        "version": policy.version,
        "mode": policy.mode.value,
        "effective_from": format_instant(at),
        "supersedes": policy.supersedes or "",
        "approval": reference,
        "reason": reason,
        "changes": sentences_of(before, policy),
        **details,
    }
    return PolicyChange(at, before, policy, [record, *overrides], ends, AuditEntry(now, who, action, told))


def _withdraw(
    register: PolicyRegister, waiting: PolicyRecord, now: Instant, who: str, reason: str
) -> PolicyChange:
    at = waiting.effective_from
    overrides, ends = made_anew(register, at, now, without=[waiting.id])
    stays = register.policy_of(register.versions()[-2]) if len(register.versions()) > 1 else None
    details = {"version": waiting.version, "effective_from": format_instant(at), "reason": reason}
    audit = AuditEntry(now, who, WITHDRAWN, details)
    return PolicyChange(at, register.policy_of(waiting), stays, overrides, [(waiting, at), *ends], audit)


def _approval_faults(policy: MechanismDocument, reference: str) -> list[Fault]:
    if policy.mode is not Mode.ENFORCED or reference.strip():
        return []
    what = f"{policy.version} is enforced, and nothing says who approved it"
    remedy = 'Write --approval REF, or a reference under [approval]; or put it in shadow: mode = "shadow".'
    return [Fault("--approval", what, remedy)]


def _succession_faults(register: PolicyRegister, policy: MechanismDocument, since: Instant) -> list[Fault]:
    if any(record.version == policy.version for record in register.records):
        what = f"a version {policy.version} was put in force before"
        return [Fault(f"{policy.version}: version", what, "Give each version a name of its own.")]
    later = [record for record in register.versions() if record.effective_from >= since]
    if later:
        what = f"{later[0].version} is to take force at {format_instant(later[0].effective_from)}"
        remedy = f"Take a later instant, or withdraw it first: tidegate policy back-out {later[0].version}."
        return [Fault("--at", what, remedy)]
    in_force = register.version_at(since)
    expected = None if in_force is None else in_force.version
    if in_force is None or policy.supersedes == expected:
        return []
    says = f"it supersedes {policy.supersedes}" if policy.supersedes else "it does not say what it supersedes"
    what = f"{says}, but {expected} is in force"
    remedy = f'Look at what changes (tidegate policy diff), then write supersedes = "{expected}".'
    return [Fault(f"{policy.version}: supersedes", what, remedy)]


def _back_out_faults(
    register: PolicyRegister,
    scheduled: Sequence[PolicyRecord],
    now: Instant,
    version: str | None,
    to: str | None,
) -> list[Fault]:
    in_force = register.version_at(now)
    if in_force is None:
        return [Fault("back-out", "nothing is in force", "Put a version in force: tidegate policy apply.")]
    if version is not None and version != in_force.version:
        what = f"{version} is not in force: {in_force.version} is"
        return [Fault(version, what, "Name no version, to back out the one in force.")]
    if scheduled:
        waits = scheduled[-1]
        what = f"{waits.version} waits to take force at {format_instant(waits.effective_from)}"
        return [Fault("back-out", what, f"Withdraw it first: tidegate policy back-out {waits.version}.")]
    before = [it.version for it in register.versions() if it.effective_from < in_force.effective_from]
    if not before:
        what = f"{in_force.version} is the first version of this journal; there is none to go back to"
        return [Fault("back-out", what, "Put another in force: tidegate policy apply.")]
    if to is not None and to not in before:
        return [Fault("--to", f"there is no earlier version {to}", f"There are: {', '.join(before)}.")]
    return []


def _name_for(restored: MechanismDocument, names: set[str]) -> str:
    """A name of its own for a version that restores another: `illustrative-1-again`, then `-again-2`."""
    name, number = f"{restored.version}-again", 1
    while name in names:
        number += 1
        name = f"{restored.version}-again-{number}"
    return name
