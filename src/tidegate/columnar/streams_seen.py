"""How many different streams there have been, exactly, though they are not remembered.

Each stream that becomes active leaves a fingerprint, its 64-bit hash. They are
gathered in heaps by their first bits, and a heap that is large and has doubled
is gone through and its doubles left out. A heap fits the cache, so that none of
this waits for memory, as one large hash set does at every stream.

A heap is a chain of blocks from one pool, so that nothing is copied to grow:
taking new memory from the system costs more than all the rest of this.

A stream has a kind (its Alert Code, as far as there is room), which takes the place of 9 bits of its hash, so
that streams are counted by kind too. Of ten million streams of one kind two share a fingerprint with a chance of
1 in 360: 54 bits of each hash are kept.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.compiled import compiled, inlined

HEAPS: Final = 512
BLOCK: Final = 1024
"""Fingerprints in a block; a power of two."""
FEWEST: Final = 1 << 16
"""Fingerprints on a heap below which its doubles are let be: a quarter of a gigabyte for all the heaps."""

KINDS: Final = 512
"""Kinds of streams that can be told apart."""

_SHIFT = np.uint64(64 - 9)
_FIRST_BLOCKS = 1 << 11
_GROWTH = 32
_END = -1

# What is kept of a heap.
_FIRST: Final = 0
_LAST: Final = 1
_SIZE: Final = 2
_DIFFERENT: Final = 3

_U1 = np.uint64(1)
_KIND = np.uint64((KINDS - 1) << 1)
_BITS_OF_HASH = np.uint64(10)


class _Pool(NamedTuple):
    """blocks: (n, BLOCK) fingerprints; after: block after each, or _END; free: a stack of blocks, counted in used."""

    blocks: NDArray[np.uint64]
    after: NDArray[np.int64]
    free: NDArray[np.int64]
    free_count: NDArray[np.int64]


class StreamsSeen:
    """Counts different fingerprints."""

    def __init__(self) -> None:
        self._pool = _pool(_FIRST_BLOCKS)
        # The heaps: a block each to begin with.
        self._heaps = np.zeros((HEAPS, 4), np.int64)
        for heap in range(HEAPS):
            self._pool.free_count[0] -= 1
            self._heaps[heap, :2] = self._pool.free[self._pool.free_count[0]]
        self._pool.after[:] = _END
        self._scratch = np.zeros(4 * BLOCK, np.uint64)

    def add(self, fingerprints: NDArray[np.uint64]) -> None:
        """These were seen, some perhaps not for the first time."""
        done = 0
        while True:
            done = int(_gather(fingerprints, done, self._heaps, self._pool, self._scratch))
            if done == len(fingerprints):
                return
            if self._pool.free_count[0] == 0:
                self._add_blocks()
            else:
                self._scratch = np.zeros(2 * len(self._scratch), np.uint64)

    def count(self) -> int:
        """How many different ones were added so far."""
        while int(self._heaps[:, _SIZE].max()) * 2 > len(self._scratch):
            self._scratch = np.zeros(2 * len(self._scratch), np.uint64)
        for heap in range(HEAPS):
            _leave_out_doubles(self._heaps[heap], self._pool, self._scratch)
        return int(self._heaps[:, _SIZE].sum())

    def count_by_kind(self) -> NDArray[np.int64]:
        """How many different ones of each kind; KINDS numbers."""
        self.count()
        counts = np.zeros(KINDS, np.int64)
        _count_kinds(self._heaps, self._pool, counts)
        return counts

    def _add_blocks(self) -> None:
        pool = self._pool
        blocks = len(pool.blocks)
        # Far more than is needed now, once: the system gives memory when a block is first used.
        larger = _pool(_GROWTH * blocks)
        larger.blocks[:blocks] = pool.blocks
        larger.after[:blocks] = pool.after
        larger.free_count[0] -= blocks
        self._pool = larger


def _pool(blocks: int) -> _Pool:
    return _Pool(
        np.empty((blocks, BLOCK), np.uint64),
        np.full(blocks, _END, np.int64),
        np.arange(blocks - 1, -1, -1, dtype=np.int64),
        np.array([blocks], np.int64),
    )


@inlined
def fingerprint_of(h: Any, kind: Any) -> Any:
    """The fingerprint of a stream with a hash and a kind, 0 <= kind < KINDS."""
    return (h & ~_KIND) | (np.uint64(kind) << _U1)


@compiled
def _gather(fingerprints: Any, start: int, heaps: Any, pool: Any, scratch: Any) -> Any:
    """Put fingerprints on their heaps; stops where the pool or the scratch is too small, and says how far it came."""
    for i in range(start, len(fingerprints)):
        heap = heaps[fingerprints[i] >> _SHIFT]
        within = heap[_SIZE] & (BLOCK - 1)
        if within == 0 and heap[_SIZE] > 0:
            if heap[_SIZE] >= max(2 * heap[_DIFFERENT] + BLOCK, FEWEST):
                if heap[_SIZE] * 2 > len(scratch):
                    return i
                _leave_out_doubles(heap, pool, scratch)
                within = heap[_SIZE] & (BLOCK - 1)
            if within == 0:
                if pool.free_count[0] == 0:
                    return i
                pool.free_count[0] -= 1
                block = pool.free[pool.free_count[0]]
                pool.after[block] = _END
                pool.after[heap[_LAST]] = block
                heap[_LAST] = block
        pool.blocks[heap[_LAST], within] = fingerprints[i]
        heap[_SIZE] += 1
    return len(fingerprints)


@compiled
def _leave_out_doubles(heap: Any, pool: Any, scratch: Any) -> None:
    """Leave each fingerprint of a heap once, and give back the blocks this empties."""
    scratch[:] = 0
    mask = np.uint64(len(scratch) - 1)
    different = 0
    reading = writing = heap[_FIRST]
    for i in range(heap[_SIZE]):
        if i > 0 and i % BLOCK == 0:
            reading = pool.after[reading]
        # 0 is an empty place: the last bit is given up for it.
        fingerprint = pool.blocks[reading, i % BLOCK] | _U1
        place = (fingerprint >> _BITS_OF_HASH) & mask
        while scratch[place] != 0 and scratch[place] != fingerprint:
            place = (place + _U1) & mask
        if scratch[place] == 0:
            scratch[place] = fingerprint
            if different > 0 and different % BLOCK == 0:
                writing = pool.after[writing]
            pool.blocks[writing, different % BLOCK] = fingerprint
            different += 1
    emptied = pool.after[writing]
    while emptied != _END:
        pool.free[pool.free_count[0]] = emptied
        pool.free_count[0] += 1
        emptied = pool.after[emptied]
    pool.after[writing] = _END
    heap[_LAST] = writing
    heap[_SIZE] = heap[_DIFFERENT] = different


@compiled
def _count_kinds(heaps: Any, pool: Any, counts: Any) -> None:
    """Count the fingerprints on the heaps by kind."""
    for heap in range(len(heaps)):
        block = heaps[heap, _FIRST]
        for i in range(heaps[heap, _SIZE]):
            if i > 0 and i % BLOCK == 0:
                block = pool.after[block]
            counts[(pool.blocks[block, i % BLOCK] & _KIND) >> _U1] += 1
