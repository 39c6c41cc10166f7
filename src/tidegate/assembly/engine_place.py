"""Where an engine is that a command asks: behind a gateway that runs, or in a journal that no engine uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from tidegate.assembly.asking_gateway import NOBODY, Credentials, ask_gateway, say_server
from tidegate.operations.live_journal import JournalUnavailable
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from tidegate.journal import SqlJournal


@dataclass(frozen=True, slots=True)
class EnginePlace:
    """Exactly one of the two.

    journal:  File or URL of a journal.
    server:   URL of a gateway that runs; `credentials` say who asks.
    asked_of: What is asked of it, as `policy`.
    """

    journal: str | None = None
    server: str | None = None
    credentials: Credentials = NOBODY
    asked_of: ClassVar[str]

    def __post_init__(self) -> None:
        if (self.journal is None) == (self.server is None):
            what = f"the command needs to know whose {self.asked_of} it is about"
            remedy = "Write one: --server URL while the gateway runs, else --journal."
            raise InputError(Fault("--journal, --server", what, remedy))

    def ask(self, path: str, body: Mapping[str, object] | None = None, **options: float) -> Any:
        """What the gateway answers; see `ask_gateway`.

        Raises:
            InputError: it cannot be reached, or refuses.
        """
        return ask_gateway(self.server or "", self.credentials, path, body, **options)

    @contextmanager
    def opened(self) -> Iterator[SqlJournal]:
        """The journal, to change it.

        Raises:
            InputError: it is not there, an engine uses it, or it cannot be written.
        """
        from tidegate.journal import open_journal, policies_of  # noqa: PLC0415 - SQLAlchemy is slow to start

        url = self.journal or ""
        with self.reached():
            try:
                # A journal that is not there is not made by asking for something of it.
                policies_of(url)
                journal = open_journal(url)
            except InputError as error:
                raise InputError(*map(say_server, error.faults)) from None
            try:
                yield journal
            finally:
                journal.close()

    @contextmanager
    def reached(self) -> Iterator[None]:
        """A journal that cannot be reached is a fault of the call.

        Raises:
            InputError: it cannot.
        """
        try:
            yield
        except JournalUnavailable as error:
            what = f"the journal cannot be reached or written: {error}"
            remedy = "Nothing was changed that it does not show."
            raise InputError(Fault(self.journal or "--journal", what, remedy)) from None
