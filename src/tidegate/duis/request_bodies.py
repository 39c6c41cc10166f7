"""What stands in the Body of each Service Request, by its Service Reference Variant.

A header names the variant and the body is what is done: where the two differ,
a request could claim the priority of another. `request_bodies.tsv` was made
from the published DUIS schema and use-case tables; `message_code` is the first
GBCS Message Code of the variant, where one is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

SIGNED_PRE_COMMAND: Final = "SignedPreCommand"
"""The Body of every Critical request's second step."""


class RequestBody(NamedTuple):
    """What a variant's Body is.

    element:       Its element.
    is_signed:     It may come as a signed pre-command: it is Critical, or the schema lists such Command Variants.
    message_code:  GBCS Message Code of what the Device is sent; None: none is published.
    """

    element: str
    is_signed: bool
    message_code: int | None


@cache
def request_bodies() -> Mapping[str, RequestBody]:
    """Every published variant's body, by Service Reference Variant."""
    table = files("tidegate.duis").joinpath("request_bodies.tsv")
    rows = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()[1:])
    return {
        srv: RequestBody(element, signed == "Yes", int(code, 16) if code else None)
        for srv, element, signed, code in rows
    }


@cache
def variant_of_body() -> Mapping[str, str]:
    """The Service Reference Variant of each element of the Body."""
    return {body.element: srv for srv, body in request_bodies().items()}
