"""Notices on their way out: to people by apprise (mail, Teams, Slack), to machines as signed CloudEvents.

`people` is imported only where people are told: apprise is slow to start.
"""

from tidegate.notices.channel import Channel, NotSentError
from tidegate.notices.driver import NoticeDriver
from tidegate.notices.sender import Sender, SenderOptions
from tidegate.notices.webhook import Webhook, WebhookTarget

__all__ = [
    "Channel",
    "NotSentError",
    "NoticeDriver",
    "Sender",
    "SenderOptions",
    "Webhook",
    "WebhookTarget",
]
