"""Policy files to policies: every fault at once, each with its line, its key and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.approval import Approval
from tidegate.policy.history import PolicyHistory, chain_faults
from tidegate.policy.mechanism import MechanismDocument, ServiceRequestRules
from tidegate.policy.suppressions import RegisterEntry
from tidegate.policy_files.crosswise import crosswise_findings
from tidegate.policy_files.findings import findings_of_form
from tidegate.policy_files.form import (
    POLICY_FILE,
    AlertStormForm,
    OverrideForm,
    PolicyForm,
    ServiceRequestsForm,
    SuppressionForm,
)
from tidegate.policy_files.places import Places
from tidegate.policy_files.toml_file import document_of, faults_of, place, text_of
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.products import Product


def read_policy(path: Path) -> MechanismDocument:
    """The policy of a file.

    Raises:
        InputError: it cannot be used; carries every fault found in it.
    """
    return parse_policy(text_of(path, POLICY_FILE), str(path))


def parse_policy(text: str, source: str) -> MechanismDocument:
    """The policy of a TOML text; `source` is what faults call it.

    Raises:
        InputError: it cannot be used; carries every fault found in it.
    """
    document = _with_counting_in_place(document_of(text, source, POLICY_FILE))
    findings = list(crosswise_findings(document))
    form = None
    try:
        form = PolicyForm.model_validate(document)
    except ValidationError as error:
        findings.extend(findings_of_form(error, POLICY_FILE))
    if findings:
        raise InputError(*faults_of(findings, text, source))
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
        line = Places(text_of(path, POLICY_FILE)).line_of((fault.key,))
        faults.append(Fault(place(str(path), line, fault.key), fault.what, fault.remedy))
    return faults


def _with_counting_in_place(document: dict[str, Any]) -> Mapping[str, Any]:
    """What a stream is may stand at the top of a file too, beside `mode`; given twice, it is left to be refused."""
    storm = document.get("alert_storm")
    if isinstance(storm, dict):
        for key in ("count_by", "code_groups"):
            if key in document and key not in storm:
                storm[key] = document.pop(key)
    return document


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
