"""The configuration of `tidegate serve`: a TOML file, a folder of secrets, the environment; the later ones win.

Everything has a default: with no configuration at all the gateway listens on
this machine alone, keeps its journal beside it, and asks nobody who they are.
docs/reference/configuration.md tells every key.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from tidegate.vocabulary.devices import format_device_id, parse_device_id
from tidegate.vocabulary.service_requests import is_service_reference_variant

FILE_NAME: Final = "tidegate-serve.toml"
"""The file that is read where none is named."""

ENVIRONMENT: Final = "TIDEGATE_"
"""What a variable begins with; two underscores stand between a table and its key."""

BETWEEN: Final = "__"


def _eui(text: str) -> str:
    return format_device_id(parse_device_id(text))


def _user(text: str) -> str:
    """An EUI-64 is written one way; a name stays as it is."""
    try:
        return _eui(text)
    except ValueError:
        if not text.strip():
            raise ValueError("it is empty: write an EUI-64, or a name") from None
        return text.strip()


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004 - ports are 16 bits
        raise ValueError(f"{text!r} is no address and port: write 127.0.0.1:8080")
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        has_host = False
    if not has_host or parts.scheme not in {"http", "https"} or any(mark.isspace() for mark in text):
        raise ValueError(f"{text!r} is no address of a service: write https://host/path")
    return text


def _time_of_day(text: str) -> str:
    hour, _, minute = text.partition(":")
    if not (
        len(text) == len("07:00")
        and hour.isdecimal()
        and minute.isdecimal()
        and hour < "24"
        and minute < "60"
    ):
        raise ValueError(f"{text!r} is no time of day: write 07:00")
    return text


Eui = Annotated[str, AfterValidator(_eui)]
User = Annotated[str, AfterValidator(_user)]
Address = Annotated[str, AfterValidator(_address)]
Url = Annotated[str, AfterValidator(_url)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class Form(BaseModel):
    """A table of the file: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipient(Form):
    """A User whose Alerts are delivered."""

    user: User
    name: str = ""
    role: Literal["IS", "ES", "GS", "RSA", "ED", "GT", "OU", ""] = ""
    url: Url | None = None
    takes_throttle_metadata: bool = False
    notices: bool = True


class NoticeParty(Form):
    """Who is told of storms, problems and early warnings, and how. `*`: everything, for those who operate the gateway."""

    party: User
    name: str = ""
    immediate: bool = True
    early_warnings: bool = True
    digest: bool = True
    digest_at: TimeOfDay = "07:00"
    quiet_from: TimeOfDay = "00:00"
    quiet_until: TimeOfDay = "00:00"
    most_an_hour: Count = 10
    addresses: list[SecretStr] = []
    addresses_file: Path | None = None
    webhook: Url | None = None
    webhook_secret: SecretStr | None = None
    webhook_secret_file: Path | None = None


class NoticesTable(Form):
    """Notices."""

    source: str = "urn:tidegate:gateway"
    parties: list[NoticeParty] = []


class JournalTable(Form):
    """Where everything is kept."""

    url: SecretStr = SecretStr("sqlite:///tidegate-journal.db")
    keep_days: Annotated[int, Field(ge=3)] | None = None


class PolicyTable(Form):
    """Which policy is in force where the journal has none yet."""

    begin_with: str = "illustrative-2"
    inventory: Path | None = None


class SignaturesTable(Form):
    """How documents are verified that come in."""

    verify: bool | None = None
    certificates: Path | None = None
    dcc_roles: list[str] | None = None
    dcc_parties: list[Eui] = []
    accept_expired: bool = False
    check_payload: bool = True
    xml_schema: Annotated[Path | None, Field(alias="schema")] = None


class SigningTable(Form):
    """What documents are signed with that throttle metadata is added to."""

    key: Path | None = None
    certificate: Path | None = None
    password: SecretStr | None = None


class DeliveryTable(Form):
    """How the gateway comes to the services of its recipients, where they are https."""

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    password: SecretStr | None = None


class Party(Form):
    """Who comes with a client certificate, or is named by a proxy."""

    party: Eui | Literal[""] = ""
    name: str
    subject: str
    scopes: Annotated[list[Literal["submit", "read", "operate"]], Field(min_length=1)]
    submits_for: list[Eui | Literal["any"]] = []


class ExcludedCodesTable(Form):
    """How much of excluded codes can be carried; beyond it an alarm. An illustrative capacity: no real one is public."""

    capacity_per_second: Annotated[float, Field(gt=0)] = 270
    period_seconds: Annotated[float, Field(ge=1, le=3_600)] = 60


class AccessTable(Form):
    """How callers say who they are."""

    mode: Literal["local", "token", "certificate", "proxy"] = "local"
    tokens: Path = Path("tidegate-tokens.json")
    proxy_header: str = "x-client-subject"
    proxies: list[str] = ["127.0.0.1"]


class TlsTable(Form):
    """HTTPS."""

    certificate: Path | None = None
    key: Path | None = None
    password: SecretStr | None = None
    client_authorities: Path | None = None


