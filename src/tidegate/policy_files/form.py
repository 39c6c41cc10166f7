"""The form of a policy file: which keys stand where, and what each may be.

Here a file is looked at key by key; what must hold between keys is looked at in
`crosswise`. Descriptions and examples are part of the form: faults quote them,
and the reference page lists them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf

from tidegate.alert_storm.parameters import CountBy
from tidegate.policy.mechanism import Mode
from tidegate.policy.suppressions import FixStatus
from tidegate.policy_files.file_kind import FileKind
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import DAY, MICROSECOND, format_duration, parse_duration, parse_instant
from tidegate.vocabulary.service_requests import is_service_reference_variant

NONE: Final = "none"
"""What an override writes to be without an option that the default has."""

LARGEST_COUNT: Final = 1_000_000_000
LONGEST_DURATION: Final = 366 * DAY
LONGEST_NAME: Final = 100

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _code(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(f'{value} is not in quotation marks: write "{value}"')  # noqa: TRY004 - pydantic wants it
    if not isinstance(value, str):
        raise ValueError(f'{shown(value)} is not an Alert Code: write "8F75"')  # noqa: TRY004 - pydantic wants it
    return parse_alert_code(value)


def _duration(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(f'{value} has no unit: write "{value}m" for minutes')  # noqa: TRY004 - pydantic wants it
    if not isinstance(value, str):
        raise ValueError(f'{shown(value)} is not a duration: write "60m"')  # noqa: TRY004 - pydantic wants it
    duration = parse_duration(value)
    if duration > LONGEST_DURATION:
        raise ValueError(f"{shown(value)} is too long: write {format_duration(LONGEST_DURATION)} at most")
    return duration


def _optional(value: object) -> object:
    return None if value == NONE else value


def _instant(value: object) -> int:
    if isinstance(value, str):
        return parse_instant(f"{value}T00:00Z" if _DATE.fullmatch(value.strip()) else value)
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (at - _EPOCH) // timedelta(microseconds=MICROSECOND)
    if isinstance(value, date):
        return parse_instant(f"{value.isoformat()}T00:00Z")
    raise ValueError(f"{shown(value)} is not an instant: write 2024-02-26T00:00:00Z")


def _day(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, str) and value:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise ValueError(f"{value!r} is not a day: write 2024-01-23") from None
    return value


def _said(value: object) -> object:
    """A sentence, or what people write in its place: a day, a list of names, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    return value


