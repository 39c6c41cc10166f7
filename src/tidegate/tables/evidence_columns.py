"""The columns of a table of evidence and of one of registrations: what exports call them, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.batches import Names
from tidegate.columnar.evidence import REGISTRATION, srv_numbers
from tidegate.columnar.evidence_records import evidence_records
from tidegate.commissioning.evidence import CredentialType, Kind, Outcome, Role
from tidegate.tables.alert_columns import (
    ArrowArray,
    Mask,
    NamedColumn,
    ReadColumn,
    can_read,
    named_column,
    numbered,
    read_device_id,
    read_received_at,
    read_recipient,
    shown,
    shown_whole,
)
from tidegate.tables.columns import ALERTS, DEVICE_ID, RECEIVED_AT, Wanted, is_instant
from tidegate.tables.inventory_since import read_since
from tidegate.tables.request_columns import REQUESTS, SRV
from tidegate.vocabulary.service_requests import is_service_reference_variant

AT: Final = "at"
FROM: Final = "from"
_BAD: Final = 255


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """Some rows, read and not yet judged.

    judged:  What is wrong with which row, by the column that it is wrong with.
    zoned:   The column of instants, whose zone the file decides.
    fill:    The records, once parties may be numbered: that is not done in a thread.
    """

    judged: Sequence[tuple[str, ReadColumn]]
    zoned: ReadColumn
    fill: Callable[[Names], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of table that is read as records.

    called:   What a person calls it: `a table of evidence`.
    wanted:   Its columns.
    instant:  The column that it has instants in.
    few:      Columns in which the same values come again and again.
    read:     Arrow columns by our names, and whether its instants are whole microseconds: the rows.
    """

    called: str
    wanted: Wanted
    instant: str
    few: Sequence[str]
    read: Callable[[Mapping[str, ArrowArray], bool], ReadRecords]

    def wanted_instead(self, ours: str, kind: pa.DataType) -> str:
        """What a typed column should be, where its type cannot hold what it is to say; else nothing."""
        value = kind.value_type if pa.types.is_dictionary(kind) else kind
        is_text = (
            pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value)
        )
        if is_text or pa.types.is_binary(value) or pa.types.is_large_binary(value):
            return ""
        if pa.types.is_null(value) and ours not in self.wanted.required:
            return ""
        if ours == self.instant:
            is_time = pa.types.is_timestamp(kind) or pa.types.is_int64(kind) or pa.types.is_uint64(kind)
            is_day = ours == FROM and pa.types.is_date(kind)
            return "" if is_time or is_day else "a timestamp, int64 microseconds, or text"
        if ours == DEVICE_ID:
            return "" if can_read(DEVICE_ID, kind) else "uint64, int64 or text"
        if ours in ("party_id", "sender"):
            return "" if pa.types.is_uint64(value) else "text or uint64"
        return "text"


def _read_evidence(named: Mapping[str, ArrowArray], is_whole_numbers: bool) -> ReadRecords:  # noqa: FBT001
    at = read_received_at(named[AT], is_whole_numbers=is_whole_numbers)
    device_id = read_device_id(named[DEVICE_ID])
    rows = len(at.values)
    kind = _words(named["kind"], rows, _KINDS)
    credential_type = _words(named.get("credential_type"), rows, _CREDENTIAL_TYPES)
    outcome = _words(named.get("outcome"), rows, _OUTCOMES)
    role = _words(named.get("role"), rows, _ROLES)
    srv = _srvs(named.get(SRV), rows)
    party, sender = _names_of(named.get("party_id"), rows), _names_of(named.get("sender"), rows)
    certificate = _texts_of(named.get("certificate_hash"), rows)

    def fill(names: Names) -> NDArray[Any]:
        return evidence_records(
            at=at.values,
            device_id=device_id.values,
            kind=kind.values,
            srv=srv.values,
            credential_type=credential_type.values,
            outcome=outcome.values,
            role=role.values,
            party=numbered(names, party),
            sender=numbered(names, sender),
            certificate=numbered(names, certificate),
        )

    has_party, has_sender = _has_name(party), _has_name(sender)
    is_change = kind.values == Kind.CHANGE_OF_SUPPLIER
    lacks_outcome = _NEEDS_OUTCOME[kind.values] & (outcome.values == Outcome.NOT_SAID)
    is_later = (kind.values == Kind.FUTURE_DATED_OUTCOME) & ~_OF_LATER[outcome.values]
    has_no_srv = (srv.values == 0) & (
        True if srv.is_good is None else srv.is_good
    )  # what is no SRV is not empty
    crosswise = (
        (SRV, (kind.values == Kind.SRV_RESPONSE) & has_no_srv, "is empty: write which Service Request it answers, as 6.17"),
        ("outcome", lacks_outcome, f"is empty: write one of {_OUTCOMES.listed}"),
        ("outcome", is_later, "is not that of a future-dated Command: write success (8F66) or failure (8F67)"),
        ("role", (kind.values == Kind.CREDENTIALS_READ) & (role.values == Role.NOT_SAID), f"is empty: write whose cell was read, one of {_ROLES.listed}"),
        ("party_id", is_change & ~has_party & ~has_sender, "is empty: write who the new Supplier is"),
    )  # fmt: skip
    judged = [
        (AT, at), (DEVICE_ID, device_id), ("kind", kind), (SRV, srv),
        ("credential_type", credential_type), ("outcome", outcome), ("role", role),
        *((name, _lacking(is_bad, why)) for name, is_bad, why in crosswise),
    ]  # fmt: skip
    return ReadRecords(judged, at, fill)


