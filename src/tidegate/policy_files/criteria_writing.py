"""Criteria to criteria files: what is written reads back as the same criteria."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from tidegate.commissioning.cells import Cells
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.obligations import CellPopulated, Obligation, ServiceRequests
from tidegate.commissioning.truth import Truth
from tidegate.policy_files.writing import Table, lines_of
from tidegate.vocabulary.instants import format_duration


def write_criteria(criteria: Criteria) -> str:
    """The text of a criteria file."""
    return "\n".join(lines_of(criteria_document(criteria), ())).strip() + "\n"


def criteria_document(criteria: Criteria) -> Table:
    """Criteria as plain text, numbers, lists and tables, in the form of a criteria file; also fit for JSON."""
    proof = {each.name: getattr(criteria.proof, each.name) for each in fields(criteria.proof)}
    return _said(
        {
            "name": criteria.name,
            "time_allowed": format_duration(criteria.time_allowed_us),
            "note": criteria.note,
            "proof": {
                key: value.name.lower() if isinstance(value, Truth) else value for key, value in proof.items()
            },
            "obligations": [_obligation(each) for each in criteria.obligations],
            "cells": [_cells(each) for each in criteria.cells],
        }
    )


def _obligation(obligation: Obligation) -> Table:
    asks: Table = {"check": "communication"}
    if isinstance(obligation, ServiceRequests):
        asks = {
            "any_of": list(obligation.any_of),
            "at_least": obligation.at_least,
            "each_credential_type": obligation.each_credential_type or None,
        }
    elif isinstance(obligation, CellPopulated):
        asks = {"cell": obligation.role.text}
    of = {"device_types": sorted(obligation.device_types), "clause": obligation.clause}
    return _said({"name": obligation.name, **asks, **of})


def _cells(cells: Cells) -> Table:
    return _said(
        {
            "role": cells.role.text,
            "holds": cells.holds.value,
            "usages": [usage.text for usage in cells.usages],
            "parties": sorted(cells.parties),
            "certificates": sorted(cells.certificates),
            "device_types": sorted(cells.device_types),
            "clause": cells.clause,
        }
    )


def _said(table: Table) -> Table:
    """What says something: no empty text, no empty list."""
    nothing: tuple[Any, ...] = (None, "", [])
    return {key: value for key, value in table.items() if value not in nothing}
