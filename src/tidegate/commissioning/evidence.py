"""Evidence: what was seen of a Device's security credentials, and who is registered for it.

A row is one thing that happened at one instant. Not every kind says everything:
an empty text, or NOT_SAID, is "the evidence does not say".

    kind                  says
    commissioned          the Device was commissioned (8.1.1, 8F69)
    srv_response          srv, outcome; of a credential type (6.17, 6.15.2), or for a role and party (6.15.1, 6.21, 6.23)
    future_dated_outcome  outcome: 8F66 is success, 8F67 failure; srv, role and party where they are known
    credentials_read      6.24.1: role and usage of one Trust Anchor Cell, the party and certificate that stand in it
    change_of_supplier    party_id: the new Supplier
    communication_check   outcome: the DSP's check that the Device communicates
    recovery_cell_check   outcome: the DSP's check that the Recovery cell is populated correctly

Numbers of kinds, outcomes, credential types and roles stand in columns; they do not change.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.service_requests import ServiceReferenceVariant


class Kind(IntEnum):
    """What a row of evidence is of."""

    COMMISSIONED = 0
    SRV_RESPONSE = 1
    FUTURE_DATED_OUTCOME = 2
    CREDENTIALS_READ = 3
    CHANGE_OF_SUPPLIER = 4
    COMMUNICATION_CHECK = 5
    RECOVERY_CELL_CHECK = 6

    @property
    def text(self) -> str:
        """As it stands in a table: `srv_response`."""
        return self.name.lower()


class Outcome(IntEnum):
    """How what was asked for went."""

    NOT_SAID = 0
    SUCCESS = 1
    FAILURE = 2
    EMPTY = 3
    """A response without an outcome: that of a future-dated Command comes later, as 8F66 or 8F67."""

    TIMEOUT = 4

    @property
    def text(self) -> str:
        """As it stands in a table: `success`; empty where it is not said."""
        return self.name.lower() if self else ""


class CredentialType(IntEnum):
    """What a credential is for: the CredentialType of 6.17 and the CertificateUsage of a Trust Anchor Cell."""

    NOT_SAID = 0
    DIGITAL_SIGNING = 1
    """`Digital Signature` in 6.17 and 6.24.2, `DigitalSigning` in a cell."""

    KEY_AGREEMENT = 2
    KEY_AGREEMENT_TOP_UP = 3
    KEY_CERT_SIGN = 4

    @property
    def text(self) -> str:
        """As DUIS writes it of a cell: `DigitalSigning`; empty where it is not said."""
        return self.name.title().replace("_", "") if self else ""


class Role(IntEnum):
    """The Remote Party Role of a Trust Anchor Cell (DUIS, `RemotePartyRole`)."""

    NOT_SAID = 0
    SUPPLIER = 1
    NETWORK_OPERATOR = 2
    RECOVERY = 3
    ROOT = 4
    ACB = 5
    TRANS_COS = 6
    LOAD_CONTROLLER = 7

    @property
    def text(self) -> str:
        """As DUIS writes it: `NetworkOperator`; empty where it is not said."""
        return _ROLE_TEXTS[self]


_ROLE_TEXTS: Final = (
    "", "Supplier", "NetworkOperator", "Recovery", "Root", "ACB", "TransCoS", "LoadController",
)  # fmt: skip

REPLACING: Final = ("6.15.1", "6.21", "6.23")
"""Variants that put a remote party's certificates in a Trust Anchor Cell; their outcome may be future-dated."""

OF_SUPPLIER: Final = "6.23"
"""The one of them that concerns the Supplier's cells alone."""

FUTURE_DATED: Final = ("6.15.1", "6.23")
"""Those whose outcome the Device itself sends later, as 8F66 or 8F67."""


class Evidence(NamedTuple):
    """One row of evidence; see the module for what each kind says.

    at:                Instant it was received.
    device_id:         The Device it is of.
    srv:               Service Reference Variant, as `6.15.1`; empty where it is not said.
    party_id:          The remote party: an EUI-64 as text, or a name.
    certificate_hash:  SHA-1 of the certificate, as it was given.
    sender:            Who sent the Service Request.
    """

    at: Instant
    device_id: DeviceId
    kind: Kind
    srv: ServiceReferenceVariant = ""
    credential_type: CredentialType = CredentialType.NOT_SAID
    outcome: Outcome = Outcome.NOT_SAID
    role: Role = Role.NOT_SAID
    party_id: str = ""
    certificate_hash: str = ""
    sender: str = ""

    @property
    def is_replacing(self) -> bool:
        """Whether it is of a Command that puts a remote party's certificates in a cell, however that went."""
        if self.kind is Kind.FUTURE_DATED_OUTCOME:
            return not self.srv or self.srv in REPLACING
        return self.kind is Kind.SRV_RESPONSE and self.srv in REPLACING

    @property
    def role_replaced(self) -> Role:
        """Of a Command that replaces certificates: the role of the cells."""
        is_told_by_srv = self.role is Role.NOT_SAID and self.srv == OF_SUPPLIER
        return Role.SUPPLIER if is_told_by_srv else self.role

    @property
    def is_answer(self) -> bool:
        """Whether the Device itself said it: so it communicates."""
        if self.kind in (Kind.SRV_RESPONSE, Kind.FUTURE_DATED_OUTCOME):
            return self.outcome in (Outcome.SUCCESS, Outcome.FAILURE, Outcome.EMPTY)
        return self.is_read

    @property
    def is_read(self) -> bool:
        """Whether it is a cell that was read, and not an attempt to read one."""
        return self.kind is Kind.CREDENTIALS_READ and self.outcome in (Outcome.NOT_SAID, Outcome.SUCCESS)


class Registration(NamedTuple):
    """Who is registered for a Device in a role, from an instant on."""

    device_id: DeviceId
    role: Role
    party_id: str
    since: Instant
