"""What an answer of a Receive Response Service means."""

from __future__ import annotations

import pytest

from tidegate.delivery.posting import answer_of
from tidegate.operations.delivering import Ending
from tidegate.vocabulary.instants import SECOND


def ending(status, headers=None, said=b"", *, has_metadata=False):
    return answer_of(status, headers or {}, said, has_metadata=has_metadata).ending


@pytest.mark.parametrize("status", [400, 406, 409, 411, 413, 415, 422, 431, 499])
def test_an_alert_that_is_not_wanted_is_refused(status):
    assert Ending.REFUSED is ending(status)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 403, 404, 405, 407, 410, 421])
def test_what_is_said_of_the_way_is_not_held_against_the_alert(status):
    assert Ending.TURNED_AWAY is ending(status)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_be_otherwise_later_is_tried_again(status):
    assert Ending.FAILED is ending(status)


def test_a_400_to_throttle_metadata_says_what_to_set():
    answer = answer_of(400, {}, b"", has_metadata=True)

    assert (
        "answered 400: this User's software refuses throttle metadata; set takes_throttle_metadata = false"
        == answer.reason
    )
    assert "metadata" not in answer_of(400, {}, b"", has_metadata=False).reason


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1", 1),
        (" 120 ", 120),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0),
        ("-1", 0),
        ("9" * 5_000, 999_999),
        ("\u0665", 0),
    ],
)
def test_a_retry_after_in_seconds_is_read_and_nothing_else(text, seconds):
    assert seconds * SECOND == answer_of(503, {"Retry-After": text}, b"", has_metadata=False).retry_after_us


def test_another_s_words_are_short_plain_text_or_not_told():
    told = answer_of(
        422, {"Content-Type": "text/plain"}, b"bad\r\n\x1b[31mcode " + b"x" * 9_000, has_metadata=False
    )

    assert "; it says: bad" in told.reason
    assert told.reason.isprintable()
    assert len(told.reason) < 200
    assert "says" not in answer_of(422, {"Content-Type": "text/html"}, b"<p>", has_metadata=False).reason
