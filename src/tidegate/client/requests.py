"""A Service Request to be sent: the document, and what of it says when it may go."""

from __future__ import annotations

from dataclasses import dataclass, field

from tidegate.vocabulary.instants import Duration


@dataclass(frozen=True, slots=True)
class Request:
    """A signed DUIS Request. It is sent as it stands, however often: so it is always under one RequestID.

    document:       The octets.
    request_id:     Its RequestID, for the log.
    srv:            Service Reference Variant.
    service:        The last word of the path: `serviceT`, `serviceS`, `serviceD`.
    continues:      It continues what was admitted (a signed pre-command, or a request that names the one before it):
                    it passes where the User has no share left.
    useful_for_us:  How long after it is handed in it is still of use; None: as the terms say.
    """

    document: bytes = field(repr=False)
    request_id: str
    srv: str
    service: str
    continues: bool = False
    useful_for_us: Duration | None = None
