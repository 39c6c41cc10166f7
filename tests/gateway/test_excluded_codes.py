"""Excluded codes that are too many for a gateway that runs: an alarm that begins and ends once, and the way out of it."""

from __future__ import annotations

import json
import shlex

import pytest
import typer
from tests.gateways import running_gateway
from tests.receivers import wait_for, web_receiver

from tidegate.cli.main import app
from tidegate.gateway.settings_reading import read_settings
from tidegate.vocabulary.faults import InputError

SECRET = "whsec_YSBrZXkgb2Ygc29tZSB0d2VudHktZm91ciBvY3RldHM="  # noqa: S105 - a test's
NETWORK, SUPPLIER = "90-B3-D5-1F-30-01-00-00", "90-B3-D5-1F-30-02-00-00"
FEW = "[excluded_codes]\ncapacity_per_second = 20\nperiod_seconds = 1\n"


def alerts(count, code="8F76", recipient=NETWORK):
    rows = [
        {"device_id": f"00-DB-12-34-56-78-90-{n % 4:02X}", "alert_code": code, "recipient": recipient}
        for n in range(count)
    ]
    return "\n".join(map(json.dumps, rows)).encode()


def is_over(running):
    return "tidegate_excluded_over_capacity 1.0" in running.ask("/metrics").body.decode()


def kinds_of(receiver):
    bodies = [json.loads(body) for _, body in receiver.requests]
    events = [it for body in bodies for it in (body if isinstance(body, list) else [body])]
    return [it["type"].removeprefix("uk.tidegate.service_management.") for it in events]


def of_excluded(running):
    events = running.gateway.door.engine.ask(lambda journal: journal.events()).result(30)
    return [it.kind for it in reversed(events) if it.kind.startswith("excluded")]


def test_a_flood_is_told_once_as_it_begins_and_once_as_it_ends_in_the_log_the_metrics_and_to_operators(
    tmp_path,
):
    with web_receiver() as receiver:
        told = f'[[notices.parties]]\nparty = "*"\nwebhook = "{receiver.url}"\nwebhook_secret = "{SECRET}"\n'
        with running_gateway(tmp_path / "gateway", FEW + told) as running:
            running.batch(alerts(30))
            running.batch(alerts(10))
            wait_for(lambda: len(kinds_of(receiver)) == 2)
            assert not is_over(running)
            began, ended = (it for it in running.log.entries if it["event"].startswith("excluded"))

            assert ["excluded_codes_over_capacity", "excluded_codes_within_capacity"] == of_excluded(running)
    assert ("excluded codes over capacity", "error") == (began["event"], began["log_level"])
    assert "30 Alerts of 4 Devices to 1 recipient" in began["codes"]
    assert began["way_out"].startswith("tidegate policy override 8F76 --for 4h --server http://127.0.0.1:")
    assert ("excluded codes within capacity", began["since"]) == (ended["event"], ended["since"])
    assert ["excluded_codes_over_capacity", "excluded_codes_within_capacity"] == kinds_of(receiver)


@pytest.fixture(scope="module")
def flooded(tmp_path_factory):
    lasting = FEW.replace("= 1\n", "= 3600\n").replace("20", "0.01")
    with running_gateway(tmp_path_factory.mktemp("flooded"), lasting) as running:
        running.batch(alerts(30))
        running.batch(alerts(10, recipient=SUPPLIER))
        running.batch(alerts(5, code="8F35"))
        yield running


def test_who_operates_is_answered_which_codes_of_how_many_devices_to_whom(flooded):
    now = flooded.ask("/api/excluded-codes").json
    cover, outage = now["codes"]

    assert (45, 9, True) == (now["alerts_in_period"], now["over_capacity_by"], now["since"] is not None)
    assert ("8F76", 40, 4, {NETWORK: 30, SUPPLIER: 10}) == tuple(
        cover[key] for key in ("alert_code", "alerts", "devices", "alerts_to")
    )
    assert ("8F35", 5) == (outage["alert_code"], outage["alerts"])
    assert is_over(flooded)
    assert now["since"] == flooded.ask("/api/summary").json["excluded_over_capacity_since"]


def test_excluded_alerts_are_not_held_back_for_all_that(flooded):
    assert (0, 45) == tuple(flooded.ask("/api/summary").json[it] for it in ("throttled", "excluded"))


def test_the_command_that_the_alarm_spells_out_counts_the_code_as_any_other(flooded, capsys):
    command = flooded.ask("/api/excluded-codes").json["codes"][0]["override"]
    words = shlex.split(command.replace("$USER", "duty desk"))[1:]

    typer.main.get_command(app).main(words, standalone_mode=False)

    assert "8F76" in capsys.readouterr().out
    assert 0 == flooded.batch(alerts(1)).json["excluded"]


def test_a_flood_is_not_told_again_after_a_restart(tmp_path):
    lasting = FEW.replace("period_seconds = 1", "period_seconds = 60").replace("= 20", "= 0.5")
    with running_gateway(tmp_path / "gateway", lasting) as running:
        running.batch(alerts(31))
        since = running.ask("/api/excluded-codes").json["since"]
    with running_gateway(tmp_path / "gateway", lasting) as running:
        running.batch(alerts(31))

        assert (["excluded_codes_over_capacity"], since) == (
            of_excluded(running),
            running.ask("/api/excluded-codes").json["since"],
        )


@pytest.mark.parametrize("line", ["capacity_per_second = 0", "period_seconds = 0.5", "codes = 1"])
def test_a_capacity_that_cannot_be_meant_is_a_fault(tmp_path, line):
    file = tmp_path / "tidegate-serve.toml"
    file.write_text(f"[excluded_codes]\n{line}\n")

    with pytest.raises(InputError, match="excluded_codes"):
        read_settings(file)
