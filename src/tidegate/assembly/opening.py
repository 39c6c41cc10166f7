"""What a command reads: Alerts of any kind, policies, an Inventory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.assembly.journals import is_journal, journal_periods, open_journal_log
from tidegate.operations.ordered_log import ReadOptions
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import always
from tidegate.policy.history import PolicyPeriod
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from tidegate.columnar.inventory import Inventory

MAPPING_FILE: Final = Path("tidegate.toml")
"""Where the names of a user's columns are kept, in the folder the command is run in."""

MOST_SHARDS: Final = 8
_DOCUMENTS: Final = (".xml", ".zip")
_TABLES: Final = (".parquet", ".csv", ".tsv", ".gz", ".zst")


def shards() -> int:
    """Threads that decide: one for each core, and not more than bring anything."""
    return max(1, min(MOST_SHARDS, os.cpu_count() or 1))


def open_alerts(
    paths: Sequence[Path],
    *,
    mapping: Mapping[str, str] | None = None,
    keep_original: bool = False,
    sidecar: Path | None = None,
) -> AlertSource:
    """Open Alerts, by what the paths are: tables (CSV, Parquet), DUIS documents (.xml, .zip, folders of them), or a journal.

    mapping:   Our column name -> the table's; None: what `tidegate.toml` in this folder says, if it is there.
    sidecar:   A CSV of receipt instants for DUIS documents.

    Raises:
        InputError: nothing is there, it is of no kind we know, or of both.
    """
    if len(paths) == 1 and is_journal(paths[0]):
        return open_journal_log(paths[0], keep_original=keep_original)
    of_documents = [path for path in paths if leads_to_documents(path)]
    if not of_documents:
        from tidegate.tables.mapping_file import read_mapping  # noqa: PLC0415 - each reader only where needed
        from tidegate.tables.source import open_tables  # noqa: PLC0415

        if mapping is None and MAPPING_FILE.exists():
            mapping = read_mapping(MAPPING_FILE)
        return open_tables(paths, mapping=mapping, keep_original=keep_original)
    if len(of_documents) < len(paths):
        others = ", ".join(str(path) for path in paths if path not in of_documents)
        raise InputError(
            Fault(
                others,
                "these are tables, and the others DUIS documents",
                "Replay the two one after the other.",
            )
        )
    from tidegate.duis.source import DuisSource  # noqa: PLC0415
    from tidegate.gbcs.alert import read_alert  # noqa: PLC0415

    return DuisSource(paths, sidecar=sidecar, decode_payload=read_alert, keep_original=keep_original)


def open_inventory(path: Path, progress: Progress = no_progress) -> Inventory:
    """Read an Inventory (CSV, Parquet) into memory.

    Raises:
        InputError: it cannot be read, or has no row that can be used.
    """
    from tidegate.tables.inventory import read_inventory  # noqa: PLC0415

    return read_inventory(path, progress)


def policy_periods(
    policy: str | None, options: ReadOptions, alerts: Sequence[Path] = ()
) -> list[PolicyPeriod]:
    """Which policy decides when: a file or published name decides everything, a folder is a history.

    Where none is named and the Alerts are a journal's, those that were in force.

    Raises:
        InputError: there is no such policy, or it has faults.
    """
    from tidegate.columnar.ordering import BEFORE_ALL  # noqa: PLC0415
    from tidegate.policy_files import DEFAULT_POLICY, find_policy, read_history  # noqa: PLC0415

    if policy is None and len(alerts) == 1 and is_journal(alerts[0]):
        return journal_periods(alerts[0])
    if policy is not None and Path(policy).is_dir():
        since = BEFORE_ALL if options.since is None else options.since
        return read_history(Path(policy)).over(since, None)
    return always(find_policy(policy or DEFAULT_POLICY))


def leads_to_documents(path: Path) -> bool:
    """Say whether a path leads to DUIS documents: by its name, or for a folder by what is in it and what is not."""
    if not path.is_dir():
        return path.suffix.lower() in _DOCUMENTS
    from tidegate.duis.places import holds_documents  # noqa: PLC0415

    return not any(_is_table(file) for file in path.iterdir()) and holds_documents(path)


def _is_table(file: Path) -> bool:
    # Beside documents, a table is their sidecar.
    return file.suffix.lower() in _TABLES and file.name != "received_at.csv"
