"""What an answer means: throttled or out, taken or not, and what is left of the share."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tidegate.client.answers import Meaning, Share, answer_of, no_answer
from tidegate.vocabulary.instants import SECOND

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHARE = {
    "ratelimit": '"fair-share";r=0;t=4',
    "ratelimit-policy": '"allocation";q=2;w=1, "fair-share";q=3;w=1',
}


@pytest.mark.parametrize(
    ("meaning", "status", "headers"),
    [
        (Meaning.ACCEPTED, 200, {}),
        (Meaning.ACCEPTED, 204, SHARE),
        (Meaning.THROTTLED, 503, SHARE),
        (Meaning.THROTTLED, 429, {}),
        (Meaning.OUTAGE, 503, {}),
        (Meaning.OUTAGE, 503, {"ratelimit": "of no form that is known"}),
        (Meaning.OUTAGE, 408, {}),
        (Meaning.UNKNOWN, 500, {}),
        (Meaning.UNKNOWN, 502, {}),
        (Meaning.UNKNOWN, 504, {}),
        (Meaning.REPEATED, 409, {}),
        (Meaning.REFUSED, 400, {}),
        (Meaning.REFUSED, 403, {}),
        (Meaning.REFUSED, 302, {}),
    ],
)
def test_a_status_and_its_headers_have_a_meaning(meaning, status, headers):
    assert meaning is answer_of(status, headers, b"", NOON).meaning


def test_what_was_never_sent_is_an_outage_and_what_may_have_come_through_is_unknown():
    assert Meaning.OUTAGE is no_answer("nobody listens", was_sent=False).meaning
    assert Meaning.UNKNOWN is no_answer("broke off", was_sent=True).meaning


def test_the_share_is_of_the_policy_that_is_named():
    assert Share(3, SECOND, 2, 0, is_warned=False) == answer_of(503, SHARE, b"", NOON).share


def test_an_early_warning_is_seen():
    share = answer_of(200, {**SHARE, "tidegate-early-warning": "used=2, allocation=2"}, b"", NOON).share

    assert share is not None
    assert share.is_warned


def test_a_limit_without_a_policy_says_only_what_is_left():
    share = answer_of(200, {"ratelimit": '"default";r=7;t=1'}, b"", NOON).share

    assert Share(None, SECOND, None, 7, is_warned=False) == share


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (4 * SECOND, "4"),
        (0, "0"),
        (86_400 * SECOND, "999999999999"),
        (90 * SECOND, "Sun, 01 Mar 2026 12:01:30 GMT"),
        (0, "Sun, 01 Mar 2026 11:00:00 GMT"),
        (None, ""),
        (None, "-1"),
        (None, "soon"),
    ],
)
def test_retry_after_is_seconds_or_a_date(microseconds, text):
    assert microseconds == answer_of(503, {"retry-after": text}, b"", NOON).retry_after_us
