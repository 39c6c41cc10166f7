"""Service Responses sent to the Users' own services, once each: for the sandbox, which has nothing to lose."""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.delivery.posting import Post, Recipient
from tidegate.operations.delivering import Ending
from tidegate.operations.redelivery import DeliveryTerms


class Listeners:
    """The services of some Users. Used by one event loop, from `start` to `stop`."""

    def __init__(self, recipients: Sequence[Recipient]) -> None:
        self._recipients = [each for each in recipients if each.url is not None]
        self._posts: dict[str, Post] = {}

    async def start(self) -> None:
        """Begin; no connection is made yet."""
        terms = DeliveryTerms()
        self._posts = {each.user: Post(each, terms) for each in self._recipients}

    async def stop(self) -> None:
        """Close the connections."""
        for post in self._posts.values():
            await post.close()

    def __contains__(self, user: str) -> bool:
        """Whether a User (EUI-64) has a service that is configured."""
        return user in self._posts

    async def send(self, user: str, document: bytes) -> str:
        """Send a document to a User that has one; how it ended, in words."""
        answer = await self._posts[user](document, has_metadata=False)
        return "accepted" if answer.ending is Ending.ACCEPTED else answer.reason
