"""Where documents lie: a file, a folder with folders in it, a zip.

Nothing is unpacked to disk and no link to a folder is followed. What is not
read is said, with the reason; only hidden files are passed over in silence.
"""

from __future__ import annotations

import io
import os
import posixpath
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Final

from tidegate.columnar.batches import RejectedRow
from tidegate.duis.received_at import SIDECAR, Sidecar, instant_in_name, read_sidecar
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.file_names import shown_name
from tidegate.vocabulary.instants import Instant

MAX_RATIO: Final = 250
"""Octets unpacked to one packed, above which a zip is taken for a bomb. DUIS documents reach about 40."""

_SMALL: Final = 1024 * 1024
"""Below this no ratio matters."""

_LARGEST_SIDECAR: Final = 512 * 1024 * 1024
_ENCRYPTED: Final = 1
READ_ERRORS: Final = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What a file or a member of a zip can answer to being read; RuntimeError is zipfile's for a feature it lacks."""

_REMEDY: Final = "Give a folder or zip of .xml documents, or one .xml file of them."


@dataclass(frozen=True, slots=True)
class Member:
    """One file that may hold documents.

    name:  What a person would call it.
    size:  Octets, unpacked.
    received_at:  From a sidecar, else from its name; None where neither knows.
    is_in_sidecar: A sidecar said so.
    """

    name: str
    size: int
    received_at: Instant | None
    is_in_sidecar: bool
    open: Callable[[], IO[bytes]] = field(repr=False)