def _read_registrations(named: Mapping[str, ArrowArray], is_whole_numbers: bool) -> ReadRecords:  # noqa: FBT001
    device_id = read_device_id(named[DEVICE_ID])
    rows = len(device_id.values)
    role = _words(named["role"], rows, _REGISTERED_ROLES)
    party = _names_of(named["party_id"], rows)
    since = read_since(named[FROM], is_whole_numbers=is_whole_numbers)

    def fill(names: Names) -> NDArray[Any]:
        records = np.zeros(rows, REGISTRATION)
        records["since"], records["device_id"] = since.values, device_id.values
        records["role"], records["party"] = role.values, numbered(names, party)
        return records

    judged = [
        (DEVICE_ID, device_id), ("role", role), (FROM, since),
        ("role", _lacking(role.values == Role.NOT_SAID, f"is empty: write one of {_REGISTERED_ROLES.listed}")),
        ("party_id", _lacking(~_has_name(party), "is empty: write who is registered")),
    ]  # fmt: skip
    return ReadRecords(judged, since, fill)


@dataclass(frozen=True, slots=True)
class _Words:
    """Words that stand for numbers, as they are compared: letters and digits alone, in one case."""

    numbers: Mapping[str, int]
    listed: str
    is_required: bool = False

    def number_of(self, text: str) -> int:
        folded = re.sub(r"[^a-z0-9]", "", text.casefold())
        if not folded:
            return _BAD if self.is_required or text.strip() else 0
        return self.numbers.get(folded, _BAD)


def _words_of(members: Sequence[Any], also: Mapping[str, int], *, is_required: bool = False) -> _Words:
    numbers = {re.sub(r"[^a-z0-9]", "", each.text.casefold()): int(each) for each in members}
    return _Words({**numbers, **also}, ", ".join(each.text for each in members), is_required)


_KINDS: Final = _words_of(list(Kind), {}, is_required=True)
_OUTCOMES: Final = _words_of(list(Outcome)[1:], {"8f66": int(Outcome.SUCCESS), "8f67": int(Outcome.FAILURE)})
_CREDENTIAL_TYPES: Final = _words_of(
    list(CredentialType)[1:], {"digitalsignature": int(CredentialType.DIGITAL_SIGNING)}
)
_ROLES: Final = _words_of(list(Role)[1:], {})
_REGISTERED_ROLES: Final = _words_of([Role.SUPPLIER, Role.NETWORK_OPERATOR], {})


def _among(*numbers: int) -> NDArray[np.bool_]:
    """Which small numbers are among some, to be asked by a column."""
    among = np.zeros(256, np.bool_)
    among[list(numbers)] = True
    return among


_NEEDS_OUTCOME: Final = _among(Kind.SRV_RESPONSE, Kind.COMMUNICATION_CHECK, Kind.RECOVERY_CELL_CHECK)
_OF_LATER: Final = _among(Outcome.SUCCESS, Outcome.FAILURE, _BAD)


def _words(array: ArrowArray | None, rows: int, words: _Words) -> ReadColumn:
    named = _names_of(array, rows)
    numbers = np.array([words.number_of(name) for name in named.names] or [0], np.uint8)

    def why(row: int) -> str:
        name = named.names[named.index[row]]
        return (
            f"{shown(name)!r} is none of {words.listed}" if name else f"is empty: write one of {words.listed}"
        )

    return ReadColumn(numbers[named.index], _all_good(numbers != _BAD, named), why)


def _srvs(array: ArrowArray | None, rows: int) -> ReadColumn:
    named = _names_of(array, rows)
    known = srv_numbers()
    numbers = np.array([known.get(name, 0) for name in named.names] or [0], np.uint8)
    fits = np.array([not name or name in known for name in named.names] or [True], np.bool_)

    def why(row: int) -> str:
        name = shown(named.names[named.index[row]])
        if is_service_reference_variant(name):
            return f"{name} is not a published Service Reference Variant: write one that is, as 6.15.1"
        return f"{name!r} is no Service Reference Variant: write it as 7.4 or 8.1.1"

    return ReadColumn(numbers[named.index], _all_good(fits, named), why)


