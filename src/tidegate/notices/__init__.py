"""Notices on their way out: to people by apprise (mail, Teams, Slack), to machines as signed CloudEvents."""

from tidegate.notices.channel import Channel, NotSentError
from tidegate.notices.driver import NoticeDriver
from tidegate.notices.people import PeopleChannel
from tidegate.notices.sender import Sender, SenderOptions
from tidegate.notices.webhook import Webhook, WebhookTarget

__all__ = [
    "Channel",
    "NotSentError",
    "NoticeDriver",
    "PeopleChannel",
    "Sender",
    "SenderOptions",
    "Webhook",
    "WebhookTarget",
]
