"""From a file, a folder of secrets and the environment to settings, or to every fault of them at once.

A fault stands where a person can find it: a line of the file, a variable, or a
file of the folder. What is secret is never shown.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from tidegate.gateway.settings import BETWEEN, ENVIRONMENT, FILE_NAME, Settings
from tidegate.policy_files.places import KeyPath, Places, dotted
from tidegate.vocabulary.faults import Fault, InputError

_LARGEST_FILE: Final = 1 << 20
_LONGEST_SHOWN: Final = 60
_SECRET: Final = frozenset({"password", "url"})
_WHAT_BELONGS: Final = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text in quotation marks",
    "path_type": "a path in quotation marks",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "list_type": "a list",
}


def read_settings(file: Path | None = None, secrets: Path | None = None) -> Settings:
    """The settings of a file (`tidegate-serve.toml` of this folder if there is one), secrets and the environment.

    Raises:
        InputError: with every fault found.
    """
    if file is None and Path(FILE_NAME).exists():
        file = Path(FILE_NAME)
    text = "" if file is None else _text_of(file)
    where = _Where("" if file is None else str(file), text, secrets)
    document = _document_of(text, where)
    try:
        settings = Settings(_secrets_dir=secrets, **document)  # type: ignore[call-arg]
    except ValidationError as error:
        raise InputError(*(_fault(details, where) for details in error.errors(include_url=False))) from None
    except SettingsError as error:
        what, _, _ = str(error).partition("\n")
        remedy = "Lists and tables are written as JSON in a variable."
        raise InputError(Fault(f"{ENVIRONMENT}*", what, remedy)) from None
    faults = [Fault(where.of(path), what, remedy) for path, what, remedy in _crosswise(settings)]
    if faults:
        raise InputError(*faults)
    return settings


class _Where:
    """Where a key was written."""

    def __init__(self, file: str, text: str, secrets: Path | None) -> None:
        self._file = file
        self._places: Places | None = None
        self._text = text
        self._secrets = secrets

    def of(self, path: KeyPath) -> str:
        name = BETWEEN.join(str(key) for key in path)
        for length in range(len(path), 0, -1):
            variable = ENVIRONMENT + BETWEEN.join(str(key) for key in path[:length]).upper()
            for given in os.environ:
                if given.upper() == variable:
                    return given
        if self._secrets is not None and (self._secrets / name).exists():
            return str(self._secrets / name)
        if self._places is None:
            self._places = Places(self._text)
        line = self._places.line_of(path)
        if line:
            return f"{self._file}:{line}: {dotted(path)}"
        return f"{self._file}: {dotted(path)}" if self._file else dotted(path)


def _text_of(file: Path) -> str:
    try:
        octets = file.read_bytes()
    except OSError as error:
        what = f"it cannot be read: {error.strerror}"
        raise InputError(Fault(str(file), what, "Name a file with --config, or give none.")) from None
    try:
        text = octets.decode("utf-8") if len(octets) <= _LARGEST_FILE else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise InputError(Fault(str(file), "it is no configuration in UTF-8", "Write it as TOML."))
    return text


def _document_of(text: str, where: _Where) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault(where._file, f"it is not TOML: {error}", "Mend the line.")) from None  # noqa: SLF001
    except RecursionError:
        what = "brackets stand in brackets too deep"
        raise InputError(Fault(where._file, what, "Write a configuration.")) from None  # noqa: SLF001
    except ValueError:  # a number with more digits than Python reads
        what = "a number in it has thousands of digits"
        raise InputError(Fault(where._file, what, "Write a configuration.")) from None  # noqa: SLF001
    hidden = [key for key in document if key.startswith("_")]
    if hidden:
        raise InputError(*(_unknown((key,), where) for key in hidden))
    return document


def _fault(details: ErrorDetails, where: _Where) -> Fault:
    path: KeyPath = _written(details["loc"])
    kind, value = details["type"], details["input"]
    place = where.of(path)
    if kind == "extra_forbidden":
        return _unknown(path, where)
    if kind == "missing":
        return Fault(place, f"{path[-1]} is missing", f'Write {path[-1]} = "...".')
    if kind == "value_error":
        what, _, remedy = str(details["ctx"]["error"]).partition(": write ")
        return Fault(place, what, f"Write {remedy}." if remedy else "")
    said = "what stands there" if path[-1] in _SECRET else _shown(value)
    if kind == "literal_error":
        return Fault(place, f"{said} is none of the words", f"Write {details['ctx']['expected']}.")
    if kind in _WHAT_BELONGS:
        return Fault(place, f"{said} stands where {_WHAT_BELONGS[kind]} belongs")
    message = details["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return Fault(place, f"{said} is not {message}")


def _written(loc: tuple[int | str, ...]) -> KeyPath:
    """A place as it was written, without the names pydantic has for the members of a union."""
    path: list[str | int] = []
    for key in loc:
        if isinstance(key, str) and path and isinstance(path[-1], int) and not key.isidentifier():
            break
        if isinstance(key, str) and key.startswith(("literal[", "function-")):
            break
        path.append(key)
    return tuple(path)


def _unknown(path: KeyPath, where: _Where) -> Fault:
    table: type[BaseModel] | None = Settings
    for key in path[:-1]:
        if isinstance(key, int) or table is None:
            continue
        table = _table_of(table, key)
    known = [] if table is None else [each.alias or name for name, each in table.model_fields.items()]
    near = get_close_matches(str(path[-1]), known, 1)
    remedy = f"Write {near[0]}." if near else f"There are {', '.join(known)}." if known else ""
    return Fault(where.of(path), f"{path[-1]} is no key that is known here", remedy)


def _table_of(table: type[BaseModel], key: str) -> type[BaseModel] | None:
    field = table.model_fields.get(key)
    kind = None if field is None else field.annotation
    inner = getattr(kind, "__args__", (kind,))[0]
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


_Crosswise = tuple[KeyPath, str, str]


def _crosswise(settings: Settings) -> Iterator[_Crosswise]:
    """What is wrong with keys together."""
    yield from _access(settings)
    yield from _signatures(settings)
    yield from _service_requests(settings)
    yield from _files(settings)
    for users, path, what in (
        ([each.user for each in settings.recipients], "recipients", "user"),
        ([each.subject for each in settings.parties], "parties", "subject"),
    ):
        for twice, count in Counter(users).items():
            if count > 1:
                second = len(users) - 1 - users[::-1].index(twice)
                yield (path, second, what), f"{twice} is there {count} times", "Keep one of them."


def _access(settings: Settings) -> Iterator[_Crosswise]:
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


def _signatures(settings: Settings) -> Iterator[_Crosswise]:
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


def _service_requests(settings: Settings) -> Iterator[_Crosswise]:
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


def _pair(table: str, certificate: Path | None, key: Path | None) -> Iterator[_Crosswise]:
    """A certificate and its key come together."""
    if (certificate is None) != (key is None):
        given, other = ("certificate", "key") if key is None else ("key", "certificate")
        yield (table, given), f"it is there without its {other}", f"Give {table}.{other} too."


def _files(settings: Settings) -> Iterator[_Crosswise]:
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
