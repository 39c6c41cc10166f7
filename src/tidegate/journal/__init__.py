"""The journal: what was received, decided, delivered and changed, in SQLite or PostgreSQL."""

from tidegate.journal.evidence import JournalEvidence
from tidegate.journal.journal import SqlJournal, open_journal
from tidegate.journal.source import JournalSource, audit_of, policies_of, queue_of

__all__ = [
    "JournalEvidence",
    "JournalSource",
    "SqlJournal",
    "audit_of",
    "open_journal",
    "policies_of",
    "queue_of",
]
