"""Change control over a journal that no engine uses, or over HTTP on a gateway that runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from tidegate.assembly.clock import clock
from tidegate.assembly.engine_place import EnginePlace
from tidegate.operations.back_out_plan import back_out_plan
from tidegate.operations.change_policy import carry_out
from tidegate.operations.live import PolicyRecord
from tidegate.operations.notes import AuditEntry
from tidegate.operations.override_exclusion import audit_log
from tidegate.operations.policy_register import PolicyRegister
from tidegate.operations.policy_requests import (
    PolicyRequest,
    change_as_json,
    change_of,
    request_as_json,
)
from tidegate.vocabulary.instants import Instant

CHANGE_PATH: Final = "/api/v1/policy:change"
HISTORY_PATH: Final = "/api/v1/policy:history"
AUDIT_PATH: Final = "/api/v1/audit"
_MOST_ENTRIES: Final = 10_000


@dataclass(frozen=True, slots=True)
class PolicyPlace(EnginePlace):
    """Where the policies are that are changed."""

    asked_of = "policy"

    def change(self, request: PolicyRequest) -> Mapping[str, Any]:
        """Carry out a request; what has changed, as plain data (`change_as_json`).

        Raises:
            InputError: it is refused, or the place cannot be reached.
        """
        if self.server is not None:
            answer: Mapping[str, Any] = self.ask(CHANGE_PATH, request_as_json(request))
            return answer
        with self.opened() as journal:
            last = journal.state().last_at
            # What was decided stays decided: the change takes force after the last Alert.
            now = clock() if last is None else max(clock(), last + 1)
            change = change_of(request, register_of(journal.policies()), now)
            carry_out(change, journal)
        return change_as_json(change)

    def records(self) -> Sequence[PolicyRecord]:
        """Every policy ever put in force.

        Raises:
            InputError: the place cannot be reached.
        """
        if self.server is not None:
            return [PolicyRecord(**row) for row in self.ask(HISTORY_PATH)["policies"]]
        from tidegate.journal import policies_of  # noqa: PLC0415 - SQLAlchemy is slow to start

        with self.reached():
            return policies_of(self.journal or "")

    def audit(self, since: Instant = 0, limit: int = _MOST_ENTRIES) -> list[AuditEntry]:
        """The audit log, the latest first, with the overrides that have expired.

        Raises:
            InputError: the place cannot be reached.
        """
        if self.server is not None:
            rows = self.ask(f"{AUDIT_PATH}?since={since}&limit={limit}")["entries"]
            return [AuditEntry(**row) for row in rows]
        from tidegate.journal import audit_of  # noqa: PLC0415

        with self.reached():
            return audit_log(audit_of(self.journal or "", since=since, limit=limit), clock())

    def plan(self, version: str | None, to: str | None) -> str:
        """The back-out plan, as Markdown; nothing is changed.

        Raises:
            InputError: there is nothing to back out, or the place cannot be reached.
        """
        return back_out_plan(register_of(self.records()), clock(), version, to)


def register_of(records: Sequence[PolicyRecord]) -> PolicyRegister:
    """Records as change control looks at them.

    Raises:
        InputError: a policy in the journal cannot be read.
    """
    from tidegate.policy_files import parse_policy, write_policy  # noqa: PLC0415 - pydantic is slow to start

    return PolicyRegister(records, parse_policy, write_policy)


def record_as_json(record: PolicyRecord) -> dict[str, object]:
    """A record as plain data."""
    return asdict(record)


def entry_as_json(entry: AuditEntry) -> dict[str, object]:
    """A line of the audit log as plain data."""
    return asdict(entry)
