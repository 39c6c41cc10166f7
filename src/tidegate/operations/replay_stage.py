"""A policy in force over a part of the log, and what it decided there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.kernel import SPELL
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.plan import KernelPolicy
from tidegate.alert_storm.shard import Spells as KernelSpells
from tidegate.alert_storm.sharded import AlertStormKernel, Decisions
from tidegate.alert_storm.suppressions import Scope
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.suppressing import totals_by_suppression
from tidegate.policy.history import PolicyPeriod
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.reports.replayed import Spells, Totals
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.instants import Instant

_OFF = KernelPolicy(AlertStormRules(AlertStormParameters(threshold=2**62, window_us=1)), ExclusionList())
"""Alert Storm Protection switched off, as the kernel takes it: a threshold that nothing reaches."""

_NONE_IN_FORCE = MechanismDocument("(none)", Mode.OFF, BEFORE_ALL, _OFF.rules)
"""Before the first version of a history nothing is in force."""


def policy_in_force(period: PolicyPeriod) -> KernelPolicy:
    """What decides in a period: the policy's rules; or nothing, where there is none or it is off."""
    if period.policy is None:
        return _OFF
    rules = period.policy.alert_storm
    if period.policy.mode is Mode.OFF:
        # What a stream is, it says all the same.
        return KernelPolicy(
            AlertStormRules(_OFF.rules.default, {}, rules.count_by, rules.code_groups), ExclusionList()
        )
    return KernelPolicy(rules, period.policy.exclusion_list)


def is_told_after(policy: MechanismDocument | None) -> bool:
    """Say whether what a policy throttled is told under the next one: in shadow nothing was held back."""
    return policy is None or policy.mode is not Mode.SHADOW


class Stage:
    """A policy and the part of the period it is in force; `scopes` are those of the Alerts it is given."""

    def __init__(
        self,
        period: PolicyPeriod,
        shards: int,
        *,
        keep_decisions: bool,
        before: Stage | None,
        scopes: Sequence[Scope] = (),
    ) -> None:
        self.policy = period.policy or _NONE_IN_FORCE
        self._rules = policy_in_force(period).rules
        self._scopes = scopes
        self.until = period.until
        self._since = period.since
        self._keep_decisions = keep_decisions
        self.kernel = AlertStormKernel(
            [policy_in_force(period)], scopes=scopes, shards=shards, keep_decisions=keep_decisions
        )
        self._ended: list[KernelSpells] = []
        self._is_over = False
        if before is not None:
            before.end()
            self.kernel.remember_seen(before.kernel)
            if is_told_after(before.policy):
                self.kernel.take_over(0, before.kernel.untold(0))

    @property
    def since(self) -> Instant | None:
        """When this part begins; None when nothing bounds it."""
        return None if self._since == BEFORE_ALL else self._since

    def receive(self, alerts: AlertBatch, passes: NDArray[np.bool_] | None = None) -> Decisions | None:
        """Decide the next Alerts, or those that passed a sieve; the decisions, when they are kept."""
        self.kernel.receive(alerts, passes)
        self._ended.append(self.kernel.take_ended())
        return self.kernel.decisions(0, alerts) if self._keep_decisions else None

    def end(self) -> None:
        """Another version takes force: what runs ends now, for this version's part is over."""
        assert self.until is not None
        self.kernel.advance_to(self.until)
        running = self.kernel.running().copy()
        running["ended_at"] = self.until
        self._ended += [self.kernel.take_ended(), running]
        self.kernel.stop()
        self._is_over = True

    def spells(self) -> KernelSpells:
        """Every storm and amber spell of this stage, ended or running."""
        running = self.kernel.running()
        return np.concatenate([*self._ended, running[:0] if self._is_over else running])

    def ended_since(self, batch: int) -> tuple[KernelSpells, int]:
        """What has ended since the n-th batch, and which batch comes next."""
        return np.concatenate([np.empty(0, SPELL), *self._ended[batch:]]), len(self._ended)

    def streams_by_code(self, met: Iterable[AlertCode]) -> dict[AlertCode, int]:
        """Different streams so far of each code met, those of the stages before included."""
        return self.kernel.streams_by_code(met)

    def streams_seen(self) -> int:
        """Different streams so far, those of the stages before included."""
        return self.kernel.streams_seen

    def totals_by_code(self) -> dict[int, Totals]:
        """Totals so far, by number of the Alert Code."""
        tallies = self.kernel.tallies(0)
        return totals_by_number(tallies.received_by_code, tallies.throttled_by_code, tallies.excluded_by_code)

    def totals_by_recipient(self) -> dict[int, Totals]:
        """Totals so far, by number of the recipient."""
        tallies = self.kernel.tallies(0)
        return totals_by_number(
            tallies.received_by_recipient, tallies.throttled_by_recipient, tallies.excluded_by_recipient
        )

    def totals_by_suppression(self) -> Mapping[str, Totals]:
        """What each suppression decided so far, by its id."""
        return totals_by_suppression(self._rules, self._scopes, self.kernel.tallies(0))


def totals_by_number(
    received: NDArray[np.int64], throttled: NDArray[np.int64], excluded: NDArray[np.int64]
) -> dict[int, Totals]:
    """Totals of the codes, or recipients, of which an Alert was received; arrays by their numbers."""
    met = np.flatnonzero(received)
    forwarded = received[met] - throttled[met] - excluded[met]
    columns = (met, received[met], forwarded, throttled[met], excluded[met])
    return {
        number: Totals(*counts)
        for number, *counts in zip(*(column.tolist() for column in columns), strict=True)
    }


def code_labels(policy: MechanismDocument) -> Callable[[AlertCode], str]:
    """How a policy's counted codes are written: a group by all its members."""
    groups = {
        group[0]: "+".join(format_alert_code(code) for code in group)
        for group in policy.alert_storm.code_groups
    }
    return lambda code: groups.get(code) or format_alert_code(code)


def spells_of(found: Sequence[tuple[MechanismDocument, KernelSpells]], recipients: Recipients) -> Spells:
    """Every policy's spells, sorted by start, then stream."""
    parts = [part for _, part in found]
    versions, labels = [np.empty(0, object)], [np.empty(0, object)]
    for policy, part in found:
        label = code_labels(policy)
        versions.append(np.full(len(part), policy.version, object))
        codes, which = np.unique(part["alert_code"], return_inverse=True)
        labels.append(
            np.array([label(int(code)) for code in codes], object)[which]
            if len(part)
            else part["alert_code"][:0]
        )
    spells = np.concatenate(parts) if parts else np.empty(0, SPELL)
    names = np.array([recipients.name_of(number) for number in range(len(recipients))], object)
    order = np.lexsort(
        (
            spells["level"],
            spells["recipient"],
            spells["alert_code"],
            spells["device_id"],
            spells["started_at"],
        )
    )
    spells = spells[order]
    return Spells(
        {
            "device_id": spells["device_id"],
            "alert_code": np.concatenate(labels)[order],
            "recipient": names[spells["recipient"]],
            "level": spells["level"],
            "started_at": spells["started_at"],
            "ended_at": spells["ended_at"],
            "received": spells["received"],
            "forwarded": spells["forwarded"],
            "throttled": spells["throttled"],
            "peak_count": spells["peak_count"],
            "counting_since": spells["counting_since"],
            "policy_version": np.concatenate(versions)[order],
        }
    )
