"""Evidence of Post Commissioning from DUIS documents, wherever they lie.

Every document found comes out as rows of evidence or as a rejected row that names its file and
says why. A document that is no evidence (an acknowledgement, an Alert of something else) is a
rejected row too, "no evidence: ..."; nothing is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from tidegate.columnar.batches import Names, RejectedRow
from tidegate.columnar.evidence import EVIDENCE, ReadRows, srv_numbers
from tidegate.commissioning.evidence import Evidence
from tidegate.duis.document_stream import Document, Documents
from tidegate.duis.evidence import EvidenceReader, NoEvidence, ReadDeviceMessage
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.vocabulary.faults import Fault, InputError

_MOST_ROWS: Final = 1 << 14
_EXAMPLES: Final = 3


class EvidenceDocuments:
    """DUIS documents as a `columnar.evidence.RecordSource`; read once.

    names:         The parties and certificates, numbered together with those of registrations.
    read_message:  Reads the GBCS payload of an answer.

    `ReadRows.source` and `line` are those of `document_stream`. Requests are best read before their answers:
    a file that holds nothing else is.

    Raises:
        InputError: see `places.find_documents`; and from `rows`, when no document is evidence.
    """

    def __init__(self, paths: Sequence[Path], names: Names, read_message: ReadDeviceMessage) -> None:
        self._documents = Documents(paths)
        self._names = names
        self._reader = EvidenceReader(read_message)

    def rows(self) -> Iterator[ReadRows]:
        """Read every document once.

        Raises:
            InputError: not one of them is evidence.
        """
        part = _Part(self._documents.name, list(self._documents.rejected))
        refused: list[RejectedRow] = []
        is_any = False
        for document in self._documents:
            if part.is_full or (part.rows and part.source != document.source):
                yield part.take(self._names, document.progress)
                part = _Part(document.source, [])
            part.source = document.source
            result = self._read(document)
            if isinstance(result, RejectedRow):
                part.rejected.append(result)
                refused += [result] if len(refused) < _EXAMPLES else []
            else:
                is_any = True
                part.rows += result
                part.lines += [document.line] * len(result)
        yield part.take(self._names, 1.0)
        if not is_any:
            what = f"none of its {self._documents.count:,} documents is evidence of Post Commissioning"
            examples = [Fault(row.source, row.reason) for row in refused]
            raise InputError(Fault(self._documents.name, what, "See which documents these are:"), *examples)

    def _read(self, document: Document) -> Sequence[Evidence] | RejectedRow:
        try:
            result = self._reader.read(document.root(), document.received_at)
        except RefusedDocument as error:
            return document.refused(error)
        if isinstance(result, NoEvidence):
            return document.passed_over(f"no evidence: {result.what}", result.identifier)
        return result


class _Part:
    """Rows on their way: all of one source."""

    def __init__(self, source: str, rejected: list[RejectedRow]) -> None:
        self.source = source
        self.rejected = rejected
        self.rows: list[Evidence] = []
        self.lines: list[int] = []

    @property
    def is_full(self) -> bool:
        """Say whether it holds as much as it may."""
        return len(self.rows) + len(self.rejected) >= _MOST_ROWS

    def take(self, names: Names, progress: float) -> ReadRows:
        """The part as records."""
        numbers = srv_numbers()
        records = np.array(
            [
                (
                    row.at,
                    row.device_id,
                    names.number_of(row.certificate_hash),
                    names.number_of(row.party_id),
                    names.number_of(row.sender),
                    row.kind,
                    numbers[row.srv] if row.srv else 0,
                    row.credential_type,
                    row.outcome,
                    row.role,
                )
                for row in self.rows
            ],
            EVIDENCE,
        )
        return ReadRows(records, self.source, self.rejected, np.array(self.lines, np.int64), progress)
