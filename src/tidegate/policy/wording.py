"""Policies in words: the phrases that differences and explanations are made of."""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy, harder
from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.mechanism import Mode
from tidegate.policy.suppressions import FixStatus, RegisterEntry
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, published_alert_codes
from tidegate.vocabulary.instants import format_duration


def code_in_words(code: AlertCode) -> str:
    """A code with its published name: `8F75 (Unauthorised Physical Access - Strong Magnetic field)`."""
    entry = published_alert_codes().get(code)
    return f"{format_alert_code(code)} ({entry.name if entry else 'not a published code'})"


def codes_in_words(codes: Iterable[AlertCode]) -> str:
    """Codes without their names: `8014, 8015 and AD1`."""
    names = [format_alert_code(code) for code in codes]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def mode_in_words(mode: Mode) -> str:
    """What a mode does, in a sentence."""
    return {
        Mode.OFF: "It is off: nothing is counted and every Alert is forwarded.",
        Mode.SHADOW: "It is in shadow: everything is decided and reported, and every Alert is forwarded.",
        Mode.ENFORCED: "It is enforced: what is decided is done.",
    }[mode]


def count_by_in_words(count_by: CountBy) -> str:
    """What is counted together, in a sentence."""
    if count_by is CountBy.DEVICE_CODE:
        return "Alerts are counted by Device and Alert Code, whoever they go to."
    return "Alerts are counted by Device, Alert Code and recipient: each party's copy for itself."


def suppressed_in_words(suppression: Suppression) -> str:
    """What a suppression is about: `8F3E of CHF Maker C E4 3.0 or 3.0.1`."""
    product = suppression.products[0]
    firmwares = " or ".join(each.firmware for each in suppression.products)
    named = " ".join(part for part in (*product[:3], firmwares) if part)
    return f"{codes_in_words(suppression.codes)} of {named}"


def harder_in_words(suppression: Suppression, rules: AlertStormRules) -> list[str]:
    """What a suppression does to a stream; code by code where its codes have different parameters of their own."""
    by_parameters: dict[AlertStormParameters, list[AlertCode]] = {}
    for code in suppression.codes:
        parameters = harder(rules.parameters_for(code), suppression)
        by_parameters.setdefault(parameters, []).append(code)
    if len(by_parameters) == 1:
        return storm_in_words(next(iter(by_parameters)))
    return [
        f"{codes_in_words(codes)}: {' '.join(storm_in_words(parameters))}"
        for parameters, codes in by_parameters.items()
    ]


def fix_in_words(entry: RegisterEntry) -> str:
    """Whether the fault can be mended, without a full stop."""
    return {
        FixStatus.NOT_FIXABLE: "it cannot be mended in firmware",
        FixStatus.IN_PROGRESS: "a firmware that mends it is being made",
        FixStatus.FIXED_IN: f"firmware {entry.fixed_in} mends it",
    }[entry.fix_status]


def storm_in_words(parameters: AlertStormParameters) -> list[str]:
    """What parameters do to a stream, a sentence for each step of a storm."""
    p = parameters
    window = format_duration(p.window_us)
    sentences = []
    if p.amber_threshold is not None:
        sentences.append(
            f"More than {p.amber_threshold} in any {window} is reported as amber; nothing is held."
        )
    sentences.append(f"More than {p.threshold} in any {window} starts an Alert Storm.")
    if p.forward_one_in == 1:
        sentences.append("In a storm every Alert is forwarded still: the storm is only reported.")
    else:
        every = p.forward_at_least_every_us
        or_late = (
            f", and any that comes {format_duration(every)} or more after the last"
            if every is not None
            else ""
        )
        sentences.append(f"In a storm one Alert in {p.forward_one_in} is forwarded{or_late}.")
        sentences.append("A forwarded one carries how many were throttled before it.")
    ends = "the threshold" if p.clears_at == p.threshold else str(p.clears_at)
    sentences.append(f"The storm ends when the count of the last {window} has fallen to {ends}.")
    return sentences
