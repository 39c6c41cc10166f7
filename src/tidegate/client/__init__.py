"""For adapters: Service Requests sent so that a User stays inside its share, and nothing is sent twice for nothing.

    async with Adapter("https://dsp.example/api/v1") as adapter:
        ended = await adapter.send(request_of(document))

`pacer` decides what is sent when, sans I/O and clock; `adapter` does it over HTTP.
docs/how-to/write-an-adapter.md shows it at work.
"""

from tidegate.client.adapter import Adapter
from tidegate.client.answers import Answer, Meaning, Share
from tidegate.client.pacer import Ended, Ending, Full, Pacer
from tidegate.client.reading import request_of
from tidegate.client.requests import Request
from tidegate.client.terms import Terms

__all__ = [
    "Adapter",
    "Answer",
    "Ended",
    "Ending",
    "Full",
    "Meaning",
    "Pacer",
    "Request",
    "Share",
    "Terms",
    "request_of",
]
