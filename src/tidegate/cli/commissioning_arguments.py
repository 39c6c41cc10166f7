"""Arguments of the commands that assess Devices."""

from __future__ import annotations

from typing import Any

import typer

EVIDENCE: Any = typer.Argument(
    metavar="EVIDENCE...",
    help="Files, folders or globs of evidence: CSV or Parquet tables, or DUIS documents.",
)
REGISTRATIONS: Any = typer.Option(
    [],
    "--registrations",
    metavar="FILE",
    help="Who is Supplier and Network Operator of which Device, from when: CSV or Parquet; may be given again.",
)
CRITERIA: Any = typer.Option(
    [],
    "--criteria",
    metavar="NAME",
    help="A set of criteria, by file or published name; given again, the first and the last are compared. "
    r"\[default: appendix-ac-5, outcome]",
)
AS_AT: Any = typer.Option(
    None,
    "--as-at",
    metavar="INSTANT",
    help=r"The date of the report: what came later is not known. \[default: that of the last evidence]",
)
MAPPING: Any = typer.Option(
    None,
    "--mapping",
    metavar="FILE",
    help=r"What your columns are called, under \[evidence_columns] and \[registration_columns]. "
    r"\[default: tidegate.toml, if it is in this folder]",
)
