"""Who is at the door: from a request, without reading more of it than its headers."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from tidegate.gateway.parties import LOCAL, Caller, Scope
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.gateway.settings import Party, Settings
from tidegate.gateway.tokens import TokenFile
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from starlette.types import Scope as Request

SUBJECT: Final = "tidegate.subject"
"""Where the server puts the subject of a client's certificate into a request."""

Identify = Callable[["Request", Mapping[bytes, bytes]], Caller]
"""Who a request is from; raises Refusal where nobody is."""

_SHORT_NAMES: Final = {
    "commonName": "CN",
    "organizationalUnitName": "OU",
    "organizationName": "O",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "countryName": "C",
    "streetAddress": "STREET",
    "domainComponent": "DC",
    "userId": "UID",
}
_ESCAPED: Final = str.maketrans({mark: f"\\{mark}" for mark in ',+"\\<>;'})


def identification(settings: Settings, clock: Callable[[], Instant]) -> Identify:
    """How callers are told apart, by the settings."""
    mode = settings.access.mode
    if mode == "local":
        return lambda _request, _headers: LOCAL
    if mode == "token":
        return _by_token(TokenFile(settings.access.tokens), clock)
    callers = {_plain(each.subject): _caller_of(each) for each in settings.parties}
    if mode == "certificate":
        return lambda request, _headers: _named(callers, request.get(SUBJECT, ""))
    header, proxies = settings.access.proxy_header.lower().encode(), frozenset(settings.access.proxies)
    return _by_proxy(callers, header, proxies)


def subject_of(certificate: Mapping[str, Any] | None) -> str:
    """The subject of a certificate, as `ssl.SSLObject.getpeercert` gives it, in the form of RFC 4514."""
    names: Sequence[Any] = (certificate or {}).get("subject", ())
    return ",".join(
        "+".join(f"{_SHORT_NAMES.get(kind, kind)}={value.translate(_ESCAPED)}" for kind, value in together)
        for together in reversed(names)
    )


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """TLS as the settings ask for it; clients must show a certificate where they are known by it.

    Raises:
        InputError: a certificate, its key or the authorities cannot be used.
    """
    tls = settings.tls
    if tls.certificate is None or tls.key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _show(context, "tls", tls.certificate, tls.key, tls.password)
    if settings.access.mode == "certificate":
        context.verify_mode = ssl.CERT_REQUIRED
        with _told_as("tls.client_authorities", "certificates of authorities"):
            context.load_verify_locations(tls.client_authorities)
    return context


def delivery_tls(settings: Settings) -> ssl.SSLContext | None:
    """TLS towards the services of recipients; None: the machine's authorities, and no certificate of ours.

    Raises:
        InputError: a certificate, its key or the authorities cannot be used.
    """
    given = settings.delivery
    if given.authorities is None and given.certificate is None:
        return None
    with _told_as("delivery.authorities", "certificates of authorities"):
        context = ssl.create_default_context(cafile=given.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if given.certificate is not None:
        _show(context, "delivery", given.certificate, given.key, given.password)
    return context


def _show(
    context: ssl.SSLContext, table: str, certificate: Path, key: Path | None, password: SecretStr | None
) -> None:
    """Load our certificate; where its key is encrypted and no password is given, nobody is asked for one."""
    with _told_as(f"{table}.certificate", "a certificate, and its own key with the password there is"):
        said = "" if password is None else password.get_secret_value()
        context.load_cert_chain(certificate, key, lambda: said)


@contextmanager
def _told_as(where: str, what: str) -> Iterator[None]:
    """What OpenSSL does not take is a fault of the configuration."""
    try:
        yield
    except ssl.SSLError as error:
        why = (error.reason or "it is no PEM").replace("_", " ")
        raise InputError(Fault(where, f"it cannot be used: {why}", f"Name {what}, in PEM.")) from None
    except OSError as error:
        what = f"it cannot be read: {error.strerror}"
        raise InputError(Fault(where, what, "Name a file that the gateway may read.")) from None


def _by_token(tokens: TokenFile, clock: Callable[[], Instant]) -> Identify:
    def identify(_request: Request, headers: Mapping[bytes, bytes]) -> Caller:
        kind, _, text = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            raise Refusal(AtTheDoor.NO_CREDENTIALS, "send Authorization: Bearer and a token")
        return tokens.caller_of(text.strip(), clock())

    return identify


def _by_proxy(callers: Mapping[str, Caller], header: bytes, proxies: frozenset[str]) -> Identify:
    def identify(request: Request, headers: Mapping[bytes, bytes]) -> Caller:
        # Whoever reaches us beside the proxy could write the header too.
        client = request.get("client")
        if client is None or client[0] not in proxies:
            raise Refusal(AtTheDoor.NO_CREDENTIALS, "requests come through the proxy")
        return _named(callers, headers.get(header, b"").decode("latin-1"))

    return identify


def _named(callers: Mapping[str, Caller], subject: str) -> Caller:
    if not subject:
        raise Refusal(AtTheDoor.NO_CREDENTIALS)
    caller = callers.get(_plain(subject))
    if caller is None:
        raise Refusal(AtTheDoor.CREDENTIALS, "its subject is nobody's here")
    return caller


def _caller_of(party: Party) -> Caller:
    return Caller(
        party.name, party.party, frozenset(Scope(each) for each in party.scopes), frozenset(party.submits_for)
    )


def _plain(subject: str) -> str:
    """A subject as it is compared: no blanks around separators."""
    return ",".join(part.strip() for part in subject.split(","))
