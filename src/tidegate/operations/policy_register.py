"""What was ever put in force, as change control looks at it: versions, and overrides above them.

A *version* is a record that is no override; it is in force until the next one's
`effective_from`. One that was withdrawn before it took force is none any more.
An override's records are made from the versions under it, one for each stretch
in which versions and overrides stay the same; so the overrides can be read off
them again, and made anew when a version under them changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from tidegate.operations.live import PolicyReader, PolicyRecord
from tidegate.operations.policy_timeline import in_force
from tidegate.policy.history import PolicyHistory
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.override import LONGEST, EmergencyOverride, overridden
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import Instant


class PolicyWriter(Protocol):
    """Writes a policy as a policy file: `policy_files.write_policy`."""

    def __call__(self, policy: MechanismDocument, /) -> str:
        """The policy file's text."""


class PolicyRegister:
    """Every policy ever put in force.

    records:  As the journal keeps them.

    Raises:
        InputError: a policy in the journal cannot be read.
    """

    def __init__(self, records: Sequence[PolicyRecord], read: PolicyReader, write: PolicyWriter) -> None:
        self.records = records
        self.read = read
        self.write = write
        self._policies = {
            record.id: replace(
                read(record.document, f"{record.version} in the journal"),
                effective_from=record.effective_from,
            )
            for record in records
        }

    def policy_of(self, record: PolicyRecord) -> MechanismDocument:
        """The policy of a record."""
        return self._policies[record.id]

    def policy_at(self, at: Instant) -> MechanismDocument | None:
        """What is in force at an instant, overrides included; None: nothing is."""
        record = in_force(self.records, at)
        return None if record is None else self.policy_of(record)

    def version_at(self, at: Instant) -> PolicyRecord | None:
        """The version in force at an instant, whatever overrides stand above it."""
        return in_force([record for record in self.records if not record.is_override], at)

    def versions(self) -> list[PolicyRecord]:
        """The versions in the order they take force, those that have not yet among them."""
        kept = [record for record in self.records if not record.is_override and not is_withdrawn(record)]
        return sorted(kept, key=lambda record: (record.effective_from, record.id))

    def scheduled(self, now: Instant) -> list[PolicyRecord]:
        """The versions that are to take force after an instant."""
        return [record for record in self.versions() if record.effective_from > now]

    def history(self) -> PolicyHistory:
        """The versions as a history; it begins with the first that this journal knew."""
        policies = [self.policy_of(record) for record in self.versions()]
        before: str | None = None
        chained = []
        for policy in policies:
            chained.append(replace(policy, supersedes=before))
            before = policy.version
        return PolicyHistory(chained)

    def overrides(self) -> list[EmergencyOverride]:
        """Every override there ever was, as far as it lasted or is to last, in the order of their start."""
        found: list[EmergencyOverride] = []
        last: dict[AlertCode, int] = {}
        pieces = [record for record in self.records if record.is_override and not is_withdrawn(record)]
        for record in sorted(pieces, key=lambda it: (it.effective_from, it.id)):
            assert record.until is not None, "an override expires"
            for code in sorted(self._codes_off(record)):
                place = last.get(code)
                goes_on = place is not None and found[place].until >= record.effective_from
                if place is not None and goes_on and record.until - found[place].since <= LONGEST:
                    until = max(found[place].until, record.until)
                    found[place] = replace(found[place], until=until)
                else:
                    last[code] = len(found)
                    since, until = record.effective_from, record.until
                    found.append(EmergencyOverride(code, since, until, record.who, record.reason))
        return found

    def running_overrides(self, at: Instant) -> list[EmergencyOverride]:
        """The overrides that hold at an instant or later."""
        return [override for override in self.overrides() if at < override.until]

    def override_records(
        self,
        overrides: Sequence[EmergencyOverride],
        since: Instant,
        recorded_at: Instant,
        put: Sequence[tuple[PolicyRecord, MechanismDocument]] = (),
        without: Sequence[int] = (),
    ) -> list[PolicyRecord]:
        """What to record for overrides from an instant on.

        put, without: versions that are put in force with it, and the numbers of those that are taken away.
        """
        versions = [
            (record, self.policy_of(record)) for record in self.versions() if record.id not in without
        ]
        versions = sorted([*versions, *put], key=lambda it: it[0].effective_from)
        edges = {since, *(it.since for it in overrides), *(it.until for it in overrides)}
        edges |= {record.effective_from for record, _ in versions}
        ordered = sorted(edge for edge in edges if edge >= since)
        records = []
        for start, stop in pairwise(ordered):
            holding = [it for it in overrides if it.since <= start < it.until]
            policy = next((it for record, it in reversed(versions) if record.effective_from <= start), None)
            if policy is None or not {it.code for it in holding} & policy.exclusion_list.reasons.keys():
                continue
            derived = overridden(policy, holding, start)
            latest = max(holding, key=lambda it: it.since)
            records.append(
                PolicyRecord(
                    id=0,
                    version=derived.version,
                    document=self.write(derived),
                    effective_from=start,
                    until=stop,
                    is_override=True,
                    who=latest.who,
                    reason=latest.reason,
                    recorded_at=recorded_at,
                )
            )
        return records

    def override_records_after(self, at: Instant) -> list[PolicyRecord]:
        """The records of overrides that are in force at an instant or later."""
        return [
            record
            for record in self.records
            if record.is_override
            and not is_withdrawn(record)
            and record.until is not None
            and at < record.until
        ]

    def _codes_off(self, record: PolicyRecord) -> set[AlertCode]:
        under = self.version_at(record.effective_from)
        if under is None:
            return set()
        return set(self.policy_of(under).exclusion_list) - set(self.policy_of(record).exclusion_list)


def is_withdrawn(record: PolicyRecord) -> bool:
    """Say whether a record is in force at no instant: it was taken back before it took force."""
    return record.until is not None and record.until <= record.effective_from