@dataclass(slots=True)
class Places:
    """All that was found.

    members:   Files to be read.
    rejected:  What was found and will not be read; rows of sidecars without use.
    """

    members: list[Member] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file in a place, by its path within it."""

    path: str
    size: int
    open: Callable[[], IO[bytes]]


def find_documents(paths: Sequence[Path], sidecar: Path | None = None) -> Places:
    """Look into every path for documents; nothing is read yet but the sidecars.

    sidecar:  A file as `received_at.csv` for all of the paths; its names are relative to each.

    Raises:
        InputError: a path is not there, is no file, folder or zip, or is a zip bomb; a sidecar has
            faults; or there is no .xml file anywhere.
    """
    places = Places()
    given = _given(sidecar)
    if given is not None:
        places.rejected += given.rejected
    faults: list[Fault] = []
    for path in paths:
        try:
            _look_into(path, places, given)
        except InputError as error:
            faults += error.faults
        except OSError as error:
            faults.append(Fault(str(path), f"it cannot be read: {error.strerror or error}"))
    if faults:
        raise InputError(*faults)
    if not places.members:
        where = ", ".join(str(path) for path in paths) or "the input"
        seen = f"; {len(places.rejected)} other files are there" if places.rejected else ""
        raise InputError(Fault(where, f"it holds no DUIS document (.xml){seen}", _REMEDY))
    return places


def holds_documents(path: Path) -> bool:
    """Say whether a path looks like DUIS documents: an .xml file, or a folder or zip with one in it."""
    if path.is_dir():
        return any(
            name.lower().endswith(".xml")
            or (name.lower().endswith(".zip") and _zip_holds_xml(Path(root, name)))
            for root, _, names in os.walk(path)
            for name in names
        )
    return path.suffix.lower() == ".xml" or (path.suffix.lower() == ".zip" and _zip_holds_xml(path))


def _zip_holds_xml(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith(".xml") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _given(sidecar: Path | None) -> Sidecar | None:
    if sidecar is None:
        return None
    try:
        return read_sidecar(sidecar.read_bytes(), str(sidecar))
    except OSError as error:
        raise InputError(Fault(str(sidecar), f"it cannot be read: {error.strerror or error}")) from None


def _look_into(path: Path, places: Places, given: Sidecar | None) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        _look_into_folder(path, places, given)
    elif not stat.S_ISREG(mode):
        raise InputError(Fault(str(path), "it is neither a file nor a folder", _REMEDY))
    elif path.suffix.lower() == ".zip":
        _look_into_zip(path, places, given)
    elif path.suffix.lower() == ".xml":
        entry = _Entry(path.name, path.stat().st_size, partial(io.FileIO, path))
        _keep([entry], [], places, given, name_of=lambda _: str(path))
    else:
        raise InputError(Fault(str(path), f"it is no DUIS input: its name ends in {path.suffix!r}", _REMEDY))


def _look_into_folder(folder: Path, places: Places, given: Sidecar | None) -> None:
    entries, sidecars = [], []
    for within, file in _files_below(str(folder)):
        ending = within[-4:].lower()
        if not file.is_file():
            places.rejected.append(RejectedRow(shown_name(file.path), 0, "not read: it is no ordinary file"))
        elif file.name == SIDECAR:
            sidecars.append(_Entry(within, file.stat().st_size, partial(io.FileIO, file.path)))
        elif ending == ".xml":
            entries.append(_Entry(within, file.stat().st_size, partial(io.FileIO, file.path)))
        elif ending == ".zip":
            try:
                _look_into_zip(Path(file.path), places, given)
            except InputError as error:
                places.rejected += [RejectedRow(fault.where, 0, fault.what) for fault in error.faults]
        else:
            places.rejected.append(
                RejectedRow(shown_name(file.path), 0, "not read: its name does not end in .xml")
            )
    _keep(entries, sidecars, places, given, name_of=lambda within: shown_name(f"{folder}/{within}"))


def _files_below(folder: str, within: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """All that is no folder, by name, with its path from the first folder on."""
    with os.scandir(folder) as entries:
        named = sorted(
            (entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name
        )
    for entry in named:
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(entry.path, f"{within}{entry.name}/")
        else:
            yield f"{within}{entry.name}", entry


def _look_into_zip(path: Path, places: Places, given: Sidecar | None) -> None:
    try:
        archive = zipfile.ZipFile(path)  # open as long as its members are read
    except zipfile.BadZipFile as error:
        raise InputError(
            Fault(str(path), f"it is no whole zip: {error}", "Fetch or pack it again.")
        ) from None
    infos = [info for info in archive.infolist() if not info.is_dir()]
    unpacked = sum(info.file_size for info in infos)
    if unpacked > _SMALL and unpacked > MAX_RATIO * max(1, path.stat().st_size):
        what = f"it would unpack to {unpacked} octets, more than {MAX_RATIO} times its size: a zip bomb"
        raise InputError(Fault(str(path), what, "Unpack it yourself if you trust it, and give the folder."))
    entries, sidecars = [], []
    for info in infos:
        within = info.filename.replace("\\", "/")
        if reason := _why_not(info, within):
            places.rejected.append(RejectedRow(f"{path}/{within}", 0, f"not read: {reason}"))
        elif posixpath.basename(within).startswith(".") or within.startswith("__MACOSX/"):
            continue
        elif posixpath.basename(within) == SIDECAR:
            sidecars.append(_Entry(within, info.file_size, partial(archive.open, info)))
        elif within.lower().endswith(".xml"):
            entries.append(_Entry(within, info.file_size, partial(archive.open, info)))
        else:
            places.rejected.append(
                RejectedRow(f"{path}/{within}", 0, "not read: its name does not end in .xml")
            )
    _keep(entries, sidecars, places, given, name_of=lambda within: f"{path}/{within}")


def _why_not(info: zipfile.ZipInfo, within: str) -> str:
    """Why a member of a zip is not to be touched; empty where it may be."""
    if within.startswith("/") or ".." in within.split("/") or within[1:2] == ":":
        return "its name leads out of the zip"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if within.lower().endswith(".zip"):
        return "it is a zip within a zip; unpack it first"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"it is packed by method {info.compress_type}; only stored and deflated are read"
    if info.file_size > _SMALL and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return f"it would unpack to {info.file_size} octets, more than {MAX_RATIO} times its size: a zip bomb"
    return ""


def _keep(
    entries: Sequence[_Entry],
    sidecars: Sequence[_Entry],
    places: Places,
    given: Sidecar | None,
    *,
    name_of: Callable[[str], str],
) -> None:
    """Take the entries of one place, each with what a sidecar or its own name says of its receipt."""
    found = [] if given is None else [given]
    for entry in sidecars:
        name = name_of(entry.path)
        if entry.size > _LARGEST_SIDECAR:
            raise InputError(Fault(name, f"it has {entry.size} octets; no sidecar is that long"))
        try:
            with entry.open() as stream:
                octets = stream.read()
        except READ_ERRORS as error:
            raise InputError(Fault(name, f"it cannot be read: {error}")) from None
        found.append(read_sidecar(octets, name, posixpath.dirname(entry.path)))
    here = {entry.path for entry in entries}
    instants: dict[str, Instant] = {}
    for sidecar in found:
        instants |= sidecar.instants
        if sidecar is not given:
            places.rejected += sidecar.rejected
            places.rejected += (
                RejectedRow(sidecar.source, 0, f"it names {name}, which is not here")
                for name in sidecar.instants.keys() - here
            )
    for entry in entries:
        said = instants.get(entry.path)
        at = instant_in_name(posixpath.basename(entry.path)) if said is None else said
        places.members.append(Member(name_of(entry.path), entry.size, at, said is not None, entry.open))
