"""An adapter: sends the signed DUIS Requests of a folder, and says what came of each.

    python examples/adapter.py FOLDER http://127.0.0.1:8080/api/v1

The order is that of the files' names, and of what customers wait for. It takes no
more from the folder than it may hold at once, keeps inside the User's share, and
ends with status 1 where anything was not accepted.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tidegate.client import Adapter, Ended, Ending, Terms, request_of


async def send_all(
    documents: Iterable[tuple[str, bytes]], url: str, terms: Terms | None = None
) -> dict[str, Ended]:
    """Send documents, each with its name; what came of each."""
    async with Adapter(url, terms) as adapter:
        # Handing in waits while enough is held: so the next document is not even read.
        handed_in = {name: await adapter.hand_in(request_of(document)) for name, document in documents}
        return {name: await future for name, future in handed_in.items()}


def main(folder: str, url: str) -> int:
    """Send, and tell."""
    files = sorted(Path(folder).glob("*.xml"))
    ended = asyncio.run(send_all(((file.name, file.read_bytes()) for file in files), url))
    for name, its in ended.items():
        status = "" if its.answer is None else its.answer.status
        print(f"{name:24} {its.ending.value:10} {status}, sent {its.tries} times")
    endings = Counter(its.ending.value for its in ended.values())
    print(", ".join(f"{count} {ending}" for ending, count in endings.items()))
    return int(any(its.ending is not Ending.ACCEPTED for its in ended.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
