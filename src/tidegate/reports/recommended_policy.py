"""What a sweep recommends as a draft of a policy: to be replayed, compared and consulted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.policy.mechanism import MechanismDocument
from tidegate.reports.recommendation import Advice, Recommendation
from tidegate.reports.swept import Swept
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import DAY


def recommended_policy(swept: Swept, recommended: Sequence[Recommendation]) -> MechanismDocument | None:
    """The policy that the sweep began from, with an override for each code that is to change; None where none is.

    It supersedes that policy, takes force on the day after the log, and is approved by no one.
    """
    changes = [each for each in recommended if each.code is not None and each.advice is Advice.CHANGE]
    if not changes or swept.last is None:
        return None
    base = swept.base
    codes = dict(base.alert_storm.codes)
    reasons = dict(base.reasons)
    excluded = dict(base.exclusion_list.reasons)
    for each in changes:
        assert each.code is not None
        assert each.point is not None
        its_own = _parameters(swept, each.point, each.code)
        for member in _members(base, each.code):
            codes[member] = its_own
            reasons[member] = each.reason
            excluded.pop(member, None)
    return replace(
        base,
        version=f"{base.version}-recommended",
        effective_from=max(base.effective_from + DAY, (swept.last // DAY + 1) * DAY),
        supersedes=base.version,
        approval=None,
        alert_storm=replace(base.alert_storm, codes=codes),
        exclusion_list=ExclusionList(excluded),
        reasons=reasons,
        note=f"Draft: what a sweep over {swept.source} recommends. Approved by no one.",
    )


def _members(policy: MechanismDocument, code: AlertCode) -> Sequence[AlertCode]:
    return next((group for group in policy.alert_storm.code_groups if code in group), (code,))


def _parameters(swept: Swept, point: int, code: AlertCode) -> AlertStormParameters:
    """Those of the point, with the amber threshold that the sweep left out."""
    found = swept.parameters(point, code)
    amber = swept.base.alert_storm.parameters_for(code).amber_threshold
    return replace(found, amber_threshold=None if amber is None else min(amber, found.threshold))
