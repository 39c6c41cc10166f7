"""Alert Codes, as text and as numbers.

A Device's Alert Code is 16 bits (`8F75`). A DCC Alert has a name instead
(`N24`, `AD1`). Both are one number here, so that a column of them is a column
of integers: `8F75` is 0x8F75, `AD1` is 0x10000 and `N24` is 0x10000 + 24.

An unknown code is not a fault: manufacturers have their own (MP090). It is
passed, counted and named unknown.

`alert_codes.tsv` was made from the published DUIS schema, public use-case
tables and manuals; its `evidence` column tells sourced from inferred.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

AlertCode: TypeAlias = int

DCC_ALERT: Final[AlertCode] = 0x10000
"""Where DCC Alerts begin: `AD1` is this number, `N<k>` is this number + k."""

NUMBER_OF_CODES: Final = DCC_ALERT + 1_000
"""Codes are 0 <= code < NUMBER_OF_CODES: 65,536 of Devices, AD1 and N1 to N999."""

_DEVICE_CODE = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{4})")
_DCC_CODE = re.compile(r"[nN]([1-9]\d{0,2})")


@dataclass(frozen=True, slots=True)
class AlertCodeEntry:
    """What is published about one Alert Code.

    recipients:  The parties it is sent to, in the words of the source; empty when not known.
    evidence:    SOURCED, INFERRED or UNKNOWN: how the recipients are known.
    """

    code: AlertCode
    name: str
    criticality: str
    recipients: str
    device_types: str
    evidence: str


def parse_alert_code(text: str) -> AlertCode:
    """Read `8F75`, `0x8F75`, `N24` or `AD1`, in either letter case.

    Raises:
        ValueError: the text is not an Alert Code; the message says what to write.
    """
    stripped = text.strip()
    if match := _DEVICE_CODE.fullmatch(stripped):
        return int(match.group(1), 16)
    if match := _DCC_CODE.fullmatch(stripped):
        return DCC_ALERT + int(match.group(1))
    if stripped.upper() == "AD1":
        return DCC_ALERT
    raise ValueError(f"{text!r} is not an Alert Code: write four hexadecimal digits (8F75), N24 or AD1")


def format_alert_code(code: AlertCode) -> str:
    """Write a code as DUIS does: `8F75`, `N24`, `AD1`."""
    assert 0 <= code < NUMBER_OF_CODES
    if code < DCC_ALERT:
        return f"{code:04X}"
    return f"N{code - DCC_ALERT}" if code > DCC_ALERT else "AD1"


@cache
def published_alert_codes() -> Mapping[AlertCode, AlertCodeEntry]:
    """Every Alert Code with a public source, by its number."""
    text = files("tidegate.vocabulary").joinpath("alert_codes.tsv").read_text(encoding="utf-8")
    entries = {}
    for line in text.splitlines()[1:]:
        code, name, criticality, recipients, device_types, evidence = line.split("\t")
        number = parse_alert_code(code)
        entries[number] = AlertCodeEntry(number, name, criticality, recipients, device_types, evidence)
    return entries


def name_of(code: AlertCode) -> str:
    """The published name of a code, or `unknown`."""
    entry = published_alert_codes().get(code)
    return entry.name if entry else "unknown"
