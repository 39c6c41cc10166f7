"""Tokens: shown once, kept as hashes, of use until they expire or are revoked."""

from __future__ import annotations

import json

import pytest

from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.replies import Refusal
from tidegate.gateway.tokens import TokenFile
from tidegate.vocabulary.faults import InputError

EUI = "00-DB-12-34-56-78-90-A0"


@pytest.fixture
def file(tmp_path):
    return TokenFile(tmp_path / "tokens.json")


def a_token(file, until=100):
    return file.make("adapter", EUI, [Scope.SUBMIT], ["any"], 0, until)


def reason(file, text, at):
    with pytest.raises(Refusal) as raised:
        file.caller_of(text, at)
    return raised.value.reason


def test_a_token_says_who_comes_and_what_they_may(file):
    text, _ = a_token(file)

    assert Caller("adapter", EUI, frozenset({Scope.SUBMIT}), frozenset({"any"})) == file.caller_of(text, 0)


def test_it_is_of_use_until_the_instant_it_expires(file):
    text, _ = a_token(file, until=100)

    assert file.caller_of(text, 99)
    assert "credentials_expired" == reason(file, text, 100)
    assert "credentials_expired" == reason(file, text, 101)


def test_it_is_of_no_use_from_the_instant_it_is_revoked(file):
    text, token = a_token(file)
    file.revoke(token.token_id, 50)

    assert "credentials" == reason(file, text, 50)
    assert file.caller_of(text, 49)


def test_revoking_it_again_changes_nothing(file):
    _, token = a_token(file)
    file.revoke(token.token_id, 50)

    assert 50 == file.revoke(token.token_id, 60).revoked_at


@pytest.mark.parametrize("change", [0, 4, 20, -1])
def test_with_one_character_changed_it_proves_nothing(file, change):
    text, _ = a_token(file)
    other = "b" if text[change] != "b" else "c"
    at = change % len(text)

    assert "credentials" == reason(file, text[:at] + other + text[at + 1 :], 0)


def test_with_another_key_beside_the_file_no_token_is_of_use(file, tmp_path):
    text, _ = a_token(file)
    (tmp_path / "tokens.key").write_bytes(b"0" * 64)

    assert "credentials" == reason(TokenFile(tmp_path / "tokens.json"), text, 0)


def test_the_secret_stands_in_no_file(file, tmp_path):
    text, _ = a_token(file)

    assert not [path for path in tmp_path.iterdir() if text.split("_", 2)[2] in path.read_text()]


def test_both_files_are_their_owners_alone(file, tmp_path):
    a_token(file)

    assert {0o600} == {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}


def test_tokens_made_before_stay_of_use(file):
    first, _ = a_token(file)
    second, _ = a_token(file)

    assert file.caller_of(first, 0)
    assert file.caller_of(second, 0)


def test_another_process_sees_what_was_made(file, tmp_path):
    text, _ = a_token(file)

    assert TokenFile(tmp_path / "tokens.json").caller_of(text, 0) is not None


def test_a_file_that_is_damaged_is_told_to_a_person_and_lets_nobody_in(file, tmp_path):
    text, _ = a_token(file)
    (tmp_path / "tokens.json").write_text(json.dumps({"tokens": [{"token_id": 1}]}))
    other = TokenFile(tmp_path / "tokens.json")

    with pytest.raises(InputError):
        other.tokens()
    assert "credentials" == reason(other, text, 0)
