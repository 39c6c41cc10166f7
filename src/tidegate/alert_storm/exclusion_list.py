"""The exclusion list: Alert Codes that are never subject to Alert Storm Protection.

"Any Alert Code in the exclusion list will never be subject to Alert Storm
protection meaning all Alerts with that code are communicated" (DCC conclusions
on 0x8F75, paragraph 3). Each entry has its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tidegate.vocabulary.alert_codes import AlertCode


@dataclass(frozen=True, slots=True)
class ExclusionList:
    """Alert Codes that are always forwarded and never counted, each with the reason why."""

    reasons: Mapping[AlertCode, str] = field(default_factory=dict)

    def __contains__(self, code: AlertCode) -> bool:
        return code in self.reasons

    def __iter__(self) -> Iterator[AlertCode]:
        return iter(self.reasons)

    def __len__(self) -> int:
        return len(self.reasons)
