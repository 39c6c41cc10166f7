"""The criteria file as pydantic models: what may stand in it, of what type, and an example of each."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from tidegate.commissioning.cells import Holds
from tidegate.commissioning.evidence import CredentialType, Role
from tidegate.commissioning.truth import Truth
from tidegate.policy_files.file_kind import FileKind
from tidegate.policy_files.form import Count, DurationText, Form, Name, Said, Srv, shown, word_of

CHECKS: Final = ("communication",)
"""What `check` may be: the DSP's check of a cell is asked for by `cell`."""


def _one_of(words: dict[str, object]) -> BeforeValidator:
    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        for word, meaning in words.items():
            if value.casefold() == word.casefold():
                return meaning
        listed = ", ".join(f'"{word}"' for word in words)
        raise ValueError(f'{shown(value)} is none of {listed}: write "{next(iter(words))}"')

    return BeforeValidator(read)


def _device_type(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


Says = Annotated[Truth, _one_of({"unmet": Truth.UNMET, "cannot_be_told": Truth.CANNOT_BE_TOLD})]
RoleName = Annotated[Role, _one_of({role.text: role for role in Role if role})]
Usage = Annotated[CredentialType, _one_of({each.text: each for each in CredentialType if each})]
DeviceType = Annotated[str, BeforeValidator(_device_type)]


class ProofForm(Form):
    """What counts as proof."""

    empty: Says = Field(
        Truth.CANNOT_BE_TOLD,
        description="What a response without an outcome says, which nothing completed: `unmet` or `cannot_be_told`",
        examples=['"cannot_be_told"'],
    )
    timeout: Says = Field(
        Truth.CANNOT_BE_TOLD, description="What a timeout says", examples=['"cannot_be_told"']
    )
    contradictory: Says = Field(
        Truth.CANNOT_BE_TOLD,
        description="What checks of one instant say that contradict each other",
        examples=['"cannot_be_told"'],
    )
    nothing_sent: Says = Field(
        Truth.UNMET, description="What it says that too little was sent, or nothing", examples=['"unmet"']
    )
    not_checked: Says = Field(
        Truth.CANNOT_BE_TOLD,
        description="What it says that there was no check",
        examples=['"cannot_be_told"'],
    )
    future_dated_outcomes: bool = Field(
        default=True, description="8F66 and 8F67 complete a response without an outcome", examples=["true"]
    )
    registered: bool = Field(
        default=True,
        description="6.15.1, 6.21 and 6.23 count only for the parties registered now",
        examples=["true"],
    )
    answers: bool = Field(
        default=True, description="What a Device answers proves that it communicates", examples=["true"]
    )


class ObligationForm(Form):
    """One obligation: exactly one of `any_of`, `check` and `cell`."""

    name: Name = Field(
        description="Its name, unlike that of any other", examples=['"remote party credentials"']
    )
    any_of: list[Srv] | None = Field(
        None,
        description="Service Reference Variants that meet it, first the one the Code names",
        examples=['["6.15.1", "6.21", "6.23"]'],
    )
    at_least: Count | None = Field(
        None, description="How many of them must succeed; left out: 1", examples=["2"]
    )
    each_credential_type: bool = Field(
        default=False,
        description="They must be of different credential types (Digital Signature, Key Agreement)",
        examples=["true"],
    )
    check: Annotated[str | None, _one_of({word: word for word in CHECKS})] = Field(
        None, description="The DSP's check that must have succeeded last", examples=['"communication"']
    )
    cell: RoleName | None = Field(
        None,
        description="The role whose Trust Anchor Cells must be right, as checked or as read",
        examples=['"Recovery"'],
    )
    device_types: list[DeviceType] = Field(
        default_factory=list, description="Device Types it is asked of; left out: all", examples=['["ESME"]']
    )
    clause: Said = Field("", description="Where the Code asks it", examples=['"SEC Appendix AC 5"'])


class CellsForm(Form):
    """What must stand in the Trust Anchor Cells of one role."""

    role: RoleName = Field(description="The Remote Party Role", examples=['"Supplier"'])
    holds: Annotated[Holds, word_of(Holds)] = Field(
        description="`registered`, `listed` or `not_registered`", examples=['"registered"']
    )
    usages: list[Usage] = Field(
        default_factory=list,
        description="The cells that must have been read; left out: those that were",
        examples=['["DigitalSigning", "KeyAgreement"]'],
    )
    parties: list[Name] = Field(
        default_factory=list,
        description="Of `listed`: the parties, EUI-64s or names",
        examples=['["90-B3-D5-1F-30-00-00-01"]'],
    )
    certificates: list[Name] = Field(
        default_factory=list,
        description="Of `listed`: hashes of certificates",
        examples=['["4899792d96f4b8"]'],
    )
    device_types: list[DeviceType] = Field(
        default_factory=list, description="Device Types it is asked of; left out: all", examples=['["ESME"]']
    )
    clause: Said = Field("", description="Where the Code asks it", examples=['"SEC Appendix AC 5"'])


class CriteriaForm(Form):
    """A whole criteria file."""

    name: Name = Field(description="Name of this set", examples=['"outcome"'])
    time_allowed: DurationText = Field(
        description="How long after commissioning a Device is pending; `0s`: never", examples=['"7d"']
    )
    note: Said = Field("", description="What a reader should know", examples=['"why this set"'])
    proof: ProofForm = Field(
        default_factory=lambda: ProofForm.model_validate({}),
        description="What counts as proof",
        examples=["[proof]"],
    )
    obligations: list[ObligationForm] = Field(
        description="What must have been done, a table for each", examples=["[[obligations]]"]
    )
    cells: list[CellsForm] = Field(
        default_factory=list,
        description="What the Trust Anchor Cells must hold, a table for each role",
        examples=["[[cells]]"],
    )


CRITERIA_FILE: Final = FileKind(
    called="criteria file",
    often_mistaken="evidence",
    begin_with="outcome.toml, in the folder criteria",
    tables={
        (): CriteriaForm,
        ("proof",): ProofForm,
        ("obligations", "*"): ObligationForm,
        ("cells", "*"): CellsForm,
    },
    lists=frozenset({("obligations",), ("cells",)}),
)
"""The criteria file, and which form each of its tables has."""
