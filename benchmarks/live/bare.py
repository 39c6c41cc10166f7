"""A server on the gateway's stack that reads a body, says 204 and does nothing else.

    python -m benchmarks.live.bare PORT

What is left of its rate with a gateway in its place is what reading, verifying, deciding and keeping cost. It
is the receiver of what the gateway delivers too.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route


class Acknowledge:
    """Reads the body; 204."""

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body", False):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


def main(port: int) -> None:
    app = Starlette(routes=[Route("/{path:path}", Acknowledge())])
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", ws="none", log_config=None, access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
