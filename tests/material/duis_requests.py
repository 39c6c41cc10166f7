"""DUIS Requests written as text, by the schema's shape and without a line of the reader they try; canonical, so that
`signed_alerts.signed` can sign them."""

from __future__ import annotations

from tests.material.duis_documents import DECLARATION, DUIS, eui
from tests.material.gbcs_alerts import ESME, SUPPLIER

READ_REGISTERS = "<sr:ReadInstantaneousImportRegisters></sr:ReadInstantaneousImportRegisters>"  # as Canonical XML writes it
TOP_UP = "<sr:TopUpDevice><sr:UTRN>73950067887105178605</sr:UTRN></sr:TopUpDevice>"
UPDATE_DEBT = "<sr:UpdateDebt></sr:UpdateDebt>"
ENABLE_SUPPLY = "<sr:EnableSupply></sr:EnableSupply>"
READ_INVENTORY = "<sr:ReadInventory><sr:DeviceID>00-DB-12-34-56-78-90-A0</sr:DeviceID></sr:ReadInventory>"
SIGNED_PRE_COMMAND = "<sr:SignedPreCommand><sr:GBCSPayload>3wkB</sr:GBCSPayload></sr:SignedPreCommand>"


def request_id(counter: int = 1000, *, user: int = SUPPLIER, device: int = ESME) -> str:
    """A RequestID: who asks, whom, and the counter."""
    return f"{eui(user)}:{eui(device)}:{counter}"


def request(
    srv: str = "4.1.1",
    body: str = READ_REGISTERS,
    *,
    counter: int = 1000,
    user: int = SUPPLIER,
    device: int = ESME,
    command_variant: str = "1",
    preceding: str = "",
    first: str = "",
    named: str | None = None,
    reference: str | None = None,
    declaration: str = DECLARATION,
) -> bytes:
    """A Request around the inside of its Body; `named` in place of its RequestID."""
    header = f"<sr:RequestID>{request_id(counter, user=user, device=device) if named is None else named}</sr:RequestID>"
    if first:
        header += f"<sr:FirstInSequence>{first}</sr:FirstInSequence>"
    if preceding:
        header += f"<sr:PrecedingServiceRequestID>{preceding}</sr:PrecedingServiceRequestID>"
    header += f"<sr:CommandVariant>{command_variant}</sr:CommandVariant>"
    said = ".".join(srv.split(".")[:2]) if reference is None else reference
    header += f"<sr:ServiceReference>{said}</sr:ServiceReference>"
    header += f"<sr:ServiceReferenceVariant>{srv}</sr:ServiceReferenceVariant>"
    return (
        f'{declaration}<sr:Request xmlns:sr="{DUIS}" schemaVersion="5.4">'
        f"<sr:Header>{header}</sr:Header><sr:Body>{body}</sr:Body></sr:Request>"
    ).encode()


def top_up(counter: int, *, user: int = SUPPLIER) -> bytes:
    """A prioritised request: it adds credit."""
    return request("2.2", TOP_UP, counter=counter, user=user)


def transform(counter: int = 1000, *, user: int = SUPPLIER) -> bytes:
    """The first step of a Critical request."""
    return request("2.3", UPDATE_DEBT, counter=counter, user=user, command_variant="4")


def signed_pre_command(counter: int = 1000, *, user: int = SUPPLIER) -> bytes:
    """Its second step, under the RequestID of the first."""
    return request("2.3", SIGNED_PRE_COMMAND, counter=counter, user=user, command_variant="5")


def read_inventory(counter: int = 1000, *, user: int = SUPPLIER) -> bytes:
    """A request that the DCC answers without asking a Device."""
    return request(
        "8.2", READ_INVENTORY, counter=counter, user=user, device=0x90B3D51F30000002, command_variant="8"
    )
