"""Change control as a person meets it: on a journal that no gateway uses, and on a gateway that runs."""

from __future__ import annotations

import json

import pytest
from tests.commands import tidegate
from tests.engines import AUDIT, running_engine
from tests.gateways import running_gateway
from tests.policy_book import a_version

from tidegate.gateway.parties import Scope
from tidegate.gateway.tokens import TokenFile
from tidegate.journal import open_journal
from tidegate.operations.live import PolicyRecord
from tidegate.policy_files import write_policy

SAID = ("--by", "Ann", "--reason", "8F75 floods")


@pytest.fixture
def journal(tmp_path):
    """A journal in which v1 is in force."""
    path = tmp_path / "journal.db"
    version = a_version("v1")
    kept = open_journal(str(path))
    kept.put_policy(PolicyRecord(0, "v1", write_policy(version), 1_000, who="serve", reason="first"), AUDIT)
    kept.close()
    return path


@pytest.fixture
def second(tmp_path):
    """The file of a version that supersedes it."""
    path = tmp_path / "v2.toml"
    path.write_text(write_policy(a_version("v2", "v1", threshold=9)))
    return path


def test_a_policy_is_applied_backed_out_and_looked_up(capfd, journal, second):
    applied = tidegate(capfd, "policy", "apply", second, "--journal", journal, *SAID, "--approval", "Panel 7")
    undone = tidegate(
        capfd, "policy", "back-out", "--journal", journal, "--by", "Bob", "--reason", "too calm"
    )
    shown = tidegate(capfd, "policy", "history", journal)

    assert (0, "", 0, "") == (applied.status, applied.err, undone.status, undone.err)
    assert applied.out.startswith("v2 is in force from 20")
    assert "threshold for every code without an override is 9; it was 3." in applied.out
    assert undone.out.startswith("v1-again is in force from 20")
    assert ["v1", "v2", "v1-again"] == [
        record["version"]
        for record in json.loads(tidegate(capfd, "policy", "history", journal, "--json").out)
    ]
    assert all(
        word in shown.out for word in ("v1-again", "Bob", "too calm", "Panel 7", "1970-01-01T00:00:00.001Z")
    )


def test_an_override_and_all_that_went_before_are_in_the_audit_log(capfd, journal):
    begun = tidegate(capfd, "policy", "override", "8F75", "--for", "4h", "--journal", journal, *SAID)
    ended = tidegate(capfd, "policy", "override", "8F75", "--end", "--journal", journal, *SAID)
    entries = json.loads(tidegate(capfd, "audit", journal, "--json").out)
    shown = tidegate(capfd, "audit", journal, "--limit", "2")

    assert "It ends by itself at " in begun.out
    assert "joins" in ended.out
    assert ["policy.override_ended", "policy.overridden", "policy.apply"] == [it["action"] for it in entries]
    assert "policy.overridden" in shown.out
    assert "policy.apply" not in shown.out


def test_the_plan_is_printed_and_nothing_is_changed(capfd, journal, second):
    tidegate(capfd, "policy", "apply", second, "--journal", journal, *SAID, "--approval", "Panel 7")

    plan = tidegate(capfd, "policy", "back-out", "--plan", "--journal", journal)

    assert plan.out.startswith("# Back-out plan for v2\n")
    assert "threshold for every code without an override is 3; it was 9." in plan.out
    assert 2 == len(json.loads(tidegate(capfd, "policy", "history", journal, "--json").out))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("policy", "apply", "illustrative-1", "--journal", "J"), "nobody answers for the change"),
        (("policy", "apply", "illustrative-1", *SAID), "whose policy it is about"),
        (("policy", "apply", "illustrative-1", "--journal", "J", "--server", "http://localhost", *SAID), "Write one"),
        (("policy", "apply", "illustrative-1", "--journal", "none.db", *SAID), "none.db"),
        (("policy", "apply", "illustrative-1", "--at", "noon", "--journal", "J", *SAID), "is not an instant"),
        (("policy", "back-out", "--journal", "J", *SAID), "there is none to go back to"),
        (("policy", "override", "8014", "--for", "4h", "--journal", "J", *SAID), "not on the exclusion list"),
        (("policy", "override", "8F75", "--for", "73h", "--journal", "J", *SAID), "longer than 3d"),
        (("policy", "override", "8F75", "--for", "0h", "--journal", "J", *SAID), "is no time"),
        (("policy", "override", "8F75", "--journal", "J", *SAID), "--for 4h, or --end"),
        (("policy", "override", "8F75X", "--for", "4h", "--journal", "J", *SAID), "8F75X"),
        (("policy", "history"), "whose policy it is about"),
        (("audit", "--server", "http://gateway.example"), "in clear"),
        (("audit", "--server", "gateway"), "no URL of a gateway"),
        (("audit", "--server", "http://127.0.0.1:1"), "cannot be reached"),
        (("audit", "J", "--token-file", "none"), "cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_what_to_write_and_changes_nothing(
    capfd, monkeypatch, journal, arguments, says
):
    monkeypatch.setenv("TIDEGATE_TOKEN", "tg_secret")
    monkeypatch.chdir(journal.parent)
    ran = tidegate(capfd, *(journal if it == "J" else it for it in arguments))

    assert 2 == ran.status
    assert says in ran.err
    assert "->" in ran.err or "is not an" in ran.err
    assert not (journal.parent / "none.db").exists()
    monkeypatch.delenv("TIDEGATE_TOKEN")
    assert 1 == len(json.loads(tidegate(capfd, "policy", "history", journal, "--json").out))


