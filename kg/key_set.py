"""Which keys were seen: exact, and in memory that does not grow, because all but the newest lie in a file."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.errors import ResourceError

_BATCH: Final = 16_384
_IN_MEMORY: Final = 1 << 18
_WIDTH: Final = 16

Keys = NDArray[np.bytes_]


class KeySet:
    """A set of 128-bit keys: sorted runs of doubling length; those of more than `in_memory` keys lie in files.

    A file takes 16 bytes a key in the folder for temporary files and goes with the set, however the process ends. The
    keys are taken for hashes: where they are not spread evenly, merging two files takes more memory.
    """

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._runs: list[Keys | _FileRun] = []

    def add(self, keys: list[bytes]) -> list[bool]:
        """Add keys of 16 bytes; says for each whether it is the first of its value, here and in what was added before.

        >>> seen = KeySet()
        >>> seen.add([b"a" * 16, b"b" * 16, b"a" * 16]), seen.add([b"b" * 16, b"c" * 16])
        ([True, True, False], [False, True])
        """
        wanted = np.array(keys, dtype=f"S{_WIDTH}")
        values, first = np.unique(wanted, return_index=True)
        is_new = np.ones(len(values), dtype=bool)
        for run in self._runs:
            is_new &= ~(run.holds(values) if isinstance(run, _FileRun) else _holds(run, values))
        self._keep(values[is_new])
        is_first = np.zeros(len(wanted), dtype=bool)
        is_first[first[is_new]] = True
        answer: list[bool] = is_first.tolist()
        return answer

    def _keep(self, new: Keys) -> None:
        run: Keys | _FileRun = new
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            older = self._runs.pop()
            if len(older) + len(run) > self._in_memory:
                run = _FileRun(_merge(older, run, self._in_memory))
            else:
                run = _sorted(older[:], run[:])
        if len(run):
            self._runs.append(run)


class _FileRun:
    """Sorted keys in a file without a name, which the system drops with the process."""

    def __init__(self, pieces: Iterable[Keys]) -> None:
        try:
            with tempfile.TemporaryFile() as file:
                for piece in pieces:
                    file.write(piece.tobytes())
                file.flush()
                self._map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        except OSError as error:
            raise ResourceError(
                f'"{tempfile.gettempdir()}" takes no temporary file ({error.strerror}); free space there, or name '
                "another folder in the variable TMPDIR, and run it again."
            ) from error
        self._keys = np.frombuffer(self._map, dtype=f"S{_WIDTH}")

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, place: slice) -> Keys:
        keys = self._keys[place].copy()
        self._let_go()
        return keys

    def holds(self, values: Keys) -> NDArray[np.bool_]:
        """Which of the sorted values are in it."""
        found = _holds(self._keys, values)
        self._let_go()
        return found

    def _let_go(self) -> None:
        """The pages that were read stay in the system's cache and count no longer as this process's memory."""
        self._map.madvise(mmap.MADV_DONTNEED)


def _holds(run: Keys, values: Keys) -> NDArray[np.bool_]:
    places = np.minimum(np.searchsorted(run, values), len(run) - 1)
    found: NDArray[np.bool_] = run[places] == values
    return found


def _sorted(one: Keys, other: Keys) -> Keys:
    # Timsort merges two sorted runs in one pass.
    return np.sort(np.concatenate([one, other]), kind="stable")


def _merge(one: Keys | _FileRun, other: Keys | _FileRun, size: int) -> Iterator[Keys]:
    """Yield the keys of two runs in order, in pieces of about twice `size`."""
    left = np.empty(0, dtype=f"S{_WIDTH}")
    place = 0
    for start in range(0, len(one), size):
        piece = one[start : start + size]
        while place < len(other) and (len(left) == 0 or left[-1] <= piece[-1]):
            left = np.concatenate([left, other[place : place + size]])
            place += size
        cut = np.searchsorted(left, piece[-1], side="right")
        yield _sorted(piece, left[:cut])
        left = left[cut:]
    yield left
    for start in range(place, len(other), size):
        yield other[start : start + size]


def find_repeated(keys: Iterable[str]) -> frozenset[str]:
    """Return the keys (32 hexadecimal digits) that come more than once.

    >>> sorted(find_repeated(["0" * 32, "1" * 32, "0" * 32])) == ["0" * 32]
    True
    """
    seen, repeated = KeySet(), set[str]()
    iterator = iter(keys)
    while batch := list(islice(iterator, _BATCH)):
        firsts = seen.add([bytes.fromhex(key) for key in batch])
        repeated.update(key for key, is_first in zip(batch, firsts, strict=True) if not is_first)
    return frozenset(repeated)
