"""Nothing half-written ever stands under its final name."""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.reports.replayed_examples import storming

from tidegate.formats.results_folder import ResultsFolder
from tidegate.formats.summary_json import write_summary
from tidegate.vocabulary.faults import InputError


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def _commit(directory: Path, *names: str, partial: bool = False) -> list[Path]:
    with ResultsFolder(directory) as results:
        for name in names:
            results.path(name).write_text(f"new {name}")
        return results.commit(partial=partial)


def test_results_have_their_names_after_commit_and_not_before(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    with ResultsFolder(directory) as results:
        results.path("summary.json").write_text("{}")
        before = [name for name in _names(directory) if not name.startswith(".")]
        written = results.commit(partial=False)

    assert before == []
    assert written == [directory / "summary.json"]
    assert _names(directory) == ["summary.json"]


def test_partial_results_say_so_in_their_names(tmp_path: Path) -> None:
    _commit(tmp_path, "summary.json", "decisions.parquet", partial=True)

    assert _names(tmp_path) == ["decisions.partial.parquet", "summary.partial.json"]


def test_a_result_asked_for_and_not_written_is_not_made(tmp_path: Path) -> None:
    with ResultsFolder(tmp_path) as results:
        results.path("amber.parquet")

        assert results.commit(partial=False) == []

    assert _names(tmp_path) == []


def test_a_folder_made_for_results_that_did_not_come_goes_again(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for directory in (there, there / "new" / "folder"):
        with pytest.raises(KeyboardInterrupt), ResultsFolder(directory):
            raise KeyboardInterrupt

    assert [there] == list(tmp_path.iterdir())
    assert [] == list(there.iterdir())


@pytest.mark.parametrize(
    ("owns", "is_offered"), [(("summary.json", "decisions.parquet"), True), (("daily.json",), False)]
)
def test_no_decisions_is_offered_only_where_there_are_any(
    tmp_path: Path, owns: tuple[str, ...], *, is_offered: bool
) -> None:
    with pytest.raises(InputError, match="the disk is full") as refused, ResultsFolder(tmp_path, owns):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert is_offered == ("--no-decisions" in str(refused.value))


@pytest.mark.parametrize("raised", [ValueError("a fault of ours"), KeyboardInterrupt()])
def test_whatever_fails_the_folder_is_as_it_was(tmp_path: Path, raised: BaseException) -> None:
    (tmp_path / "summary.json").write_text("old")

    with pytest.raises(type(raised)), ResultsFolder(tmp_path) as results:  # noqa: PT012 - what is tested is leaving the block
        results.path("summary.json").write_text("half of ne")
        raise raised

    assert _names(tmp_path) == ["summary.json"]
    assert (tmp_path / "summary.json").read_text() == "old"


def test_leaving_without_commit_leaves_nothing(tmp_path: Path) -> None:
    with ResultsFolder(tmp_path) as results:
        results.path("summary.json").write_text("{}")

    assert _names(tmp_path) == []


_FULL = Path("/dev/full")


@pytest.mark.skipif(
    not _FULL.is_char_device(), reason="this machine has no /dev/full, a disk that is always full"
)
def test_a_full_disk_is_said_with_its_remedy_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught, ResultsFolder(tmp_path) as results:  # noqa: PT012
        results.path("storms.parquet").write_text("complete")
        results.path("summary.json").symlink_to(_FULL)
        write_summary(storming(), results.path("summary.json"))

    (fault,) = caught.value.faults
    assert fault.where == str(tmp_path)
    assert fault.what == "the disk is full"
    assert "Make room" in fault.remedy
    assert _names(tmp_path) == []


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_disk_that_fills_in_the_middle_of_a_file_leaves_no_half_of_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught, ResultsFolder(tmp_path) as results, _largest_file(100_000):
        results.path("decisions.parquet").write_bytes(bytes(200_000))

    assert caught.value.faults[0].what == "a file is larger than may be written here"
    assert _names(tmp_path) == []


@pytest.mark.parametrize(
    ("expected", "number"),
    [("the disk is full", errno.ENOSPC), ("your quota of the disk is used up", errno.EDQUOT)],
)
def test_a_disk_that_fills_wherever_it_is_noticed_is_said(tmp_path: Path, expected: str, number: int) -> None:
    """Arrow gives the number of the error and no file name."""
    with pytest.raises(InputError) as caught, ResultsFolder(tmp_path):
        raise OSError(number, "Error writing bytes to file")

    assert caught.value.faults[0].what == expected
    assert _names(tmp_path) == []


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")

    with pytest.raises(InputError) as caught, ResultsFolder(tmp_path / "out"):
        pass

    assert caught.value.faults[0].what == "it is not a folder"
    assert (tmp_path / "out").read_text() == "mine"


def test_a_file_in_the_path_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")

    with pytest.raises(InputError) as caught, ResultsFolder(tmp_path / "out" / "deeper"):
        pass

    assert caught.value.faults[0].what == "it is not a folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError) as caught, ResultsFolder(tmp_path):
            pass
    finally:
        tmp_path.chmod(0o700)

    assert caught.value.faults[0].what == "it may not be written to"


def test_no_permission_to_write_here_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught, ResultsFolder(tmp_path) as results:
        raise PermissionError(errno.EACCES, "Permission denied", str(results.path("summary.json")))

    assert caught.value.faults[0].what == "it may not be written to"


def test_no_permission_to_read_an_input_is_not_blamed_on_the_results(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), ResultsFolder(tmp_path / "out"):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "alerts.csv"))


def test_a_folder_under_the_name_of_a_result_is_said_before_anything_is_renamed(tmp_path: Path) -> None:
    (tmp_path / "summary.json").mkdir()

    with pytest.raises(InputError) as caught, ResultsFolder(tmp_path) as results:  # noqa: PT012
        results.path("rejected.csv").write_text("")
        results.path("summary.json").write_text("{}")
        results.commit(partial=False)

    assert caught.value.faults[0].where == str(tmp_path / "summary.json")
    assert _names(tmp_path) == ["summary.json"]


def test_a_complete_replay_takes_away_what_an_earlier_one_left(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    _commit(tmp_path, "summary.json", "amber.parquet", "decisions.parquet")
    _commit(tmp_path, "summary.json", partial=True)

    _commit(tmp_path, "summary.json")

    assert _names(tmp_path) == ["mine.txt", "summary.json"]


def test_a_partial_replay_takes_away_partial_results_only(tmp_path: Path) -> None:
    _commit(tmp_path, "summary.json")
    _commit(tmp_path, "summary.json", "amber.parquet", partial=True)

    _commit(tmp_path, "summary.json", partial=True)

    assert _names(tmp_path) == ["summary.json", "summary.partial.json"]


def test_what_is_scratch_is_never_a_result_and_no_folder_stays_that_nothing_is_left_in(tmp_path):
    (tmp_path / "parts" / "old").mkdir(parents=True)
    (tmp_path / "parts" / "old" / "a.csv").write_text("1")
    (tmp_path / "parts" / "kept").mkdir()
    (tmp_path / "parts" / "kept" / "a.csv").write_text("1")
    (tmp_path / "parts" / "kept" / "mine.txt").write_text("1")
    with ResultsFolder(tmp_path, ["parts/old/a.csv", "parts/kept/a.csv"]) as results:
        results.scratch("a.csv").write_text("2")
        results.path("b.csv").write_text("3")
        results.commit(partial=False)

    assert ["b.csv", "parts", "parts/kept", "parts/kept/mine.txt"] == sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")
    )
