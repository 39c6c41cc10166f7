"""What `tidegate serve` needs of the outside: a journal, a policy to begin with, documents read and verified, an engine.

`gateway` puts HTTP before it; delivery and notices are joined here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tidegate.operations.live import AuditEntry, Incoming, Outbox, PolicyRecord, StormWatcher
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from tidegate.journal import SqlJournal
    from tidegate.operations.engine import Engine


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """How documents are read; plain, so that it can be sent to the process that reads.

    certificates:   Folder of those whose signatures are taken; None: signatures are not verified.
    dcc_roles, dcc_parties: who signs for any originator; None: as `duis.signature` has it.
    accept_expired: Take certificates outside of their validity, as test material is.
    check_payload:  The GBCS payload must be of the Device and code that the document says.
    schema:         Hold documents to this XML schema too.
    """

    certificates: Path | None = None
    dcc_roles: Sequence[str] | None = None
    dcc_parties: Sequence[str] = ()
    accept_expired: bool = False
    check_payload: bool = True
    schema: Path | None = None


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document that was read and, where documents are, verified.

    incoming:    The Alert in it.
    originator:  Whom its ResponseID says it is from.
    signer:      Whose signature was verified; empty where none was.
    """

    incoming: Incoming
    originator: str
    signer: str = ""


ReadOne: TypeAlias = Callable[[bytes, Instant], ReadDocument]
"""Reads and verifies a document as received at an instant; raises `duis.hardened_xml.RefusedDocument`."""

MakeReader: TypeAlias = Callable[[], ReadOne]
"""Makes what reads documents; called in the process that will read, so it must be fit to be sent there (pickled)."""


def make_reader(plan: ReadingPlan) -> ReadOne:
    """What reads documents as planned.

    Raises:
        InputError: certificates or schema cannot be read.
    """
    from tidegate.duis.alert_document import DuisSchema, read_alert_document  # noqa: PLC0415
    from tidegate.duis.certificates import CertificateStore  # noqa: PLC0415
    from tidegate.duis.signature import DCC_ROLES, Verifier  # noqa: PLC0415
    from tidegate.gbcs.alert import read_alert  # noqa: PLC0415

    schema = None if plan.schema is None else DuisSchema(plan.schema)
    verifier = None
    if plan.certificates is not None:
        verifier = Verifier(
            CertificateStore.from_folder(plan.certificates),
            dcc_roles=DCC_ROLES if plan.dcc_roles is None else plan.dcc_roles,
            dcc_parties=plan.dcc_parties,
            accept_expired=plan.accept_expired,
        )
    decode = read_alert if plan.check_payload else None

    def read(body: bytes, at: Instant) -> ReadDocument:
        document = read_alert_document(body, decode, schema)
        signer = "" if verifier is None else verifier.verify(document, at).party
        alert = document.alert
        incoming = Incoming(
            alert.device_id,
            alert.alert_code,
            alert.recipient,
            alert.response_id,
            signer or document.originator,
            body,
        )
        return ReadDocument(incoming, document.originator, signer)

    return read


def reader_of(plan: ReadingPlan) -> MakeReader:
    """`make_reader` of a plan, to be called in the process that reads."""
    return partial(make_reader, plan)


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine over its journal, which nobody else writes until `close`."""

    engine: Engine
    journal: SqlJournal

    def close(self) -> None:
        """Finish what the engine took, save what it remembers, let go of the journal."""
        self.engine.stop()
        self.journal.close()


def clock() -> Instant:
    """Now, in microseconds UTC."""
    return time.time_ns() // 1_000


def open_engine(
    journal_url: str,
    begin_with: str,
    *,
    inventory: Path | None = None,
    watchers: Sequence[StormWatcher] = (),
    outbox: Outbox | None = None,
    who: str = "tidegate serve",
) -> Opened:
    """The engine over a journal, not started yet.

    begin_with:  Policy put in force where the journal has none: a file, or the name of a published one.

    Raises:
        InputError: the journal or the policy cannot be used.
        JournalUnavailable: the journal cannot be reached.
    """
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415
    from tidegate.journal import open_journal  # noqa: PLC0415
    from tidegate.operations.engine import Engine  # noqa: PLC0415
    from tidegate.policy_files import find_policy, parse_policy, write_policy  # noqa: PLC0415

    policy = find_policy(begin_with)
    known = None if inventory is None else open_inventory(inventory)
    journal = open_journal(journal_url)
    now = clock()
    if not journal.policies():
        record = PolicyRecord(
            0,
            policy.version,
            write_policy(policy),
            now,
            who=who,
            reason="the policy to begin with",
            recorded_at=now,
        )
        journal.put_policy(record, AuditEntry(now, who, "policy.begin", {"version": policy.version}))
    engine = Engine(journal, parse_policy, clock, inventory=known, watchers=watchers, outbox=outbox)
    return Opened(engine, journal)
