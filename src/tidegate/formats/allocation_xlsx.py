"""An allocation as a workbook: the worked table with its arithmetic, the other bases, what would change it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from tidegate import __version__
from tidegate.admission.allocation import Allocation
from tidegate.formats.workbook import Cell, Rate, open_book
from tidegate.reports.allocated import Allocated
from tidegate.reports.allocation_words import (
    BASIS_NAMES,
    basis_findings,
    cautions,
    findings,
    headline,
    share_in_words,
    weight_in_words,
    what_if_findings,
)
from tidegate.vocabulary.instants import format_duration
from tidegate.vocabulary.users import NUMBERS_OF_USERS

_NARROW: Final = 12
_NAME: Final = 28
_WORDS: Final = 60


def allocation_workbook(allocated: Allocated) -> bytes:
    """The workbook, as the file's bytes; the same allocation makes the same file."""
    octets = io.BytesIO()
    with open_book(octets, f"Allocation of {allocated.capacity} requests", None) as book:
        said = [("Allocation", headline(allocated)), *_told(allocated)]
        book.table("Findings", [("what", 20), ("words", _WORDS)], said)
        book.table("Allocation", _COLUMNS, _rows(allocated))
        if len(allocated.by_basis) > 1:
            names = [(f"by {BASIS_NAMES[basis]}", 26) for basis in allocated.by_basis]
            book.table("Bases", [*_WHO, *names], _beside(allocated, list(allocated.by_basis.values())))
        changes = [(each.label, _NARROW) for each in allocated.what_ifs]
        then = [allocated.allocations, *(each.allocations for each in allocated.what_ifs)]
        book.table("What if", [*_WHO, ("now", _NARROW), *changes], _beside(allocated, then))
        about = _about(allocated)
        book.table("About", [("what", 34), ("value", 40)], about)
    return octets.getvalue()


_WHO: Final = [("user", _NAME), ("role", 6)]
_COLUMNS: Final = [
    *_WHO,
    *((name, max(_NARROW, len(name) + 2)) for name in NUMBERS_OF_USERS),
    ("weight", _NARROW),
    ("fraction", _NARROW),
    ("exact_share", _NARROW),
    ("allocation", _NARROW),
    ("weight_in_words", 44),
    ("share_in_words", _WORDS),
]


def _told(allocated: Allocated) -> list[tuple[str, str]]:
    return [
        *(("Found", each) for each in findings(allocated)),
        *(("By another basis", each) for each in basis_findings(allocated)),
        *(("What if", each) for each in what_if_findings(allocated)),
        *(("Before you use this", each) for each in cautions(allocated)),
    ]


def _rows(allocated: Allocated) -> list[list[Cell | None]]:
    return [
        [
            user.user,
            user.role.value,
            *(_number(getattr(user, name)) for name in NUMBERS_OF_USERS),
            _number(each.claim.weight),
            float(allocated.fraction(each)),
            Rate(each.exact),
            each.requests,
            weight_in_words(allocated, user),
            share_in_words(allocated, each),
        ]
        for user, each in zip(allocated.table.users, allocated.allocations, strict=True)
    ]


def _beside(allocated: Allocated, columns: Sequence[Sequence[Allocation]]) -> list[list[Cell | None]]:
    return [
        [user.user, user.role.value, *(column[at].requests for column in columns)]
        for at, user in enumerate(allocated.table.users)
    ]


def _number(value: int | Fraction | None) -> Cell | None:
    if value is None:
        return None
    return int(value) if value == int(value) else Rate(value)


def _about(allocated: Allocated) -> list[tuple[str, Cell]]:
    weighting = allocated.weighting
    return [
        ("made by", f"tidegate {__version__}"),
        ("Users", allocated.table.source),
        ("policy", allocated.policy_version),
        ("illustrative", "yes" if allocated.is_illustrative else "no"),
        ("capacity", allocated.capacity),
        ("operating_threshold", allocated.rules.operating_threshold),
        ("period", format_duration(allocated.rules.period_us)),
        ("floor", allocated.rules.floor),
        ("basis", weighting.basis.value),
        ("prepayment_multiplier", Rate(weighting.prepayment_multiplier)),
        ("network_weight", Rate(weighting.network_weight)),
        ("unknown meters as prepayment", float(weighting.unknown_prepayment)),
    ]
