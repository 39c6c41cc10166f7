"""Criteria files to criteria: every fault at once, each with its line, its key and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from tidegate.commissioning.cells import Cells, faults_of_cells
from tidegate.commissioning.criteria import MOST_ASKED, Criteria, faults_of_service_requests
from tidegate.commissioning.evidence import Role
from tidegate.commissioning.obligations import CellPopulated, Communicates, Obligation, Proof, ServiceRequests
from tidegate.policy_files.criteria_form import CRITERIA_FILE, CellsForm, CriteriaForm, ObligationForm
from tidegate.policy_files.findings import Finding, findings_of_form
from tidegate.policy_files.places import KeyPath
from tidegate.policy_files.toml_file import document_of, faults_of, text_of
from tidegate.vocabulary.devices import format_device_id, parse_device_id
from tidegate.vocabulary.faults import InputError

_KINDS: Final = ("any_of", "check", "cell")
_WRITE_A_KIND: Final = 'Write any_of = ["6.15.1"], or check = "communication", or cell = "Recovery".'


def read_criteria(path: Path) -> Criteria:
    """The criteria of a file.

    Raises:
        InputError: it cannot be used; carries every fault found in it.
    """
    return parse_criteria(text_of(path, CRITERIA_FILE), str(path))


def parse_criteria(text: str, source: str) -> Criteria:
    """The criteria of a TOML text; `source` is what faults call it.

    Raises:
        InputError: they cannot be used; carries every fault found in it.
    """
    document = document_of(text, source, CRITERIA_FILE)
    findings = list(_crosswise(document))
    form = None
    try:
        form = CriteriaForm.model_validate(document)
    except ValidationError as error:
        findings.extend(findings_of_form(error, CRITERIA_FILE))
    if findings:
        raise InputError(*faults_of(findings, text, source))
    assert form is not None
    return Criteria(
        form.name,
        form.time_allowed,
        tuple(map(_obligation_of, form.obligations)),
        tuple(map(_cells_of, form.cells)),
        Proof(**form.proof.model_dump()),
        form.note,
    )


def _crosswise(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Everything that does not go together, as far as it can be read: one item's fault hides no other's."""
    obligations = _items(document, "obligations", ObligationForm)
    cells = _items(document, "cells", CellsForm)
    if document.get("obligations") == []:
        yield Finding(("obligations",), "nothing is asked", "Write a table that begins with [[obligations]].")
    for key in ("obligations", "cells"):
        if isinstance(document.get(key), list) and len(document[key]) > MOST_ASKED:
            yield Finding((key,), f"there are {len(document[key])}", f"Write {MOST_ASKED} at most.")
    for place, form in obligations.items():
        yield from _obligation_findings(("obligations", place), form)
    for place, name in _doubled(document, "obligations", "name"):
        yield Finding(("obligations", place, "name"), f'"{name}" stands above', "Name it otherwise.")
    asked = {form.role for form in cells.values()}
    for place, form in obligations.items():
        if form.cell is not None and form.cell not in {*asked, Role.RECOVERY}:
            what = f"nothing says what the cells of {form.cell.text} must hold"
            yield Finding(
                ("obligations", place, "cell"), what, f'Write [[cells]] with role = "{form.cell.text}".'
            )
    for place, form in cells.items():
        for fault in faults_of_cells(form.role, form.holds, has_list=bool(form.parties or form.certificates)):
            yield _finding_of(("cells", place), fault)
    for place, role in _doubled(document, "cells", "role"):
        yield Finding(("cells", place, "role"), f"{role} stands above", "Make one table of the two.")


def _obligation_findings(path: KeyPath, form: ObligationForm) -> Iterator[Finding]:
    written = [key for key in _KINDS if getattr(form, key) is not None]
    if len(written) != 1:
        what = f"asks for {' and '.join(written)} at once" if written else "does not say what it asks for"
        yield Finding(path, what, _WRITE_A_KIND if not written else "Make an obligation of each.")
        return
    if form.any_of is None:
        for key in ("at_least", "each_credential_type"):
            if getattr(form, key):
                yield Finding(
                    (*path, key), "only Service Requests are counted", f"Leave {key} out, or write any_of."
                )
        return
    for fault in faults_of_service_requests(_service_requests_of(form)):
        yield _finding_of(path, fault)


def _finding_of(path: KeyPath, fault: str) -> Finding:
    """A sentence that starts with its key and may end in what to write."""
    key, _, rest = fault.partition(" ")
    what, _, remedy = rest.partition(": write ")
    return Finding((*path, key), f"{key} {what}", f"Write {remedy}." if remedy else "")


def _doubled(document: Mapping[str, Any], key: str, named: str) -> Iterator[tuple[int, str]]:
    """The items of a list called as one above is, whatever else is wrong with either; roles in any case."""
    items = document.get(key)
    above: set[str] = set()
    for place, item in enumerate(items if isinstance(items, list) else ()):
        name = item.get(named) if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        called = name.casefold() if named == "role" else name
        if called in above:
            yield place, name
        above.add(called)


def _items(document: Mapping[str, Any], key: str, form: Any) -> dict[int, Any]:
    """The items of a list that have their form, by place."""
    found = {}
    items = document.get(key)
    for place, item in enumerate(items if isinstance(items, list) else ()):
        try:
            found[place] = form.model_validate(item)
        except ValidationError:
            continue  # told by the form of the whole file
    return found


def _obligation_of(form: ObligationForm) -> Obligation:
    device_types = frozenset(form.device_types)
    if form.any_of is not None:
        return _service_requests_of(form)
    if form.cell is not None:
        return CellPopulated(form.name, form.cell, device_types, form.clause)
    return Communicates(form.name, device_types, form.clause)


def _service_requests_of(form: ObligationForm) -> ServiceRequests:
    return ServiceRequests(
        form.name,
        tuple(form.any_of or ()),
        1 if form.at_least is None else form.at_least,
        form.each_credential_type,
        frozenset(form.device_types),
        form.clause,
    )


def _cells_of(form: CellsForm) -> Cells:
    return Cells(
        form.role,
        form.holds,
        tuple(form.usages),
        frozenset(map(_party, form.parties)),
        frozenset(form.certificates),
        frozenset(form.device_types),
        form.clause,
    )


def _party(text: str) -> str:
    """One name for one party, as tables have it: an EUI-64 is written one way."""
    try:
        return format_device_id(parse_device_id(text))
    except ValueError:
        return text.strip()
