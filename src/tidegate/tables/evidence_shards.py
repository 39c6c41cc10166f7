"""Evidence by Device, in bounded memory: shards of whole Devices, none too large to be sorted at once.

Rows come in any order, and a Device's may be months apart. So they are dealt out by
Device as they are read; what does not fit in memory waits in files of a temporary
folder, which is gone when the shards are. A log that fits is one shard and no file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import RejectedRow
from tidegate.columnar.dealing import Piles
from tidegate.columnar.evidence import EVIDENCE, REGISTRATION, RecordSource, whole
from tidegate.vocabulary.faults import Fault, InputError

SHARDS: Final = 64
"""200 million rows in so many are three million each."""

MOST_BYTES: Final = 1 << 29
"""Records held in memory before they go to files."""

_TOGETHER: Final = 16_384
"""Records of a shard that are written at once."""

Shard = tuple[NDArray[Any], NDArray[Any]]
"""Records of EVIDENCE and of REGISTRATION, of the same Devices; those of a Device are in no other shard."""


def evidence_shards(
    evidence: RecordSource,
    registrations: RecordSource | None,
    on_rejected: Callable[[RejectedRow], None],
    on_progress: Callable[[float], None] = lambda _progress: None,
    *,
    most_bytes: int = MOST_BYTES,
) -> Generator[Shard]:
    """All of some tables, shard by shard; a shard may have registrations alone.

    Args:
        evidence:      The tables; read once.
        registrations: Those of who is registered; read once.
        on_rejected:   Told of every row that cannot be used.
        on_progress:   Told how much of the evidence is read, 0 to 1.
        most_bytes:    Records held in memory at most, about.

    Raises:
        InputError: a table cannot be read to its end, or the temporary folder is full.
    """
    with tempfile.TemporaryDirectory(prefix="tidegate-evidence-") as folder:
        dealt = _Dealt(Path(folder), most_bytes)
        for place, source in enumerate((evidence, registrations)):
            for part in source.rows() if source is not None else ():
                for row in part.rejected:
                    on_rejected(row)
                dealt.take(place, part.records)
                if place == 0:
                    on_progress(part.progress)
        yield from dealt.shards()


class _Dealt:
    """Records dealt out so far. Held, or in piles on their way to files: of evidence, then of registrations."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._held: tuple[list[NDArray[Any]], list[NDArray[Any]]] = ([], [])
        self._bytes = 0
        self._piles: list[Piles] = []

    def take(self, place: int, records: NDArray[Any]) -> None:
        """Some more."""
        if self._piles:
            self._piles[place].deal(records)
            return
        self._held[place].append(records)
        self._bytes += records.nbytes
        if self._bytes > self._most_bytes:
            self._to_files()

    def shards(self) -> Iterator[Shard]:
        """Every shard; call it once, when all is taken."""
        if not self._piles:
            evidence, registrations = map(_joined, self._held, (EVIDENCE, REGISTRATION))
            for held in self._held:
                held.clear()
            yield evidence, registrations
            return
        for piles in self._piles:
            piles.hand_on_all()
        self._piles.clear()
        for shard in range(SHARDS):
            yield self._read(0, shard, EVIDENCE), self._read(1, shard, REGISTRATION)

    def _to_files(self) -> None:
        self._piles = [
            Piles(SHARDS, _TOGETHER, dtype, partial(self._append, place))
            for place, dtype in enumerate((EVIDENCE, REGISTRATION))
        ]
        for piles, held in zip(self._piles, self._held, strict=True):
            held.reverse()
            while held:
                piles.deal(held.pop())

    def _append(self, place: int, shard: int, records: NDArray[Any]) -> None:
        try:
            with self._path(place, shard).open("ab") as file:
                file.write(records.data)
        except OSError as error:
            what = f"evidence does not fit in memory, and cannot be kept beside it: {error.strerror}"
            remedy = "Free some space, or set TMPDIR to a folder on a larger disk: about 40 bytes a row."
            raise InputError(Fault(str(self._folder), what, remedy)) from None

    def _read(self, place: int, shard: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        path = self._path(place, shard)
        if not path.exists():
            return np.empty(0, dtype)
        records = np.fromfile(path, dtype)
        path.unlink()
        return records

    def _path(self, place: int, shard: int) -> Path:
        return self._folder / f"{('evidence', 'registrations')[place]}-{shard}"


def _joined(held: list[NDArray[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
    if not held:
        return np.empty(0, dtype)
    return held[0] if len(held) == 1 else np.concatenate(list(map(whole, held))).view(dtype)
