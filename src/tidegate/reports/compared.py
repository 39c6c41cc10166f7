"""Policies side by side: what each would have done to the same log, in all, by code and by recipient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds
from tidegate.reports.medians import median_of
from tidegate.reports.replayed import Replayed, Totals
from tidegate.reports.storm_streams import RUNNING, numbered
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.instants import DAY, Duration, Instant

Cells: TypeAlias = Mapping[tuple[AlertCode, str], Totals]
"""Totals by code and recipient."""

ALERT_BYTES: Final = 1_650
"""Bytes of an Alert where nobody says: a signed DUIS document of 8F75 as it stands in this project's tests. Illustrative."""

LEVELS: Final = ("all", "code", "recipient", "code and recipient")
"""What a row of the comparison is about."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one policy would have done.

    name:      Its version; of a history what a person calls it.
    replayed:  As a replay finds it; streams and hours are left out of a version's.
    days:      Totals by day of UTC.
    cells:     Totals by code and recipient together; None where the policy counts over either.
    """

    name: str
    replayed: Replayed
    days: Mapping[Instant, Totals]
    cells: Cells | None

    @property
    def delivered(self) -> int:
        """Alerts that went on to their recipients: forwarded, or excluded."""
        return self.replayed.forwarded + self.replayed.excluded

    @property
    def time_to_detect(self) -> Duration | None:
        """Median time from the first Alert that counted to the start of a storm; None without one."""
        columns = self.replayed.storms.columns
        took: NDArray[np.int64] = columns["started_at"] - columns["counting_since"]
        return median_of(took) if len(took) else None

    @property
    def device_days(self) -> int:
        """E-mails of one for each Device, recipient and day of UTC on which a storm ran (readings.md#21)."""
        columns = self.replayed.storms.columns
        until = self.replayed.last or 0
        ended = np.where(columns["ended_at"] == RUNNING, until, np.minimum(columns["ended_at"], until))
        first = columns["started_at"] // DAY
        # A storm that ends as a day begins did not run on it.
        lasted = np.maximum((ended - 1) // DAY - first, 0) + 1
        row = np.repeat(np.arange(len(lasted)), lasted)
        day = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(lasted) - lasted, lasted)
        recipient = numbered(columns["recipient"])[row]
        return len(np.unique(np.rec.fromarrays([columns["device_id"][row], recipient, day])))

    @property
    def still_running(self) -> int:
        """Storms that ran at the end of the log."""
        return int((self.replayed.storms.columns["ended_at"] == RUNNING).sum())


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A row of the comparison; what it is not about is empty.

    level:  One of LEVELS.
    """

    policy: str
    level: str
    alert_code: str
    recipient: str
    totals: Totals
    storms: int
    devices_stormed: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Policies compared; the first is what the others are set against.

    outcomes:     In the order given; at least two.
    alert_bytes:  Bytes an Alert is taken to have, for traffic and storage.
    is_size_given: It was said by the user.
    """

    outcomes: Sequence[Outcome]
    alert_bytes: int = ALERT_BYTES
    is_size_given: bool = False

    @property
    def first(self) -> Outcome:
        """What the others are set against."""
        return self.outcomes[0]

    @property
    def others(self) -> Sequence[Outcome]:
        """All but the first."""
        return self.outcomes[1:]

    @property
    def log(self) -> Replayed:
        """What is the same for all: what was read, when, and how much of it could be used."""
        return self.outcomes[0].replayed

    @property
    def decided(self) -> int:
        """Alerts decided, the same under every policy."""
        return self.log.received - self.log.rejected

    @property
    def days(self) -> float:
        """How many days the log lasts, from its first Alert to its last."""
        log = self.log
        return 0.0 if log.first is None or log.last is None else (log.last - log.first) / DAY

    @property
    def codes(self) -> list[AlertCode]:
        """Every code, the one with most Alerts first."""
        return sorted(self.log.by_code, key=lambda code: (-self.log.by_code[code].received, code))

    @property
    def recipients(self) -> list[str]:
        """Every recipient, the one with most Alerts first."""
        return sorted(self.log.by_recipient, key=lambda name: (-self.log.by_recipient[name].received, name))

    def codes_that_differ(self, other: Outcome) -> list[AlertCode]:
        """The codes of which another policy holds back more or fewer than the first, the greatest difference first."""
        return sorted(
            (code for code in self.codes if self._more(other.replayed.by_code, code)),
            key=lambda code: (-abs(self._more(other.replayed.by_code, code)), code),
        )

    def recipients_that_differ(self, other: Outcome) -> list[str]:
        """The same of recipients."""
        mine, theirs = self.first.replayed.by_recipient, other.replayed.by_recipient
        more = {name: theirs[name].throttled - mine[name].throttled for name in self.recipients}
        return sorted((name for name in more if more[name]), key=lambda name: (-abs(more[name]), name))

    def rows(self) -> Iterator[ComparedRow]:
        """Every row: of each policy all, each code, each recipient, and each code and recipient where they are known."""
        for outcome in self.outcomes:
            yield from _rows(outcome, self.codes, self.recipients)

    def _more(self, by_code: Mapping[AlertCode, Totals], code: AlertCode) -> int:
        return by_code[code].throttled - self.first.replayed.by_code[code].throttled


class _Storms:
    """Storms, and different Devices that stormed, by code and by recipient; a storm of a group is each member's."""

    def __init__(self, replayed: Replayed) -> None:
        columns = replayed.storms.columns
        codes, recipients = numbered(columns["alert_code"]), numbered(columns["recipient"])
        labels = list(dict.fromkeys(columns["alert_code"].tolist()))
        names = list(dict.fromkeys(columns["recipient"].tolist()))
        both = codes * len(names) + recipients
        order = np.argsort(both, kind="stable")
        groups, starts = np.unique(both[order], return_index=True)
        devices = np.split(columns["device_id"][order], starts[1:])
        self._devices: dict[tuple[str, str], DeviceIds] = {
            (labels[group // len(names)], names[group % len(names)]): part
            for group, part in zip(groups.tolist(), devices, strict=False)
        }

    def of(self, code: str | None = None, recipient: str | None = None) -> tuple[int, int]:
        """How many storms, and of how many Devices; of every code or recipient where none is given."""
        parts = [
            devices
            for (label, name), devices in self._devices.items()
            if (code is None or code in label.split("+")) and (recipient is None or recipient == name)
        ]
        devices = np.concatenate([np.empty(0, np.uint64), *parts])
        return len(devices), len(np.unique(devices))


def _rows(outcome: Outcome, codes: Sequence[AlertCode], recipients: Sequence[str]) -> Iterator[ComparedRow]:
    replayed, storms = outcome.replayed, _Storms(outcome.replayed)
    whole = sum(replayed.by_code.values(), Totals())
    yield ComparedRow(outcome.name, "all", "", "", whole, *storms.of())
    for code in codes:
        name = format_alert_code(code)
        yield ComparedRow(outcome.name, "code", name, "", replayed.by_code[code], *storms.of(name))
    for recipient in recipients:
        totals = replayed.by_recipient[recipient]
        yield ComparedRow(outcome.name, "recipient", "", recipient, totals, *storms.of(recipient=recipient))
    if outcome.cells is None:
        return
    for code in codes:
        name = format_alert_code(code)
        for recipient in recipients:
            totals_of_cell = outcome.cells.get((code, recipient))
            if totals_of_cell is not None:
                yield ComparedRow(
                    outcome.name,
                    "code and recipient",
                    name,
                    recipient,
                    totals_of_cell,
                    *storms.of(name, recipient),
                )
