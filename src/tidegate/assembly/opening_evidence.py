"""What Post Commissioning reads: evidence of any kind, and who is registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.assembly.journals import is_journal, open_journal_evidence
from tidegate.assembly.opening import MAPPING_FILE, leads_to_documents

if TYPE_CHECKING:
    from tidegate.columnar.batches import Names
    from tidegate.columnar.evidence import ReadRows, RecordSource


def open_evidence(
    paths: Sequence[Path], names: Names, mapping: Mapping[str, str] | None = None
) -> RecordSource:
    """Open evidence, by what the paths are: tables (CSV, Parquet), DUIS documents (.xml, .zip, folders of them), journals.

    Of several kinds together too.

    names:     The parties: those of the registrations are numbered in the same.
    mapping:   Our column name -> the table's; None: what `tidegate.toml` in this folder says, if it is there.

    Raises:
        InputError: nothing is there, or it is of no kind we know.
    """
    journals = [path for path in paths if is_journal(path)]
    of_documents = [path for path in paths if path not in journals and leads_to_documents(path)]
    tables = [path for path in paths if path not in journals and path not in of_documents]
    sources: list[RecordSource] = [open_journal_evidence(path, names) for path in journals]
    if of_documents:
        from tidegate.duis.evidence_source import EvidenceDocuments  # noqa: PLC0415 - each reader only where needed
        from tidegate.gbcs.security_credentials import read_device_message  # noqa: PLC0415

        sources.append(EvidenceDocuments(of_documents, names, read_device_message))
    if tables or not sources:
        from tidegate.tables.evidence import evidence_source  # noqa: PLC0415
        from tidegate.tables.evidence_columns import EVIDENCE_TABLE  # noqa: PLC0415
        from tidegate.tables.mapping_file import read_mapping  # noqa: PLC0415

        if mapping is None:
            mapping = read_mapping(MAPPING_FILE, EVIDENCE_TABLE.wanted)
        sources.append(evidence_source(tables, names, mapping))
    return sources[0] if len(sources) == 1 else _Joined(sources)


def open_registrations(
    paths: Sequence[Path], names: Names, mapping: Mapping[str, str] | None = None
) -> RecordSource:
    """Open tables of who is registered for which Device; see `open_evidence`."""
    from tidegate.tables.evidence import registrations_source  # noqa: PLC0415
    from tidegate.tables.evidence_columns import REGISTRATIONS_TABLE  # noqa: PLC0415
    from tidegate.tables.mapping_file import read_mapping  # noqa: PLC0415

    if mapping is None:
        mapping = read_mapping(MAPPING_FILE, REGISTRATIONS_TABLE.wanted)
    return registrations_source(paths, names, mapping)


class _Joined:
    """Evidence of several sources, one after another: in which order it is read does not matter."""

    def __init__(self, sources: Sequence[RecordSource]) -> None:
        self._sources = sources

    def rows(self) -> Iterator[ReadRows]:
        """Read on."""
        for before, source in enumerate(self._sources):
            for part in source.rows():
                yield replace(part, progress=(before + part.progress) / len(self._sources))
