"""Messages to people by apprise: mail, Teams, Slack, and whatever else it knows. Its one room."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import apprise

from tidegate.notices.channel import NotSentError
from tidegate.operations.messages import Message
from tidegate.vocabulary.faults import Fault, InputError

_TIMEOUT_S: Final = 15.0


class PeopleChannel:
    """An address that people read.

    name:  What the journal calls it.
    url:   The address as apprise writes it (`mailtos://...`, `msteams://...`, `slack://...`); it has secrets in it.

    Raises:
        InputError: it is none; it is not told which words of it are wrong, for one may be a password.
    """

    most_at_once = 1

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        # It writes nothing to the disk, and says nothing of secrets to a log.
        asset = apprise.AppriseAsset(
            app_id="Tidegate",
            app_desc="Tidegate",
            app_url="",
            async_mode=False,
            secure_logging=True,
            storage_mode=apprise.PersistentStoreMode.MEMORY,
            service_timeout=_TIMEOUT_S,
        )
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        self._apprise = apprise.Apprise(asset=asset)
        if not self._apprise.add(url):
            raise InputError(
                Fault(name, "is none that can be sent to", "Write it as apprise does, as mailtos://.")
            )

    def send(self, messages: Sequence[Message]) -> None:
        """Send one message.

        Raises:
            NotSentError: it was not taken.
        """
        (message,) = messages
        # A title is one line, whatever an Inventory says of a product.
        title = " ".join(message.title.split())
        sent = self._apprise.notify(title=title, body=message.text, body_format=apprise.NotifyFormat.TEXT)
        if not sent:
            raise NotSentError(f"{self.name}: it was not taken")
