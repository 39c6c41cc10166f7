"""The versions of the Mechanism Document, one after another, and which applied when.

A version applies from its `effective_from` until the next one's. Each names the
version it supersedes, which must be the one in force just before it. Nothing is
ever taken out of a history: a change is backed out by a new version that has an
earlier one's content, as the Panel asked to be able to do for 0x8F75.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tidegate.policy.approval import Approval
from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant, format_instant


@dataclass(frozen=True, slots=True)
class PolicyPeriod:
    """A stretch of time under one policy: since <= t < until.

    until:   None when nothing bounds it yet.
    policy:  None before the first version: nothing was in force.
    """

    since: Instant
    until: Instant | None
    policy: MechanismDocument | None


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One thing wrong with how versions follow one another; `key` of `version` is at fault."""

    version: str
    key: str
    what: str
    remedy: str


class PolicyHistory:
    """Every version so far, in the order they took force; a sound chain once built.

    Raises:
        InputError: the versions do not follow one another; carries everything wrong with them.
    """

    def __init__(self, versions: Sequence[MechanismDocument]) -> None:
        if faults := chain_faults(versions):
            raise InputError(
                *(Fault(f"{fault.version}: {fault.key}", fault.what, fault.remedy) for fault in faults)
            )
        self._versions = _in_order(versions)

    def at(self, instant: Instant) -> MechanismDocument | None:
        """The policy in force at an instant; a version is in force from its first instant on."""
        in_force = None
        for version in self._versions:
            if version.effective_from > instant:
                break
            in_force = version
        return in_force

    def over(self, since: Instant, until: Instant | None = None) -> list[PolicyPeriod]:
        """The period since <= t < until in pieces of one policy each; they cover it without gap or overlap.

        Without `until` the last piece has no end. An empty period has no pieces.
        """
        if until is not None and until <= since:
            return []
        changes = [
            version.effective_from
            for version in self._versions
            if since < version.effective_from and (until is None or version.effective_from < until)
        ]
        starts = [since, *changes]
        ends = [*changes, until]
        return [PolicyPeriod(start, end, self.at(start)) for start, end in zip(starts, ends, strict=True)]

    def version(self, name: str) -> MechanismDocument:
        """The version of a name.

        Raises:
            KeyError: there is none.
        """
        for version in self._versions:
            if version.version == name:
                return version
        raise KeyError(name)

    def backs_out_to(self, name: str) -> MechanismDocument | None:
        """The earlier version whose content a version restores; None when it is not a back-out."""
        version = self.version(name)
        before = self._versions[: self._versions.index(version)]
        if before and _has_content_of(version, before[-1]):
            return None
        return next((earlier for earlier in reversed(before) if _has_content_of(version, earlier)), None)

    def back_out(
        self, to: str, *, version: str, effective_from: Instant, approval: Approval | None = None
    ) -> MechanismDocument:
        """A new version, not yet in any history, that supersedes the latest with an earlier one's content.

        Raises:
            KeyError: there is no version `to`.
        """
        return replace(
            self.version(to),
            version=version,
            effective_from=effective_from,
            supersedes=self._versions[-1].version,
            approval=approval,
        )

    def __iter__(self) -> Iterator[MechanismDocument]:
        return iter(self._versions)

    def __len__(self) -> int:
        return len(self._versions)


def chain_faults(versions: Sequence[MechanismDocument]) -> list[ChainFault]:
    """Everything wrong with how versions follow one another; nothing when they do."""
    faults = [
        ChainFault(
            name, "version", f"{count} versions are named {name}", "Give each version a name of its own."
        )
        for name, count in Counter(version.version for version in versions).items()
        if count > 1
    ]
    names = {version.version for version in versions}
    before: MechanismDocument | None = None
    for version in _in_order(versions):
        if before is not None and before.effective_from == version.effective_from:
            faults.append(
                ChainFault(
                    version.version,
                    "effective_from",
                    f"{before.version} takes force at {format_instant(version.effective_from)} too",
                    "Let one of the two take force later: only one version applies at an instant.",
                )
            )
        faults.extend(_superseding_faults(version, before, names))
        before = version
    return faults


def _superseding_faults(
    version: MechanismDocument, before: MechanismDocument | None, names: set[str]
) -> Iterator[ChainFault]:
    named = version.supersedes
    expected = before.version if before is not None else None
    if named == expected and named != version.version:
        return
    remedy = (
        f'Write supersedes = "{expected}".'
        if expected
        else "Leave supersedes out: this is the first version."
    )
    if named is None:
        what = f"it does not say which version it supersedes, and {expected} is in force before it"
    elif named not in names:
        what = f"there is no version {named}"
        remedy = f"{remedy} Or add the file of {named}."
    elif named == version.version:
        what = "it supersedes itself"
    elif before is None:
        what = f"it supersedes {named}, which takes force later: the versions go round in a circle or out of order"
        remedy = "Mend effective_from or supersedes: a version supersedes an earlier one."
    else:
        what = f"it supersedes {named}, but {expected} is in force before it"
    yield ChainFault(version.version, "supersedes", what, remedy)


def _in_order(versions: Sequence[MechanismDocument]) -> tuple[MechanismDocument, ...]:
    return tuple(sorted(versions, key=lambda version: version.effective_from))


def _has_content_of(one: MechanismDocument, other: MechanismDocument) -> bool:
    """Say whether two versions decide alike, whatever they are called."""
    return (
        one.mode is other.mode
        and one.alert_storm == other.alert_storm
        and one.exclusion_list.reasons.keys() == other.exclusion_list.reasons.keys()
        and one.service_requests == other.service_requests
    )
