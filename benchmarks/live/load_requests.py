"""Service Requests to a server, unsigned, of many Users in turn; as `load`, a process of its own.

    python -m benchmarks.live.load_requests PORT REQUESTS CONNECTIONS USERS FIRST

As fast as answers come. Every request has a RequestID that was not sent before, and says in a header whose it is, for a
proxy that cannot read it.
"""

from __future__ import annotations

import json
import sys

import uvloop
from tests.material.duis_documents import eui
from tests.material.duis_requests import request
from tests.material.gbcs_alerts import SUPPLIER

from benchmarks.live.load import load

USER_HEADER = "x-user"
_HEAD = (
    "POST /api/v1/serviceS HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml\r\n"
    f"{USER_HEADER}: %s\r\nContent-Length: %d\r\n\r\n"
)


def user_of(number: int) -> int:
    """The User of a number, as an EUI-64."""
    return SUPPLIER + 0x10000 * number


def main() -> None:
    port, requests, connections, users, first = map(int, sys.argv[1:])
    made = []
    for number in range(first, first + requests):
        user = user_of(number % users)
        body = request(counter=number, user=user)
        made.append((_HEAD % (eui(user), len(body))).encode() + body)
    print(json.dumps(uvloop.run(load(port, made, connections, 0))))


if __name__ == "__main__":
    main()
