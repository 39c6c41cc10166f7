"""Change control over a journal that no engine uses, or over HTTP on a gateway that runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from tidegate.assembly.asking_gateway import NOBODY, Credentials, ask_gateway, say_server
from tidegate.operations.back_out_plan import back_out_plan
from tidegate.operations.change_policy import carry_out
from tidegate.operations.live import AuditEntry, JournalUnavailable, PolicyRecord
from tidegate.operations.override_exclusion import audit_log
from tidegate.operations.policy_register import PolicyRegister
from tidegate.operations.policy_requests import (
    PolicyRequest,
    change_as_json,
    change_of,
    request_as_json,
)
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

CHANGE_PATH: Final = "/api/v1/policy:change"
HISTORY_PATH: Final = "/api/v1/policy:history"
AUDIT_PATH: Final = "/api/v1/audit"
_MOST_ENTRIES: Final = 10_000


@dataclass(frozen=True, slots=True)
class PolicyPlace:
    """Where the policies are that are changed: exactly one of the two.

    journal:  File or URL of a journal.
    server:   URL of a gateway that runs; `credentials` say who asks.
    """

    journal: str | None = None
    server: str | None = None
    credentials: Credentials = NOBODY

    def __post_init__(self) -> None:
        if (self.journal is None) == (self.server is None):
            what = "the command needs to know whose policy it is about"
            raise InputError(
                Fault(
                    "--journal, --server",
                    what,
                    "Write one: --server URL while the gateway runs, else --journal.",
                )
            )

    def change(self, request: PolicyRequest) -> Mapping[str, Any]:
        """Carry out a request; what has changed, as plain data (`change_as_json`).

        Raises:
            InputError: it is refused, or the place cannot be reached.
        """
        if self.server is not None:
            answer: Mapping[str, Any] = self._asked(CHANGE_PATH, request_as_json(request))
            return answer
        return _change_journal(self.journal or "", request)

    def records(self) -> Sequence[PolicyRecord]:
        """Every policy ever put in force.

        Raises:
            InputError: the place cannot be reached.
        """
        if self.server is not None:
            return [PolicyRecord(**row) for row in self._asked(HISTORY_PATH)["policies"]]
        from tidegate.journal import policies_of  # noqa: PLC0415 - SQLAlchemy is slow to start

        try:
            return policies_of(self.journal or "")
        except JournalUnavailable as error:
            raise _cannot_be_read(self.journal, error) from None

    def audit(self, since: Instant = 0, limit: int = _MOST_ENTRIES) -> list[AuditEntry]:
        """The audit log, the latest first, with the overrides that have expired.

        Raises:
            InputError: the place cannot be reached.
        """
        if self.server is not None:
            rows = self._asked(f"{AUDIT_PATH}?since={since}&limit={limit}")["entries"]
            return [AuditEntry(**row) for row in rows]
        from tidegate.journal import audit_of  # noqa: PLC0415

        try:
            return audit_log(audit_of(self.journal or "", since=since, limit=limit), clock())
        except JournalUnavailable as error:
            raise _cannot_be_read(self.journal, error) from None

    def plan(self, version: str | None, to: str | None) -> str:
        """The back-out plan, as Markdown; nothing is changed.

        Raises:
            InputError: there is nothing to back out, or the place cannot be reached.
        """
        return back_out_plan(register_of(self.records()), clock(), version, to)

    def _asked(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        return ask_gateway(self.server or "", self.credentials, path, body)


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


def clock() -> Instant:
    """Now, in microseconds UTC."""
    return time.time_ns() // 1_000


def _change_journal(url: str, request: PolicyRequest) -> Mapping[str, Any]:
    from tidegate.journal import open_journal, policies_of  # noqa: PLC0415 - SQLAlchemy is slow to start

    try:
        # A journal that is not there is not made by changing its policy.
        policies_of(url)
        journal = open_journal(url)
    except JournalUnavailable as error:
        raise _cannot_be_read(url, error) from None
    except InputError as error:
        raise InputError(*map(say_server, error.faults)) from None
    try:
        last = journal.state().last_at
        # What was decided stays decided: the change takes force after the last Alert.
        now = clock() if last is None else max(clock(), last + 1)
        change = change_of(request, register_of(journal.policies()), now)
        carry_out(change, journal)
    except JournalUnavailable as error:
        raise _cannot_be_read(url, error) from None
    finally:
        journal.close()
    return change_as_json(change)


def _cannot_be_read(journal: str | None, error: JournalUnavailable) -> InputError:
    what = f"the journal cannot be reached or written: {error}"
    return InputError(Fault(journal or "--journal", what, "Nothing was changed that it does not show."))
