"""Asking a gateway that runs, over HTTP, on behalf of a command."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tidegate.vocabulary.faults import Fault, InputError

_ANSWERS_S: Final = 30
_LONGEST_ANSWER: Final = 1 << 26


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks, and whom it believes.

    token:        Says who asks; empty: nobody has to, or the certificate does.
    certificate:  A client certificate, where the gateway knows its callers by theirs; with its key.
    key:          The certificate's, where it stands in a file of its own.
    authorities:  Who issues the gateway's certificate; None: those of the machine.
    """

    token: str = ""
    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None

    def tls(self) -> ssl.SSLContext:
        """TLS towards the gateway.

        Raises:
            InputError: a file cannot be used.
        """
        try:
            context = ssl.create_default_context(cafile=self.authorities)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(self.authorities, "certificates of authorities", error) from None
        if self.certificate is not None:
            try:
                context.load_cert_chain(self.certificate, self.key)
            except (OSError, ssl.SSLError) as error:
                raise _unusable(self.certificate, "a certificate with its key", error) from None
        return context


NOBODY: Final = Credentials()
"""In local mode nobody is asked who they are."""


def ask_gateway(
    server: str,
    credentials: Credentials,
    path: str,
    body: Mapping[str, object] | None = None,
    *,
    within_s: float = _ANSWERS_S,
) -> Any:
    """What a gateway answers, JSON; a POST where there is a body.

    Raises:
        InputError: it cannot be reached, or refuses; with the faults it tells.
    """
    server, token = server.rstrip("/"), credentials.token
    _refuse_in_clear(server, token)
    headers = {"accept": "application/json", "content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = Request(server + path, data, headers)  # noqa: S310 - http and https only: see _refuse_in_clear
    tls = credentials.tls() if server.startswith("https:") else None
    try:
        with urlopen(request, timeout=within_s, context=tls) as answer:  # noqa: S310
            return json.loads(answer.read(_LONGEST_ANSWER))
    except HTTPError as error:
        with error:
            raise InputError(*_faults_in(server, error.code, error.read(_LONGEST_ANSWER))) from None
    except (URLError, TimeoutError, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        what = f"the gateway cannot be reached: {reason}"
        raise InputError(Fault(server, what, _remedy_of(reason))) from None
    except ValueError:
        raise InputError(
            Fault(server, "what answers is no gateway of Tidegate", "Look at the URL.")
        ) from None


def _remedy_of(reason: object) -> str:
    """What to do about a gateway that was not reached."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            "Name the file of those who issue its certificate as TIDEGATE_AUTHORITIES,"
            " and in --server the host that the certificate is of."
        )
    if isinstance(reason, ssl.SSLError | ConnectionResetError):  # it hangs up on who shows none
        return "Does it ask for a certificate? Name yours as TIDEGATE_CERTIFICATE, its key as TIDEGATE_KEY."
    return "Is it running? Without one, use --journal."


def _unusable(file: Path | None, what: str, error: OSError) -> InputError:
    why = error.strerror if not isinstance(error, ssl.SSLError) else error.reason
    return InputError(Fault(str(file), f"it cannot be used: {why or error}", f"Name {what} in PEM."))


def say_server(fault: Fault) -> Fault:
    """A fault of opening a journal; where an engine uses it, with the way to ask that one."""
    if "another engine uses it" not in fault.what:
        return fault
    return Fault(
        fault.where, fault.what, "Ask the gateway that runs on it: --server URL in place of --journal."
    )


def _refuse_in_clear(server: str, token: str) -> None:
    parts = urlsplit(server)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(Fault("--server", f"{server!r} is no URL of a gateway", "Write https://host:port."))
    if parts.scheme == "http" and token and not _is_loopback(parts.hostname):
        what = "the token would go over the network in clear"
        raise InputError(
            Fault("--server", what, "Write https://, or run the command on the gateway's machine.")
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _faults_in(server: str, status: int, body: bytes) -> list[Fault]:
    """What an answer says is wrong: our own faults, or a problem (RFC 9457), or its status alone."""
    try:
        said = json.loads(body)
        if faults := said.get("faults"):
            return [Fault(str(it["where"]), str(it["what"]), str(it.get("remedy", ""))) for it in faults]
        what = str(said.get("detail") or said.get("title") or "")
    except (ValueError, AttributeError, KeyError, TypeError):
        what = ""
    remedy = (
        "Come as a party of scope operate: with its token (--token-file FILE), or its certificate."
        if status in {401, 403}
        else ""
    )
    return [Fault(server, f"the gateway answers {status}{': ' if what else ''}{what}".rstrip("."), remedy)]
