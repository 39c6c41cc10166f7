"""The configuration: file, secrets, environment; every fault at once, each where a person finds it."""

from __future__ import annotations

import pytest

from tidegate.gateway.settings_reading import read_settings
from tidegate.vocabulary.faults import InputError


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(tmp_path, text, secrets=None):
    file = tmp_path / "serve.toml"
    file.write_text(text)
    return read_settings(file, secrets)


def faults_of(tmp_path, text, secrets=None):
    with pytest.raises(InputError) as raised:
        read(tmp_path, text, secrets)
    return {fault.where.rpartition("serve.toml")[2]: fault for fault in raised.value.faults}


def test_with_nothing_written_it_listens_on_this_machine_alone():
    settings = read_settings()

    assert ("127.0.0.1", 8080, True) == (settings.host, settings.port, settings.is_loopback)
    assert ("local", False) == (settings.access.mode, settings.verifies)


def test_a_recipient_takes_no_throttle_metadata_unless_it_is_said(tmp_path):
    (recipient,) = read(tmp_path, '[[recipients]]\nuser = "00db1234567890a0"\nurl = "https://a/b"').recipients

    assert ("00-DB-12-34-56-78-90-A0", False, True) == (
        recipient.user,
        recipient.takes_throttle_metadata,
        recipient.notices,
    )


def test_the_environment_stands_above_secrets_and_secrets_above_the_file(tmp_path, monkeypatch):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "journal__url").write_text("postgresql://secret@host/db\n")
    (secrets / "signing__password").write_text("of the secrets")
    monkeypatch.setenv("TIDEGATE_SIGNING__PASSWORD", "of the environment")

    settings = read(
        tmp_path,
        '[journal]\nurl = "sqlite:///of-the-file.db"\n[policy]\nbegin_with = "illustrative-1"',
        secrets,
    )

    assert "postgresql://secret@host/db" == settings.journal.url.get_secret_value()
    assert "illustrative-1" == settings.policy.begin_with
    assert settings.signing.password is not None
    assert "of the environment" == settings.signing.password.get_secret_value()


def test_what_is_secret_is_not_shown(tmp_path):
    settings = read(tmp_path, '[journal]\nurl = "postgresql://user:hunter2@host/db"')

    assert "hunter2" not in repr(settings)


def test_every_fault_is_told_at_once_with_its_line(tmp_path):
    faults = faults_of(
        tmp_path,
        'listen = "x"\n[limits]\nconnections = 0\ndocument_bites = 5\n[access]\nmode = "none"\n'
        '[[recipients]]\nuser = "a"\nurl = "ftp://x"\nrole = "XX"\n[[parties]]\nname = "b"\n',
    )

    assert {
        ":1: listen",
        ":3: limits.connections",
        ":4: limits.document_bites",
        ":6: access.mode",
        ":9: recipients.url, item 1",
        ":10: recipients.role, item 1",
        ":11: parties, item 1",
    } >= {where for where in faults if "parties" not in where}
    assert "Write document_bytes." == faults[":4: limits.document_bites"].remedy
    assert any("parties" in where for where in faults)


def test_a_fault_of_a_variable_is_told_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("TIDEGATE_LIMITS__CONNECTIONS", "many")

    assert {"TIDEGATE_LIMITS__CONNECTIONS"} == faults_of(tmp_path, "").keys()


def test_a_secret_that_is_faulty_is_not_shown_in_the_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("TIDEGATE_JOURNAL__URL", "postgresql://u:hunter2@h/d")
    monkeypatch.setenv("TIDEGATE_LISTEN", "nowhere")

    assert "hunter2" not in "".join(map(str, faults_of(tmp_path, "").values()))


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('listen = "0.0.0.0:80"', ":1: listen", "nobody is asked who they are"),
        ('[access]\nmode = "token"', ": signatures", "nothing says whether signatures are verified"),
        ("[signatures]\nverify = true", ":2: signatures.verify", "no certificates to verify with"),
        ('[signatures]\ncertificates = "no"', ":2: signatures.certificates", "there is no folder no"),
        ('[tls]\nkey = "serve.toml"', ":2: tls.key", "without its certificate"),
        ('[signing]\ncertificate = "serve.toml"', ":2: signing.certificate", "without its key"),
        (
            'listen = "192.0.2.1:80"\n[access]\nmode = "token"\n[signatures]\nverify = false',
            ":1: listen",
            "in the clear",
        ),
        (
            '[access]\nmode = "proxy"\n[signatures]\nverify = false',
            ":2: access.mode",
            "none is named",
        ),
        (
            '[[recipients]]\nuser = "a"\n[[recipients]]\nuser = "a"',
            ":4: recipients.user, item 2",
            "a is there 2 times",
        ),
        ("_secrets_dir = 1", ":1: _secrets_dir", "no key that is known"),
        ("recipients = 5", ":1: recipients", "a list belongs"),
    ],
)
def test_what_does_not_fit_together_is_told(tmp_path, text, where, what):
    faults = faults_of(tmp_path, text)

    assert what in faults[where].what


def test_a_recipient_that_takes_metadata_needs_a_key_to_sign_with(tmp_path):
    faults = faults_of(
        tmp_path,
        '[[recipients]]\nuser = "a"\ntakes_throttle_metadata = true',
    )

    assert {":3: recipients.takes_throttle_metadata, item 1"} == faults.keys()


