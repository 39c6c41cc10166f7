"""What a person sees of a replay, in eighty columns."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from tests.unit.reports.replayed_examples import (
    NETWORK,
    empty,
    policy,
    quiet,
    replayed,
    spell,
    storming,
    week,
)

from tidegate.cli.asked import Asked
from tidegate.cli.replay_screen import show
from tidegate.reports.replayed import InForce, Replayed, Totals


def _shown(made: Replayed, results: Path | None = None, *, width: int = 80, **given: object) -> str:
    text = io.StringIO()
    asked = Asked(**given)  # type: ignore[arg-type]
    show(made, results, asked=asked, out=Console(file=text, width=width, highlight=False))
    return text.getvalue()


@pytest.mark.parametrize("width", [80, 60, 40])
@pytest.mark.parametrize(
    "made",
    [week(), storming(), quiet(), empty(), week(days=31, alerts=1_600_000_000)],
    ids=["week", "storming", "quiet", "empty", "national month"],
)
def test_no_line_but_a_command_is_wider_than_the_terminal(made: Replayed, width: int) -> None:
    lines = _shown(made, width=width).splitlines()

    too_wide = [line for line in lines if len(line) > width]
    assert all(line.startswith("  tidegate ") for line in too_wide)


def test_on_a_wide_terminal_it_stays_readable() -> None:
    assert max(len(line) for line in _shown(week(), width=200).splitlines()) <= 80


def test_numbers_of_a_national_month_are_shown_in_full() -> None:
    made = week(days=31, alerts=1_600_000_000)

    text = _shown(made)

    for totals in sorted(made.by_code.values(), key=lambda totals: -totals.received)[:12]:
        assert f"{totals.received:,}" in text


def test_the_verdict_is_first_then_the_table_then_the_sum_then_what_to_run_next() -> None:
    text = _shown(week(), Path("results"))

    places = [text.index(part) for part in ("58 Devices stormed", "Code Name", "received = ", "Next:")]
    assert places[0] < 100
    assert sorted(places) == places


def test_the_sum_adds_up() -> None:
    made = replayed({0x8F75: Totals(100, 10, 90), 0x8F35: Totals(5, 0, 0, 5)}, [spell()], rejected=2)

    assert "107 received = 10 forwarded + 90 held back + 5 excluded + 2 rejected" in _shown(made)


def test_the_twelve_most_received_codes_are_shown_and_the_rest_in_one_line() -> None:
    made = replayed({0x8F00 + at: Totals(100 - at, 100 - at) for at in range(14)})

    lines = _shown(made).splitlines()

    assert len([line for line in lines if line.startswith("8F0")]) == 12
    assert [line.split()[:4] for line in lines if "other codes" in line] == [["2", "other", "codes", "175"]]


def test_thirteen_codes_leave_one_other_code() -> None:
    made = replayed({0x8F00 + at: Totals(100, 100) for at in range(13)})

    assert " 1 other code " in _shown(made)


def test_excluded_has_a_column_only_where_something_is() -> None:
    assert "Excluded" not in _shown(quiet())
    assert "Excluded" in _shown(replayed({0x8F35: Totals(5, 0, 0, 5)}))


def test_what_to_run_next_can_be_copied_as_it_stands() -> None:
    text = _shown(
        storming(), alerts=[Path("our alerts.csv")], policy="my policy.toml", given="tidegate replay x"
    )

    assert (
        "  tidegate explain 'our alerts.csv' 00-DB-12-34-56-78-90-A0 8F75 --policy 'my policy.toml'\n" in text
    )
    assert "  tidegate policy explain 'my policy.toml' 8F75\n" in text
    assert "  tidegate replay x -o results\n" in text


def test_what_to_run_next_looks_at_the_same_log_under_the_same_options() -> None:
    text = _shown(
        storming(), alerts=["a.csv"], policy="p.toml", inventory="i.csv", others=["--since", "2026-03-01"]
    )

    commands = [line.strip() for line in text.splitlines() if line.startswith("  tidegate ")]
    looking = [each for each in commands if " policy explain " not in each]
    assert 4 == len(looking)
    assert all(" --inventory i.csv --policy p.toml --since 2026-03-01" in each for each in looking)


def test_a_code_group_is_explained_by_its_first_member() -> None:
    made = replayed({0x8014: Totals(100, 10, 90)}, [spell(alert_code="8014+8015", recipient=NETWORK)])

    assert "tidegate explain ALERTS 00-DB-12-34-56-78-90-A0 8014\n" in _shown(made)


def test_without_a_storm_there_is_no_stream_to_explain() -> None:
    assert "tidegate explain" not in _shown(quiet())


def test_several_inputs_leave_the_one_to_explain_to_the_reader() -> None:
    text = _shown(storming(), alerts=["a.csv", "b.csv"])

    assert "tidegate explain ALERTS 00-DB" in text
    assert "tidegate report problems a.csv b.csv\n" in text


def test_results_are_named_and_partial_ones_so() -> None:
    assert f"  {Path('out') / 'report.html'}\n" in _shown(storming(), Path("out"))
    assert f"  {Path('out') / 'report.partial.html'}\n" in _shown(
        replace(storming(), completed=0.5), Path("out")
    )
    assert "report.html" not in _shown(storming())


def test_rejected_rows_lead_to_check() -> None:
    assert "tidegate check a.csv" in _shown(replayed({0x8F75: Totals(1, 1)}, rejected=1), alerts=["a.csv"])
    assert "tidegate check" not in _shown(quiet())


def test_a_history_of_policies_is_not_explained_as_one() -> None:
    made = storming()
    totals = made.in_force[0].totals
    both = [InForce(policy("one"), None, 0, Totals()), InForce(policy("two"), 0, None, totals)]

    assert "policy explain" not in _shown(replace(made, in_force=both))


def test_nothing_received_ends_with_the_sum() -> None:
    text = _shown(empty())

    assert text.splitlines()[-1] == "  0 received = 0 forwarded + 0 held back + 0 excluded + 0 rejected"
    assert "\n\n\n" not in text


def test_brackets_in_names_are_no_markup() -> None:
    made = replace(replayed({0x8F75: Totals(1, 1)}, rejected=1), rejected_by_reason={})
    made = replace(made, in_force=[InForce(policy("[bold]v1[/bold]"), None, None, Totals(1, 1))])

    assert "[bold]v1[/bold]" in _shown(made)


def test_in_a_pipe_there_is_no_colour_and_on_a_terminal_there_is() -> None:
    pipe, terminal, quiet_terminal = io.StringIO(), io.StringIO(), io.StringIO()

    show(week(), None, out=Console(file=pipe, width=80))
    show(week(), None, out=Console(file=terminal, width=80, force_terminal=True, color_system="standard"))
    show(
        week(),
        None,
        out=Console(
            file=quiet_terminal, width=80, force_terminal=True, color_system="standard", no_color=True
        ),
    )

    assert "\x1b" not in pipe.getvalue()
    assert "\x1b[33m" in terminal.getvalue()
    assert "\x1b[33m" not in quiet_terminal.getvalue()
