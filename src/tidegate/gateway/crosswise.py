"""What is wrong with keys of a configuration together: each may be right, and they are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tidegate.gateway.settings import Settings
from tidegate.policy_files.places import KeyPath

Found = tuple[KeyPath, str, str]
"""Where, what and its remedy."""


def found_crosswise(settings: Settings, unsound: Collection[KeyPath] = ()) -> Iterator[Found]:
    """What is wrong with keys together, and with files they name.

    unsound:  Keys with a fault of their own, which the settings have without it: of what they are part of nothing is said.
    """
    for tables, check in _CHECKS.items():
        if not any(touches(unsound, (table,)) for table in tables):
            yield from check(settings)
    yield from _files(settings)


def touches(unsound: Collection[KeyPath], path: KeyPath) -> bool:
    """Whether a key, or one within it, or one that it is within, is among some."""
    return any(each[: len(path)] == path[: len(each)] for each in unsound)


def _twice(names: Sequence[str], table: str, key: str) -> Iterator[Found]:
    for twice, count in Counter(names).items():
        if count > 1:
            second = len(names) - 1 - names[::-1].index(twice)
            yield (table, second, key), f"{twice} is there {count} times", "Keep one of them."


def _recipients(settings: Settings) -> Iterator[Found]:
    return _twice([each.user for each in settings.recipients], "recipients", "user")


def _parties(settings: Settings) -> Iterator[Found]:
    return _twice([each.subject for each in settings.parties], "parties", "subject")


def _access(settings: Settings) -> Iterator[Found]:
    access, tls = settings.access, settings.tls
    if access.mode == "local" and not settings.is_loopback:
        yield (
            ("listen",),
            f"{settings.listen} can be reached from elsewhere, and in local mode nobody is asked who they are",
            'Listen on 127.0.0.1, or write mode = "token", "certificate" or "proxy" under [access].',
        )
    yield from _pair("tls", tls.certificate, tls.key)
    if access.mode == "certificate" and (tls.certificate is None or tls.client_authorities is None):
        what = "callers are known by their certificates, which takes TLS and the authorities that issue them"
        yield ("access", "mode"), what, "Give tls.certificate, tls.key and tls.client_authorities."
    if access.mode in ("certificate", "proxy") and not settings.parties:
        what = "callers are known by the subjects of their certificates, and none is named"
        yield ("access", "mode"), what, "Add a [[parties]] table for each, with its subject."
    if access.mode == "token" and not settings.is_loopback and tls.certificate is None:
        what = "tokens would cross the network in the clear"
        yield ("listen",), what, "Give tls.certificate and tls.key, or listen on 127.0.0.1 behind a proxy."


def _signatures(settings: Settings) -> Iterator[Found]:
    signatures, signing = settings.signatures, settings.signing
    if signatures.verify and signatures.certificates is None:
        what = "there are no certificates to verify with"
        yield ("signatures", "verify"), what, "Name their folder as signatures.certificates."
    if signatures.verify is None and signatures.certificates is None and settings.access.mode != "local":
        what = "nothing says whether signatures are verified"
        yield (
            ("signatures",),
            what,
            "Name a folder as signatures.certificates, or write verify = false, to take documents unsigned.",
        )
    yield from _pair("signing", signing.certificate, signing.key)
    yield from _pair("delivery", settings.delivery.certificate, settings.delivery.key)
    if signing.key is None:
        for number, recipient in enumerate(settings.recipients):
            if recipient.takes_throttle_metadata:
                yield (
                    ("recipients", number, "takes_throttle_metadata"),
                    "a document that metadata is added to must be signed anew, and there is no key",
                    "Give signing.key and signing.certificate.",
                )


def _service_requests(settings: Settings) -> Iterator[Found]:
    given = settings.service_requests
    if given.upstream is not None and given.sandbox:
        what = "requests are passed on, or answered by the sandbox, and not both"
        yield ("service_requests", "sandbox"), what, "Keep upstream, or sandbox = true."
    if given.users is not None and given.allocations:
        what = "the allocations are worked out from the Users, and given too"
        yield ("service_requests", "allocations"), what, "Keep one of users and allocations."
    if given.users is not None and not given.users.is_file():
        yield ("service_requests", "users"), f"there is no file {given.users}", "Name a table of Users."
    if given.sandbox_faults and not given.sandbox:
        what = "faults are ordered in the sandbox, and there is none"
        yield ("service_requests", "sandbox_faults"), what, "Write sandbox = true, or take them out."
    if (shared := given.shared) is not None:
        at = ("service_requests", "shared")
        if given.users is None and not given.allocations:
            what = "gateways share what each User is given, and nothing says what that is"
            yield at, what, "Give service_requests.users or service_requests.allocations."
        if not shared.url.get_secret_value().startswith("postgresql"):
            what = "several gateways share a capacity through a PostgreSQL database, and this is none"
            yield (*at, "url"), what, "Write postgresql://host/database."
        if shared.lease_for < 5 * shared.every:
            what = "a part must hold for five reports or more, so that one that is late costs nothing"
            yield (*at, "lease_for"), what, f"Write {5 * shared.every:g} or more."
        if shared.silent_for <= 4 * shared.lease_for:
            what = "a gateway may be taken for gone only when it is sure to have no part any more"
            yield (*at, "silent_for"), what, f"Write more than {4 * shared.lease_for:g}."


def _pair(table: str, certificate: Path | None, key: Path | None) -> Iterator[Found]:
    """A certificate and its key come together."""
    if (certificate is None) != (key is None):
        given, other = ("certificate", "key") if key is None else ("key", "certificate")
        yield (table, given), f"it is there without its {other}", f"Give {table}.{other} too."


def _files(settings: Settings) -> Iterator[Found]:
    named: dict[KeyPath, Path | None] = {
        ("tls", "certificate"): settings.tls.certificate,
        ("tls", "key"): settings.tls.key,
        ("tls", "client_authorities"): settings.tls.client_authorities,
        ("signing", "key"): settings.signing.key,
        ("signing", "certificate"): settings.signing.certificate,
        ("signatures", "schema"): settings.signatures.xml_schema,
        ("delivery", "authorities"): settings.delivery.authorities,
        ("delivery", "certificate"): settings.delivery.certificate,
        ("delivery", "key"): settings.delivery.key,
        ("policy", "inventory"): settings.policy.inventory,
    }
    for path, file in named.items():
        if file is not None and not file.is_file():
            yield path, f"there is no file {file}", ""
    folder = settings.signatures.certificates
    if folder is not None and not folder.is_dir():
        yield ("signatures", "certificates"), f"there is no folder {folder}", ""


_CHECKS: Final[Mapping[Sequence[str], Callable[[Settings], Iterator[Found]]]] = {
    ("listen", "access", "tls", "parties"): _access,
    ("signatures", "signing", "access", "delivery", "recipients"): _signatures,
    ("service_requests",): _service_requests,
    ("recipients",): _recipients,
    ("parties",): _parties,
}
"""Each with the keys it reads."""