@pytest.mark.parametrize(
    "octets", [b"listen = ", b"\xff\xfe", b"#" * (1 << 21), b"a = " + b"9" * 5_000, b"a = " + b"[" * 5_000]
)
def test_a_file_that_is_no_configuration_is_told(tmp_path, octets):
    file = tmp_path / "serve.toml"
    file.write_bytes(octets)

    with pytest.raises(InputError) as raised:
        read_settings(file)

    assert str(file) == raised.value.faults[0].where


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError):
        read_settings(tmp_path / "none.toml")


def test_service_requests_are_passed_on_or_answered_here_and_not_both(tmp_path):
    both = '[service_requests]\nupstream = "https://dsp.example/api/v1"\nsandbox = true\n'

    assert "not both" in faults_of(tmp_path, both)[":3: service_requests.sandbox"].what


def test_what_each_user_is_given_comes_from_one_place(tmp_path):
    text = '[service_requests]\nusers = "users.csv"\n[service_requests.allocations]\n"00db1234567890a0" = 3\n'

    found = faults_of(tmp_path, text)

    assert {":2: service_requests.users", ":3: service_requests.allocations"} == found.keys()


def test_faults_are_ordered_where_there_is_a_sandbox(tmp_path):
    text = '[[service_requests.sandbox_faults]]\nkind = "outage"\nevery = 60\n'

    (half,) = faults_of(tmp_path, text).values()
    (nowhere,) = faults_of(tmp_path, f"{text}burst = 5\n").values()

    assert ("Write both every and burst.", "Write sandbox = true, or take them out.") == (
        half.remedy,
        nowhere.remedy,
    )


def test_an_allocation_is_by_eui_64_and_no_less_than_nothing(tmp_path):
    allocations = "[service_requests.allocations]\n"
    given = read(tmp_path, f'{allocations}"00db1234567890a0" = 0\n').service_requests.allocations

    assert {"00-DB-12-34-56-78-90-A0": 0} == given
    assert 2 == len(faults_of(tmp_path, f'{allocations}"a supplier" = 1\n"00db1234567890a0" = -1\n'))


SHARED = """
[service_requests.allocations]
"00-DB-12-34-56-78-90-A0" = 3
[service_requests.shared]
gateways = 2
"""


@pytest.mark.parametrize(
    ("where", "said", "text"),
    [
        ("service_requests.shared.url", "PostgreSQL", SHARED + 'url = "sqlite:///a.db"'),
        (
            "service_requests.shared.lease_for",
            "five reports",
            SHARED + 'url = "postgresql://h/d"\nlease_for = 0.9',
        ),
        ("service_requests.shared.silent_for", "sure", SHARED + 'url = "postgresql://h/d"\nsilent_for = 20'),
        (
            "service_requests.shared",
            "what each User is given",
            '[service_requests.shared]\ngateways = 2\nurl = "postgresql://h/d"',
        ),
    ],
)
def test_a_capacity_that_cannot_be_shared_is_told(tmp_path, where, said, text):
    ((place, fault),) = faults_of(tmp_path, text).items()

    assert place.endswith(where)
    assert said in fault.what


def test_a_key_s_fault_does_not_hide_what_is_wrong_elsewhere(tmp_path, monkeypatch):
    """Of keys together, of files, of what the environment says."""
    monkeypatch.setenv("TIDEGATE_LIMITS__BATCHES", "many")
    faults = faults_of(
        tmp_path,
        """
recipient = []
[tls]
key = "nowhere.key"
[delivery]
key = 7
authorities = "nothing.pem"
[[parties]]
name = "one"
subject = "CN=one"
scopes = ["read"]
[[parties]]
name = "two"
subject = "CN=one"
scopes = ["read"]
""",
    )

    assert {
        ":2: recipient",
        ":4: tls.key",
        ":6: delivery.key",
        ":7: delivery.authorities",
        ":14: parties.subject, item 2",
        "TIDEGATE_LIMITS__BATCHES",
    } == set(faults)


@pytest.mark.parametrize(
    "text",
    [
        '[signatures]\nverify = true\ncertificats = "here"',
        '[access]\nmode = "token"\n[signatures]\ncertificates = 7',
        'listen = "0.0.0.0:80"\n[access]\nmod = "token"',
        '[service_requests]\nsandbox = "perhaps"\n[[service_requests.sandbox_faults]]\nkind = "slow"',
        '[service_requests.shared]\nname = "a"',
        '[[recipients]]\nuser = "a"\ntakes_throttle_metadata = true\n[signing]\nkey = 7',
    ],
)
def test_of_what_a_key_at_fault_belongs_to_nothing_false_is_said(tmp_path, text):
    faults = faults_of(tmp_path, text)

    assert all("missing" in it.what or "known" in it.what or "belongs" in it.what for it in faults.values())


@pytest.mark.parametrize(
    ("server", "text"),
    [
        ("http://127.0.0.1:8080", ""),
        ("http://[::1]:81", 'listen = "[::1]:81"'),
        (
            "https://10.1.2.3:8443",
            'listen = "10.1.2.3:8443"\n[tls]\ncertificate = "serve.toml"\nkey = "serve.toml"',
        ),
        ("https://gateway.example:8443", 'reached_at = "https://gateway.example:8443/"'),
        (
            "https://gateway.example/tidegate",
            'listen = "[::1]:81"\nreached_at = "https://gateway.example/tidegate"',
        ),
    ],
)
def test_a_command_that_is_spelled_out_names_where_the_gateway_is_reached(tmp_path, server, text):
    elsewhere = '[access]\nmode = "token"\n[signatures]\nverify = false\n'
    settings = read(tmp_path, f"{text}\n{elsewhere}")

    assert server == settings.server_url(settings.port)
