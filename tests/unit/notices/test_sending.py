"""Notices go out to a real mail server and a real web service: signed, tried again, and never in the engine's way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from typing import Any

import pytest
from tests.receivers import mail_server, wait_for, web_receiver

from tidegate.alert_storm.decision import Level, Storm
from tidegate.notices import (
    NoticeDriver,
    NotSentError,
    Sender,
    SenderOptions,
    Webhook,
    WebhookTarget,
)
from tidegate.notices.people import PeopleChannel
from tidegate.notices.sender import EVENTS_LOST
from tidegate.notices.webhook import is_signed
from tidegate.operations.live import LiveStorm
from tidegate.operations.messages import (
    PROBLEM_OPENED,
    STORM_STARTED,
    Audience,
    Message,
    NoticeParty,
)
from tidegate.operations.notes import NoticeEntry, NoticeState, ServiceEvent
from tidegate.operations.notify import Notices
from tidegate.policy.mechanism import Mode
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import parse_instant

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # of a library that apprise knows

KEY = b"a key of some twenty-four octets"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
NOON = parse_instant("2026-01-07T12:00:00Z")
SEVEN = parse_instant("2026-01-08T07:00:00Z")
QUICK = SenderOptions(first_wait_s=0.01, longest_wait_s=0.02, give_up_s=30)


def message(
    subject="P-1", kind=PROBLEM_OPENED, audience=Audience.MACHINES, text="the text", title="the title"
):
    return Message(NOON, kind, "network", audience, subject, subject, title, text, {"problems": [subject]})


def webhook(url, clock_s=lambda: 1_767_787_200.0):
    return Webhook(WebhookTarget("network's webhook", url, SECRET), clock_s)


class Notes(list[Any]):
    def states(self):
        return [(it.subject, it.state) for it in self]


def a_sender(channel, notes, options=QUICK):
    sender = Sender("network", channel, notes.append, lambda: NOON, options)
    sender.start()
    return sender


def test_people_get_a_mail_with_the_title_and_the_whole_text():
    with mail_server() as (mailbox, url):
        PeopleChannel("mail", url).send(
            [message(text="line one\n* line two: 8F75 & <b>\n£", title="a\r\nb: c")]
        )

    (mail,) = mailbox.messages
    assert ("a b: c", "duty@network.example") == (mail["subject"], mail["to"].addresses[0].addr_spec)
    assert "tidegate@gateway.example" == mail["from"].addresses[0].addr_spec
    assert "line one\n* line two: 8F75 & <b>\n£" in mailbox.text(0)


def test_a_mail_server_that_refuses_or_is_gone_is_no_sent_mail():
    with mail_server(refusals=1) as (_, url), pytest.raises(NotSentError):
        PeopleChannel("mail", url).send([message()])
    with pytest.raises(NotSentError):
        PeopleChannel("mail", url).send([message()])


def test_an_address_that_is_none_is_a_fault_that_keeps_its_secret():
    with pytest.raises(InputError) as refused:
        PeopleChannel("network's people, address 2", "nothing://user:hunter2@host")

    assert "network's people, address 2" == refused.value.faults[0].where
    assert "hunter2" not in str(refused.value)


def test_an_event_is_a_cloud_event_signed_over_all_of_it():
    with web_receiver() as receiver:
        webhook(receiver.url).send([message()])

    ((headers, body),) = receiver.requests
    event = json.loads(body)
    signed = f"{headers['webhook-id']}.1767787200.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert f"v1,{expected}" == headers["webhook-signature"]
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert ("1.0", PROBLEM_OPENED, "P-1", "2026-01-07T12:00:00Z", message().message_id) == tuple(
        event[name] for name in ("specversion", "type", "subject", "time", "id")
    )
    assert {"problems": ["P-1"]} == event["data"]


def test_events_that_wait_together_go_together_in_order():
    with web_receiver() as receiver:
        webhook(receiver.url).send([message(f"P-{n}") for n in range(3)])

    ((headers, body),) = receiver.requests
    assert headers["content-type"].startswith("application/cloudevents-batch+json")
    assert ["P-0", "P-1", "P-2"] == [event["subject"] for event in json.loads(body)]


def test_who_receives_an_event_can_tell_ours_from_others_and_from_old_ones():
    with web_receiver() as receiver:
        webhook(receiver.url).send([message()])
    ((headers, body),) = receiver.requests
    now = 1_767_787_200

    assert is_signed(KEY, headers, body, now + 300)
    assert not is_signed(KEY, headers, body, now + 301)
    assert not is_signed(KEY, headers, body + b" ", now)
    assert not is_signed(b"another key", headers, body, now)
    assert not is_signed(KEY, {**headers, "webhook-id": "other"}, body, now)
    assert not is_signed(KEY, {**headers, "webhook-timestamp": "soon"}, body, now)
    assert not is_signed(KEY, {}, body, now)
    assert is_signed(
        KEY, {**headers, "webhook-signature": f"v1,other {headers['webhook-signature']}"}, body, now
    )


@pytest.mark.parametrize(
    ("status", "is_final"), [(200, None), (204, None), (302, False), (307, False), (400, True), (408, False),
                             (410, True), (429, False), (500, False), (503, False), (0, False)]
)  # fmt: skip
def test_an_answer_says_whether_to_try_again(status, is_final):
    with web_receiver(status) as receiver:
        if is_final is None:
            webhook(receiver.url).send([message()])
        else:
            with pytest.raises(NotSentError) as failed:
                webhook(receiver.url).send([message()])
            assert is_final == failed.value.is_final

    assert 1 == len(receiver.requests), "a redirect is not followed"


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("ftp://host", SECRET),
        ("file:///etc/passwd", SECRET),
        ("https://", SECRET),
        ("https://host", "hunter2"),
        ("https://host", "whsec_aHVudGVyMg=="),
        ("https://host", "whsec_%%%"),
    ],
)
def test_a_webhook_that_cannot_be_used_is_a_fault_that_keeps_its_secret(url, secret):
    with pytest.raises(InputError) as refused:
        WebhookTarget("network's", url, secret)

    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(refused.value)


def test_what_fails_is_tried_again_with_the_same_identifier_and_noted_once():
    notes = Notes()
    with web_receiver(500, 0, 503) as receiver:
        sender = a_sender(webhook(receiver.url), notes)
        sender.put([message()])
        wait_for(lambda: notes)
        sender.stop(5)

    assert [("P-1", NoticeState.SENT)] == notes.states()
    assert 4 == len(receiver.requests)
    assert 1 == len({headers["webhook-id"] for headers, _ in receiver.requests})


def test_what_a_receiver_never_will_take_is_given_up_at_once_and_the_next_goes_on():
    notes = Notes()
    with web_receiver(400) as receiver:
        sender = a_sender(webhook(receiver.url), notes)
        sender.put([message("P-1")])
        wait_for(lambda: notes)
        sender.put([message("P-2")])
        wait_for(lambda: len(notes) > 1)
        sender.stop(5)

    assert [("P-1", NoticeState.FAILED), ("P-2", NoticeState.SENT)] == notes.states()


def test_what_is_tried_in_vain_for_long_is_given_up_and_noted():
    notes = Notes()
    with web_receiver(*[500] * 1_000) as receiver:
        options = SenderOptions(first_wait_s=0.001, longest_wait_s=0.002, give_up_s=0.05)
        sender = a_sender(webhook(receiver.url), notes, options)
        sender.put([message()])
        wait_for(lambda: notes)
        sender.stop(5)

    assert [("P-1", NoticeState.FAILED)] == notes.states()
    assert len(receiver.requests) > 1


def test_a_receiver_that_hangs_holds_up_nobody_and_storm_events_are_lost_before_problems():
    notes = Notes()
    with web_receiver() as receiver:
        receiver.hangs.clear()
        sender = a_sender(webhook(receiver.url), notes, SenderOptions(most_waiting=5))
        sender.put([message("first")])
        wait_for(lambda: receiver.requests)
        sender.put([message(f"S-{n}", STORM_STARTED) for n in range(10)])
        sender.put([message("P-2"), message("P-3")])
        assert 5 == sender.waiting
        receiver.hangs.set()
        wait_for(lambda: len(notes) > 3)
        sender.stop(5)

    waited = [event["subject"] for event in json.loads(receiver.requests[1][1])]
    assert ["S-2", "S-3", "S-4", "P-2", "P-3"] == waited
    assert ["first", "", "P-2", "P-3"] == sorted(
        (it.subject for it in notes), key=["first", "", "P-2", "P-3"].index
    )
    (lost,) = [it for it in notes if it.kind == EVENTS_LOST]
    assert ({"events": 7}, NoticeState.FAILED) == (lost.body, lost.state)


def test_stopping_sends_what_waits_and_does_not_wait_for_a_receiver_that_is_gone():
    notes = Notes()
    with web_receiver() as receiver:
        there = a_sender(webhook(receiver.url), notes)
        there.put([message(f"P-{n}") for n in range(3)])
        there.stop(10)
    gone = a_sender(webhook(receiver.url), notes, SenderOptions(first_wait_s=600))
    gone.put([message("P-9")])
    gone.stop(0.1)

    assert ["P-0", "P-1", "P-2"] == [it.subject for it in notes], "P-9 is told after the restart"


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


def storms(count):
    return [
        LiveStorm(
            Storm(Stream(device, 0x8F75, "network"), Level.RED, NOON, None, 40, 10, 30, 31, NOON),
            "v1",
            Mode.ENFORCED,
        )
        for device in range(count)
    ]


def test_five_hundred_storms_are_two_mails_and_every_event_for_the_machine():
    clock, notes = Clock(), Notes()
    with mail_server() as (mailbox, url), web_receiver() as receiver:
        senders = {
            ("network", Audience.PEOPLE): [
                Sender("network", PeopleChannel("mail", url), notes.append, clock, QUICK)
            ],
            ("network", Audience.MACHINES): [
                Sender("network", webhook(receiver.url), notes.append, clock, QUICK)
            ],
        }
        notices = Notices([NoticeParty("network", "Network Z")], NOON)
        driver = NoticeDriver(notices, senders, notes.append, clock, tick_s=0.01)
        driver.start()
        driver.storms(storms(500), [])
        wait_for(lambda: mailbox.messages)
        clock.now = SEVEN
        wait_for(lambda: len(mailbox.messages) > 1)
        driver.service_event(ServiceEvent(SEVEN, "alerts_expired", {"recipient": "network", "alerts": 3}))
        wait_for(lambda: len(mailbox.messages) > 2)
        problems = driver.problems("network")
        driver.stop(10)

    new, digest, event = (mail["subject"] for mail in mailbox.messages)
    assert new.startswith("Tidegate: new problem P-")
    assert "Tidegate: 500 Alert Storms of 1 problem, 7 January 2026" == digest
    assert "498 messages avoided" in mailbox.text(1)
    assert "Network Z" in mailbox.text(1)
    assert "Tidegate: alerts expired" == event
    events = [
        event
        for _, body in receiver.requests
        for event in ([json.loads(body)] if body[:1] == b"{" else json.loads(body))
    ]
    assert 500 == sum(event["type"] == STORM_STARTED for event in events)
    assert 502 == len({event["id"] for event in events})
    assert [(500, 1)] == [(problem["storms"], len({problem["problem_id"]})) for problem in problems]
    kept = [it for it in notes if isinstance(it, NoticeEntry) and it.state is NoticeState.AVOIDED]
    assert [498] == [it.body["avoided"] for it in kept]


def test_a_fault_of_ours_in_one_notice_does_not_end_the_others(caplog):
    class Broken(Notices):
        broken = True

        def storms(self, started, ended, now):
            if self.broken:
                self.broken = False
                raise ZeroDivisionError
            return super().storms(started, ended, now)

    clock, notes = Clock(), Notes()
    with web_receiver() as receiver:
        senders = {
            ("network", Audience.MACHINES): [
                Sender("network", webhook(receiver.url), notes.append, clock, QUICK)
            ]
        }
        driver = NoticeDriver(
            Broken([NoticeParty("network")], NOON), senders, notes.append, clock, tick_s=0.01
        )
        driver.start()
        driver.storms(storms(1), [])
        wait_for(lambda: caplog.records)
        driver.storms(storms(2), [])
        wait_for(lambda: receiver.requests)
        driver.stop(10)

    assert "a fault of ours in notices" in caplog.text


def test_the_threads_end():
    before = threading.active_count()
    driver = NoticeDriver(Notices([], NOON), {}, lambda _note: None, Clock(), tick_s=0.01)
    driver.start()
    driver.stop(10)

    assert before == threading.active_count()
