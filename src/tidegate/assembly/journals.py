"""A journal as a log: what the engine decided, decided again by a replay; and the evidence it was told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.devices import format_device_id

if TYPE_CHECKING:
    from tidegate.columnar.batches import AlertBatch, Names, Recipients
    from tidegate.columnar.evidence import RecordSource
    from tidegate.operations.ports import AlertSource
    from tidegate.policy.history import PolicyPeriod

_SQLITE: Final = b"SQLite format 3\0"
_SERVER: Final = "postgresql:/"


def is_journal(path: Path) -> bool:
    """Say whether it is the URL of a database, or a file that is one: of all we read only a journal is."""
    if str(path).startswith(_SERVER):
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def open_journal_log(path: Path, *, keep_original: bool = False) -> AlertSource:
    """The Alerts of a journal, in the order they were decided; its engine may go on meanwhile.

    Raises:
        InputError: it is no journal, one of a newer Tidegate, or it cannot be read.
    """
    from tidegate.journal import JournalSource  # noqa: PLC0415

    return JournalSource(_url_of(path), as_original=_columns if keep_original else None)


def open_journal_evidence(path: Path, names: Names) -> RecordSource:
    """What the Alerts and Responses of a journal said of credentials; its engine may go on meanwhile.

    names:  The parties: those of the registrations are numbered in the same.

    Raises:
        InputError: it is no journal, one of another form, or it cannot be read.
    """
    from tidegate.journal import JournalEvidence  # noqa: PLC0415

    return JournalEvidence(_url_of(path), names)


def journal_periods(path: Path) -> list[PolicyPeriod]:
    """Which policy was in force when, by the journal: overrides, their ends and back-outs included.

    Raises:
        InputError: it is no journal, one of a newer Tidegate, or it cannot be read.
    """
    from tidegate.journal import policies_of  # noqa: PLC0415
    from tidegate.operations.policy_timeline import timeline  # noqa: PLC0415
    from tidegate.policy_files import parse_policy  # noqa: PLC0415

    return timeline(policies_of(_url_of(path)), parse_policy)


def _url_of(path: Path) -> str:
    """A path keeps one slash of the two that begin a server's name, or of the three where a socket is its host."""
    text = str(path)
    if not text.startswith(_SERVER):
        return text
    return f"postgresql:{'///' if '?host=' in text else '//'}{text.removeprefix(_SERVER)}"


def _columns(first_seq: int, alerts: AlertBatch, recipients: Recipients) -> dict[str, list[object]]:
    return {
        "seq": list(range(first_seq, first_seq + len(alerts))),
        "received_at": alerts.received_at.tolist(),
        "device_id": [format_device_id(device) for device in alerts.device_id.tolist()],
        "alert_code": [format_alert_code(code) for code in alerts.alert_code.tolist()],
        "recipient": [recipients.name_of(number) for number in alerts.recipient.tolist()],
    }
