"""Policy files to policies: every fault at once, each with its line, its key and what to write instead."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.approval import Approval
from tidegate.policy.history import PolicyHistory, chain_faults
from tidegate.policy.mechanism import MechanismDocument, ServiceRequestRules
from tidegate.policy.suppressions import RegisterEntry
from tidegate.policy_files.crosswise import crosswise_findings
from tidegate.policy_files.findings import Finding, findings_of_form
from tidegate.policy_files.form import (
    AlertStormForm,
    OverrideForm,
    PolicyForm,
    ServiceRequestsForm,
    SuppressionForm,
)
from tidegate.policy_files.places import Places, dotted
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.products import Product

LARGEST_FILE: Final = 1 << 20
"""A policy file has a few hundred lines; what is larger than 1 MiB is something else."""

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_policy(path: Path) -> MechanismDocument:
    """The policy of a file.

    Raises:
        InputError: it cannot be used; carries every fault found in it.
    """
    return parse_policy(_text_of(path), str(path))


def parse_policy(text: str, source: str) -> MechanismDocument:
    """The policy of a TOML text; `source` is what faults call it.

    Raises:
        InputError: it cannot be used; carries every fault found in it.
    """
    document = _document_of(text, source)
    findings = list(crosswise_findings(document))
    form = None
    try:
        form = PolicyForm.model_validate(document)
    except ValidationError as error:
        findings.extend(findings_of_form(error))
    if findings:
        raise InputError(*_faults_of(findings, text, source))
    assert form is not None
    return _policy_of(form)


def read_history(folder: Path) -> PolicyHistory:
    """The history told by the policy files (`*.toml`) of a folder, in whatever order they stand there.

    Raises:
        InputError: a file cannot be used, or the versions do not follow one another; carries every fault.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise InputError(Fault(str(folder), "no policy file is in it", "Name a folder of .toml files."))
    faults: list[Fault] = []
    read: list[tuple[Path, MechanismDocument]] = []
    for path in paths:
        try:
            read.append((path, read_policy(path)))
        except InputError as error:
            faults.extend(error.faults)
    if not faults:
        faults.extend(_history_faults(read))
    if faults:
        raise InputError(*faults)
    return PolicyHistory([policy for _, policy in read])