class OrderedFault(Form):
    """What the sandbox does in place of an answer.

    kind:         `outage`: 503 without RateLimit. `throttled`: 503 with it. `slow`: answers after `seconds`. `dropped`:
                  the connection closes without an answer, and the request is done. `error`: a DUIS error.
    one_in:       Every so many of the requests it is for.
    service, srv: Only requests of this service, of this variant.
    lasts:        Seconds from when it was ordered; none: until it is taken back.
    every, burst: Of every so many seconds, in the first so many only.
    seconds:      How late a slow answer is; when one who was throttled is told to come back.
    response_code: Of an error.
    """

    kind: Literal["outage", "throttled", "slow", "dropped", "error"]
    one_in: Count = 1
    service: Literal["serviceT", "serviceS", "serviceD", ""] = ""
    srv: str = ""
    lasts: Seconds | None = None
    every: Seconds | None = None
    burst: Seconds | None = None
    seconds: Annotated[float, Field(gt=0, le=600)] = 5
    response_code: Annotated[str, Field(pattern=r"^E[0-9]{1,6}$")] = "E21"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.every is None) != (self.burst is None):
            raise ValueError("a burst is so many seconds of every so many: write both every and burst")
        if self.every is not None and self.burst is not None and self.burst >= self.every:
            raise ValueError(
                "a burst of all the time is no burst: write a burst shorter than every, or neither"
            )
        if self.srv and not is_service_reference_variant(self.srv):
            raise ValueError(
                f"{self.srv!r} is no Service Reference Variant, and none would meet it: write it as 4.1.1"
            )
        return self


class SharedTable(Form):
    """The capacity is shared with other gateways, through a PostgreSQL database that all of them reach."""

    url: SecretStr
    gateways: Annotated[int, Field(ge=2)]
    name: Annotated[str, Field(max_length=100)] = ""
    capacity: Annotated[str, Field(min_length=1, max_length=100)] = "service-requests"
    every: Annotated[float, Field(ge=0.02)] = 0.2
    lease_for: Seconds = 5
    silent_for: Seconds = 60


class ServiceRequestsTable(Form):
    """Service Requests: whose they are, what each User is given, and where they go."""

    users: Path | None = None
    allocations: dict[Eui, Annotated[int, Field(ge=0)]] = {}
    upstream: Url | None = None
    upstream_seconds: Seconds = 2.5
    sandbox: bool = False
    sandbox_answers_after: Annotated[float, Field(ge=0)] = 1
    sandbox_faults: list[OrderedFault] = []
    shared: SharedTable | None = None


class LimitsTable(Form):
    """How much may come, and how slowly."""

    document_bytes: Count = 1_048_576
    batch_bytes: Count = 67_108_864
    bodies_bytes: Count = 134_217_728
    request_seconds: Seconds = 20
    batch_seconds: Seconds = 120
    idle_seconds: Seconds = 75
    connections: Count = 2_000
    requests: Count = 4_000
    batches: Count = 2
    reading_processes: Annotated[int, Field(ge=0)] | None = None
    drain_seconds: Seconds = 30


class LogsTable(Form):
    """What is told of what happens."""

    json_lines: bool = False
    level: Literal["debug", "info", "warning", "error"] = "info"
    device_ids: bool = False


class Settings(BaseSettings):
    """All of it."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT,
        env_nested_delimiter=BETWEEN,
        extra="forbid",
        frozen=True,
        secrets_prefix="",
        secrets_nested_delimiter=BETWEEN,
        secrets_dir_missing="ok",
    )

    listen: Address = "127.0.0.1:8080"
    reached_at: Url | None = None
    recipients: list[Recipient] = []
    parties: list[Party] = []
    journal: JournalTable = JournalTable()
    policy: PolicyTable = PolicyTable()
    excluded_codes: ExcludedCodesTable = ExcludedCodesTable()
    signatures: SignaturesTable = SignaturesTable()
    signing: SigningTable = SigningTable()
    delivery: DeliveryTable = DeliveryTable()
    service_requests: ServiceRequestsTable = ServiceRequestsTable()
    access: AccessTable = AccessTable()
    tls: TlsTable = TlsTable()
    limits: LimitsTable = LimitsTable()
    logs: LogsTable = LogsTable()
    notices: NoticesTable = NoticesTable()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before secrets, secrets before the file."""
        del settings_cls, dotenv_settings
        # What the file says is what the settings are made with: see `settings_reading`.
        return env_settings, NestedSecretsSettingsSource(file_secret_settings), init_settings

    @property
    def host(self) -> str:
        """The address listened on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port listened on; 0: any that is free."""
        return int(self.listen.rpartition(":")[2])

    def server_url(self, port: int) -> str:
        """Where a command reaches the gateway, listening on a port: on its own machine, where nothing else is said."""
        if self.reached_at is not None:
            return self.reached_at.rstrip("/")
        everywhere = {"": "localhost", "0.0.0.0": "localhost", "::": "localhost"}  # noqa: S104 - read, not bound
        host = everywhere.get(self.host, self.host)
        scheme = "http" if self.tls.certificate is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def is_loopback(self) -> bool:
        """Only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def verifies(self) -> bool:
        """Signatures are verified: where it is said, else where there are certificates to verify with."""
        said = self.signatures.verify
        return self.signatures.certificates is not None if said is None else said
