"""Service Reference Variants: what each is called, whether it is Critical, and in which User Roles it may be sent.

`service_reference_variants.tsv` was made from the published DUIS schema and
request matrix, in which 7.16, 8.5 and 8.6 name no role. Names are shortened
where the published one explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tidegate.vocabulary.users import UserRole


@dataclass(frozen=True, slots=True)
class ServiceReferenceVariantEntry:
    """What is published about one Service Reference Variant.

    srv:            It, as `8.14.1`.
    is_critical:    It is sent in two steps: a Transform, then the signed pre-command.
    is_non_device:  The DCC answers it without asking a Device.
    roles:          The User Roles it may be sent in; empty where the matrix names none.
    """

    srv: str
    name: str
    is_critical: bool
    is_non_device: bool
    roles: tuple[UserRole, ...]


@cache
def published_variants() -> Mapping[str, ServiceReferenceVariantEntry]:
    """Every published Service Reference Variant, by number, in their order."""
    table = files("tidegate.vocabulary").joinpath("service_reference_variants.tsv")
    entries = {}
    for line in table.read_text(encoding="utf-8").splitlines()[1:]:
        srv, name, critical, non_device, roles = line.split("\t")
        of_roles = tuple(UserRole(role) for role in roles.split(",") if role)
        entries[srv] = ServiceReferenceVariantEntry(
            srv, name, critical == "Yes", non_device == "Yes", of_roles
        )
    return entries


def variant_in_words(srv: str) -> str:
    """A variant with its name: `7.4 Read Supply Status`; its number alone where it is not published."""
    entry = published_variants().get(srv)
    return f"{srv} {entry.name}" if entry else srv
