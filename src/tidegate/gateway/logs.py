"""What is told of what happens: one line each, for a person or as JSON, with the id of its request.

Nothing secret is told, and no Device below `debug` unless it is asked for. A
flood of refusals does not become a flood of lines: of each reason one line a
second is told, with how many there were.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

_ABOUT_DEVICES: Final = frozenset({"device_id", "response_id", "service_request_id", "detail"})
_SECRETS: Final = frozenset({"authorization", "token", "password", "secret", "key"})
_TOLD_EVERY_S: Final = 1.0


def configure(
    *, json_lines: bool, level: str, device_ids: bool, to: TextIO | None = None
) -> structlog.stdlib.BoundLogger:
    """Set up logging for this process; what libraries log goes the same way."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    if not (device_ids or number <= logging.DEBUG):
        shared.append(_without_devices)
    rendered: Any = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=False)
    )
    last = [structlog.processors.format_exc_info] if json_lines else []
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = name != "uvicorn.access"
    # Its lines tell what ours tell already, and its warnings come with each request that is no HTTP: a flood of those
    # is told by ours. What goes wrong in it is told.
    logging.getLogger("uvicorn.error").setLevel(max(number, logging.ERROR))
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("tidegate")
    return logger


def _without_secrets(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in _SECRETS & event.keys():
        event[key] = "(not shown)"
    return event


def _without_devices(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in _ABOUT_DEVICES & event.keys():
        del event[key]
    return event


class RefusalLog:
    """Tells of refusals, of each reason at most once a second."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self._told_at: dict[str, float] = {}
        self._untold: dict[str, int] = {}

    def tell(self, reason: str, **about: Any) -> None:
        """A request was refused; `about` may name its caller and its detail."""
        now = time.monotonic()
        if now - self._told_at.get(reason, -_TOLD_EVERY_S) < _TOLD_EVERY_S:
            self._untold[reason] = self._untold.get(reason, 0) + 1
            return
        self._told_at[reason] = now
        others = self._untold.pop(reason, 0)
        self._logger.info("refused", reason=reason, **about, **({"others": others} if others else {}))
