"""What Post Commissioning reads: evidence of any kind, and who is registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.assembly.opening import MAPPING_FILE

if TYPE_CHECKING:
    from tidegate.columnar.batches import Names
    from tidegate.tables.evidence import RecordSource


def open_evidence(
    paths: Sequence[Path], names: Names, mapping: Mapping[str, str] | None = None
) -> RecordSource:
    """Open evidence, by what the paths are: tables (CSV, Parquet).

    names:     The parties: those of the registrations are numbered in the same.
    mapping:   Our column name -> the table's; None: what `tidegate.toml` in this folder says, if it is there.

    Raises:
        InputError: nothing is there, or it is of no kind we know.
    """
    from tidegate.tables.evidence import evidence_source  # noqa: PLC0415 - each reader only where needed
    from tidegate.tables.evidence_columns import EVIDENCE_TABLE  # noqa: PLC0415
    from tidegate.tables.mapping_file import read_mapping  # noqa: PLC0415

    if mapping is None:
        mapping = read_mapping(MAPPING_FILE, EVIDENCE_TABLE.wanted)
    return evidence_source(paths, names, mapping)


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
