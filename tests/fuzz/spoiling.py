"""How a good body is spoiled: cut, doubled, swapped, with words put where they do not belong."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeAlias

Spoiling: TypeAlias = tuple[str, float, float, int]
"""What is done, two places as parts of the body's length, and a number that says with what."""

OPERATIONS = ("cut", "double", "flip", "insert", "replace", "swap", "end")


def spoiled(body: bytes, spoilings: Sequence[Spoiling], words: Sequence[bytes]) -> bytes:
    """The body with some things done to it."""
    for operation, first, second, number in spoilings:
        start, stop = sorted((int(first * len(body)), int(second * len(body))))
        word = words[number % len(words)]
        match operation:
            case "cut":
                body = body[:start] + body[min(stop, start + number % 64) :]
            case "double":
                body = body[:stop] + body[start:stop] + body[stop:]
            case "flip" if start < len(body):
                body = body[:start] + bytes((body[start] ^ (1 << number % 8),)) + body[start + 1 :]
            case "insert":
                body = body[:start] + word + body[start:]
            case "replace":
                body = body[:start] + word + body[start + len(word) :]
            case "swap":
                body = body[:start] + body[stop:] + body[start:stop]
            case "end":
                body = body[:stop]
    return body


def any_spoilings(by: random.Random) -> list[Spoiling]:
    """Some, by chance."""
    return [
        (by.choice(OPERATIONS), by.random(), by.random(), by.randrange(1 << 16))
        for _ in range(by.randint(1, 5))
    ]
