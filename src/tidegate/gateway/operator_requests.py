"""What operators ask for over HTTP: a JSON body of bounded length in, every fault at once out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import Request, Response

from tidegate.gateway.door import refusal_of
from tidegate.gateway.replies import PROBLEM_JSON, AtTheDoor, Refusal
from tidegate.operations.live import NotAccepted
from tidegate.vocabulary.faults import Fault

_LONGEST_REQUEST: Final = 1 << 21


async def json_of(request: Request) -> object:
    """The body of a request.

    Raises:
        Refusal: it is too long, or no JSON.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_REQUEST:
            raise Refusal(AtTheDoor.TOO_LONG)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(AtTheDoor.QUERY, "the body is no JSON") from None


async def in_a_thread(question: Callable[[], Any]) -> Any:
    """What waits for the engine, asked in a thread.

    Raises:
        Refusal: the engine cannot answer now.
    """
    try:
        return await asyncio.to_thread(question)
    except NotAccepted as error:
        raise refusal_of(error) from None
    except TimeoutError:
        raise Refusal(AtTheDoor.BUSY) from None


def faults_of(title: str, faults: Sequence[Fault]) -> Response:
    """A problem (RFC 9457) that carries every fault, as a command shows them."""
    problem = {
        "type": "about:blank",
        "title": title,
        "status": 422,
        "detail": " ".join(map(str, faults)),
        "faults": [{"where": it.where, "what": it.what, "remedy": it.remedy} for it in faults],
    }
    return Response(json.dumps(problem), 422, media_type=PROBLEM_JSON)
