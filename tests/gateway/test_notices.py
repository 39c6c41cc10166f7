"""Notices behind a gateway that runs: a storm over HTTP is a mail and signed events, once, across a restart."""

from __future__ import annotations

import json

import pytest
from tests.gateways import running_gateway
from tests.receivers import mail_server, wait_for, web_receiver

from tidegate.gateway.noticing import notice_plan
from tidegate.gateway.settings_reading import read_settings
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import HOUR, MINUTE

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # of a library that apprise knows

SECRET = "whsec_YSBrZXkgb2Ygc29tZSB0d2VudHktZm91ciBvY3RldHM="  # noqa: S105 - a test's
NETWORK = "90-B3-D5-1F-30-01-00-00"
TOLD = f'webhook = "https://host"\nwebhook_secret = "{SECRET}"\n'


def a_storm(devices, count=40):
    rows = [
        {"device_id": f"00-DB-12-34-56-78-90-{device:02X}", "alert_code": "8014", "recipient": NETWORK}
        for device in devices
        for _ in range(count)
    ]
    return "\n".join(map(json.dumps, rows)).encode()


def events_of(receiver):
    bodies = [json.loads(body) for _, body in receiver.requests]
    return [event for body in bodies for event in (body if isinstance(body, list) else [body])]


def kinds_of(receiver):
    return sorted(event["type"].removeprefix("uk.tidegate.") for event in events_of(receiver))


def test_a_storm_over_http_is_told_once_to_people_and_to_machines_and_not_again_after_a_restart(tmp_path):
    with mail_server() as (mailbox, mail), web_receiver() as receiver:
        (tmp_path / "addresses").write_text(f"# people on duty\n{mail}\n")
        (tmp_path / "secret").write_text(f"{SECRET}\n")
        configuration = f"""
[[notices.parties]]
party = "{NETWORK}"
name = "Network Z"
addresses_file = "{tmp_path}/addresses"
webhook = "{receiver.url}"
webhook_secret_file = "{tmp_path}/secret"
"""
        with running_gateway(tmp_path / "gateway", configuration) as running:
            assert 200 == running.batch(a_storm([1, 2])).status
            wait_for(lambda: mailbox.messages and len(events_of(receiver)) > 2)
            (problem,) = running.ask("/api/problems").json["problems"]
        with running_gateway(tmp_path / "gateway", configuration) as running:
            assert 200 == running.batch(a_storm([3])).status
            wait_for(lambda: any("-03" in str(event["subject"]) for event in events_of(receiver)))
            (after,) = running.ask("/api/problems").json["problems"]
            notices = running.gateway.door.engine.ask(lambda journal: journal.notices()).result(30)
            events = running.gateway.door.engine.ask(lambda journal: journal.events()).result(30)

    (told,) = mailbox.messages
    assert told["subject"].startswith(f"Tidegate: new problem {problem['problem_id']}: 8014")
    assert ["problem.opened", "storm.started", "storm.started", "storm.started"] == [
        kind for kind in kinds_of(receiver) if kind != "problem.updated"
    ]
    assert (2, 3) == (problem["devices"], after["devices"])
    assert {"Network Z, address 1", "Network Z, webhook"} == {it.channel for it in notices}
    assert ["problem_opened"] == [event.kind for event in events if event.kind.startswith("problem")]


def test_with_nobody_to_tell_problems_are_known_all_the_same(tmp_path):
    with running_gateway(tmp_path / "gateway") as running:
        running.batch(a_storm([1]))
        wait_for(lambda: running.ask("/api/problems").json["problems"])

        (problem,) = running.ask("/api/problems").json["problems"]
        (storm,) = running.ask("/api/storms").json["storms"]

    assert storm["received"] == problem["received"] > 0, "it counts while the storm runs"
    assert (["8014", "8015"], 1, [NETWORK]) == (
        problem["alert_codes"],
        problem["storms"],
        problem["informed"],
    ), "a toggle pair is one problem"


def plan_of(tmp_path, text):
    file = tmp_path / "tidegate-serve.toml"
    file.write_text(text)
    return notice_plan(read_settings(file))


def test_the_times_and_switches_are_those_of_the_file(tmp_path):
    plan = plan_of(
        tmp_path,
        f"""
[[recipients]]
user = "{NETWORK}"
name = "Network Z"
[[recipients]]
user = "90-B3-D5-1F-30-02-00-00"
notices = false
[[notices.parties]]
party = "{NETWORK.lower()}"
digest_at = "06:30"
quiet_from = "22:00"
quiet_until = "07:00"
immediate = false
early_warnings = false
addresses = ["mailto://host?to=a@b.example"]
[[notices.parties]]
party = "90-B3-D5-1F-30-02-00-00"
addresses = ["mailto://host?to=c@d.example"]
""",
    )

    (only,) = plan.parties
    told = only.party
    assert (NETWORK, "Network Z", False, True) == (told.party, told.name, told.immediate, told.digest)
    assert not told.early_warnings
    assert (6 * HOUR + 30 * MINUTE, 22 * HOUR, 7 * HOUR) == (
        told.digest_at,
        told.quiet_from,
        told.quiet_until,
    )


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('digest_at = "7"', "no time of day"),
        ('digest_at = "24:00"', "no time of day"),
        ("", "no way to it"),
        ('webhook = "https://host"', "what its events are signed with"),
        ('webhook = "https://host"\nwebhook_secret_file = "none"', "cannot be read"),
        ('addresses_file = "none"', "cannot be read"),
        ("most_an_hour = 0", "most_an_hour"),
        ("mail = true", "mail"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_with_its_place(tmp_path, monkeypatch, lines, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as refused:
        plan_of(tmp_path, f'[[notices.parties]]\nparty = "*"\n{lines}\n')

    assert says in str(refused.value)
    assert "notices" in refused.value.faults[0].where


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('addresses = ["mailto://"]', "none that can be sent to"),
        ('webhook = "https://host"\nwebhook_secret = "hunter2"', "no secret of a webhook"),
        (f'{TOLD}[[notices.parties]]\nparty = "*"\n{TOLD}', "twice"),
    ],
)  # fmt: skip
def test_a_gateway_does_not_start_with_a_way_that_cannot_be_used(tmp_path, lines, says):
    configuration = f'[[notices.parties]]\nparty = "*"\n{lines}\n'

    with (
        pytest.raises(InputError, match=says) as refused,
        running_gateway(tmp_path / "gateway", configuration),
    ):
        pass

    assert "hunter2" not in str(refused.value)
