"""Share the capacity out among the Users: the worked table that is published to every one of them (SECMP0067)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tidegate.admission.allocation import Allocation, Claim, allocate
from tidegate.admission.weighting import COLUMN_OF, Basis, Weighting
from tidegate.policy.mechanism import MechanismDocument, ServiceRequestRules
from tidegate.reports.allocated import Allocated, WhatIf
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.users import User, UsersTable


@dataclass(frozen=True, slots=True)
class AllocateOptions:
    """What is asked for.

    capacity:            Requests per period to share out; None: the policy's operating threshold.
    basis:               What Users are counted by.
    unknown_prepayment:  Share of the meters of unknown payment mode that count as prepayment, 0 to 1.
    """

    capacity: int | None = None
    basis: Basis = Basis.ENROLLED
    unknown_prepayment: Fraction = Fraction(0)


def allocate_capacity(
    table: UsersTable, policy: MechanismDocument, options: AllocateOptions = AllocateOptions()
) -> Allocated:
    """Share the capacity out, by each basis the table allows, and see what would change it.

    Raises:
        InputError: the policy has no Service Request section; the capacity is no capacity, or less than the
            floors together; or the table has no column for the basis.
    """
    rules = policy.service_requests
    if rules is None:
        what = "the policy says nothing of Service Requests: no weights, no floor, no capacity"
        raise InputError(Fault(policy.version, what, "Add [service_requests], or name illustrative-2."))
    capacity = rules.operating_threshold if options.capacity is None else options.capacity
    _refuse(table, rules, capacity, options)
    weighting = Weighting(
        rules.prepayment_multiplier, rules.network_weight, options.unknown_prepayment, options.basis
    )
    sharing = _Sharing(table.users, rules.floor, policy.version)
    by_basis = {
        basis: sharing.among(capacity, replace(weighting, basis=basis))
        for basis in Basis
        if _has_column(table, basis)
    }
    return Allocated(
        table=table,
        policy_version=policy.version,
        is_illustrative=policy.is_illustrative,
        capacity=capacity,
        is_capacity_given=options.capacity is not None,
        rules=rules,
        weighting=weighting,
        allocations=by_basis[options.basis],
        by_basis=by_basis,
        what_ifs=list(_what_ifs(sharing, capacity, weighting)),
    )


@dataclass(frozen=True, slots=True)
class _Sharing:
    """Who shares, whatever the capacity and the weights."""

    users: Sequence[User]
    floor: int
    draw: str

    def among(self, capacity: int, weighting: Weighting) -> list[Allocation]:
        claims = [Claim(each.user, each.role, weighting.weight_of(each), self.floor) for each in self.users]
        return allocate(capacity, claims, self.draw)


def _what_ifs(sharing: _Sharing, capacity: int, weighting: Weighting) -> Iterator[WhatIf]:
    multiplier = weighting.prepayment_multiplier
    for more in dict.fromkeys((1, max(1, capacity // 10))):
        then = sharing.among(capacity + more, weighting)
        yield WhatIf(f"+{more:,}", capacity + more, multiplier, then)
    if weighting.basis is not Basis.ENROLLED:
        return  # Nothing but enrolled meters has a payment mode.
    for other in (Fraction(1), multiplier + 1):
        if other != multiplier:
            then = sharing.among(capacity, replace(weighting, prepayment_multiplier=other))
            yield WhatIf(f"x{float(other):g}", capacity, other, then)


def _has_column(table: UsersTable, basis: Basis) -> bool:
    return COLUMN_OF.get(basis) not in table.missing


def _refuse(table: UsersTable, rules: ServiceRequestRules, capacity: int, options: AllocateOptions) -> None:
    if capacity < 1:
        raise InputError(Fault("--capacity", f"a capacity of {capacity} is none", "Write 1 or more."))
    users = len(table.users)
    if rules.floor * users > capacity:
        what = (
            f"{users} Users with a floor of {rules.floor} have {rules.floor * users} together, "
            f"more than the capacity of {capacity}"
        )
        remedy = (
            f"Write --capacity {rules.floor * users} or more, "
            f"or a floor of {capacity // users} or less under [service_requests] of the policy."
        )
        raise InputError(Fault(table.source, what, remedy))
    if not _has_column(table, options.basis):
        column = COLUMN_OF[options.basis]
        what = f"there is no column {column}, which --basis {options.basis} counts"
        raise InputError(Fault(table.source, what, f"Add {column}, or leave --basis out."))
