"""The monthly reports of Service Requests: the Panel's in one folder, each User's own in one of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.assembly.admission import AdmissionInputs, open_requests, read_users_of, under
from tidegate.operations.ordered_log import ReadOptions, RejectedSink
from tidegate.operations.ports import Progress, no_progress
from tidegate.operations.report_requests import report_requests, within
from tidegate.reports.request_month import RequestMonth, UserMonth

if TYPE_CHECKING:
    from tidegate.formats.results_folder import ResultsFolder

PANEL_RESULTS: Final = (
    "panel/summary.json",
    "panel/days.csv",
    "panel/users.csv",
    "panel/sent.csv",
    "panel/report.html",
    "panel/report.xlsx",
    "panel/rejected.csv",
)
"""What the Panel gets."""

USER_RESULTS: Final = ("summary.json", "sent.csv", "report.html", "report.xlsx")
"""What each User gets, in `users/NAME/`."""

_NOT_OF_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class MonthAsked:
    """A month that is asked for.

    forecasts:       A CSV file of user, srv, forecast; None: nobody forecast.
    meters_per_day:  How many meters come every day; 0: nobody says.
    """

    inputs: AdmissionInputs
    month: str
    options: ReadOptions
    forecasts: Path | None = None
    meters_per_day: int = 0


def month_of_requests(
    asked: MonthAsked, progress: Progress = no_progress, *, rejected: RejectedSink | None = None
) -> RequestMonth:
    """Report a month and write nothing.

    Raises:
        InputError: an input cannot be read, or it is not a month.
    """
    from tidegate.tables.forecasts import read_forecasts  # noqa: PLC0415 - --help waits for none of this

    begins = within(asked.month, asked.options).since
    assert begins is not None
    table = read_users_of(asked.inputs)
    counted = (
        (user.credit_meters or 0) + (user.prepayment_meters or 0) + (user.unknown_meters or 0)
        for user in table.users
        if user.role.is_supplier
    )
    return report_requests(
        open_requests(asked.inputs.requests),
        under(asked.inputs, table, begins),
        asked.month,
        asked.options,
        forecasts={} if asked.forecasts is None else read_forecasts(asked.forecasts),
        meters=sum(counted),
        meters_per_day=asked.meters_per_day,
        rejected=rejected,
        progress=progress,
    )


def month_of_requests_into(
    directory: Path, asked: MonthAsked, progress: Progress = no_progress
) -> tuple[RequestMonth, list[Path]]:
    """Report a month into a folder; every file has its name only once all are complete.

    Raises:
        InputError: an input cannot be read, it is not a month, or the results cannot be written.
    """
    from tidegate.formats.rejected_csv import RejectedWriter  # noqa: PLC0415
    from tidegate.formats.results_folder import ResultsFolder  # noqa: PLC0415

    with ResultsFolder(directory, list(_owned(directory))) as folder:
        with RejectedWriter(folder.path("panel/rejected.csv")) as rejected:
            month = month_of_requests(asked, progress, rejected=rejected)
        folders = folders_of(user.of.user for user in month.users)
        _write_panel(month, folder, folders)
        for user in month.users:
            _write_user(month, user, folder, f"users/{folders[user.of.user]}")
        return month, folder.commit(partial=month.found.is_partial)


def folders_of(users: Iterable[str]) -> dict[str, str]:
    """A folder for each User: its name as far as a folder can have it, and no two alike in any letter case."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    for user in users:
        stem = wanted = _NOT_OF_A_NAME.sub("-", user).strip("-")[:_LONGEST_NAME] or "user"
        again = 2
        while wanted.casefold() in taken:
            wanted, again = f"{stem}-{again}", again + 1
        taken.add(wanted.casefold())
        given[user] = wanted
    return given


def _owned(directory: Path) -> Iterable[str]:
    """What an earlier report may have left: the Panel's, and that of every User it had."""
    yield from PANEL_RESULTS
    for name in USER_RESULTS:
        yield from (path.relative_to(directory).as_posix() for path in directory.glob(f"users/*/{name}"))


def _write_panel(month: RequestMonth, folder: ResultsFolder, folders: dict[str, str]) -> None:
    from tidegate.formats import request_month_tables as tables  # noqa: PLC0415
    from tidegate.formats.page import write_page  # noqa: PLC0415
    from tidegate.formats.request_month_page import panel_page  # noqa: PLC0415
    from tidegate.formats.request_month_pictures import capacity_against_use  # noqa: PLC0415

    tables.write_json(tables.panel_json(month), folder.path("panel/summary.json"))
    tables.write_csv(tables.DAY_COLUMNS, tables.day_rows(month), folder.path("panel/days.csv"))
    tables.write_csv(tables.USER_COLUMNS, tables.user_rows(month), folder.path("panel/users.csv"))
    sent = [row for user in month.users for row in tables.sent_rows(month, user)]
    tables.write_csv(tables.SENT_COLUMNS, sent, folder.path("panel/sent.csv"))
    pictures = [capacity_against_use(month)] if month.found.days else []
    places = {user: f"users/{name}/report.html" for user, name in folders.items()}
    write_page(panel_page(month, pictures, places), folder.path("panel/report.html"))
    tables.write_panel_xlsx(month, folder.path("panel/report.xlsx"))


def _write_user(month: RequestMonth, user: UserMonth, folder: ResultsFolder, place: str) -> None:
    from tidegate.formats import request_month_tables as tables  # noqa: PLC0415
    from tidegate.formats.page import write_page  # noqa: PLC0415
    from tidegate.formats.request_month_page import user_page  # noqa: PLC0415
    from tidegate.formats.request_month_pictures import use_of  # noqa: PLC0415

    tables.write_json(tables.user_json(month, user), folder.path(f"{place}/summary.json"))
    tables.write_csv(tables.SENT_COLUMNS, tables.sent_rows(month, user), folder.path(f"{place}/sent.csv"))
    drawn = use_of(month, user)
    write_page(user_page(month, user, [] if drawn is None else [drawn]), folder.path(f"{place}/report.html"))
    tables.write_user_xlsx(month, user, folder.path(f"{place}/report.xlsx"))