def _names_of(array: ArrowArray | None, rows: int) -> NamedColumn:
    if array is None or pa.types.is_null(array.type):
        return NamedColumn([""], np.zeros(rows, np.int32))
    return read_recipient(array)


def _texts_of(array: ArrowArray | None, rows: int) -> NamedColumn:
    """Texts as they stand, without the blanks around them."""
    if array is None or pa.types.is_null(array.type):
        return NamedColumn([""], np.zeros(rows, np.int32))
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    texts = ["" if each is None else shown_whole(each).strip() for each in encoded.dictionary.to_pylist()]
    return named_column(texts, encoded)


def _has_name(named: NamedColumn) -> Mask:
    has_name: Mask = np.array([bool(name) for name in named.names] or [False], np.bool_)[named.index]
    return has_name


def _lacking(is_bad: Mask, why: str) -> ReadColumn:
    return ReadColumn(is_bad, _good(~is_bad), lambda _row: why)


def _all_good(is_good: Mask, named: NamedColumn) -> Mask | None:
    """Which rows have a good name, by which names are."""
    return None if is_good.all() else _good(is_good[named.index])


def _good(is_good: Mask) -> Mask | None:
    return None if is_good.all() else is_good


def _is_kind(value: object) -> None:
    if _KINDS.number_of(str(value)) == _BAD:
        raise ValueError


def _is_registered_role(value: object) -> None:
    if _REGISTERED_ROLES.number_of(str(value)) in (0, _BAD):
        raise ValueError


EVIDENCE_TABLE: Final = RecordKind(
    called="a table of evidence",
    wanted=Wanted(
        names=(
            AT, DEVICE_ID, "kind", SRV, "credential_type", "outcome", "role", "party_id", "certificate_hash", "sender",
        ),
        required=(AT, DEVICE_ID, "kind"),
        known_as={
            AT: (*ALERTS.known_as[RECEIVED_AT], frozenset(["receivedat"])),
            DEVICE_ID: ALERTS.known_as[DEVICE_ID],
            "kind": (frozenset(["evidence", "evidencekind", "evidencetype", "kindofevidence"]), frozenset(["type"])),
            SRV: REQUESTS.known_as[SRV],
            "credential_type": (frozenset(["credentialtype", "credential", "certificateusage", "usage", "certificatetype"]),),
            "outcome": (frozenset(["executionoutcome", "executionstatus", "result", "status"]),),
            "role": (frozenset(["remotepartyrole"]),),
            "party_id": (frozenset(["party", "partyid", "remoteparty", "remotepartyid", "existingremotepartyid"]),),
            "certificate_hash": (frozenset(["certificatehash", "certhash", "existingcertificatehash", "hash"]),),
            "sender": (frozenset(["sentby", "user", "originator", "originatorid", "businessoriginatorid"]),),
        },
        read_as={AT: is_instant, DEVICE_ID: ALERTS.read_as[DEVICE_ID], "kind": _is_kind},
        by_name=frozenset(
            {SRV, "credential_type", "outcome", "role", "party_id", "certificate_hash", "sender"}
        ),
        heading="evidence_columns",
    ),
    instant=AT,
    few=("kind", SRV, "credential_type", "outcome", "role", "party_id", "certificate_hash", "sender"),
    read=_read_evidence,
)  # fmt: skip
"""Evidence of Post Commissioning."""

REGISTRATIONS_TABLE: Final = RecordKind(
    called="a table of registrations",
    wanted=Wanted(
        names=(DEVICE_ID, "role", "party_id", FROM),
        required=(DEVICE_ID, "role", "party_id", FROM),
        known_as={
            DEVICE_ID: ALERTS.known_as[DEVICE_ID],
            "role": (frozenset(["remotepartyrole", "partyrole"]),),
            "party_id": (frozenset(["party", "partyid", "registered", "registeredparty", "remotepartyid"]),),
            FROM: (frozenset(["since", "validfrom", "registeredfrom", "fromdate", "effectivefrom", "start"]),),
        },
        read_as={DEVICE_ID: ALERTS.read_as[DEVICE_ID], "role": _is_registered_role},
        by_name=frozenset({"party_id", FROM}),
        heading="registration_columns",
    ),
    instant=FROM,
    few=("role", "party_id", FROM),
    read=_read_registrations,
)  # fmt: skip
"""Who is registered for which Device, from when."""
