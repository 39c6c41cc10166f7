"""What becomes of some Devices from their commissioning on, and the evidence it leaves.

The first Supplier sends five Commands one after another: 6.17 and 6.15.2, each for
both key pairs, and 6.15.1; the DSP makes its two checks. The cause of a Device
changes this. All of it has come about within SETTLED, a change of Supplier and a
read come later. Columns have one place for each Device.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Instants, RecipientNumbers
from tidegate.columnar.evidence import EVIDENCE, REGISTRATION, srv_numbers
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.commissioning.evidence import CredentialType, Kind, Outcome, Role
from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.commissioning.causes import Cause, is_among
from tidegate.simulation.commissioning.parties import Parties
from tidegate.simulation.commissioning.scenario import LATEST, SETTLED, CommissioningScenario
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, Instant

Mask = NDArray[np.bool_]

_COMMANDS: Final = (
    ("6.17", CredentialType.DIGITAL_SIGNING),
    ("6.17", CredentialType.KEY_AGREEMENT),
    ("6.15.2", CredentialType.DIGITAL_SIGNING),
    ("6.15.2", CredentialType.KEY_AGREEMENT),
    ("6.15.1", CredentialType.NOT_SAID),
)
_LAST: Final = len(_COMMANDS) - 1

_USUAL_DELAY: Final = 20 * MINUTE
_SPREAD: Final = 1.2
_USUAL_CHANGE: Final = 6 * HOUR
_LONGEST_CHANGE: Final = 4 * DAY
_SHORTEST_TIME_WITH_A_SUPPLIER: Final = 2 * DAY

_FOR_LATER: Final = is_among(
    [Cause.OUTCOME_LATER, Cause.OUTCOME_NOT_TOLD, Cause.OUTCOME_FAILED, Cause.FAILURE_NOT_TOLD]
)
_SENDS_NO_LAST: Final = is_among(
    [Cause.HANDED_OVER, Cause.SUPPLIER_CHANGED, Cause.NOTHING_SENT, Cause.NEVER_COMMUNICATED]
)
_AS_DELIVERED: Final = is_among(
    [
        Cause.SUPPLIER_CHANGED, Cause.OUTCOME_FAILED, Cause.FAILURE_NOT_TOLD, Cause.TIMED_OUT_FOR_GOOD,
        Cause.STOPPED, Cause.NOTHING_SENT, Cause.NEVER_COMMUNICATED,
    ]
)  # fmt: skip
"""Where the Supplier's cells hold, to begin with, what they were delivered with: the DCC's."""

_NOT_CHECKED: Final = is_among([Cause.NOT_CHECKED, Cause.WRONG_RECOVERY_UNSEEN, Cause.NEVER_COMMUNICATED])
_CHANGES: Final = is_among(cause for cause in Cause if cause.changes_supplier)
_IS_SECURE: Final = is_among(cause for cause in Cause if cause.is_secure)
_ANSWERS: Final = is_among(cause for cause in Cause if cause.answers_reads)
_SUSPECT: Final = is_among(cause for cause in Cause if cause not in (Cause.NONE, Cause.ANOTHER_TRY))


class Installed(NamedTuple):
    """Devices that were commissioned.

    at:  When.
    supplier, operator: Numbers of the parties; those of a Communications Hub Function stand in no cell.
    """

    device_id: DeviceIds
    device_type: NDArray[np.int64]
    supplier: RecipientNumbers
    operator: RecipientNumbers
    at: Instants

    @property
    def has_parties(self) -> Mask:
        """Whether they have cells of a Supplier and a Network Operator."""
        has_parties: Mask = self.device_type != DeviceType.CHF
        return has_parties


class Travelled(NamedTuple):
    """What became of them: evidence and registrations in no order, and the truth, a place for each Device.

    supplier:   Who is registered at the end.
    is_secure:  Whether its cells hold what they should and it has keys of its own, at the end.
    cause:      Number of the `Cause`.
    was_read:   Whether its cells were read.
    """

    evidence: NDArray[Any]
    registrations: NDArray[Any]
    supplier: RecipientNumbers
    is_secure: Mask
    cause: NDArray[np.uint8]
    was_read: Mask


def travel(
    installed: Installed,
    scenario: CommissioningScenario,
    parties: Parties,
    until: Instant,
    random: np.random.Generator,
) -> Travelled:
    """Draw what befalls some Devices, up to an instant; nothing is seen from it on."""
    return _Journeys(installed, scenario, parties, until, random).travelled()


class _Journeys:
    def __init__(
        self,
        installed: Installed,
        scenario: CommissioningScenario,
        parties: Parties,
        until: Instant,
        random: np.random.Generator,
    ) -> None:
        self._installed = installed
        self._scenario = scenario
        self._parties = parties
        self._until = until
        self._random = random
        self._rows: list[NDArray[Any]] = []
        self._everybody = np.ones(len(installed.at), np.bool_)

    def travelled(self) -> Travelled:
        installed, until = self._installed, self._until
        self._cause = self._drawn()
        self._draw_change()
        self._add(self._everybody, Kind.COMMISSIONED, installed.at)
        finished = np.maximum(self._send(), self._change())
        self._check()
        was_read = self._read()
        is_secure = _IS_SECURE[self._cause]
        in_time = finished < until
        cause = np.where(is_secure & ~in_time, np.uint8(Cause.NOT_FINISHED), self._cause)
        return Travelled(
            np.concatenate(self._rows),
            self._registrations(),
            np.where(self._has_changed, self._next_supplier, installed.supplier),
            is_secure & in_time,
            cause,
            was_read,
        )

    # What befalls whom

    def _drawn(self) -> NDArray[np.uint8]:
        chance = self._random.random(len(self._everybody))
        cause = np.zeros(len(chance), np.uint8)
        numbers = np.array([each.cause for each in self._scenario.causes] + [Cause.NONE], np.uint8)
        for kind in DeviceType:
            shares = [
                each.share if kind in each.cause.device_types else 0.0 for each in self._scenario.causes
            ]
            of_kind = self._installed.device_type == kind
            cause[of_kind] = numbers[np.searchsorted(np.cumsum(shares), chance[of_kind], side="right")]
        # One that is checked later loses contact before that, or not in this time.
        self._checked_again = self._installed.at + SETTLED + self._up_to(22 * DAY)
        cause[(cause == Cause.LOST_CONTACT) & (self._checked_again >= self._until)] = Cause.NONE
        return cause

    def _draw_change(self) -> None:
        """Whose Supplier changes, when, and to whom; a cause that time has run out for befalls nobody."""
        installed, until = self._installed, self._until
        is_before = self._cause == Cause.SUPPLIER_CHANGED
        may_change = _IS_SECURE[self._cause] & _ANSWERS[self._cause] & installed.has_parties & ~is_before
        churns = may_change & (self._random.random(len(may_change)) < self._scenario.changes_of_supplier)
        earliest = installed.at + np.where(is_before, _SHORTEST_TIME_WITH_A_SUPPLIER, SETTLED)
        at = earliest + (self._random.random(len(may_change)) * (until - earliest)).astype(np.int64)
        # Registrations change at midnight.
        at = -(-at // DAY) * DAY
        has_time = (earliest < until) & (at < until)
        self._has_changed = (churns | _CHANGES[self._cause]) & has_time
        self._cause[_CHANGES[self._cause] & ~has_time] = Cause.NONE
        self._changed_at = at
        self._next_supplier = self._parties.another(self._parties.suppliers, installed.supplier, self._random)

    # What is sent, and what the DSP checks

    def _send(self) -> Instants:
        """The first Supplier's Commands; says when what they ask for is done."""
        cause, installed, random = self._cause, self._installed, self._random
        at = installed.at + self._delay(_USUAL_DELAY, DAY)
        which = random.integers(0, len(_COMMANDS), len(at))
        repeated_after = HOUR + self._up_to(5 * HOUR)
        first_fails = random.random(len(at)) < 0.5  # noqa: PLR2004 - half of them fail, half time out
        again, timed_out = cause == Cause.ANOTHER_TRY, cause == Cause.TIMED_OUT
        stopped, never = cause == Cause.STOPPED, cause == Cause.NEVER_COMMUNICATED
        sender = np.where(installed.has_parties, installed.supplier, self._parties.dcc)
        for place, (srv, credential_type) in enumerate(_COMMANDS):
            outcome = np.full(len(at), Outcome.SUCCESS, np.uint8)
            is_sent = ~(stopped & (which < place))
            outcome[stopped & (which == place)] = Outcome.FAILURE
            outcome[timed_out & (which == place)] = Outcome.TIMEOUT
            outcome[never] = Outcome.TIMEOUT
            if place > 1:
                is_sent &= ~never
            if place in (1, 3):
                outcome[cause == Cause.OLD_KEYS] = Outcome.FAILURE
                is_sent &= ~((cause == Cause.OLD_KEYS) & (place > 1))
            says: dict[str, Any] = {"srv": srv, "credential_type": credential_type, "sender": sender}
            if place == _LAST:
                is_sent &= ~_SENDS_NO_LAST[cause]
                outcome[_FOR_LATER[cause]] = Outcome.EMPTY
                outcome[cause == Cause.TIMED_OUT_FOR_GOOD] = Outcome.TIMEOUT
                says |= self._supplier_says(installed.supplier)
            first = again & (which == place)
            fails = np.where(first_fails, np.uint8(Outcome.FAILURE), np.uint8(Outcome.TIMEOUT))
            self._add(first, Kind.SRV_RESPONSE, at, outcome=fails, **says)
            at = at + np.where(first, repeated_after, 0)
            self._add(is_sent, Kind.SRV_RESPONSE, at, outcome=outcome, **says)
            if place < _LAST:
                at = at + 30 * SECOND + self._up_to(5 * MINUTE)
        self._hand_over(at)
        return self._carry_out_later(at)

    def _supplier_says(self, supplier: RecipientNumbers) -> dict[str, Any]:
        """Whose cell it is and whose certificates; of a Communications Hub Function that is not said."""
        has = self._installed.has_parties
        return {"role": np.where(has, np.uint8(Role.SUPPLIER), 0), "party": np.where(has, supplier, 0)}

    def _hand_over(self, at: Instants) -> None:
        operator, supplier = self._installed.operator, self._installed.supplier
        says: dict[str, Any] = {"role": Role.NETWORK_OPERATOR, "party": operator, "sender": supplier}
        is_handed = self._cause == Cause.HANDED_OVER
        self._add(is_handed, Kind.SRV_RESPONSE, at, srv="6.21", outcome=Outcome.SUCCESS, **says)

    def _carry_out_later(self, at: Instants) -> Instants:
        cause = self._cause
        later = at + HOUR + self._up_to(LATEST - HOUR)
        if self._scenario.carried_out_every is not None:
            every = self._scenario.carried_out_every
            later = (at // every + 1) * every + self._up_to(2 * HOUR)
        outcome = np.where(
            cause == Cause.OUTCOME_FAILED, np.uint8(Outcome.FAILURE), np.uint8(Outcome.SUCCESS)
        )
        is_told = (cause == Cause.OUTCOME_LATER) | (cause == Cause.OUTCOME_FAILED)
        says = self._supplier_says(self._installed.supplier)
        self._add(is_told, Kind.FUTURE_DATED_OUTCOME, later, outcome=outcome, **says)
        return np.where(_FOR_LATER[cause], later, at)

    def _check(self) -> None:
        at, cause = self._installed.at, self._cause
        communicates = np.where(
            cause == Cause.NEVER_COMMUNICATED, np.uint8(Outcome.FAILURE), np.uint8(Outcome.SUCCESS)
        )
        checked_at = at + HOUR + self._up_to(2 * HOUR)
        self._add(self._everybody, Kind.COMMUNICATION_CHECK, checked_at, outcome=communicates)
        lost = cause == Cause.LOST_CONTACT
        self._add(lost, Kind.COMMUNICATION_CHECK, self._checked_again, outcome=Outcome.FAILURE)
        recovery = np.where(
            cause == Cause.WRONG_RECOVERY, np.uint8(Outcome.FAILURE), np.uint8(Outcome.SUCCESS)
        )
        checked_at = at + 2 * HOUR + self._up_to(4 * HOUR)
        self._add(~_NOT_CHECKED[cause], Kind.RECOVERY_CELL_CHECK, checked_at, outcome=recovery)

    def _change(self) -> Instants:
        """The change of Supplier, and what the next one sends; says when its certificates are in the cells."""
        scenario, random = self._scenario, self._random
        changed, at, supplier = self._has_changed, self._changed_at, self._next_supplier
        self._add(changed, Kind.CHANGE_OF_SUPPLIER, at, party=supplier)
        sends = changed & (self._cause != Cause.NEXT_SUPPLIER_MISSING)
        sent_at = at + self._delay(_USUAL_CHANGE, _LONGEST_CHANGE)
        for_later = random.random(len(at)) < scenario.changes_for_later
        is_told = random.random(len(at)) >= scenario.changes_not_told
        done_at = sent_at + np.where(for_later, HOUR + self._up_to(DAY), 0)
        outcome = np.where(for_later, np.uint8(Outcome.EMPTY), np.uint8(Outcome.SUCCESS))
        says: dict[str, Any] = {"role": Role.SUPPLIER, "party": supplier}
        self._add(sends, Kind.SRV_RESPONSE, sent_at, srv="6.23", outcome=outcome, sender=supplier, **says)
        told_later = sends & for_later & is_told
        self._add(told_later, Kind.FUTURE_DATED_OUTCOME, done_at, outcome=Outcome.SUCCESS, **says)
        # Where nobody new has come, nothing is waited for.
        self._brought_at = np.where(sends, done_at, np.iinfo(np.int64).max)
        return np.where(sends, done_at, np.int64(0))

    # What is read, and who is registered

    def _read(self) -> Mask:
        """6.24.1: one row for each cell; says whose were read."""
        scenario, installed, cause = self._scenario, self._installed, self._cause
        earliest = installed.at + SETTLED
        at = earliest + (self._random.random(len(cause)) * (self._until - earliest)).astype(np.int64)
        chance = np.where(_SUSPECT[cause], scenario.read_of_suspects, scenario.read)
        of_types = np.isin(installed.device_type, [int(kind) for kind in scenario.read_types])
        is_tried = of_types & (self._random.random(len(cause)) < chance) & (earliest < self._until)
        # Before it is lost, a Device would answer; then it is as any other, and says nothing more.
        is_read = is_tried & _ANSWERS[cause]
        self._add(
            is_tried & ~_ANSWERS[cause],
            Kind.CREDENTIALS_READ,
            at,
            outcome=Outcome.TIMEOUT,
            role=Role.SUPPLIER,
        )
        parties, has = self._parties, is_read & installed.has_parties
        supplier = np.where(_AS_DELIVERED[cause], parties.acb, installed.supplier)
        supplier = np.where(self._brought_at <= at, self._next_supplier, supplier)
        another = parties.another(parties.operators, installed.operator, self._random)
        operator = np.where(cause == Cause.WRONG_NETWORK_OPERATOR, another, installed.operator)
        recovery = np.where(cause == Cause.WRONG_RECOVERY, installed.supplier, parties.recovery)
        recovery = np.where(cause == Cause.WRONG_RECOVERY_UNSEEN, parties.acb, recovery)
        has_top_up = has & np.isin(installed.device_type, [DeviceType.ESME, DeviceType.GSME])
        for usage in (CredentialType.DIGITAL_SIGNING, CredentialType.KEY_AGREEMENT):
            self._add_cell(has, at, Role.SUPPLIER, usage, supplier)
            self._add_cell(has, at, Role.NETWORK_OPERATOR, usage, operator)
        self._add_cell(has_top_up, at, Role.SUPPLIER, CredentialType.KEY_AGREEMENT_TOP_UP, supplier)
        self._add_cell(is_read, at, Role.RECOVERY, CredentialType.DIGITAL_SIGNING, recovery)
        return is_read

    def _add_cell(
        self, which: Mask, at: Instants, role: Role, usage: CredentialType, party: NDArray[np.uint32]
    ) -> None:
        says: dict[str, Any] = {
            "role": role,
            "credential_type": usage,
            "party": party,
            "outcome": Outcome.SUCCESS,
        }
        self._add(
            which, Kind.CREDENTIALS_READ, at, **says, certificate=self._parties.certificate[party, usage]
        )

    def _registrations(self) -> NDArray[Any]:
        installed, has = self._installed, self._installed.has_parties
        first = np.zeros(int(has.sum()), REGISTRATION)
        first["device_id"], first["since"] = installed.device_id[has], BEFORE_ALL
        operators, later = first.copy(), np.zeros(int(self._has_changed.sum()), REGISTRATION)
        first["role"], first["party"] = Role.SUPPLIER, installed.supplier[has]
        operators["role"], operators["party"] = Role.NETWORK_OPERATOR, installed.operator[has]
        later["device_id"], later["role"] = installed.device_id[self._has_changed], Role.SUPPLIER
        later["since"] = self._changed_at[self._has_changed]
        later["party"] = self._next_supplier[self._has_changed]
        return np.concatenate([first, operators, later])

    # Rows

    def _add(self, which: Mask, kind: Kind, at: Instants, *, srv: str = "", **says: Any) -> None:
        """A row for each of some Devices, as far as it is seen before the end; columns have a place for every Device."""
        places = np.flatnonzero(which & (at < self._until))
        rows = np.zeros(len(places), EVIDENCE)
        rows["device_id"], rows["at"], rows["kind"] = self._installed.device_id[places], at[places], kind
        rows["srv"] = srv_numbers()[srv] if srv else 0
        for name, value in says.items():
            rows[name] = value[places] if isinstance(value, np.ndarray) else value
        self._rows.append(rows)

    def _up_to(self, most: int) -> NDArray[np.int64]:
        return self._random.integers(0, most, len(self._everybody))

    def _delay(self, usual: int, longest: int) -> NDArray[np.int64]:
        """Mostly about as long as is usual, sometimes far longer."""
        times = np.exp(self._random.normal(0.0, _SPREAD, len(self._everybody)))
        delay: NDArray[np.int64] = np.minimum(usual * times, longest).astype(np.int64)
        return delay
