"""`tidegate allocate`: what each User's share of the capacity is, and how it comes about."""

from __future__ import annotations

from pathlib import Path

import typer

from tidegate.admission.weighting import Basis
from tidegate.cli import arguments, console


def allocate(
    users: Path = typer.Argument(
        metavar="USERS", help="The Users: CSV or Parquet, a row for each in each role."
    ),
    capacity: int | None = typer.Option(
        None,
        "--capacity",
        metavar="N",
        help=r"Requests in a period to share out. \[default: the policy's operating threshold]",
    ),
    policy: str | None = arguments.POLICY,
    basis: Basis = typer.Option(
        Basis.ENROLLED,
        "--basis",
        help="What Users are counted by: enrolled meters, metering points charged for, or requests forecast.",
    ),
    unknown_prepayment: str = typer.Option(
        "0%",
        "--unknown-prepayment",
        metavar="SHARE",
        help="Share of the meters of unknown payment mode that count as prepayment, as 13%.",
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the allocations as JSON."),
    xlsx: Path | None = typer.Option(None, "--xlsx", metavar="FILE", help="Write a workbook."),
) -> None:
    """Share the capacity out among Users: weights, shares, the arithmetic in words, and what would change them.

    Example:  tidegate allocate users.csv --capacity 270 --xlsx allocation.xlsx
    """
    from tidegate.assembly.allocating import allocate_users, write_allocation  # noqa: PLC0415 - pyarrow starts slowly
    from tidegate.cli.allocate_screen import show  # noqa: PLC0415
    from tidegate.formats.allocation_json import allocation_list  # noqa: PLC0415
    from tidegate.operations.allocate import AllocateOptions  # noqa: PLC0415
    from tidegate.reports.allocation_words import cautions  # noqa: PLC0415

    options = AllocateOptions(capacity, basis, arguments.share("--unknown-prepayment", unknown_prepayment))
    allocated = allocate_users(users, policy, arguments.now(), options)
    if xlsx is not None:
        write_allocation(allocated, xlsx)
    if as_json:
        console.show_json(allocation_list(allocated))
        for caution in cautions(allocated):
            console.talk.print(f"! {caution}", markup=False, soft_wrap=True)
        return
    show(allocated, xlsx, users=users, policy=policy)
