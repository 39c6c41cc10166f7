"""What is asked of change control, as a value: by a command here, or by one elsewhere over HTTP.

A command with `--journal` and the gateway behind `--server` do the same with a
request: `change_of` makes the change from the register, `carry_out` records it.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any, Final, Protocol, TypeAlias

from tidegate.operations.change_policy import PolicyChange, apply_policy, back_out
from tidegate.operations.live import PolicyRecord
from tidegate.operations.notes import AuditEntry
from tidegate.operations.override_exclusion import end_override, override_exclusion
from tidegate.operations.policy_register import PolicyRegister
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Duration, Instant, format_instant


@dataclass(frozen=True, slots=True)
class ApplyPolicy:
    """Put a version in force.

    document:  The policy file's text.      source:  What faults call it.
    at:        When; None: now.
    approval:  Reference of the approval; empty: the file's own.
    """

    who: str
    reason: str
    document: str
    source: str = "the policy file"
    at: Instant | None = None
    approval: str = ""


@dataclass(frozen=True, slots=True)
class BackOutPolicy:
    """Put the version before in force again, or withdraw one that waits.

    version:  The version backed out; None: the one in force.
    to:       The version to go back to; None: the one before.
    """

    who: str
    reason: str
    version: str | None = None
    to: str | None = None
    approval: str = ""


@dataclass(frozen=True, slots=True)
class OverrideExclusion:
    """Take a code off the exclusion list.

    code:      Alert Code as text, `8F3F`.
    lasts_us:  For how long, microseconds; 0: an override that runs ends now.
    """

    who: str
    reason: str
    code: str
    lasts_us: Duration


PolicyRequest: TypeAlias = ApplyPolicy | BackOutPolicy | OverrideExclusion

_REQUESTS: Final[Mapping[str, type[PolicyRequest]]] = {
    "apply": ApplyPolicy,
    "back_out": BackOutPolicy,
    "override": OverrideExclusion,
}


def change_of(request: PolicyRequest, register: PolicyRegister, now: Instant) -> PolicyChange:
    """The change a request asks for.

    Raises:
        InputError: it cannot be made; nothing has changed.
    """
    who, reason = request.who, request.reason
    match request:
        case ApplyPolicy():
            policy = register.read(request.document, request.source)
            return apply_policy(
                register, policy, at=request.at, now=now, who=who, reason=reason, approval=request.approval
            )
        case BackOutPolicy():
            return back_out(
                register,
                now=now,
                who=who,
                reason=reason,
                version=request.version,
                to=request.to,
                approval=request.approval,
            )
        case OverrideExclusion():
            try:
                code = parse_alert_code(request.code)
            except ValueError as error:
                what, _, remedy = str(error).partition(": write ")
                raise InputError(Fault("CODE", what, f"Write {remedy}.")) from None
            if request.lasts_us == 0:
                return end_override(register, code, now=now, who=who, reason=reason)
            return override_exclusion(register, code, lasts=request.lasts_us, now=now, who=who, reason=reason)


def request_as_json(request: PolicyRequest) -> dict[str, object]:
    """A request as plain data."""
    name = next(name for name, kind in _REQUESTS.items() if isinstance(request, kind))
    return {"action": name, **asdict(request)}


def request_from_json(body: object) -> PolicyRequest:
    """The request of plain data.

    Raises:
        InputError: it is none; carries everything wrong with it.
    """
    if not isinstance(body, dict) or body.get("action") not in _REQUESTS:
        raise InputError(Fault("action", "it is no request", f"Write one of {', '.join(_REQUESTS)}."))
    kind = _REQUESTS[body["action"]]
    given = {name: value for name, value in body.items() if name != "action"}
    known = {field.name: field for field in fields(kind)}
    faults = [
        Fault(name, "is not known", f"Write {', '.join(known)}.") for name in given.keys() - known.keys()
    ]
    for name, field in known.items():
        if name not in given:
            if field.default is MISSING:
                faults.append(Fault(name, "is missing", "Write it."))
        elif not _is_of(field.type, given[name]):
            faults.append(Fault(name, f"{given[name]!r} is not of its type", f"Write {field.type}."))
    if faults:
        raise InputError(*sorted(faults, key=lambda fault: fault.where))
    return kind(**given)


def by_caller(request: PolicyRequest, caller: str) -> PolicyRequest:
    """The same request, with the name of the party that came with it: who asks is not only what it says."""
    return replace(request, who=f"{request.who} ({caller})" if request.who.strip() else request.who)


def change_as_json(change: PolicyChange) -> dict[str, object]:
    """A change as it is told to who asked for it."""
    return {
        "at": format_instant(change.at),
        "before": None if change.before is None else change.before.version,
        "after": None if change.after is None else change.after.version,
        "changes": change.sentences,
        "audit": {
            "who": change.audit.who,
            "action": change.audit.action,
            "details": dict(change.audit.details),
        },
    }


class LiveEngine(Protocol):
    """What keeps policies in an engine that runs: `operations.engine.Engine`."""

    def apply(self, record: PolicyRecord, audit: AuditEntry) -> Future[PolicyRecord]:
        """Put a policy in force."""

    def end_policy(self, number: int, until: Instant, audit: AuditEntry) -> Future[Instant]:
        """Let a policy be in force no longer than until an instant."""


@dataclass(frozen=True, slots=True)
class EngineKeeper:
    """The engine as a keeper of policies: each call waits until it is durable. Not for the engine's own thread.

    Its methods raise NotDurable where the journal cannot be written.
    """

    engine: LiveEngine

    def put_policy(self, record: PolicyRecord, audit: AuditEntry) -> PolicyRecord:
        """Record a policy."""
        return self.engine.apply(record, audit).result()

    def end_policy(self, number: int, until: Instant, audit: AuditEntry) -> None:
        """A policy is in force no longer than until an instant."""
        self.engine.end_policy(number, until, audit).result()


def _is_of(kind: Any, value: object) -> bool:
    """Say whether a value is of a field's type, told by its annotation."""
    said = str(kind)
    if value is None:
        return said.endswith("| None")
    if isinstance(value, bool):
        return False
    return isinstance(value, str) if said.startswith("str") else isinstance(value, int)
