"""The built-in responder: answers Service Requests as the DSP would, where there is no DSP.

A request for a Device is acknowledged (I99), and a Service Response follows to
the User's own service, where one is configured. A Transform is answered with a
Pre-Command, a request for local delivery with the Command, a Non-Device request
with I99. What a Device would say is stood in for, and says so: there is no
Device here, no Inventory, no key. Faults can be ordered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from tidegate.delivery.listeners import Listeners
from tidegate.duis.request_bodies import request_bodies
from tidegate.duis.service_request import RequestDocument, Service
from tidegate.duis.service_response import ResponseWriter
from tidegate.gateway.ordered_faults import OrderedFaults
from tidegate.gbcs.stand_in import COMMAND, GBCS_VERSION, RESPONSE, stand_in
from tidegate.vocabulary.devices import parse_device_id
from tidegate.vocabulary.instants import Instant

MOST_TO_COME: Final = 10_000
"""Service Responses that are to be sent yet; of more, none is sent."""

_LOCAL: Final = frozenset("26")


class Sandbox:
    """Answers.

    write:     Writes Responses, signed where there is a key.
    faults:    What is ordered.
    listeners: The Users' own services.
    after_s:   How long after its acknowledgement a Service Response is sent.
    """

    def __init__(
        self,
        write: ResponseWriter,
        faults: OrderedFaults,
        listeners: Listeners,
        after_s: float,
        clock: Callable[[], Instant],
        log: Any,
    ) -> None:
        self._write = write
        self.faults = faults
        self._listeners = listeners
        self._after_s = after_s
        self._clock = clock
        self._log = log
        self._to_come: set[asyncio.Task[None]] = set()

    def answer(self, request: RequestDocument, at: Instant) -> bytes:
        """What is answered at once; a Service Response is set going where one is to follow."""
        code = _message_code(request)
        user = parse_device_id(request.user)
        if request.service is Service.TRANSFORM:
            command = stand_in(COMMAND, user, request.device_id, request.counter, code)
            return self._write.pre_command(request, at, GBCS_VERSION, command)
        if request.command_variant in _LOCAL:
            command = stand_in(COMMAND, user, request.device_id, request.counter, code)
            return self._write.local_command(request, at, command)
        if request.service is Service.SEND_COMMAND:
            self._respond_later(request)
        return self._write.acknowledgement(request, at)

    async def start(self) -> None:
        """Begin."""
        await self._listeners.start()

    async def stop(self) -> None:
        """End; what is to be sent yet is not sent."""
        for task in self._to_come:
            task.cancel()
        await asyncio.gather(*self._to_come, return_exceptions=True)
        await self._listeners.stop()

    def _respond_later(self, request: RequestDocument) -> None:
        if request.user not in self._listeners or len(self._to_come) >= MOST_TO_COME:
            return
        task = asyncio.get_running_loop().create_task(self._respond(request))
        self._to_come.add(task)
        task.add_done_callback(self._to_come.discard)

    async def _respond(self, request: RequestDocument) -> None:
        await asyncio.sleep(self._after_s)
        payload = stand_in(
            RESPONSE,
            request.device_id,
            parse_device_id(request.user),
            request.counter,
            _message_code(request),
        )
        document = self._write.service_response(request, self._clock(), payload)
        ended = await self._listeners.send(request.user, document)
        self._log.info("service response", user=request.user, counter=request.counter, ended=ended)


def _message_code(request: RequestDocument) -> int | None:
    body = request_bodies().get(request.service_reference_variant)
    return None if body is None else body.message_code