def _history_faults(read: Sequence[tuple[Path, MechanismDocument]]) -> list[Fault]:
    path_of = {policy.version: path for path, policy in read}
    faults = []
    for fault in chain_faults([policy for _, policy in read]):
        path = path_of[fault.version]
        line = Places(_text_of(path)).line_of((fault.key,))
        faults.append(Fault(_place(str(path), line, fault.key), fault.what, fault.remedy))
    return faults


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(Fault(str(path), f"cannot be read: {reason}", "Name a policy file.")) from None
    if len(content) > LARGEST_FILE:
        what = "is larger than 1 MiB, which no policy file is"
        raise InputError(Fault(str(path), what, "Is it a file of Alerts?"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        what = "is not UTF-8 text"
        raise InputError(Fault(_place(str(path), line), what, "Save it again as UTF-8.")) from None


def _document_of(text: str, source: str) -> Mapping[str, Any]:
    if not text.strip():
        remedy = "Begin with a published one: tidegate policy show illustrative-2 --toml."
        raise InputError(Fault(source, "the file is empty", remedy))
    try:
        return _with_counting_in_place(tomllib.loads(text, parse_float=Decimal))
    except RecursionError:
        raise InputError(
            Fault(source, "brackets stand in brackets too deep", "Write a policy file.")
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(_syntax_fault(str(error), text, source)) from None
    except ValueError:  # a number with more digits than Python reads
        raise InputError(
            Fault(source, "a number in it has thousands of digits", "Write a policy file.")
        ) from None


def _with_counting_in_place(document: dict[str, Any]) -> dict[str, Any]:
    """What a stream is may stand at the top of a file too, beside `mode`; given twice, it is left to be refused."""
    storm = document.get("alert_storm")
    if isinstance(storm, dict):
        for key in ("count_by", "code_groups"):
            if key in document and key not in storm:
                storm[key] = document.pop(key)
    return document


def _syntax_fault(message: str, text: str, source: str) -> Fault:
    """What TOML's reader says, with the line it says it of."""
    lines = text.splitlines()
    place = _PLACE.search(message)
    line = int(place[1]) if place and place[1] else len(lines)
    column = f", column {place[2]}" if place and place[2] else ""
    what = f"is not TOML: {_PLACE.sub('', message)[:100]}"
    seen = lines[line - 1].strip()[:70] if 0 < line <= len(lines) else ""
    if "Cannot overwrite" in message or "twice" in message:
        remedy = "A key or [table] stands here that stands above already: leave one of the two."
    elif "=" in seen:
        remedy = f"Text, codes and durations stand in quotation marks, lists in [ ]; the line is: {seen}"
    else:
        remedy = f"A line is a [table], key = value, or a # comment; this one is: {seen}"
    return Fault(f"{_place(source, line)}{column}", what, remedy)


def _faults_of(findings: Sequence[Finding], text: str, source: str) -> list[Fault]:
    """Findings as faults, in the order of the file."""
    places = Places(text)
    placed = sorted(
        ((places.line_of(finding.path), finding) for finding in findings), key=lambda pair: pair[0]
    )
    faults = [
        Fault(_place(source, line, dotted(finding.path)), finding.what, finding.remedy)
        for line, finding in placed
    ]
    return list(dict.fromkeys(faults))


def _place(source: str, line: int, key: str = "") -> str:
    return f"{source}{f', line {line}' if line else ''}{f', {key}' if key else ''}"


def _policy_of(form: PolicyForm) -> MechanismDocument:
    storm = form.alert_storm
    approval = form.approval
    return MechanismDocument(
        version=form.version,
        mode=form.mode,
        effective_from=form.effective_from,
        alert_storm=_rules_of(storm),
        exclusion_list=ExclusionList(storm.exclusion_list),
        service_requests=_service_requests_of(form.service_requests) if form.service_requests else None,
        supersedes=form.supersedes,
        approval=Approval(**approval.model_dump()) if approval else None,
        reasons={code: override.reason for code, override in storm.codes.items() if override.reason},
        register={each.id: _entry_of(each) for each in storm.suppressions},
        default_reason=storm.default.reason,
        note=form.note,
        is_illustrative=form.illustrative,
    )


def _rules_of(storm: AlertStormForm) -> AlertStormRules:
    return AlertStormRules(
        default=_parameters_of(storm.default, storm.default),
        codes={code: _parameters_of(override, storm.default) for code, override in storm.codes.items()},
        count_by=storm.count_by,
        code_groups=tuple(tuple(group) for group in storm.code_groups),
        suppressions=tuple(map(_suppression_of, storm.suppressions)),
    )


def _suppression_of(form: SuppressionForm) -> Suppression:
    product = Product(form.device_type or "", form.manufacturer or "", form.model or "")
    return Suppression(
        id=form.id,
        codes=tuple(form.codes),
        products=tuple(product._replace(firmware=firmware) for firmware in form.firmware or [""]),
        expires=form.expires,
        threshold=form.threshold,
        forward_one_in=form.forward_one_in,
        forward_at_least_every_us=form.forward_at_least_every,
        clear_threshold=form.clear_threshold,
    )


def _entry_of(form: SuppressionForm) -> RegisterEntry:
    approval = form.approval
    return RegisterEntry(
        form.reason,
        form.fix_status,
        form.fixed_in or "",
        Approval(**approval.model_dump()) if approval else None,
    )


def _parameters_of(override: OverrideForm, default: OverrideForm) -> AlertStormParameters:
    """The parameters of an override; what it leaves out is as in the default."""
    written = {**_written(default), **_written(override)}
    one_in = written.get("forward_one_in")
    return AlertStormParameters(
        threshold=written["threshold"],
        window_us=written["window"],
        forward_one_in=1 if one_in is None else one_in,
        forward_at_least_every_us=written.get("forward_at_least_every"),
        clear_threshold=written.get("clear_threshold"),
        amber_threshold=written.get("amber_threshold"),
    )


def _written(form: OverrideForm) -> dict[str, Any]:
    return {name: getattr(form, name) for name in form.model_fields_set}


def _service_requests_of(form: ServiceRequestsForm) -> ServiceRequestRules:
    return ServiceRequestRules(
        period_us=form.period,
        maximum_system_capacity=form.maximum_system_capacity,
        operating_threshold=form.operating_threshold,
        prepayment_multiplier=form.prepayment_multiplier,
        network_weight=form.network_weight,
        floor=form.floor,
        early_warning_at=form.early_warning_at,
        prioritised=form.prioritised,
    )
