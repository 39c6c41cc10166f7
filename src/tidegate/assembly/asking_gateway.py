"""Asking a gateway that runs, over HTTP, on behalf of a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tidegate.vocabulary.faults import Fault, InputError

_ANSWERS_S: Final = 30
_LONGEST_ANSWER: Final = 1 << 26


def ask_gateway(
    server: str,
    token: str,
    path: str,
    body: Mapping[str, object] | None = None,
    *,
    within_s: float = _ANSWERS_S,
) -> Any:
    """What a gateway answers, JSON; a POST where there is a body.

    token:  Says who asks; empty: nobody has to.

    Raises:
        InputError: it cannot be reached, or refuses; with the faults it tells.
    """
    server = server.rstrip("/")
    _refuse_in_clear(server, token)
    headers = {"accept": "application/json", "content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = Request(server + path, data, headers)  # noqa: S310 - http and https only: see _refuse_in_clear
    try:
        with urlopen(request, timeout=within_s) as answer:  # noqa: S310
            return json.loads(answer.read(_LONGEST_ANSWER))
    except HTTPError as error:
        with error:
            raise InputError(*_faults_in(server, error.code, error.read(_LONGEST_ANSWER))) from None
    except (URLError, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", error)
        what = f"the gateway cannot be reached: {reason}"
        raise InputError(Fault(server, what, "Is it running? Without one, use --journal.")) from None
    except ValueError:
        raise InputError(
            Fault(server, "what answers is no gateway of Tidegate", "Look at the URL.")
        ) from None


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
    remedy = "Give a token of scope operate: --token-file FILE." if status in {401, 403} else ""
    return [Fault(server, f"the gateway answers {status}{': ' if what else ''}{what}".rstrip("."), remedy)]
