"""Alerts from DUIS documents, wherever they lie, in the order they were received.

Every document found comes out as an Alert or as a rejected row that names its
file and says why. A document that carries no Alert (an acknowledgement, a
Service Response) is a rejected row too, "not an Alert: ..."; nothing is wrong
with it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from tidegate.columnar.batches import AlertBatch, Columns, ReadBatch, Recipients, RejectedRow
from tidegate.duis.document_stream import Document, Documents
from tidegate.duis.documents import DecodePayload, DuisAlert, read_response
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.received_at import SIDECAR
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

_EXAMPLES: Final = 3
_MOST_OCTETS: Final = 16 * 1024 * 1024
"""Of payloads in a batch: a few documents of the greatest length fill one."""

_COLUMNS: Final = Columns(
    {
        "received_at": f"{SIDECAR}, the file's name, or ResponseDateTime",
        "device_id": "ResponseID, or the Device a DCC Alert is about",
        "alert_code": "AlertCode, DCCAlertCode",
        "recipient": "ResponseID",
    }
)


class DuisSource:
    """DUIS documents as an `operations.ports.AlertSource`; read once, in batches.

    paths:    Files (.xml, of one document or many), folders (with the folders in them), zips.
    sidecar:  A `received_at.csv` for all of them; each folder and zip may also have its own.
    decode_payload: Where given, every GBCSPayload is held against the document around it.
    keep_original:  Batches carry `original`: name of a column -> list with one entry for each Alert,
              of the documents as they came (file, response_id, kind, and so on).
    batch_documents: Documents in a batch, at most.

    Receipt instants and the order of reading are those of `document_stream`.

    `ReadBatch.line` is the line in its file for a file of many documents, and else the number of the
    document in the order it was read, from 1, for there `ReadBatch.source` is all of the input.

    Raises:
        InputError: see `places.find_documents`; and from `batches`, when no document is an Alert.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        sidecar: Path | None = None,
        decode_payload: DecodePayload | None = None,
        keep_original: bool = False,
        batch_documents: int = 4096,
    ) -> None:
        assert batch_documents >= 1
        self._documents = Documents(paths, sidecar)
        self._decode_payload = decode_payload
        self._keep_original = keep_original
        self._batch_documents = batch_documents
        self._recipients = Recipients()

    @property
    def name(self) -> str:
        """The path, and how many files where there are several."""
        return self._documents.name

    @property
    def recipients(self) -> Recipients:
        """The recipients met so far."""
        return self._recipients

    @property
    def columns(self) -> Columns:
        """Where in a document each of our columns comes from."""
        return _COLUMNS

    def batches(self) -> Generator[ReadBatch]:
        """Read every document once.

        Raises:
            InputError: not one of them is an Alert.
        """
        rows = _Rows(self.name, keep_original=self._keep_original)
        rows.rejected += self._documents.rejected
        alerts = 0
        refused: list[RejectedRow] = []
        for document in self._documents:
            if rows.is_full(self._batch_documents) or rows.belong_elsewhere(document):
                yield rows.take(document.progress)
            result = self._read(document)
            rows.source = document.source
            if isinstance(result, DuisAlert):
                alerts += 1
                rows.add(result, document, self._recipients.number_of(result.recipient))
            else:
                rows.rejected.append(result)
                refused += rows.rejected[-1:] if len(refused) < _EXAMPLES else []
        yield rows.take(1.0)
        if not alerts:
            what = f"none of its {self._documents.count:,} documents is an Alert"
            examples = [Fault(row.source, row.reason) for row in refused]
            raise InputError(Fault(self.name, what, "See which documents these are:"), *examples)

    def _read(self, document: Document) -> DuisAlert | RejectedRow:
        try:
            result = read_response(document.root(), self._decode_payload)
        except RefusedDocument as error:
            return document.refused(error)
        if isinstance(result, DuisAlert):
            return result
        return document.passed_over(f"not an Alert: {result.what}", result.identifier)


class _Rows:
    """A batch being filled."""

    def __init__(self, source: str, *, keep_original: bool) -> None:
        self.source = source
        self.rejected: list[RejectedRow] = []
        self._keep_original = keep_original
        self._received_at: list[Instant] = []
        self._recipient: list[int] = []
        self._alerts: list[DuisAlert] = []
        self._files: list[str] = []
        self._lines: list[int] = []
        self._octets = 0

    def is_full(self, documents: int) -> bool:
        """Say whether the batch holds as much as it may."""
        return len(self._alerts) + len(self.rejected) >= documents or self._octets >= _MOST_OCTETS

    def belong_elsewhere(self, document: Document) -> bool:
        """Say whether a document's Alert has another source than those here."""
        return bool(self._alerts) and self.source != document.source

    def add(self, alert: DuisAlert, document: Document, recipient: int) -> None:
        """Take one Alert."""
        self._received_at.append(alert.sent_at if document.received_at is None else document.received_at)
        self._recipient.append(recipient)
        self._alerts.append(alert)
        self._files.append(document.file)
        self._lines.append(document.line)
        self._octets += len(alert.payload)

    def take(self, progress: float) -> ReadBatch:
        """The batch as it is; what comes after begins the next one."""
        batch = ReadBatch(
            alerts=AlertBatch(
                np.array(self._received_at, np.int64),
                np.array([alert.device_id for alert in self._alerts], np.uint64),
                np.array([alert.alert_code for alert in self._alerts], np.uint32),
                np.array(self._recipient, np.uint32),
            ),
            source=self.source,
            rejected=tuple(self.rejected),
            original=self._original() if self._keep_original else None,
            line=np.array(self._lines, np.int64),
            progress=progress,
        )
        self._octets = 0
        self.rejected.clear()
        for column in (self._received_at, self._recipient, self._alerts, self._files, self._lines):
            column.clear()
        return batch

    def _original(self) -> dict[str, list[Any]]:
        alerts = self._alerts
        return {
            "received_at": list(self._received_at),
            "device_id": [format_device_id(alert.device_id) for alert in alerts],
            "alert_code": [format_alert_code(alert.alert_code) for alert in alerts],
            "recipient": [alert.recipient for alert in alerts],
            "file": list(self._files),
            "kind": [str(alert.kind) for alert in alerts],
            "response_id": [alert.response_id for alert in alerts],
            "response_date_time": [alert.sent_at for alert in alerts],
            "dcc_alert_code": [
                None if alert.dcc_alert_code is None else format_alert_code(alert.dcc_alert_code)
                for alert in alerts
            ],
            "throttled_alert_sequence_id_in": [alert.throttled_alert_sequence_id for alert in alerts],
            "throttled_alert_count_in": [alert.throttled_alert_count for alert in alerts],
        }
