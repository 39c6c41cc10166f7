"""The journal: what was received, decided, delivered and changed, in SQLite or PostgreSQL."""

from tidegate.journal.journal import SqlJournal, open_journal
from tidegate.journal.source import JournalSource, audit_of, is_journal, policies_of

__all__ = ["JournalSource", "SqlJournal", "audit_of", "is_journal", "open_journal", "policies_of"]
