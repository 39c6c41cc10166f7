"""A journal's policies in memory, changed as commands change them."""

from __future__ import annotations

from dataclasses import replace

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.operations.change_policy import PolicyChange, carry_out
from tidegate.operations.live import PolicyRecord
from tidegate.operations.notes import AuditEntry
from tidegate.operations.policy_register import PolicyRegister
from tidegate.operations.policy_requests import (
    ApplyPolicy,
    BackOutPolicy,
    OverrideExclusion,
    PolicyRequest,
    change_of,
)
from tidegate.policy.approval import Approval
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.policy_files import parse_policy, write_policy
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.instants import Duration, Instant

A, B = 0x8F75, 0x8F3F
EXCLUDED = {A: "tamper A", B: "tamper B"}


def a_version(
    version: str,
    supersedes: str | None = None,
    *,
    threshold: int = 3,
    effective_from: Instant = 0,
    mode: Mode = Mode.ENFORCED,
    reference: str = "",
    excluded: dict[int, str] = EXCLUDED,
) -> MechanismDocument:
    return MechanismDocument(
        version=version,
        mode=mode,
        effective_from=effective_from,
        alert_storm=AlertStormRules(
            AlertStormParameters(threshold=threshold, window_us=10, forward_one_in=3, clear_threshold=1)
        ),
        exclusion_list=ExclusionList(excluded),
        supersedes=supersedes,
        approval=Approval(reference=reference) if reference else None,
    )


class Book:
    """Policies put in force one after another; the first is in force from 0 on."""

    def __init__(self, first: MechanismDocument) -> None:
        self.records: list[PolicyRecord] = []
        self.log: list[AuditEntry] = []
        self.stop_after: int | None = None
        self.put_policy(
            PolicyRecord(0, first.version, write_policy(first), 0), AuditEntry(0, "serve", "policy.applied")
        )

    def put_policy(self, record: PolicyRecord, audit: AuditEntry) -> PolicyRecord:
        self._count()
        self.records.append(replace(record, id=len(self.records) + 1))
        self.log.append(audit)
        return self.records[-1]

    def end_policy(self, number: int, until: Instant, audit: AuditEntry) -> None:
        self._count()
        self.records[number - 1] = replace(self.records[number - 1], until=until)
        self.log.append(audit)

    def register(self) -> PolicyRegister:
        return PolicyRegister(self.records, parse_policy, write_policy)

    def policy_at(self, at: Instant) -> MechanismDocument:
        policy = self.register().policy_at(at)
        assert policy is not None
        return policy

    def version_at(self, at: Instant) -> str:
        return self.policy_at(at).version

    def off_at(self, at: Instant) -> set[AlertCode]:
        return set(EXCLUDED) - set(self.policy_at(at).exclusion_list)

    def apply(
        self,
        policy: MechanismDocument,
        *,
        now: Instant,
        at: Instant | None = None,
        who: str = "ops",
        reason: str = "a reason",
        approval: str = "REF 1",
    ) -> PolicyChange:
        return self._do(ApplyPolicy(who, reason, write_policy(policy), "file", at, approval), now)

    def back_out(self, *, now: Instant, version: str | None = None, to: str | None = None) -> PolicyChange:
        return self._do(BackOutPolicy("ops", "wrong", version, to), now)

    def override(self, code: AlertCode, *, lasts: Duration, now: Instant) -> PolicyChange:
        return self._do(OverrideExclusion("ops", "flood", format_alert_code(code), lasts), now)

    def _do(self, request: PolicyRequest, now: Instant) -> PolicyChange:
        change = change_of(request, self.register(), now)
        carry_out(change, self)
        return change

    def _count(self) -> None:
        if self.stop_after is not None:
            self.stop_after -= 1
            if self.stop_after < 0:
                raise ConnectionError