def test_a_journal_that_a_gateway_uses_is_changed_by_way_of_the_gateway(capfd, journal, second):
    with running_engine(journal):
        ran = tidegate(capfd, "policy", "apply", second, "--journal", journal, *SAID, "--approval", "R")
        seen = tidegate(capfd, "policy", "history", journal)

    assert 2 == ran.status
    assert "--server URL in place of --journal" in ran.err
    assert 0 == seen.status


def test_a_gateway_that_runs_is_changed_without_a_restart(capfd, tmp_path):
    with running_gateway(tmp_path / "gateway") as running:
        server = f"http://127.0.0.1:{running.port}"
        begins_with = running.ask("/api/policy").json["version"]
        second = tmp_path / "v2.toml"
        second.write_text(write_policy(a_version("v2", begins_with)))
        unapproved = tidegate(capfd, "policy", "apply", second, "--server", server, *SAID)
        applied = tidegate(capfd, "policy", "apply", second, "--server", server, *SAID, "--approval", "R")
        overridden = tidegate(capfd, "policy", "override", "8F75", "--for", "1h", "--server", server, *SAID)
        in_force = running.ask("/api/policy").json
        plan = tidegate(capfd, "policy", "back-out", "--plan", "--server", server)
        undone = tidegate(capfd, "policy", "back-out", "--server", server, *SAID)
        entries = json.loads(tidegate(capfd, "audit", "--server", server, "--json").out)
        history = tidegate(capfd, "policy", "history", "--server", server)

    assert (2, True) == (unapproved.status, "nothing says who approved it" in unapproved.err)
    assert (0, 0, 0) == (applied.status, overridden.status, undone.status)
    assert ("v2-without-8F75", True) == (in_force["version"], in_force["is_override"])
    assert "The emergency override of 8F75 runs on" in plan.out
    assert f"{begins_with}-again is in force" in undone.out
    assert ["policy.backed_out", "policy.overridden", "policy.applied"] == [
        it["action"] for it in entries[:3]
    ]
    assert "Ann (local)" == entries[0]["who"]
    assert f"{begins_with}-again" in history.out


def test_only_an_operator_changes_the_policy_or_reads_the_audit_log(tmp_path):
    with running_gateway(
        tmp_path / "gateway", '[access]\nmode = "token"\n[signatures]\nverify = false\n'
    ) as running:
        answers = [
            running.post(b"{}", {}, "/api/v1/policy:change").status,
            running.ask("/api/v1/policy:history").status,
            running.ask("/api/v1/audit").status,
        ]

    assert [401, 401, 401] == answers


def test_tokens_made_and_revoked_are_in_the_audit_log_without_their_secret(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    configuration = '[access]\nmode = "token"\ntokens = "tokens.json"\n[signatures]\nverify = false\n'
    file = TokenFile(tmp_path / "tokens.json")
    secret, token = file.make("duty", "", {Scope.OPERATE}, (), 1_000, 4_000_000_000_000_000)
    _, other = file.make("old", "", {Scope.READ}, (), 2_000, 4_000_000_000_000_000)
    file.revoke(other.token_id, 3_000)
    with running_gateway(tmp_path / "gateway", configuration) as running:
        answer = running.ask("/api/v1/audit", {"authorization": f"Bearer {secret}"})
    offline = tidegate(
        capfd, "audit", tmp_path / "gateway" / "journal.db", "--tokens", "tokens.json", "--json"
    )

    told = [(it["action"], it["details"].get("name")) for it in answer.json["entries"]]
    assert [("token.revoked", "old"), ("token.made", "old"), ("token.made", "duty")] == told[-3:]
    assert told == [(it["action"], it["details"].get("name")) for it in json.loads(offline.out)]
    assert token.token_id in offline.out
    assert token.digest not in offline.out + answer.body.decode()
    assert 2 == tidegate(capfd, "audit", tmp_path / "gateway" / "journal.db", "--tokens", "none.json").status


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 422), (b"[]", 422), (b"\xff", 422), (b"[" * 100_000, 422), (b" " * 3_000_000, 413)],
)
def test_what_is_no_request_for_a_change_is_refused(tmp_path, body, status):
    with running_gateway(tmp_path / "gateway") as running:
        answer = running.post(body, {}, "/api/v1/policy:change")

        assert status == answer.status
        assert 1 == len(running.gateway.door.engine.policies().result(30))
