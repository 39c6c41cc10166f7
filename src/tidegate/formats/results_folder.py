"""A folder of results, in which nothing half-written ever stands under its final name.

Everything is written in a hidden folder inside it, on the same file system. A
commit makes every file durable, then gives each its name. Whatever fails
before that leaves the folder as it was.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tidegate.operations.made_folders import make_folder, remove_empty
from tidegate.vocabulary.faults import Fault, InputError

_DECISIONS: Final = "decisions.parquet"

RESULTS: Final = (
    "summary.json",
    _DECISIONS,
    "storms.parquet",
    "amber.parquet",
    "rejected.csv",
    "report.html",
    "report.xlsx",
    "problems.parquet",
    "problems.csv",
)
"""What a replay writes. A folder holds those of one replay: a commit takes away what an earlier one left."""

_REMEDIES: Final = {
    errno.ENOSPC: ("the disk is full", "Make room, or write to another disk with -o."),
    errno.EDQUOT: ("your quota of the disk is used up", "Make room, or write to another disk with -o."),
    errno.EFBIG: ("a file is larger than may be written here", "Write to another disk with -o."),
    errno.EACCES: ("it may not be written to", "Choose a folder of your own with -o."),
    errno.EPERM: ("it may not be written to", "Choose a folder of your own with -o."),
    errno.EROFS: ("its disk is read-only", "Choose another folder with -o."),
    errno.ENOTDIR: ("it is not a folder", "Name a folder with -o; it is made if it is not there."),
    errno.EEXIST: ("it is not a folder", "Name a folder with -o; it is made if it is not there."),
    errno.ENAMETOOLONG: ("its name is too long", "Choose a shorter one with -o."),
    errno.ENOENT: ("it cannot be made there", "Choose another folder with -o."),
    errno.EIO: (
        "its disk reports an error",
        "Nothing was written under its final name; try another disk with -o.",
    ),
}
_OF_SIZE: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ONLY_OF_WRITING: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_WORKING = ".tidegate-working-"
_SCRATCH = ".scratch"


class ResultsFolder:
    """Where the results of one run go; a context manager. `owns` are the names this kind of run writes.

        with ResultsFolder(directory) as results:
            write_summary(replayed, results.path("summary.json"))
            results.commit(partial=replayed.is_partial)

    Leaving it without a commit, for whatever reason, removes all that was written, and the folder if it was made for it.

    Raises:
        InputError: the folder cannot be made or written to, or the disk is full; also for an OSError
            of that kind that passes through the `with` block.
    """

    def __init__(self, directory: Path, owns: Sequence[str] = RESULTS) -> None:
        self.directory = directory
        self._owns = owns
        self._working: Path | None = None
        self._names: list[str] = []
        self._made: Sequence[Path] = ()

    def __enter__(self) -> Self:
        try:
            self._made = make_folder(self.directory)
            self._working = Path(tempfile.mkdtemp(prefix=_WORKING, dir=self.directory))
        except OSError as error:
            raise self._fault(error) or error from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._working is not None:
            shutil.rmtree(self._working, ignore_errors=True)
            self._working = None
            remove_empty(self._made)
        if isinstance(error, OSError) and self._is_of_writing(error):
            fault = self._fault(error)
            if fault is not None:
                raise fault from error

    def path(self, name: str) -> Path:
        """Where to write a result now; it has its name (`summary.json`, `users/a/report.html`) after `commit`."""
        assert self._working is not None, "outside the with block, or after commit"
        if name not in self._names:
            self._names.append(name)
        written = self._working / name
        written.parent.mkdir(parents=True, exist_ok=True)
        return written

    def scratch(self, name: str) -> Path:
        """Where to write what is of use only until `commit`; it never has a name."""
        assert self._working is not None, "outside the with block, or after commit"
        written = self._working / _SCRATCH / name
        written.parent.mkdir(parents=True, exist_ok=True)
        return written

    def commit(self, *, partial: bool) -> list[Path]:
        """Give every result its final name: `summary.json`, or `summary.partial.json` when partial.

        Results of an earlier run under names of its kind that this one did not write are removed; a partial
        run removes earlier partial ones only.

        Returns:
            The results, in the order they were asked for.
        """
        assert self._working is not None, "outside the with block, or committed already"
        try:
            return self._commit(self._working, is_partial=partial)
        except OSError as error:
            raise self._fault(error) or error from error

    def _commit(self, working: Path, *, is_partial: bool) -> list[Path]:
        written = [name for name in self._names if (working / name).exists()]
        final = {name: self.directory / (_partial(name) if is_partial else name) for name in written}
        for target in final.values():
            if target.is_dir():
                what = "a folder of that name is in the way"
                raise InputError(Fault(str(target), what, "Move it, or choose another folder with -o."))
        for name in written:
            _make_durable(working / name)
        for name, target in final.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            (working / name).replace(target)
        kept = set(final.values())
        for name in self._owns:
            stale = {self.directory / _partial(name)} | (set() if is_partial else {self.directory / name})
            for path in stale - kept:
                if path.is_file():
                    path.unlink()
                    remove_empty([each for each in path.parents if each.is_relative_to(self.directory)][:-1])
        shutil.rmtree(working, ignore_errors=True)
        self._working = None
        return list(final.values())

    def _is_of_writing(self, error: OSError) -> bool:
        """An error of writing here, not of reading an input that happens to be read meanwhile."""
        if error.errno in _ONLY_OF_WRITING:
            return True
        return isinstance(error.filename, str) and Path(error.filename).is_relative_to(self.directory)

    def _fault(self, error: OSError) -> InputError | None:
        if error.errno not in _REMEDIES:
            return None
        what, remedy = _REMEDIES[error.errno]
        if error.errno in _OF_SIZE and _DECISIONS in self._owns:
            remedy += " --no-decisions needs far less."
        return InputError(Fault(str(self.directory), what, remedy))


def _partial(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.partial{dot}{suffix}" if dot else f"{name}.partial"


def _make_durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
