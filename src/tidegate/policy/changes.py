"""The difference between two policies, in words.

A change is told by what it does, so that who is consulted on it need not read
two files side by side. Names, dates and approvals differ between any two
versions and are no change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Final

from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.policy.change import Change, becomes, duration_or_none, text_or_none
from tidegate.policy.mechanism import MechanismDocument, ServiceRequestRules
from tidegate.policy.suppression_changes import suppression_changes
from tidegate.policy.wording import (
    code_in_words,
    codes_in_words,
    count_by_in_words,
    mode_in_words,
    storm_in_words,
)
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.service_reference_variants import published_variants, variant_in_words


def changes(before: MechanismDocument, after: MechanismDocument) -> list[Change]:
    """Everything that the second policy does otherwise than the first; empty when they do the same."""
    return [
        *_mode_changes(before, after),
        *_exclusion_changes(before, after),
        *_rules_changes(before.alert_storm, after.alert_storm),
        *suppression_changes(before, after),
        *_service_request_changes(before.service_requests, after.service_requests),
    ]


def _mode_changes(before: MechanismDocument, after: MechanismDocument) -> Iterator[Change]:
    if before.mode is not after.mode:
        sentence = f"The mode was {before.mode}. {mode_in_words(after.mode)}"
        yield Change("mode", before.mode, after.mode, sentence)


def _exclusion_changes(before: MechanismDocument, after: MechanismDocument) -> Iterator[Change]:
    old, new = before.exclusion_list.reasons, after.exclusion_list.reasons
    for code in sorted(old.keys() | new.keys()):
        key = f"alert_storm.exclusion_list.{format_alert_code(code)}"
        name, was, now = code_in_words(code), old.get(code), new.get(code)
        if was is not None and now is None:
            does = " ".join(storm_in_words(after.alert_storm.parameters_for(code)))
            sentence = (
                f"{name} leaves the exclusion list and is counted. {does} Its reason to be on it was: {was}"
            )
        elif was is None and now is not None:
            sentence = f"{name} joins the exclusion list: always forwarded, never counted. The reason: {now}"
        elif was != now:
            sentence = f"{name} stays on the exclusion list, for a reason told anew: {now}"
        else:
            continue
        yield Change(key, was, now, sentence)


def _rules_changes(before: AlertStormRules, after: AlertStormRules) -> Iterator[Change]:
    if before.count_by is not after.count_by:
        sentence = count_by_in_words(after.count_by)
        yield Change("alert_storm.count_by", before.count_by, after.count_by, sentence)
    yield from _group_changes(before.code_groups, after.code_groups)
    yield from _parameter_changes(
        "alert_storm.default", "every code without an override", before.default, after.default
    )
    for code in sorted(before.codes.keys() | after.codes.keys()):
        key, name = f"alert_storm.codes.{format_alert_code(code)}", code_in_words(code)
        was, now = before.codes.get(code), after.codes.get(code)
        if was is not None and now is not None:
            yield from _parameter_changes(key, name, was, now)
        elif now is not None:
            sentence = f"{name} gets parameters of its own. {' '.join(storm_in_words(now))}"
            yield Change(key, None, " ".join(storm_in_words(now)), sentence)
        elif was is not None:
            sentence = (
                f"{name} has no parameters of its own any more. {' '.join(storm_in_words(after.default))}"
            )
            yield Change(key, " ".join(storm_in_words(was)), None, sentence)


def _group_changes(
    before: tuple[tuple[AlertCode, ...], ...], after: tuple[tuple[AlertCode, ...], ...]
) -> Iterator[Change]:
    for group in before:
        if group not in after:
            codes = codes_in_words(group)
            yield Change("alert_storm.code_groups", codes, None, f"{codes} are no longer counted as one.")
    for group in after:
        if group not in before:
            codes = codes_in_words(group)
            yield Change("alert_storm.code_groups", None, codes, f"{codes} are counted as one.")


def _share(value: Fraction) -> str:
    return f"{float(value):g}"


_PARAMETERS: Final[Mapping[str, Callable[[AlertStormParameters], str | None]]] = {
    "threshold": lambda p: text_or_none(p.threshold),
    "window": lambda p: duration_or_none(p.window_us),
    "forward_one_in": lambda p: text_or_none(p.forward_one_in),
    "forward_at_least_every": lambda p: duration_or_none(p.forward_at_least_every_us),
    "clear_threshold": lambda p: text_or_none(p.clear_threshold),
    "amber_threshold": lambda p: text_or_none(p.amber_threshold),
}

_SERVICE_REQUESTS: Final[Mapping[str, Callable[[ServiceRequestRules], str | None]]] = {
    "period": lambda r: duration_or_none(r.period_us),
    "maximum_system_capacity": lambda r: text_or_none(r.maximum_system_capacity),
    "operating_threshold": lambda r: text_or_none(r.operating_threshold),
    "prepayment_multiplier": lambda r: _share(r.prepayment_multiplier),
    "network_weight": lambda r: _share(r.network_weight),
    "floor": lambda r: text_or_none(r.floor),
    "early_warning_at": lambda r: _share(r.early_warning_at),
}


def _parameter_changes(
    key: str, whose: str, before: AlertStormParameters, after: AlertStormParameters
) -> Iterator[Change]:
    for name, of in _PARAMETERS.items():
        if (was := of(before)) != (now := of(after)):
            yield Change(f"{key}.{name}", was, now, becomes(f"{name} for {whose}", was, now))


def _service_request_changes(
    before: ServiceRequestRules | None, after: ServiceRequestRules | None
) -> Iterator[Change]:
    key = "service_requests"
    if before is None or after is None:
        if after is not None:
            yield Change(key, None, "present", "Service Requests are managed from now on.")
        elif before is not None:
            yield Change(key, "present", None, "Service Requests are not managed any more.")
        return
    for name, of in _SERVICE_REQUESTS.items():
        if (was := of(before)) != (now := of(after)):
            yield Change(f"{key}.{name}", was, now, becomes(f"{name} for Service Requests", was, now))
    old, new = before.prioritised, after.prioritised
    for srv in sorted(old.keys() | new.keys(), key=_in_order):
        was, now = old.get(srv), new.get(srv)
        if was == now:
            continue
        name = variant_in_words(srv)
        if now is None:
            sentence = (
                f"{name} is not prioritised any more: it counts as any other request. "
                f"Its reason to be so was: {was}"
            )
        elif was is None:
            sentence = (
                f"{name} is prioritised: never throttled below the maximum system capacity, whatever its sender's "
                f"allocation.{_senders(srv)} The reason: {now}"
            )
        else:
            sentence = f"{name} stays prioritised, for a reason told anew: {now}"
        yield Change(f'{key}.prioritised."{srv}"', was, now, sentence)


def _senders(srv: str) -> str:
    """Who may send a variant, in a sentence; nothing where it is not published."""
    entry = published_variants().get(srv)
    if entry is None or not entry.roles:
        return ""
    *others, last = map(str, entry.roles)
    return f" {', '.join(others)} and {last} may send it." if others else f" Only {last} may send it."


def _in_order(srv: str) -> tuple[int, ...]:
    return tuple(int(number) for number in srv.split("."))
