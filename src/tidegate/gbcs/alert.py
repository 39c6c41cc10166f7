"""One GBCS Alert: from the octets a Device sent to a value.

The layout is that of the public GBCS and its Reference Test Data Set, on all
of whose Alerts this is tested. Signatures and MACs are carried, not verified.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tidegate.gbcs.content import Encoding, read_content
from tidegate.gbcs.envelope import ALERT, open_envelope, what_is
from tidegate.gbcs.octets import GbcsError
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class GbcsAlert:
    """What a Device said.

    originator:    Device that raised it.
    recipient:     Known Remote Party it is meant for (or the Access Control Broker).
    counter:       Originator Counter, unsigned 64 bit.
    message_code:  Message Code of the use case: 0x1000 generic critical, 0x1001 generic non-critical, ...
    alert_code:    16-bit Alert Code; may be unknown.
    at:            The Device's own clock, never a receipt instant; None where it gives no time.
    is_signed:     A critical Alert is signed; a non-critical one has a MAC.
    supplementary_party, supplementary_party_counter, supplementary_originator_counter:
                   None where the message has none.
    content:       The content as it stood, beginning with its encoding.
    protection:    Signature (64 octets) or MAC (12); not verified.
    """

    originator: DeviceId
    recipient: DeviceId
    counter: int
    message_code: int
    alert_code: AlertCode
    at: Instant | None
    encoding: Encoding
    is_signed: bool
    supplementary_party: DeviceId | None
    supplementary_party_counter: int | None
    supplementary_originator_counter: int | None
    content: bytes = field(repr=False)
    protection: bytes = field(repr=False)


def read_alert(payload: bytes) -> GbcsAlert:
    """Read one whole GBCS Alert, MAC or signed, in any of the three encodings.

    Raises:
        GbcsError: the octets are no GBCS Alert, not a whole one, or one and more.
    """
    envelope = open_envelope(payload)
    if envelope.cra != ALERT:
        raise GbcsError(f"it is {what_is(envelope.cra)}, not an Alert")
    if envelope.is_dated:
        raise GbcsError("its header has a date-time; an Alert's is empty")
    said = read_content(envelope.content)
    return GbcsAlert(
        originator=envelope.originator,
        recipient=envelope.recipient,
        counter=envelope.counter,
        message_code=envelope.message_code,
        alert_code=said.alert_code,
        at=said.at,
        encoding=said.encoding,
        is_signed=envelope.is_signed,
        supplementary_party=envelope.supplementary_party,
        supplementary_party_counter=envelope.supplementary_party_counter,
        supplementary_originator_counter=envelope.supplementary_originator_counter,
        content=envelope.content,
        protection=envelope.protection,
    )