def _name(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.strip():
        raise ValueError("it is empty: write a name, as illustrative-2")
    if len(value) > LONGEST_NAME or not value.isprintable():
        raise ValueError(f"it is no name: write one line of {LONGEST_NAME} characters at most")
    return value


def _reason(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("it has no reason: write why in quotation marks")
    return value


def _fraction(value: object) -> object:
    # An exponent or digits without bound would make a number that fills the memory.
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= 9:  # noqa: PLR2004
        return Fraction(round(value, 12))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_COUNT:
        return Fraction(value)
    if isinstance(value, str) and re.fullmatch(r"\d{1,12}/0*[1-9]\d{0,11}", value):
        return Fraction(value)
    raise ValueError(f"{shown(value)} is not a usable number: write one as 0.8, 2 or 1/3 in quotation marks")


def _firmware(value: object) -> object:
    """One firmware or a list of them, each a text."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        raise ValueError(f'{value} is not in quotation marks: write "{value}"')  # noqa: TRY004 - pydantic wants it
    return [value] if isinstance(value, str) else value


def _srv(value: object) -> object:
    if isinstance(value, str) and not is_service_reference_variant(value):
        raise ValueError(f"{value!r} is not a Service Reference Variant: write it as 7.4 or 8.1.1")
    return value


def word_of(words: type[StrEnum]) -> BeforeValidator:
    """One word of some, with the one that was probably meant."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        if value in [word.value for word in words]:
            return words(value)
        close = get_close_matches(value.lower(), list(words), n=1)
        listed = ", ".join(f'"{word}"' for word in words)
        raise ValueError(
            f'"{value}" is none of {listed}: write ' + (f'"{close[0]}"' if close else "one of them")
        )

    return BeforeValidator(read)


Code = Annotated[int, BeforeValidator(_code)]
Count = Annotated[int, Field(le=LARGEST_COUNT, ge=-LARGEST_COUNT)]
OptionalCount = Annotated[Count | None, BeforeValidator(_optional)]
DurationText = Annotated[int, BeforeValidator(_duration)]
OptionalDuration = Annotated[DurationText | None, BeforeValidator(_optional)]
InstantText = Annotated[int, BeforeValidator(_instant)]
Day = Annotated[str, BeforeValidator(_day)]
Said = Annotated[str, BeforeValidator(_said)]
Name = Annotated[str, BeforeValidator(_name)]
Reason = Annotated[str, BeforeValidator(_reason)]
Number = Annotated[InstanceOf[Fraction], BeforeValidator(_fraction)]
Firmware = Annotated[list[Name], BeforeValidator(_firmware)]
Srv = Annotated[str, BeforeValidator(_srv)]


def shown(value: object) -> str:
    """A value as it stands in the file, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:60]}..."' if len(value) > 60 else f'"{value}"'  # noqa: PLR2004 - the rest is not needed
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return value.isoformat() if isinstance(value, date) else f"{value!s:.60}"


class Form(BaseModel):
    """A table of the file: nothing is converted silently, and no key is ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class OverrideForm(Form):
    """Parameters of one Alert Code; what is left out is as in the default."""

    threshold: Count | None = Field(
        None, description="Alerts of a stream in a window above which a storm starts", examples=["30"]
    )
    window: DurationText | None = Field(None, description="Length of the sliding window", examples=['"60m"'])
    forward_one_in: Count | None = Field(
        None, description="In a storm, one Alert in this many is forwarded; 1 forwards all", examples=["10"]
    )
    forward_at_least_every: OptionalDuration = Field(
        None,
        description="In a storm, an Alert this long after the last forwarded one is forwarded",
        examples=['"60m"'],
    )
    clear_threshold: OptionalCount = Field(
        None,
        description="The storm ends when the count has fallen to this; left out: `threshold`",
        examples=["15"],
    )
    amber_threshold: OptionalCount = Field(
        None, description="Above this a stream is reported and nothing is throttled", examples=["20"]
    )
    reason: Reason = Field("", description="Why these values", examples=['"why"'])


class DefaultForm(OverrideForm):
    """Parameters of every Alert Code that has no override."""

    threshold: Count = Field(
        description="Alerts of a stream in a window above which a storm starts", examples=["30"]
    )
    window: DurationText = Field(description="Length of the sliding window", examples=['"60m"'])


class ApprovalForm(Form):
    """How the version, or the suppression, came to be approved."""

    consulted: Said = Field("", description="Who was consulted, and when", examples=['"DCC consultation"'])
    approved_by: Said = Field("", description="Who approved it", examples=['"SEC Panel"'])
    on: Day = Field("", description="Day of the approval", examples=["2024-01-23"])
    reference: Said = Field("", description="Document or clause", examples=['"SEC Appendix AB 17.10"'])


class SuppressionForm(Form):
    """Harder parameters for the Devices of some products, until they expire."""

    id: Name = Field(description="Its name, unlike that of any other", examples=['"S-2026-01"'])
    codes: list[Code] = Field(description="The Alert Codes it is about", examples=['["8F3E"]'])
    device_type: Name | None = Field(None, description="Type of the Devices", examples=['"CHF"'])
    manufacturer: Name | None = Field(None, description="Their manufacturer", examples=['"Maker C"'])
    model: Name | None = Field(None, description="Their model", examples=['"E4"'])
    firmware: Firmware | None = Field(
        None, description="Their firmware, one or a list; left out: every one", examples=['["3.0", "3.0.1"]']
    )
    threshold: Count | None = Field(
        None, description="As for a code; no higher than the code's own", examples=["3"]
    )
    forward_one_in: Count | None = Field(
        None, description="As for a code; no lower than the code's own", examples=["1000"]
    )
    forward_at_least_every: DurationText | None = Field(
        None, description="As for a code; no shorter than the code's own", examples=['"24h"']
    )
    clear_threshold: Count | None = Field(
        None, description="As for a code; no higher than the code's own", examples=["0"]
    )
    reason: Reason = Field(description="Why these Alerts are suppressed", examples=['"why"'])
    fix_status: Annotated[FixStatus, word_of(FixStatus)] = Field(
        description="`not_fixable`, `in_progress` or `fixed_in`", examples=['"not_fixable"']
    )
    fixed_in: Name | None = Field(None, description="The firmware that mends it", examples=['"3.1"'])
    expires: InstantText = Field(
        description="Instant from which it holds no more", examples=["2026-12-31T00:00:00Z"]
    )
    approval: ApprovalForm | None = Field(
        None,
        description="Who approved it; needed where the mode is `enforced`",
        examples=['{ approved_by = "SEC Panel", on = 2026-01-23 }'],
    )


class AlertStormForm(Form):
    """How Alerts are counted and throttled."""

    count_by: Annotated[CountBy, word_of(CountBy)] = Field(
        CountBy.DEVICE_CODE_RECIPIENT, description="What a stream is", examples=['"device_code_recipient"']
    )
    code_groups: list[list[Code]] = Field(
        default_factory=list, description="Codes counted as one", examples=['[["8014", "8015"]]']
    )
    default: DefaultForm = Field(
        description="Parameters of every code without an override", examples=["[alert_storm.default]"]
    )
    codes: dict[Code, OverrideForm] = Field(
        default_factory=dict,
        description="Overrides, a table for each code",
        examples=["[alert_storm.codes.8F75]"],
    )
    exclusion_list: dict[Code, Reason] = Field(
        default_factory=dict,
        description="Codes never throttled, each with its reason",
        examples=["[alert_storm.exclusion_list]"],
    )
    suppressions: list[SuppressionForm] = Field(
        default_factory=list,
        description="Harder parameters for some products, a table for each",
        examples=["[[alert_storm.suppressions]]"],
    )


class ServiceRequestsForm(Form):
    """How Service Requests are managed."""

    period: DurationText = Field(
        1_000_000, description="Period that requests are counted over", examples=['"1s"']
    )
    maximum_system_capacity: Count = Field(description="Requests per period at most", examples=["300"])
    operating_threshold: Count = Field(
        description="Requests per period from which traffic is managed", examples=["270"]
    )
    prepayment_multiplier: Number = Field(
        Fraction(1), description="Weight of a prepayment meter", examples=["2"]
    )
    network_weight: Number = Field(
        Fraction(1), description="Weight of a meter on a network", examples=["0.1"]
    )
    floor: Count = Field(0, description="Requests per period given to every User first", examples=["1"])
    early_warning_at: Number = Field(
        Fraction(4, 5), description="Share of its allocation at which a User is warned", examples=["0.8"]
    )
    prioritised: dict[Srv, Reason] = Field(
        default_factory=dict,
        description="Prioritised variants, each with its reason",
        examples=["[service_requests.prioritised]"],
    )


class PolicyForm(Form):
    """A whole policy file."""

    version: Name = Field(description="Name of this version", examples=['"illustrative-2"'])
    mode: Annotated[Mode, word_of(Mode)] = Field(
        description="`off`, `shadow` or `enforced`", examples=['"enforced"']
    )
    effective_from: InstantText = Field(
        description="Instant from which it applies", examples=["2024-02-26T00:00:00Z"]
    )
    supersedes: Name | None = Field(
        None, description="Version it takes the place of", examples=['"illustrative-1"']
    )
    illustrative: bool = Field(
        default=False, description="Its values stand for values that are not public", examples=["true"]
    )
    note: Said = Field("", description="What a reader should know", examples=['"why this version"'])
    approval: ApprovalForm | None = Field(None, description="How it was approved", examples=["[approval]"])
    alert_storm: AlertStormForm = Field(
        description="How Alerts are counted and throttled", examples=["[alert_storm.default]"]
    )
    service_requests: ServiceRequestsForm | None = Field(
        None, description="How Service Requests are managed", examples=["[service_requests]"]
    )


POLICY_FILE: Final = FileKind(
    called="policy file",
    often_mistaken="Alerts",
    begin_with="tidegate policy show illustrative-2 --toml",
    tables={
        (): PolicyForm,
        ("approval",): ApprovalForm,
        ("alert_storm",): AlertStormForm,
        ("alert_storm", "default"): DefaultForm,
        ("alert_storm", "codes", "*"): OverrideForm,
        ("alert_storm", "suppressions", "*"): SuppressionForm,
        ("alert_storm", "suppressions", "*", "approval"): ApprovalForm,
        ("service_requests",): ServiceRequestsForm,
    },
    lists=frozenset({("alert_storm", "suppressions")}),
    any_key="8F75",
)
"""The policy file, and which form each of its tables has."""
