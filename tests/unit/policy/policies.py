"""Policies for tests: short ones, with time in small integers."""

from __future__ import annotations

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.vocabulary.instants import Instant


def a_policy(
    version: str = "v1",
    effective_from: Instant = 0,
    supersedes: str | None = None,
    *,
    threshold: int = 3,
    excluded: dict[int, str] | None = None,
) -> MechanismDocument:
    return MechanismDocument(
        version=version,
        mode=Mode.ENFORCED,
        effective_from=effective_from,
        alert_storm=AlertStormRules(AlertStormParameters(threshold=threshold, window_us=10)),
        exclusion_list=ExclusionList(excluded or {}),
        supersedes=supersedes,
    )
