"""Delivery joined to what writes documents: who takes throttle metadata is sent it, signed by us.

delivery = open_delivery(recipients, signing)
opened = open_engine(..., outbox=delivery)
opened.engine.start()
delivery.start(opened.engine)
...
delivery.stop()        # before the engine: it is told how the last attempts ended
opened.close()
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.assembly.clock import clock
from tidegate.operations.outgoing import OutgoingAlert
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from tidegate.delivery import Delivery, Recipient

_log = logging.getLogger("tidegate.delivery")


@dataclass(frozen=True, slots=True)
class SigningFiles:
    """The gateway's own key and certificate, with which documents are signed that it adds metadata to."""

    key: Path
    certificate: Path
    password: bytes | None = None


def open_delivery(
    recipients: Sequence[Recipient],
    signing: SigningFiles | None = None,
    *,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> Delivery:
    """What delivers to some recipients, not started yet.

    signing:  None: nothing is signed, so nobody takes throttle metadata.

    Raises:
        InputError: a recipient takes throttle metadata and there is no key to sign with, or the key cannot be used.
    """
    from tidegate.delivery import Delivery  # noqa: PLC0415 - aiohttp is slow to start

    takers = [each.user for each in recipients if each.takes_throttle_metadata]
    if takers and signing is None:
        what = f"{', '.join(takers)} is to be sent throttle metadata, and there is no key to sign it with"
        remedy = "Give signing.key and signing.certificate, or set takes_throttle_metadata = false."
        raise InputError(Fault("recipients", what, remedy))
    return Delivery(recipients, document_writer(signing), clock, loop_factory=loop_factory)


def document_writer(signing: SigningFiles | None) -> Callable[[OutgoingAlert, Recipient], bytes]:
    """What is sent to a recipient: the document as it came, octet for octet, or with its throttle metadata.

    Raises:
        InputError: the key or the certificate cannot be used.
    """
    from tidegate.duis.hardened_xml import RefusedDocument  # noqa: PLC0415 - lxml and cryptography
    from tidegate.duis.signing_keys import Signer  # noqa: PLC0415
    from tidegate.duis.throttle_metadata import with_throttle_metadata  # noqa: PLC0415

    signer = (
        None if signing is None else Signer.from_files(signing.key, signing.certificate, signing.password)
    )

    def write(alert: OutgoingAlert, recipient: Recipient) -> bytes:
        tells = recipient.takes_throttle_metadata and alert.throttled_alert_count > 0
        if signer is None or not tells:
            return alert.document
        try:
            return with_throttle_metadata(
                alert.document, alert.throttled_alert_sequence_id, alert.throttled_alert_count, signer
            )
        except RefusedDocument as error:
            # The Alert matters more than what it tells of others: those counts are in notices and reports too.
            _log.warning("metadata could not be added: %s", error, extra={"seq": alert.seq})
            return alert.document

    return write
