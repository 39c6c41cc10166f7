"""The Code's criteria in DuckDB's SQL, as our page states them and a test holds them to the kernel."""

from __future__ import annotations

from pathlib import Path

import duckdb
from tests.documents.sql_pages import CODES_CRITERIA, statement_of

from benchmarks.commissioning.found import Found, found_as


def assess(path: Path) -> Found:
    """Assess every Device of a Parquet table of evidence, as at its last row."""
    with duckdb.connect() as db:
        db.execute(f"CREATE VIEW evidence AS FROM '{path}'")
        db.execute('SET VARIABLE as_at = (SELECT max("at") FROM evidence)')
        db.execute(statement_of(CODES_CRITERIA, "by_section_5"))
        rows = db.execute("""
            SELECT verdict, count(*), (sum(device_id::HUGEINT) % 18446744073709551616)::VARCHAR, bit_xor(device_id)
            FROM by_section_5 GROUP BY verdict
        """).fetchall()
    return found_as({verdict: numbers for verdict, *numbers in rows})
